/*
 * User memory, reached from the kernel with the user's own rights (LDRT and STRT on ARM), so that a
 * forbidden address faults as it would for the user. Faults are handled as the user's would be, in
 * the current address space; what can not be handled makes the call fail. Context: may sleep (a
 * fault may wait), no spinlock held.
 */
#ifndef ARCH_UACCESS_H
#define ARCH_UACCESS_H

#include "arch/addr.h"

/* Return: bytes NOT copied; 0 is success. A range that leaves user space copies nothing. */
size_t copy_from_user(void *to, vaddr_t from, size_t bytes);
size_t copy_to_user(vaddr_t to, const void *from, size_t bytes);

/*
 * Copies a string with its 0. Returns its length without the 0, -EFAULT, or -E2BIG if `room` is too
 * small.
 */
int copy_string_from_user(char *to, vaddr_t from, size_t room);

/*
 * One aligned word, in one step for every cpu: if it is `expected` it becomes `desired`. *seen is
 * what it was. Returns 0, or -EFAULT where the user may not write.
 */
int user_compare_swap(vaddr_t address, uint32_t expected, uint32_t desired, uint32_t *seen);

/*
 * One aligned word exactly as the hardware sees it now: no fault is handled, none may sleep.
 * Returns 0, or -EFAULT where the access faults. Tests use it to see what a TLB still knows.
 */
int probe_user_read(vaddr_t address, uint32_t *value);
int probe_user_write(vaddr_t address, uint32_t value);

#endif

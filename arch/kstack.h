/*
 * Kernel stacks in a window of their own, each above an unmapped guard: an overflow faults at once
 * and is reported as what it is. Every stack the kernel runs on is a slot: the entry code tells
 * stack from guard by one address bit.
 */
#ifndef ARCH_KSTACK_H
#define ARCH_KSTACK_H

#include <stdbool.h>
#include "arch/addr.h"

#define KSTACK_PAGES 2u
#define KSTACK_SLOTS 2048u

/* Slots below are taken at boot: a boot and idle stack and an emergency stack for each cpu. */
#define KSTACK_FIRST_FREE 8u

/* Maps the slot's stack to two frames. Returns 0, or -ERANGE for a slot that does not exist. */
int kstack_map(unsigned slot, const pfn_t frames[KSTACK_PAGES]);

/* Forgets the mapping on every cpu; nobody runs on it. The frames are the caller's again. */
void kstack_unmap(unsigned slot);

/* The end of the slot's stack: where an empty one starts, for context_init. */
void *kstack_top(unsigned slot);

/* True if the address is in the guard of some slot. */
bool kstack_is_guard(uint32_t address);

#endif

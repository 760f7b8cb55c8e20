/*
 * From a fault to an entry.
 */
#ifndef MM_VIRT_FAULT_H
#define MM_VIRT_FAULT_H

#include "mm/virt/mm.h"

enum fault_access { ACCESS_READ = 1, ACCESS_WRITE = 2, ACCESS_EXEC = 4 };

/*
 * Makes the access possible: fills in a zeroed page, a mapping of the zero page for a first read, a
 * copy of a shared page before a write; makes an old entry young and a clean one dirty; extends a
 * stack; and where it meets a migration entry sleeps until the page's lock is released (TU-5) and
 * says "again" by returning 0: the access is simply retried. Context: may sleep; takes mm->lock for
 * reading. Where the area maps an object: the object's page, made if need be. Returns: 0 retry the
 * access; -EFAULT no area; -EACCES the area forbids it; -ENXIO past the end of the object; -ENOMEM.
 */
int mm_fault(struct mm *mm, vaddr_t address, enum fault_access access);

/* The shared frame of zeros that first reads map. Never counted, never on an LRU, refs never 0. */
extern struct page *zero_page;

/* Once, after phys_init. */
void fault_init(void);

#endif

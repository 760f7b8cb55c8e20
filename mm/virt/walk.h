/*
 * Looking at the entries of an area one after the other.
 */
#ifndef MM_VIRT_WALK_H
#define MM_VIRT_WALK_H

#include "mm/virt/pgtable.h"

/* What stands at `a`, which is not none. The table is locked: no sleep, no change. */
typedef void (*area_visit)(struct vma *v, vaddr_t a, pte_t e, void *arg);

/*
 * Visits [start, end), which lies within the area, in order. Each entry is as it was at one moment
 * while the walk ran. Locks: mm->lock, at least for reading. Context: yields between tables.
 */
void area_walk(struct vma *v, uint32_t start, uint32_t end, area_visit visit, void *arg);

#endif

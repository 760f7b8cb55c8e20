/*
 * Pages that must stay resident. They may still move.
 */
#ifndef MM_VIRT_MLOCK_H
#define MM_VIRT_MLOCK_H

#include "mm/phys/page.h"
#include "mm/virt/fault.h"
#include "mm/virt/mm.h"

/*
 * Marks a page that a locked area maps, or takes the mark away; moves it to the right LRU list and
 * counts it. Locks: the page is held, or mapped by an entry whose table is locked.
 */
void mlock_page(struct page *p);
void munlock_page(struct page *p);

/*
 * Takes the mark off a page unless a locked area, other than `left` (or NULL), maps it.
 * Locks: the page is held. Context: may sleep, for the page lock.
 */
void munlock_shared_page(struct page *p, struct vma *left);

/*
 * Takes the mark off every page that [start, end) of an area maps. mm->lock held for writing; may
 * sleep.
 */
void munlock_range(struct vma *v, uint32_t start, uint32_t end);

/*
 * Faults in every page of [start, end) that its area lets anybody reach and its object has. No lock
 * held. 0 or -ENOMEM.
 */
int mm_populate(struct mm *mm, uint32_t start, uint32_t end);

/*
 * The same for one kind of access, until a page refuses it. No lock held. Returns 0, or mm_fault's
 * answer.
 */
int mm_populate_for(struct mm *mm, uint32_t start, uint32_t end, enum fault_access access);

#endif

/*
 * Forgetting what an address space has used or written so far, so that what it uses or writes from
 * now on can be told (/proc/PID/clear_refs, soft-dirty.rst).
 */
#ifndef MM_VIRT_CLEAR_REFS_H
#define MM_VIRT_CLEAR_REFS_H

#include "mm/virt/mm.h"

/*
 * Every entry becomes old, or clean in the soft sense. When this returns no TLB remembers
 * otherwise: the next access, or the next store, is seen. A page that is being moved keeps the news
 * too. Takes mm->lock for reading. Context: may sleep, yields.
 */
void mm_clear_young(struct mm *mm);
void mm_clear_soft_dirty(struct mm *mm);

#endif

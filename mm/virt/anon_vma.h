/*
 * Families of areas that may share an anonymous page: from a page to everybody who may map it.
 *
 * A family is born with the first anonymous page of an area; splitting an area, or forking, adds
 * areas to it. A page points at its family for as long as it is anonymous, and holds it alive, so
 * page->anon of a page one holds is never stale, mapped or not. Within a family a page is found by
 * its offset (page->index), which is the same in every area that shares it.
 *
 * Locks: anon->lock (LOCK_ANON_VMA) guards `areas` and, with it held, every area on it keeps its
 * bounds.
 */
#ifndef MM_VIRT_ANON_VMA_H
#define MM_VIRT_ANON_VMA_H

#include "base/spinlock.h"
#include "mm/virt/vma.h"

struct anon_vma {
	struct spinlock lock;
	uint32_t refs;	   /* atomic: areas on the list + pages that point here + running moves */
	struct list areas; /* struct vma.family, under lock */
};

/*
 * Gives the area a family if it has none. mm->lock held, at least for reading. Returns 0 or
 * -ENOMEM.
 */
int anon_vma_prepare(struct vma *v);

/* Adds an area to the family of another (split, fork). */
void anon_vma_join(struct vma *v, struct anon_vma *family);

/* Takes the area out of its family; frees the family with the last holder. */
void anon_vma_leave(struct vma *v);

static inline void anon_vma_get(struct anon_vma *a)
{
	atomic_add_relaxed(&a->refs, 1);
}

/* Gives up `n` holds; frees the family with the last. */
void anon_vma_put_many(struct anon_vma *a, uint32_t n);

static inline void anon_vma_put(struct anon_vma *a)
{
	anon_vma_put_many(a, 1);
}

/* Bounds of areas change only between these two. */
static inline void anon_vma_lock(struct anon_vma *a)
{
	spin_lock(&a->lock, LOCK_ANON_VMA);
}

static inline void anon_vma_unlock(struct anon_vma *a)
{
	spin_unlock(&a->lock);
}

/* Families that exist now. */
uint32_t anon_vma_count(void);

#endif

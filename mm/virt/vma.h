/*
 * Areas of an address space: [start, end), same rights throughout, never overlapping.
 *
 * Locks: mm->lock, held for writing to change anything here, for reading to look.
 *        `family` and anon: also anon->lock.
 */
#ifndef MM_VIRT_VMA_H
#define MM_VIRT_VMA_H

#include "arch/addr.h"
#include "arch/pte.h"
#include "base/list.h"

struct mm;
struct anon_vma;

enum vma_flags {
	VMA_READ = 1u << 0,
	VMA_WRITE = 1u << 1,
	VMA_EXEC = 1u << 2,
	VMA_GROWSDOWN = 1u << 8, /* a stack: a fault just below extends it */
	VMA_LOCKED = 1u << 13,	 /* mlock: pages stay resident (and may still move) */
};

struct vma {
	uint32_t start, end;	/* bytes, page aligned */
	uint32_t flags;		/* enum vma_flags */
	uint32_t pgoff;		/* page offset of `start` in its family; start >> PAGE_SHIFT when made */
	struct mm *mm;
	struct anon_vma *anon;	/* NULL until the first anonymous page */
	struct list family;	/* in anon->areas */
	struct list node;	/* in mm->areas, by address */
	struct vma *left, *right, *parent; /* the tree by address: vma.c's own */
	uint32_t tree_private;
};

/* What user mode may do in the area, for pte_make. */
static inline unsigned vma_rights(const struct vma *v)
{
	return v->flags & (VMA_READ | VMA_WRITE | VMA_EXEC);
}

_Static_assert(VMA_READ == PTE_READ && VMA_WRITE == PTE_WRITE && VMA_EXEC == PTE_EXEC,
	       "area rights are entry rights");

static inline vaddr_t vma_address(const struct vma *v, uint32_t pgoff)
{
	return vaddr(v->start + ((pgoff - v->pgoff) << PAGE_SHIFT));
}

static inline uint32_t vma_pgoff(const struct vma *v, vaddr_t a)
{
	return v->pgoff + ((a.a - v->start) >> PAGE_SHIFT);
}

static inline uint32_t vma_pages(const struct vma *v)
{
	return (v->end - v->start) >> PAGE_SHIFT;
}

/* The area that contains `a`, or NULL. */
struct vma *vma_find(struct mm *mm, vaddr_t a);

/* The first area that ends above `a`, or NULL: where a walk over [a, ...) begins. */
struct vma *vma_find_from(struct mm *mm, vaddr_t a);

struct vma *vma_next(const struct vma *v); /* by address, or NULL */

/* A new area, linked into the tree; merges with like neighbours. NULL: no memory. [start, end) must be free. */
struct vma *vma_create(struct mm *mm, uint32_t start, uint32_t end, uint32_t flags);

/*
 * Cuts areas so that none crosses `at`. Both halves stay in the family. Returns 0 or -ENOMEM, nothing changed.
 */
int vma_split_at(struct mm *mm, vaddr_t at);

/* Merges areas of [start - 1, end + 1) that have become alike. */
void vma_merge_range(struct mm *mm, uint32_t start, uint32_t end);

/* Unlinks from tree and family, frees. Its entries are gone already. */
void vma_destroy(struct vma *v);

/* Lowest free range of so many bytes at or above `hint`, page aligned; 0 when there is none. */
uint32_t vma_find_gap(struct mm *mm, uint32_t hint, uint32_t bytes);

#endif

/*
 * Areas of an address space: [start, end), same rights throughout, never overlapping.
 *
 * Locks: mm->lock, held for writing to change anything here, for reading to look.
 *        `family` and anon: also anon->lock. `sharers` and mapping: also mapping->areas_lock.
 */
#ifndef MM_VIRT_VMA_H
#define MM_VIRT_VMA_H

#include "arch/addr.h"
#include "arch/pte.h"
#include "base/list.h"

struct mm;
struct address_space;
struct anon_vma;

enum vma_flags {
	VMA_READ = 1u << 0,
	VMA_WRITE = 1u << 1,
	VMA_EXEC = 1u << 2,
	VMA_SHARED = 1u << 3,	 /* what is stored is stored for everybody who maps the object */
	VMA_GROWSDOWN = 1u << 8, /* a stack: a fault just below extends it */
	VMA_LOCKED = 1u << 13,	 /* mlock: pages stay resident (and may still move) */
	VMA_DONTFORK = 1u << 17, /* a child gets nothing of it */
};

struct vma {
	uint32_t start, end; /* bytes, page aligned */
	uint32_t flags;	     /* enum vma_flags */
	uint32_t pgoff; /* page offset of `start` in its object, or in its family, where it begins
			   as start >> PAGE_SHIFT */
	struct mm *mm;
	struct anon_vma *anon;		   /* NULL until the first anonymous page */
	struct list family;		   /* in anon->areas */
	struct address_space *mapping;	   /* NULL, or the object it maps, with a hold */
	struct list sharers;		   /* in mapping->areas */
	struct list node;		   /* in mm->areas, by address */
	struct vma *left, *right, *parent; /* a treap by address: vma.c's own */
	uint32_t priority;		   /* never below that of a child */
};

/* What user mode may do in the area, for pte_make. */
static inline unsigned vma_rights(const struct vma *v)
{
	return v->flags & (VMA_READ | VMA_WRITE | VMA_EXEC);
}

_Static_assert((int)VMA_READ == (int)PTE_READ && (int)VMA_WRITE == (int)PTE_WRITE &&
		       (int)VMA_EXEC == (int)PTE_EXEC,
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

/* Areas cover every byte of [start, end). */
bool vma_covers(struct mm *mm, uint32_t start, uint32_t end);

/*
 * An area that is nowhere yet, so that lack of memory is known before anything changes. NULL: no
 * memory.
 */
struct vma *vma_new(void);
void vma_free(struct vma *v);

/* Links a new area in. [start, end) must be free. Merges with nothing. */
void vma_insert(struct mm *mm, struct vma *v, uint32_t start, uint32_t end, uint32_t flags);

/*
 * Both, then merges with like neighbours. Returns the area that covers the range now, or NULL: no
 * memory.
 */
struct vma *vma_create(struct mm *mm, uint32_t start, uint32_t end, uint32_t flags);

/* Makes the area, which maps nothing yet, one of those that map the object; takes a hold on it. */
void vma_map_object(struct vma *v, struct address_space *m);

/* Makes the area one of the family and of the object of another, where that has them. */
void vma_join(struct vma *v, const struct vma *like);

/*
 * Between these two no walk of the reverse map meets the area: its bounds, or where its entries
 * are, may change.
 */
void vma_lock_rmap(const struct vma *v);
void vma_unlock_rmap(const struct vma *v);

/* Moves the borders of an area, into free room or over a neighbour that is about to go. */
void vma_set_bounds(struct vma *v, uint32_t start, uint32_t end);

/*
 * Cuts areas so that none crosses `at`. Both halves stay in the family. Returns 0 or -ENOMEM,
 * nothing changed.
 */
int vma_split_at(struct mm *mm, vaddr_t at);

/* Cuts at both ends of [start, end). Returns 0 or -ENOMEM, nothing changed. */
int vma_split_range(struct mm *mm, uint32_t start, uint32_t end);

/* The same, where areas must cover [start, end) without a hole. Returns 0 or -ENOMEM, nothing
 * changed. */
int vma_cut_out(struct mm *mm, uint32_t start, uint32_t end);

/* Merges areas that touch or cross [start, end) and have become alike. */
void vma_merge_range(struct mm *mm, uint32_t start, uint32_t end);

/* Unlinks from tree, family and object, frees. Its entries are gone already. May sleep: the last
 * area of an object ends it. */
void vma_destroy(struct vma *v);

/* Lowest free range of so many bytes at or above `hint`, page aligned; 0 when there is none. */
uint32_t vma_find_gap(struct mm *mm, uint32_t hint, uint32_t bytes);

#endif

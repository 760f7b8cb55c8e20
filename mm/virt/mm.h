/*
 * Address spaces.
 *
 * Locks, outermost first: mm->lock (sleeps) > page lock (sleeps) > anon->lock > table lock > LRU,
 * zone. Counts are atomic, because a mover changes entries without holding mm->lock.
 */
#ifndef MM_VIRT_MM_H
#define MM_VIRT_MM_H

#include "arch/context.h"
#include "base/rwsem.h"
#include "mm/virt/vma.h"

struct mm {
	struct arch_mm arch;
	struct rwsem lock;
	struct list areas;	/* struct vma.node, by address */
	struct vma *tree;	/* vma.c's own */
	struct vma *last_found; /* vma.c's own */
	uint32_t refs;		/* atomic: tasks, and whoever looks at it for a while */
	uint32_t anon_pages;	/* atomic: entries that map (or stand for) anonymous pages */
	uint32_t shared_pages;	/* atomic: the same, for pages of objects */
	uint32_t table_pages;	/* atomic: frames of second-level tables */
	uint32_t area_count;
	uint32_t brk_start, brk; /* the heap: [brk_start, brk) */
	uint32_t stack_limit;	 /* lowest address the stack may grow to */
	uint32_t future_flags;	 /* every new area has them too: VMA_LOCKED after mlockall */
	uint32_t faults;	 /* atomic */
	struct list all;	 /* list of all address spaces, under its lock */
	char name[16];		 /* of the program, for reports */
};

/* Room kept free below address 0x1000: a null pointer faults. */
#define USER_START 0x8000u
#define MMAP_BASE  0x20000000u /* mmap looks upward from here */

struct mm *mm_create(const char *name); /* NULL: no memory. One hold. */
void mm_get(struct mm *mm);
void mm_put(struct mm *mm); /* the last hold unmaps and frees everything; may sleep */

/* Calls visit for every address space, each held, no lock held during the call. */
void mm_for_each(void (*visit)(struct mm *, void *), void *arg);

/*
 * The same for every address space there is, one that a sleeping thread is taking apart included;
 * it takes no hold and no lock. Nothing else runs: for mm/check.c.
 */
void mm_for_each_at_rest(void (*visit)(struct mm *, void *), void *arg);

/* The range [start, start + bytes) is not empty and lies in user space. */
static inline bool mm_range_is_user(uint32_t start, uint32_t bytes)
{
	return bytes != 0 && start >= USER_START && start < USER_END && bytes <= USER_END - start;
}

/*
 * Requests of tasks, by page-aligned byte ranges. All take mm->lock for writing (madvise: reading).
 * Each returns 0 (or an address) or -errno as Linux's calls do: -EINVAL for a bad range, -ENOMEM,
 * -EACCES.
 */
int mm_map(struct mm *mm, uint32_t hint, uint32_t bytes, uint32_t vma_flags, bool fixed,
	   uint32_t *address);

/* Where a new area goes. */
enum map_place {
	MAP_NEAR_HINT,	     /* wherever there is room, at or above the hint if it can be */
	MAP_AT_HINT,	     /* there; what was there goes */
	MAP_AT_HINT_IF_FREE, /* there, or -EEXIST */
};

struct map_request {
	uint32_t hint, bytes;
	uint32_t vma_flags; /* VMA_SHARED: an object of its own, which a child shares */
	enum map_place place;
	bool populate; /* what can be had is brought in at once */
};

/* mm_map by its full name. */
int mm_map_request(struct mm *mm, const struct map_request *r, uint32_t *address);
int mm_unmap(struct mm *mm, uint32_t start, uint32_t bytes);
int mm_protect(struct mm *mm, uint32_t start, uint32_t bytes, uint32_t rights);
int mm_discard(struct mm *mm, uint32_t start, uint32_t bytes);	   /* MADV_DONTNEED */
int mm_free_lazily(struct mm *mm, uint32_t start, uint32_t bytes); /* MADV_FREE: private only */

/*
 * MADV_REMOVE: the pages of the objects that the range maps go, from whoever maps them; zeroes are
 * there now. -EINVAL: not shared, or locked; -EACCES: may not be stored to; -ENOMEM: a hole.
 */
int mm_remove(struct mm *mm, uint32_t start, uint32_t bytes);
uint32_t mm_set_brk(struct mm *mm, uint32_t brk); /* the break afterwards, old one if refused */
int mm_lock_range(struct mm *mm, uint32_t start, uint32_t bytes, bool lock); /* mlock, munlock */

/* mlock2 with MLOCK_ONFAULT: locked as they come, not brought in. */
int mm_lock_on_fault(struct mm *mm, uint32_t start, uint32_t bytes);

/* mlockall, munlockall: the areas there are, and those to come. `now`: brought in at once. */
struct lock_all {
	bool current, future, now;
};

int mm_lock_all(struct mm *mm,
		struct lock_all what); /* 0, or -ENOMEM not every page could be had */
void mm_unlock_all(struct mm *mm);

/*
 * Sets and takes flags of the areas of a range that have no meaning for entries (VMA_DONTFORK). 0;
 * -ENOMEM: a hole, or no memory; nothing changed.
 */
int mm_set_flags(struct mm *mm, uint32_t start, uint32_t bytes, uint32_t set, uint32_t clear);

/* 1 for each page that is in memory, 0 else. mincore. 0, or -ENOMEM: a hole. */
int mm_resident(struct mm *mm, uint32_t start, uint32_t pages, uint8_t *resident);

/* msync: 0; -ENOMEM: a hole; -EBUSY: to be invalidated, and locked. */
int mm_sync(struct mm *mm, uint32_t start, uint32_t bytes, bool invalidate);

/* Where the stack begins that `a` is in; 0: it is in none. */
uint32_t mm_stack_start(struct mm *mm, uint32_t a);

/*
 * What the task stored in [start, end), any bytes, is what it fetches from there. mm->lock for
 * reading. Returns 0, or -EFAULT where the range leaves the task's areas.
 */
int mm_sync_instructions(struct mm *mm, uint32_t start, uint32_t end);

/*
 * Resizes the range [old, old + old_bytes) of one area to new_bytes, where it is or, if it
 * `may_move`, elsewhere; `fixed`: to new_hint, whatever was there goes. Sizes are rounded up to
 * pages. A page keeps its frame, its entry and its offset in the family; what is new reads as
 * zeroes, and is faulted in at once where the area is locked. Returns: 0 and where the range begins
 * now; -EINVAL; -EFAULT not one area; -ENOMEM no room, or no memory: then nothing has changed, but
 * what a fixed move was to replace may be gone. Source: mremap(2).
 */
int mm_remap(struct mm *mm, uint32_t old, uint32_t old_bytes, uint32_t new_bytes, bool may_move,
	     bool fixed, uint32_t new_hint, uint32_t *address);

/*
 * Gives `child`, fresh from mm_create, the areas of `parent`, and every anonymous page to share
 * until one of the two writes to it. When this returns no store of the parent's goes through to a
 * shared page any more. VMA_LOCKED is not inherited (mlock(2)). Locks:   parent->lock, then
 * child->lock, both for writing. Nobody but observers (mm_for_each) knows the child yet. Context:
 * may sleep. Returns: 0, or -ENOMEM: the child is empty again; of the parent only write rights of
 * entries are gone, which the next write gives back.
 */
int mm_fork(struct mm *parent, struct mm *child);

/* Room at or above the hint, or else wherever it is; 0: nowhere. mm->lock held. */
uint32_t mm_find_room(struct mm *mm, uint32_t hint, uint32_t bytes);

/* mm_unmap of a checked range, mm->lock held for writing. 0, or -ENOMEM and nothing changed. */
int mm_unmap_locked(struct mm *mm, uint32_t start, uint32_t end);

/*
 * One fault extends a stack by no more than this, and leaves this much free above the next area
 * below.
 */
#define STACK_GROW_MAX 0x100000u
#define STACK_GUARD    0x10000u

/*
 * Grows a VMA_GROWSDOWN area down to cover `a` if it is near below it and the limit allows.
 * mm->lock held for writing. 0 or -EFAULT.
 */
int mm_grow_stack(struct mm *mm, struct vma *v, vaddr_t a);

#endif

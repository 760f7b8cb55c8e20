/*
 * Objects whose pages several address spaces may map: shared memory now, files later.
 *
 * An object has its pages in a tree by offset, and a list of the areas that map it. A page in the
 * tree is held by it ("the cache's hold") and lives until it is taken out, mapped or not. The
 * object lives as long as somebody holds it: an area each, and who looks at it for a while; with
 * the last hold its pages leave the tree.
 *
 * The page lock keeps page->cache and the page's slot still: who puts a page in, takes it out, or
 * puts another in its place (a move) has the page's lock. So a page that is locked and has
 * page->cache set is in that tree, and the object lives: teardown waits for the lock.
 *
 * Nobody waits for a page's lock with a hold on the page: while it is on its way to another frame
 * the hold would keep it from getting there. Who finds a page locked queues for it under the tree's
 * lock, lets go of everything, sleeps and looks again.
 *
 * Locks: page lock > areas_lock (LOCK_MAPPING) > table locks > tree_lock (LOCK_CACHE, interrupts
 * off).
 */
#ifndef MM_CACHE_MAPPING_H
#define MM_CACHE_MAPPING_H

#include "base/radix.h"
#include "base/waitq.h"
#include "mm/phys/page.h"

/* By letter: (A) atomic (M) areas_lock (T) tree_lock (C) constant. */
struct address_space {
	struct spinlock areas_lock; /* LOCK_MAPPING */
	struct spinlock tree_lock;  /* LOCK_CACHE */
	struct list
		areas; /* (M) struct vma.sharers; a tree of intervals where a walk gets too long */
	struct radix pages;  /* (T) struct page by offset */
	uint32_t page_count; /* (T) */
	uint32_t size_pages; /* (C) there is nothing at this offset or above */
	uint32_t serial;     /* (C) no other object has it or had it */
	uint32_t refs;	     /* (A) areas, and who looks at it for a while */
	struct list all;     /* every object, under the list's lock */
};

/* An object without pages, one hold. NULL: no memory. */
struct address_space *mapping_create(uint32_t size_pages);

static inline void mapping_get(struct address_space *m)
{
	uint32_t before = atomic_fetch_add(&m->refs, 1);

	assert_that(before != 0);
}

/* The last hold takes all pages out, waiting for each page's lock. Context: may sleep. */
void mapping_put(struct address_space *m);

/* Objects that exist now. */
uint32_t mapping_count(void);

/* Areas of the object keep their bounds, and none joins or leaves, between these two. */
static inline void mapping_lock_areas(struct address_space *m)
{
	spin_lock(&m->areas_lock, LOCK_MAPPING);
}

static inline void mapping_unlock_areas(struct address_space *m)
{
	spin_unlock(&m->areas_lock);
}

/* The object in whose tree the page is, or NULL. The page is locked. */
static inline struct address_space *page_mapping(const struct page *p)
{
	return page_kind(p) == KIND_SHMEM ? p->cache : NULL;
}

/* Holds on the page by its place in a tree: none or one. The page is locked, or nothing runs. MG-3
 */
static inline uint32_t page_cache_holds(const struct page *p)
{
	return page_mapping(p) ? 1 : 0;
}

enum mapping_found {
	MAPPING_NONE,	/* nothing is there */
	MAPPING_LOCKED, /* *page, and the caller has its page lock; not held, the lock keeps it */
	MAPPING_BUSY, /* *page; somebody else has the lock, the caller is queued in `w` (waitq.h) */
};

/* What is at an offset. Context: does not sleep. */
enum mapping_found mapping_find_lock(struct address_space *m, uint32_t index, struct page **page,
				     struct waiter *w);

/* The first page at or above *index, locked, and its offset; NULL: none. Context: may sleep. */
struct page *mapping_next_lock(struct address_space *m, uint32_t *index);

/* The page at an offset, or NULL; for who only compares. */
const struct page *mapping_look(struct address_space *m, uint32_t index);

/*
 * A new page, fresh from the allocator and filled, goes in as swap-backed memory: locked, with the
 * cache's hold beside the caller's. Context: may sleep. Returns 0; -EEXIST, -ENOMEM: the page is as
 * it was.
 */
int mapping_add_new(struct address_space *m, uint32_t index, struct page *p);

/* Takes a locked page out, unlocks it and gives up the cache's hold. Nothing maps it any more. */
void mapping_drop(struct address_space *m, struct page *p);

/*
 * `to` takes the slot of `from`, which is locked and frozen, and gets the cache's hold; it has its
 * kind, flags, lock and offset already. MG-7..9
 */
void mapping_replace(struct address_space *m, struct page *from, struct page *to);

struct check;

/* Each page that says so is in its tree; the trees have no others. Nothing runs. */
void mapping_check(struct check *c);

#endif

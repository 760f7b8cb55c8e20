/*
 * Objects whose pages several address spaces may map: shared memory, and files.
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

struct block_device;

/* Where a block of a file is on its device. */
struct block_place {
	uint32_t block; /* of the file system's size */
	bool is_hole;	/* nowhere: it reads as zeroes */
	bool is_new;	/* this call found room for it; what is on the disk there is somebody's old
			   bytes */
};

/* How the pages of an object leave for another frame; the stages are mm/move/stages.c. */
enum mapping_moves {
	MOVES_FALLBACK, /* written out first if dirty, private data released: no handler. FB */
	MOVES_PLAIN,	/* migrate_page: nothing but the page has to move. MG */
	MOVES_BUFFERS,	/* buffer_migrate_page: its buffers are locked and go along. BF */
};

/*
 * What an object asks of whoever stands behind it: the second of mm's upward seams. The page of
 * every call is locked and in the object's tree. May sleep, on other pages of other objects too;
 * who holds a page's lock and waits for another's goes from a file to its file system's own
 * objects, never back.
 */
struct address_space_ops {
	const char *name;
	enum mapping_moves moves;
	/*
	 * Brings in the bytes of a page that is not up to date, zeroes beyond the end. The page is
	 * unlocked when they are there (PG_UPTODATE) or can not be had (PG_ERROR), perhaps by an
	 * interrupt, perhaps before this returns. Returns 0, or -errno and the page was unlocked
	 * with PG_ERROR.
	 */
	int (*read_page)(struct address_space *m, struct page *p);
	/*
	 * Writes a page whose dirt was cleared for it (page_clear_dirty_for_io). Unlocks it, under
	 * writeback until the bytes are there. On an error, now or later, it is dirty again and the
	 * object remembers (mapping_take_error). Returns 0, or -errno: nothing was started. NULL:
	 * its pages are never written anywhere.
	 */
	int (*write_page)(struct address_space *m, struct page *p);
	/*
	 * Bytes [from, to) of the page are about to be stored, and the page to be made dirty:
	 * afterwards they have room on the disk, and the rest of their blocks is up to date. The
	 * page stays locked. 0 or -errno. NULL: nothing has to be prepared in a page that is up to
	 * date.
	 */
	int (*prepare_write)(struct address_space *m, struct page *p, uint32_t from, uint32_t to);
	/*
	 * Lets go of what page->private keeps, with its hold. The page is clean. False: something
	 * of it is under way, and `wait` was not said.
	 */
	bool (*release_private)(struct page *p, bool wait);
	/*
	 * The file ends at this byte of the page now, which is under no writeback and zeroes from
	 * there on: places beyond are forgotten. NULL: nothing private knows places.
	 */
	void (*cut_private)(struct address_space *m, struct page *p, uint32_t from);
	/* For mm/cache/buffer.h: where block `block` of the file is; `create`: it gets room. */
	int (*get_block)(struct address_space *m, uint32_t block, bool create,
			 struct block_place *place);
};

/* Marks in the tree. */
enum mapping_mark { MARK_DIRTY, MARK_WRITEBACK };

/* By letter: (A) atomic (M) areas_lock (T) tree_lock (C) constant. */
struct address_space {
	struct spinlock areas_lock; /* LOCK_MAPPING */
	struct spinlock tree_lock;  /* LOCK_CACHE */
	struct list
		areas; /* (M) struct vma.sharers; a tree of intervals where a walk gets too long */
	struct radix pages;  /* (T) struct page by offset */
	uint32_t page_count; /* (T) */
	uint32_t size_pages; /* (A) there is nothing at this offset or above; a file's may change */
	uint64_t bytes;	     /* (T) of a file: where its last page ends */
	uint32_t dirty_pages;	  /* (T) that carry MARK_DIRTY */
	uint32_t writeback_pages; /* (T) that carry MARK_WRITEBACK */
	uint32_t serial;	  /* (C) no other object has it or had it */
	uint32_t refs;		  /* (A) areas, and who looks at it for a while */
	int32_t error;		  /* (A) 0, or the first failure to write since somebody asked */
	const struct address_space_ops *ops; /* (C) NULL: memory, with no file behind it */
	struct block_device *device;	     /* (C) of a file; NULL: none */
	uint32_t block_bytes;		     /* (C) of its file system */
	void *host;			     /* (C) the file, for ops */
	struct list all;		     /* every object, under the list's lock */
};

/* What makes an object a file's. */
struct mapping_file {
	const struct address_space_ops *ops;
	struct block_device *device;
	uint32_t block_bytes; /* 512 .. PAGE_SIZE, a power of two */
	void *host;
	uint64_t bytes;
};

/* An object without pages, one hold. NULL: no memory. */
struct address_space *mapping_create(uint32_t size_pages);

/* The same, with a file behind it. */
struct address_space *mapping_create_file(const struct mapping_file *f);

static inline bool mapping_is_file(const struct address_space *m)
{
	return m->ops != NULL;
}

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

/* The tree, its marks and their counts keep still. Interrupts are off in between. */
static inline uint32_t mapping_lock_tree(struct address_space *m)
{
	return spin_lock_irq(&m->tree_lock, LOCK_CACHE);
}

static inline void mapping_unlock_tree(struct address_space *m, uint32_t saved)
{
	spin_unlock_irq(&m->tree_lock, saved);
}

/* The object in whose tree the page is, or NULL. The page is locked. */
static inline struct address_space *page_mapping(const struct page *p)
{
	return page_is_objects(p) ? p->cache : NULL;
}

/*
 * Holds on the page by its place in a tree, and by what its file system keeps with it. The page is
 * locked, or nothing runs. MG-3
 */
static inline uint32_t page_cache_holds(const struct page *p)
{
	if (page_kind(p) == KIND_ANON)
		return 0;
	return (page_mapping(p) ? 1 : 0) + (page_has(p, PG_PRIVATE) ? 1 : 0);
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
 * A new page, fresh from the allocator, goes in: locked, with the cache's hold beside the caller's.
 * Memory is filled already and is swap-backed; a file's page is to be brought in. Context: may
 * sleep. Returns 0; -EEXIST, -ENOMEM: the page is as it was.
 */
int mapping_add_new(struct address_space *m, uint32_t index, struct page *p);

/*
 * Takes a locked page out, unlocks it and gives up the cache's hold. Nothing maps it any more, it
 * is under no writeback, keeps nothing private, and a file's page is not dirty.
 */
void mapping_drop(struct address_space *m, struct page *p);

/*
 * The first page at or above *index that carries the mark, locked, and its offset; NULL: none.
 * Context: may sleep.
 */
struct page *mapping_next_marked_lock(struct address_space *m, uint32_t *index,
				      enum mapping_mark mark);

/* Where the file ends. The caller keeps others from changing it, or takes what it gets. */
uint64_t mapping_bytes(struct address_space *m);

/* Only the number: pages beyond are mm/cache/truncate.h's affair. */
void mapping_set_bytes(struct address_space *m, uint64_t bytes);

/* The first failure to write since the last call, or 0. */
int mapping_take_error(struct address_space *m);

/*
 * `to` takes the slot of `from`, which is locked and frozen, and gets the cache's hold; it has its
 * kind, flags, lock and offset already. MG-7..9
 */
void mapping_replace(struct address_space *m, struct page *from, struct page *to);

struct check;

/* Each page that says so is in its tree; the trees have no others. Nothing runs. */
void mapping_check(struct check *c);

#endif

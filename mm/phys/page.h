/*
 * What is known of a frame: 32 bytes each, one array (page_map, pfn.h).
 *
 * A frame is in exactly one of these places, and `state` bits of flags say which:
 *   PG_RESERVED  never handed out: the kernel's image, the descriptors, holes
 *   PG_BUDDY     first frame of a free block on a zone's free list; `order` says how large
 *   PG_PCP       free, on a cpu's list
 *   (none)       in use, or inside a free block
 * A page in use belongs to a kind (enum page_kind_id): who may be asked about it.
 *
 * refs counts holds. 0 = free, or frozen by somebody who is about to decide about it. Every hold
 * has a name in the text of the code that takes it: a mapping, the isolation, a per-cpu LRU batch,
 * a pin, the cache, the owner. mapcount counts entries in user tables that map the frame; each is
 * also one hold.
 *
 * Locks, by letter:
 *   (A) atomic  (Z) the zone's lock  (L) the zone's LRU lock  (P) the page lock, PG_LOCKED
 *   (O) whoever owns the page: nobody else looks
 */
#ifndef MM_PHYS_PAGE_H
#define MM_PHYS_PAGE_H

#include "arch/atomic.h"
#include "base/assert.h"
#include "base/list.h"
#include "base/spinlock.h"
#include "mm/phys/pfn.h"

enum page_flags {
	PG_LOCKED = 1u << 0,	  /* (A) the page lock */
	PG_DIRTY = 1u << 1,	  /* (A) written since it was last clean */
	PG_REFERENCED = 1u << 2,  /* (A) seen in use; second chance */
	PG_UPTODATE = 1u << 3,	  /* (A) its contents are what they should be */
	PG_LRU = 1u << 4,	  /* (L) on one of its zone's LRU lists */
	PG_ACTIVE = 1u << 5,	  /* (L) on, or meant for, an active list */
	PG_UNEVICTABLE = 1u << 6, /* (L) on, or meant for, the unevictable list */
	PG_SWAPBACKED = 1u << 7,  /* anonymous, or memory file: swap is behind it */
	PG_MLOCKED = 1u << 8,	  /* (A) some area that maps it is locked in memory */
	PG_RESERVED = 1u << 9,
	PG_BUDDY = 1u << 10,	    /* (Z) */
	PG_PCP = 1u << 11,	    /* (O) the cpu's list */
	PG_ISOLATED = 1u << 12,	    /* (L) taken off its list by somebody who will put it back */
	PG_DCACHE_CLEAN = 1u << 13, /* (A) no dirty line under the kernel's address for it */
	PG_ERROR = 1u << 14,	    /* (A) its I/O failed */
	PG_CHECKED = 1u << 15,	    /* (O) the file system's own */
	PG_MAPPEDTODISK = 1u << 16, /* (P) every byte has a block */
	PG_LRU_BATCH = 1u << 17,    /* (A) a per-cpu LRU batch holds it */
	PG_UNMOVABLE = 1u << 18,    /* (Z) counted in its pageblock as one that can not move */
	PG_REFUSED = 1u << 19, /* (A) held by somebody when it was to move: ask before trying */
	PG_PRIVATE =
		1u << 20, /* (P) its file system keeps something by page->private, with a hold */
	PG_WRITEBACK = 1u << 21,  /* (A) on its way to the disk: mm/cache/writeback_page.h */
				  /* bits 22 and 23 are free: swap cache, huge */
	PG_REMEMBERED = 1u << 30, /* (A) its last refusal is on record: mm/move/refusal.h */
};

/*
 * What a free frame may carry; anything else found at allocation is a bug. A frame on a cpu's list
 * keeps PG_UNMOVABLE: it is still counted, because the buddy has not got it back yet.
 */
#define PG_KEPT_WHEN_FREE (PG_ZONE_MASK | PG_BUDDY | PG_PCP | PG_UNMOVABLE)

/*
 * States that end before the last hold does: one of them on a frame that is being freed is a bug.
 */
#define PG_BUG_WHEN_FREED                                                                          \
	(PG_LOCKED | PG_LRU | PG_MLOCKED | PG_RESERVED | PG_BUDDY | PG_PCP | PG_ISOLATED |         \
	 PG_LRU_BATCH | PG_PRIVATE | PG_WRITEBACK)

struct address_space;
struct anon_vma;
struct mm;

enum page_kind_id {
	KIND_KERNEL, /* the kernel's own: does not move */
	KIND_ANON,   /* anonymous memory of tasks */
	KIND_TABLE,  /* second-level tables of an address space */
	KIND_SHMEM,  /* shared memory: in the tree of an object (mm/cache/mapping.h) */
	KIND_FILE,   /* pages of files: in the tree of an object with a disk behind it */
	KIND_COUNT   /* later steps bring hugetlb, ksm, balloon; three bits */
};

#define PG_KIND_SHIFT 24u
#define PG_KIND_MASK  (7u << PG_KIND_SHIFT)
#define PG_ZONE_SHIFT 28u
#define PG_ZONE_MASK  (3u << PG_ZONE_SHIFT)

struct page {
	uint32_t flags;	   /* (A) enum page_flags, kind, zone */
	uint32_t refs;	   /* (A) holds; 0 = frozen or free */
	uint32_t mapcount; /* (A) entries that map it */
	union {
		uint32_t order; /* (Z) PG_BUDDY: of the free block */
		uint32_t index; /* (P) page offset within its mapping */
		uint32_t used;	/* KIND_TABLE, under its lock: entries that are not none */
	};
	union {
		struct anon_vma *anon; /* (P) KIND_ANON: who may map it; holds the family alive */
		struct address_space
			*cache;	   /* (P) KIND_SHMEM, KIND_FILE: in whose tree; NULL: none */
		struct mm *mm;	   /* KIND_TABLE: whose tables these are */
		uintptr_t mapping; /* either, unread: 0 = none */
	};
	union {
		uintptr_t private;	    /* (O) the kind's own */
		struct spinlock table_lock; /* KIND_TABLE: guards its entries (LOCK_TABLE) */
	};
	struct list lru; /* (L) LRU list; (Z) free list; (O) any list of its owner */
};

_Static_assert(sizeof(void *) != 4 || sizeof(struct page) == 32, "one descriptor, 32 bytes");

static inline struct page *pfn_to_page(pfn_t f)
{
	return page_map + (f.n - page_map_start.n);
}

static inline pfn_t page_to_pfn(const struct page *p)
{
	return (pfn_t){ page_map_start.n + (uint32_t)(p - page_map) };
}

static inline uint32_t page_flags(const struct page *p)
{
	return atomic_load_relaxed(&p->flags);
}

static inline bool page_has(const struct page *p, uint32_t flag)
{
	return page_flags(p) & flag;
}

/* Atomic; several bits at once are one change. Returns the flags as they were before. */
static inline uint32_t page_set(struct page *p, uint32_t flags)
{
	return atomic_fetch_or(&p->flags, flags);
}

static inline uint32_t page_clear(struct page *p, uint32_t flags)
{
	return atomic_fetch_and(&p->flags, ~flags);
}

/* For a page that nobody else can reach: fresh from the allocator, or frozen. */
static inline void page_init_flags(struct page *p, uint32_t clear, uint32_t set)
{
	p->flags = (p->flags & ~clear) | set;
}

static inline enum page_kind_id page_kind(const struct page *p)
{
	return (enum page_kind_id)((page_flags(p) & PG_KIND_MASK) >> PG_KIND_SHIFT);
}

/* Of a kind whose pages stand in the tree of an object. */
static inline bool page_is_objects(const struct page *p)
{
	enum page_kind_id kind = page_kind(p);

	return kind == KIND_SHMEM || kind == KIND_FILE;
}

/* Memory of users, or of their files: entries and trees that name it can be found, so it moves. */
static inline bool page_is_users(const struct page *p)
{
	enum page_kind_id kind = page_kind(p);

	return kind == KIND_ANON || kind == KIND_SHMEM || kind == KIND_FILE;
}

static inline unsigned page_zone_id(const struct page *p)
{
	return (page_flags(p) & PG_ZONE_MASK) >> PG_ZONE_SHIFT;
}

static inline bool page_is_mapped(const struct page *p)
{
	return atomic_load_relaxed(&p->mapcount) != 0;
}

static inline uint32_t page_refs(const struct page *p)
{
	return atomic_load(&p->refs);
}

/* Takes one more hold on a page that the caller already holds, or that can not go away. */
static inline void page_get(struct page *p)
{
	uint32_t before = atomic_fetch_add(&p->refs, 1);

	assert_that(before != 0); /* MG-11 */
}

/* Takes a hold unless the page is free or frozen. Any page, no lock. */
static inline bool page_try_get(struct page *p)
{
	uint32_t refs = atomic_load(&p->refs);

	while (refs != 0) {
		if (atomic_cas(&p->refs, refs, refs + 1))
			return true;
		refs = atomic_load(&p->refs);
	}
	return false;
}

/* Gives up one hold; the last one frees the frame (order 0). Any context. */
void page_put(struct page *p);

/*
 * True if refs was exactly `expected` and is now 0: nobody can take a hold until page_unfreeze.
 * MG-10
 */
static inline bool page_freeze(struct page *p, uint32_t expected)
{
	return atomic_cas(&p->refs, expected, 0);
}

static inline void page_unfreeze(struct page *p, uint32_t refs)
{
	assert_eq(p->refs, 0);
	assert_that(refs != 0);
	atomic_store(&p->refs, refs);
}

/*
 * The page lock: one owner, may be held across sleep, keeps mapping and index still.
 * Waiting takes no hold on the page (waitq.h).
 */
static inline bool page_try_lock(struct page *p)
{
	return !(page_set(p, PG_LOCKED) & PG_LOCKED);
}

void page_lock(struct page *p);	  /* may sleep; the caller holds the page */
void page_unlock(struct page *p); /* wakes who waits */

/* Prints one page in words: for asserts and the console. */
void page_describe(const struct page *p, char *text, size_t room);

#endif

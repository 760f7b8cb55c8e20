/*
 * Objects with pages: made, looked up, filled, emptied.
 */
#include "mm/cache/mapping.h"

#include <errno.h>

#include "base/failpoint.h"
#include "mm/cache/dirty.h"
#include "mm/check.h"
#include "mm/phys/lru.h"
#include "mm/phys/objcache.h"

FAILPOINT(mapping_alloc);
FAILPOINT(mapping_node_alloc);

static struct objcache objects = OBJCACHE_INIT(objects, "address_space", struct address_space);
static struct objcache nodes = OBJCACHE_INIT(nodes, "radix_node", struct radix_node);

static struct {
	struct spinlock lock; /* LOCK_MM_LIST */
	struct list all;      /* struct address_space.all */
	uint32_t created;     /* objects so far */
} every = { .all = LIST_INIT(every.all) };

/* ---- nodes for the trees */

static void free_stock(struct radix_stock *stock)
{
	struct radix_node *n;

	while ((n = radix_stock_take(stock)) != NULL)
		objcache_free(&nodes, n);
}

static int fill_stock(struct radix_stock *stock)
{
	while (stock->count < stock->wanted) {
		struct radix_node *n = failpoint_hit(&mapping_node_alloc)
					       ? NULL
					       : objcache_alloc(&nodes, GFP_KERNEL);

		if (!n)
			return -ENOMEM;
		radix_stock_put(stock, n);
	}
	return 0;
}

/* ---- the object */

static void enlist(struct address_space *m)
{
	spin_lock(&every.lock, LOCK_MM_LIST);
	m->serial = ++every.created;
	list_add_tail(&every.all, &m->all);
	spin_unlock(&every.lock);
}

struct address_space *mapping_create(uint32_t size_pages)
{
	struct address_space *m;

	if (failpoint_hit(&mapping_alloc))
		return NULL;
	m = objcache_alloc(&objects, GFP_KERNEL);
	if (!m)
		return NULL;
	list_init(&m->areas);
	m->size_pages = size_pages;
	m->refs = 1;
	enlist(m);
	return m;
}

struct address_space *mapping_create_file(const struct mapping_file *f)
{
	struct address_space *m = mapping_create(0);

	if (!m)
		return NULL;
	m->ops = f->ops;
	m->device = f->device;
	m->block_bytes = f->block_bytes;
	m->host = f->host;
	mapping_set_bytes(m, f->bytes);
	return m;
}

uint64_t mapping_bytes(struct address_space *m)
{
	uint32_t saved = mapping_lock_tree(m);
	uint64_t bytes = m->bytes;

	mapping_unlock_tree(m, saved);
	return bytes;
}

void mapping_set_bytes(struct address_space *m, uint64_t bytes)
{
	uint32_t saved = mapping_lock_tree(m);

	m->bytes = bytes;
	atomic_store(&m->size_pages, (uint32_t)((bytes + PAGE_SIZE - 1) >> PAGE_SHIFT));
	mapping_unlock_tree(m, saved);
}

int mapping_take_error(struct address_space *m)
{
	return (int)atomic_fetch_and((uint32_t *)&m->error, 0);
}

/*
 * What leaves with the object is not wanted any more: a file that is to be kept was written out
 * before.
 */
static void take_out(struct address_space *m, struct page *p)
{
	if (mapping_is_file(m))
		page_throw_away(p);
	mapping_drop(m, p);
}

/* Race: movers may have pages of it on their way; each is waited for, and found where it is then.
 */
static void take_all_out(struct address_space *m)
{
	uint32_t index = 0;
	struct page *p;

	while ((p = mapping_next_lock(m, &index)) != NULL)
		take_out(m, p);
	assert_eq(m->page_count, 0);
}

void mapping_put(struct address_space *m)
{
	if (atomic_fetch_add(&m->refs, -1u) != 1)
		return;
	assert_that(list_is_empty(&m->areas));
	take_all_out(m);
	spin_lock(&every.lock, LOCK_MM_LIST);
	list_del(&m->all);
	spin_unlock(&every.lock);
	objcache_free(&objects, m);
}

uint32_t mapping_count(void)
{
	return objects.in_use;
}

/* ---- looking up */

/*
 * Race: no wake-up is lost. The page is in its slot under the tree's lock, so who has the page's
 * lock has yet to replace it or to take it out, or will leave it there; each is done before the
 * page is unlocked, which wakes us. So a page that a queued thread waits for is unlocked after it
 * queued.
 */
static enum mapping_found lock_found(struct page *p, struct waiter *w)
{
	if (page_try_lock(p))
		return MAPPING_LOCKED;
	waitq_prepare(w, p, "page of an object");
	return MAPPING_BUSY;
}

enum mapping_found mapping_find_lock(struct address_space *m, uint32_t index, struct page **page,
				     struct waiter *w)
{
	uint32_t saved = mapping_lock_tree(m);
	enum mapping_found found = MAPPING_NONE;

	*page = radix_find(&m->pages, index);
	if (*page)
		found = lock_found(*page, w);
	mapping_unlock_tree(m, saved);
	return found;
}

#define ANY_PAGE (-1)

/* `mark`: of those that carry it; ANY_PAGE: of all. */
static enum mapping_found find_next_lock(struct address_space *m, uint32_t *index, int mark,
					 struct page **page, struct waiter *w)
{
	uint32_t saved = mapping_lock_tree(m);
	enum mapping_found found = MAPPING_NONE;

	*page = mark == ANY_PAGE ? radix_next(&m->pages, index)
				 : radix_next_marked(&m->pages, index, (unsigned)mark);
	if (*page)
		found = lock_found(*page, w);
	mapping_unlock_tree(m, saved);
	return found;
}

static struct page *next_lock(struct address_space *m, uint32_t *index, int mark)
{
	struct waiter w;
	struct page *p;

	while (find_next_lock(m, index, mark, &p, &w) == MAPPING_BUSY) {
		if (page_has(p, PG_LOCKED))
			sched_block();
		waitq_finish(&w);
	}
	return p;
}

struct page *mapping_next_lock(struct address_space *m, uint32_t *index)
{
	return next_lock(m, index, ANY_PAGE);
}

struct page *mapping_next_marked_lock(struct address_space *m, uint32_t *index,
				      enum mapping_mark mark)
{
	return next_lock(m, index, (int)mark);
}

const struct page *mapping_look(struct address_space *m, uint32_t index)
{
	uint32_t saved = mapping_lock_tree(m);
	const struct page *p = radix_find(&m->pages, index);

	mapping_unlock_tree(m, saved);
	return p;
}

/* ---- in, out, another one in its place */

static void account(const struct page *p, int32_t n)
{
	zone_stat_add(page_zone(p), NR_FILE_PAGES, n);
	if (page_has(p, PG_SWAPBACKED))
		zone_stat_add(page_zone(p), NR_SHMEM, n);
}

#define MEMORY_FLAGS                                                                               \
	((uint32_t)KIND_SHMEM << PG_KIND_SHIFT | PG_SWAPBACKED | PG_UPTODATE | PG_LOCKED)
#define FILE_FLAGS ((uint32_t)KIND_FILE << PG_KIND_SHIFT | PG_LOCKED)

static uint32_t new_flags(const struct address_space *m)
{
	return mapping_is_file(m) ? FILE_FLAGS : MEMORY_FLAGS;
}

/* Nobody else can reach the page before it is in the tree: plain stores, seen with the tree's lock.
 */
static void dress(struct address_space *m, uint32_t index, struct page *p)
{
	page_init_flags(p, PG_KIND_MASK, new_flags(m));
	p->index = index;
	p->cache = m;
}

static void undress(struct page *p)
{
	page_init_flags(p, PG_KIND_MASK | MEMORY_FLAGS | FILE_FLAGS, 0);
	p->cache = NULL;
}

static int try_insert(struct address_space *m, struct page *p, struct radix_stock *stock)
{
	uint32_t saved = mapping_lock_tree(m);
	int error = radix_insert(&m->pages, p->index, p, stock);

	if (!error) {
		page_get(p); /* the cache's hold */
		m->page_count++;
	}
	mapping_unlock_tree(m, saved);
	return error;
}

int mapping_add_new(struct address_space *m, uint32_t index, struct page *p)
{
	struct radix_stock stock = { 0 };
	int error;

	dress(m, index, p);
	do {
		error = try_insert(m, p, &stock);
	} while (error == -EAGAIN && (error = fill_stock(&stock)) == 0);
	free_stock(&stock);
	if (error)
		undress(p);
	else
		account(p, 1);
	return error;
}

void mapping_drop(struct address_space *m, struct page *p)
{
	struct radix_stock stock = { 0 };
	uint32_t saved = mapping_lock_tree(m);
	const struct page *was = radix_remove(&m->pages, p->index, &stock);

	m->page_count--;
	mapping_unlock_tree(m, saved);
	assert_that(was == p && !page_is_mapped(p));
	assert_that(!page_has(p, PG_PRIVATE | PG_WRITEBACK));
	assert_that(!mapping_is_file(m) || !page_has(p, PG_DIRTY));
	account(p, -1);
	p->cache = NULL;
	free_stock(&stock);
	page_unlock(p);
	page_put(p); /* the cache's hold */
}

void mapping_replace(struct address_space *m, struct page *from, struct page *to)
{
	uint32_t saved = mapping_lock_tree(m);
	const struct page *was = radix_replace(&m->pages, to->index, to);

	page_get(to); /* the cache's hold; that on `from` is frozen, and ends with it */
	mapping_unlock_tree(m, saved);
	assert_that(was == from); /* MG-4 */
	account(from, -1);
	account(to, 1);
	page_move_dirty_counts(from, to);
}

/* ---- check */

/* What flags say must be what the tree's marks say. */
static void check_marks(struct check *c, const struct page *p)
{
	struct address_space *m = p->cache;
	uint32_t saved = mapping_lock_tree(m);
	bool dirty = radix_is_marked(&m->pages, p->index, MARK_DIRTY);
	bool writeback = radix_is_marked(&m->pages, p->index, MARK_WRITEBACK);

	mapping_unlock_tree(m, saved);
	if (mapping_is_file(m) && dirty != page_has(p, PG_DIRTY))
		check_broken(c, "cache: pfn 0x%x dirty by its %s only", page_to_pfn(p).n,
			     dirty ? "mark" : "flag");
	if (writeback != page_has(p, PG_WRITEBACK))
		check_broken(c, "cache: pfn 0x%x under writeback by its %s only", page_to_pfn(p).n,
			     writeback ? "mark" : "flag");
}

static uint32_t pages_that_say_so(struct check *c)
{
	uint32_t pages = 0;

	for (uint32_t n = page_map_start.n; n < page_map_end.n; n++) {
		const struct page *p = pfn_to_page(pfn(n));

		if (!page_refs(p) || !page_mapping(p))
			continue;
		pages++;
		if (mapping_look(p->cache, p->index) != p)
			check_broken(c, "cache: pfn 0x%x is not at offset %u of its object", n,
				     p->index);
		else
			check_marks(c, p);
	}
	return pages;
}

/* Per object, what is counted against what is marked. */
static void check_counts(struct check *c, struct address_space *m)
{
	uint32_t dirty = 0, writeback = 0, index;

	for (index = 0; radix_next_marked(&m->pages, &index, MARK_DIRTY); index++)
		dirty++;
	for (index = 0; radix_next_marked(&m->pages, &index, MARK_WRITEBACK); index++)
		writeback++;
	check_equal(c, "cache: marked dirty and counted so", dirty, m->dirty_pages);
	check_equal(c, "cache: marked as under writeback and counted so", writeback,
		    m->writeback_pages);
}

struct sums {
	uint32_t pages, shmem, dirty, writeback;
};

static struct sums sums_of_zones(void)
{
	struct sums s = { 0 };
	const struct zone *z;

	for_each_zone(z) {
		s.pages += z->stat[NR_FILE_PAGES];
		s.shmem += z->stat[NR_SHMEM];
		s.dirty += z->stat[NR_FILE_DIRTY];
		s.writeback += z->stat[NR_WRITEBACK];
	}
	return s;
}

static struct sums sums_of_objects(struct check *c)
{
	struct sums s = { 0 };
	struct address_space *m;

	list_for_each_entry(m, &every.all, all) {
		check_counts(c, m);
		s.pages += m->page_count;
		s.shmem += mapping_is_file(m) ? 0 : m->page_count;
		s.dirty += m->dirty_pages;
		s.writeback += m->writeback_pages;
	}
	return s;
}

void mapping_check(struct check *c)
{
	uint32_t found = pages_that_say_so(c);
	struct sums found_in = sums_of_objects(c), counted = sums_of_zones();

	check_equal(c, "cache: pages that say so and pages in trees", found, found_in.pages);
	check_equal(c, "cache: pages and nr_file_pages", found, counted.pages);
	check_equal(c, "cache: memory pages and nr_shmem", found_in.shmem, counted.shmem);
	check_equal(c, "cache: dirty pages and nr_dirty", found_in.dirty, counted.dirty);
	check_equal(c, "cache: pages under writeback and nr_writeback", found_in.writeback,
		    counted.writeback);
}

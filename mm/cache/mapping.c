/*
 * Objects with pages: made, looked up, filled, emptied.
 */
#include "mm/cache/mapping.h"

#include <errno.h>

#include "base/failpoint.h"
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

static uint32_t lock_tree(struct address_space *m)
{
	return spin_lock_irq(&m->tree_lock, LOCK_CACHE);
}

static void unlock_tree(struct address_space *m, uint32_t saved)
{
	spin_unlock_irq(&m->tree_lock, saved);
}

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
	spin_lock(&every.lock, LOCK_MM_LIST);
	m->serial = ++every.created;
	list_add_tail(&every.all, &m->all);
	spin_unlock(&every.lock);
	return m;
}

/* Race: movers may have pages of it on their way; each is waited for, and found where it is then.
 */
static void take_all_out(struct address_space *m)
{
	uint32_t index = 0;
	struct page *p;

	while ((p = mapping_next_lock(m, &index)) != NULL)
		mapping_drop(m, p);
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
	uint32_t saved = lock_tree(m);
	enum mapping_found found = MAPPING_NONE;

	*page = radix_find(&m->pages, index);
	if (*page)
		found = lock_found(*page, w);
	unlock_tree(m, saved);
	return found;
}

static enum mapping_found find_next_lock(struct address_space *m, uint32_t *index,
					 struct page **page, struct waiter *w)
{
	uint32_t saved = lock_tree(m);
	enum mapping_found found = MAPPING_NONE;

	*page = radix_next(&m->pages, index);
	if (*page)
		found = lock_found(*page, w);
	unlock_tree(m, saved);
	return found;
}

struct page *mapping_next_lock(struct address_space *m, uint32_t *index)
{
	struct waiter w;
	struct page *p;

	while (find_next_lock(m, index, &p, &w) == MAPPING_BUSY) {
		if (page_has(p, PG_LOCKED))
			sched_block();
		waitq_finish(&w);
	}
	return p;
}

const struct page *mapping_look(struct address_space *m, uint32_t index)
{
	uint32_t saved = lock_tree(m);
	const struct page *p = radix_find(&m->pages, index);

	unlock_tree(m, saved);
	return p;
}

/* ---- in, out, another one in its place */

static void account(const struct page *p, int32_t n)
{
	zone_stat_add(page_zone(p), NR_FILE_PAGES, n);
	zone_stat_add(page_zone(p), NR_SHMEM, n);
}

#define NEW_FLAGS ((uint32_t)KIND_SHMEM << PG_KIND_SHIFT | PG_SWAPBACKED | PG_UPTODATE | PG_LOCKED)

/* Nobody else can reach the page before it is in the tree: plain stores, seen with the tree's lock.
 */
static void dress(struct address_space *m, uint32_t index, struct page *p)
{
	page_init_flags(p, PG_KIND_MASK, NEW_FLAGS);
	p->index = index;
	p->cache = m;
}

static void undress(struct page *p)
{
	page_init_flags(p, PG_KIND_MASK | NEW_FLAGS, 0);
	p->cache = NULL;
}

static int try_insert(struct address_space *m, struct page *p, struct radix_stock *stock)
{
	uint32_t saved = lock_tree(m);
	int error = radix_insert(&m->pages, p->index, p, stock);

	if (!error) {
		page_get(p); /* the cache's hold */
		m->page_count++;
	}
	unlock_tree(m, saved);
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
	uint32_t saved = lock_tree(m);
	const struct page *was = radix_remove(&m->pages, p->index, &stock);

	m->page_count--;
	unlock_tree(m, saved);
	assert_that(was == p && !page_is_mapped(p));
	account(p, -1);
	p->cache = NULL;
	free_stock(&stock);
	page_unlock(p);
	page_put(p); /* the cache's hold */
}

void mapping_replace(struct address_space *m, struct page *from, struct page *to)
{
	uint32_t saved = lock_tree(m);
	const struct page *was = radix_replace(&m->pages, to->index, to);

	page_get(to); /* the cache's hold; that on `from` is frozen, and ends with it */
	unlock_tree(m, saved);
	assert_that(was == from); /* MG-4 */
	account(from, -1);
	account(to, 1);
}

/* ---- check */

static uint32_t pages_of_trees(void)
{
	const struct address_space *m;
	uint32_t pages = 0;

	list_for_each_entry(m, &every.all, all)
		pages += m->page_count;
	return pages;
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
	}
	return pages;
}

void mapping_check(struct check *c)
{
	uint32_t found = pages_that_say_so(c), stat_file = 0, stat_shmem = 0;
	const struct zone *z;

	for_each_zone(z) {
		stat_file += z->stat[NR_FILE_PAGES];
		stat_shmem += z->stat[NR_SHMEM];
	}
	check_equal(c, "cache: pages that say so and pages in trees", found, pages_of_trees());
	check_equal(c, "cache: pages and nr_file_pages", found, stat_file);
	check_equal(c, "cache: pages and nr_shmem", found, stat_shmem);
}

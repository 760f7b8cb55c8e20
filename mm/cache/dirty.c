/*
 * Dirty, on its way, clean.
 *
 * Locks: tree_lock (interrupts off) for marks and counts, so that flag, mark and count of a page
 * change in one step for whoever looks at the tree.
 */
#include "mm/cache/dirty.h"

#include "base/waitq.h"
#include "mm/phys/page_kind.h"
#include "mm/phys/zone.h"

static void set_dirty_locked(struct address_space *m, struct page *p)
{
	radix_set_mark(&m->pages, p->index, MARK_DIRTY);
	m->dirty_pages++;
	zone_stat_add(page_zone(p), NR_FILE_DIRTY, 1);
}

static void set_clean_locked(struct address_space *m, struct page *p)
{
	radix_clear_mark(&m->pages, p->index, MARK_DIRTY);
	m->dirty_pages--;
	zone_stat_add(page_zone(p), NR_FILE_DIRTY, -1);
}

/* False: it was dirty already. Any context; the page stays in its object. */
static bool make_dirty(struct page *p)
{
	struct address_space *m = p->cache;
	uint32_t saved = mapping_lock_tree(m);
	bool was_clean = !(page_set(p, PG_DIRTY) & PG_DIRTY);

	if (was_clean)
		set_dirty_locked(m, p);
	mapping_unlock_tree(m, saved);
	return was_clean;
}

bool page_set_dirty(struct page *p)
{
	assert_that(page_kind(p) == KIND_FILE && page_has(p, PG_LOCKED));
	return make_dirty(p);
}

void page_cancel_dirty(struct page *p)
{
	struct address_space *m = p->cache;
	uint32_t saved = mapping_lock_tree(m);

	if (page_clear(p, PG_DIRTY) & PG_DIRTY)
		set_clean_locked(m, p);
	mapping_unlock_tree(m, saved);
}

/*
 * Order: entries first. A store that comes in between faults and waits for the page's lock; one
 * that came before is part of what is written.
 */
bool page_clear_dirty_for_io(struct page *p)
{
	assert_that(page_has(p, PG_LOCKED));
	if (!page_has(p, PG_DIRTY))
		return false;
	if (page_is_mapped(p))
		page_kinds[page_kind(p)]->write_protect(p);
	page_cancel_dirty(p);
	return true;
}

void page_start_writeback(struct page *p)
{
	struct address_space *m = p->cache;
	uint32_t saved = mapping_lock_tree(m);
	uint32_t before = page_set(p, PG_WRITEBACK);

	assert_that(before & PG_LOCKED && !(before & PG_WRITEBACK));
	radix_set_mark(&m->pages, p->index, MARK_WRITEBACK);
	m->writeback_pages++;
	zone_stat_add(page_zone(p), NR_WRITEBACK, 1);
	mapping_unlock_tree(m, saved);
}

static void remember_error(struct address_space *m, int error)
{
	atomic_cas((uint32_t *)&m->error, 0, (uint32_t)error);
}

/*
 * Race: nobody takes the page out of its object before PG_WRITEBACK is gone, so object and slot are
 * still there under the lock; the waiters, and the object itself, are not touched afterwards.
 */
void page_end_writeback(struct page *p, int error)
{
	struct address_space *m = p->cache;
	uint32_t saved;

	if (error) {
		page_set(p, PG_ERROR);
		remember_error(m, error);
		make_dirty(p);
	}
	saved = mapping_lock_tree(m);
	radix_clear_mark(&m->pages, p->index, MARK_WRITEBACK);
	m->writeback_pages--;
	zone_stat_add(page_zone(p), NR_WRITEBACK, -1);
	page_clear(p, PG_WRITEBACK);
	mapping_unlock_tree(m, saved);
	waitq_wake(&p->private);
}

void page_refuse_write(struct page *p, int error)
{
	remember_error(p->cache, error);
	make_dirty(p);
}

/* The key is not the page itself, for which those wait who want its lock. */
void page_wait_writeback(struct page *p)
{
	while (page_is_under_writeback(p)) {
		struct waiter w;

		waitq_prepare(&w, &p->private, "writeback");
		if (page_is_under_writeback(p))
			sched_block();
		waitq_finish(&w);
	}
}

/* Writeback first: while it lasts the private data is in use. */
void page_throw_away(struct page *p)
{
	bool gone;

	page_wait_writeback(p);
	page_cancel_dirty(p);
	gone = !page_has(p, PG_PRIVATE) || p->cache->ops->release_private(p, true);
	assert_that(gone);
}

static void move_count(const struct page *from, const struct page *to, enum zone_stat s)
{
	zone_stat_add(page_zone(from), s, -1);
	zone_stat_add(page_zone(to), s, 1);
}

void page_move_dirty_counts(const struct page *from, const struct page *to)
{
	if (page_zone(from) == page_zone(to))
		return;
	if (page_kind(to) == KIND_FILE && page_has(to, PG_DIRTY))
		move_count(from, to, NR_FILE_DIRTY);
}

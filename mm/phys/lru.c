/*
 * The LRU lists of every zone, and this cpu's batch in front of them.
 *
 * Which list a page is on, or will go to, is in its flags: UNEVICTABLE, else ACTIVE or not, and
 * SWAPBACKED (anonymous) or not (file). PG_LRU means it is on that list now; PG_LRU_BATCH that a
 * batch holds it.
 */
#include "mm/phys/lru.h"

#include <errno.h>

#include "mm/check.h"
#include "mm/phys/alloc.h"

#define LRU_BATCH 15u

struct lru_batch {
	struct page *pages[LRU_BATCH];
	uint32_t count;
};

static struct lru_batch batches[MAX_CPUS]; /* each its cpu's, interrupts off */

static enum lru_list list_of(uint32_t flags)
{
	if (flags & PG_UNEVICTABLE)
		return LRU_UNEVICTABLE;
	if (flags & PG_SWAPBACKED)
		return flags & PG_ACTIVE ? LRU_ACTIVE_ANON : LRU_INACTIVE_ANON;
	return flags & PG_ACTIVE ? LRU_ACTIVE_FILE : LRU_INACTIVE_FILE;
}

static const enum zone_stat stat_of_list[LRU_LISTS] = {
	[LRU_INACTIVE_ANON] = NR_INACTIVE_ANON, [LRU_ACTIVE_ANON] = NR_ACTIVE_ANON,
	[LRU_INACTIVE_FILE] = NR_INACTIVE_FILE, [LRU_ACTIVE_FILE] = NR_ACTIVE_FILE,
	[LRU_UNEVICTABLE] = NR_UNEVICTABLE,
};

static enum zone_stat isolated_stat(const struct page *p)
{
	return page_has(p, PG_SWAPBACKED) ? NR_ISOLATED_ANON : NR_ISOLATED_FILE;
}

/* The lists' counts change under their lock alone, so these need no atomic. */
static void link_locked(struct zone *z, struct page *p)
{
	enum lru_list l = list_of(page_flags(p));

	list_add(&z->lru[l], &p->lru);
	z->stat[stat_of_list[l]]++;
}

static void unlink_locked(struct zone *z, struct page *p)
{
	list_del(&p->lru);
	z->stat[stat_of_list[list_of(page_flags(p))]]--;
}

static void put_on_list(struct page *p, uint32_t clear)
{
	struct zone *z = page_zone(p);
	uint32_t saved = spin_lock_irq(&z->lru_lock, LOCK_LRU);

	page_clear(p, clear);
	page_set(p, PG_LRU);
	link_locked(z, p);
	spin_unlock_irq(&z->lru_lock, saved);
}

void lru_forget_released(struct page *p)
{
	struct zone *z = page_zone(p);
	uint32_t saved;

	if (!page_has(p, PG_LRU))
		return;
	saved = spin_lock_irq(&z->lru_lock, LOCK_LRU);
	unlink_locked(z, p);
	p->flags &= ~(uint32_t)PG_LRU;
	spin_unlock_irq(&z->lru_lock, saved);
}

/*
 * Race: a drain that comes as an interrupt empties the batch, perhaps but for pages that it may not
 * let go of; interrupts are off while count and pages disagree.
 */
void lru_add(struct page *p)
{
	uint32_t saved = cpu_irq_save();
	struct lru_batch *b = &batches[cpu_id()];
	bool full;

	page_get(p); /* the batch's hold */
	page_set(p, PG_LRU_BATCH);
	b->pages[b->count++] = p;
	full = b->count == LRU_BATCH;
	cpu_irq_restore(saved);
	if (full)
		lru_drain();
}

static struct page *take_from_batch(void)
{
	uint32_t saved = cpu_irq_save();
	struct lru_batch *b = &batches[cpu_id()];
	struct page *p = b->count ? b->pages[--b->count] : NULL;

	cpu_irq_restore(saved);
	return p;
}

/* A hold that is not the last is given up; true if it was. */
static bool put_unless_last(struct page *p)
{
	uint32_t refs = page_refs(p);

	while (refs > 1) {
		if (atomic_cas(&p->refs, refs, refs - 1))
			return true;
		refs = page_refs(p);
	}
	return false;
}

/*
 * The page goes to its list and the batch's hold goes, unless that is the last: then all is as
 * before and false. Under the list's lock nobody sees the page come and go again.
 */
static bool try_settle(struct page *p)
{
	struct zone *z = page_zone(p);
	uint32_t saved = spin_lock_irq(&z->lru_lock, LOCK_LRU);
	bool settled;

	page_clear(p, PG_LRU_BATCH);
	page_set(p, PG_LRU);
	link_locked(z, p);
	settled = put_unless_last(p);
	if (!settled) {
		unlink_locked(z, p);
		page_clear(p, PG_LRU);
		page_set(p, PG_LRU_BATCH);
	}
	spin_unlock_irq(&z->lru_lock, saved);
	return settled;
}

/*
 * In an interrupt the last hold of a page may not go: what a page gives up then takes locks that
 * the interrupted thread may have. Such a page, nobody's any more, stays until the next drain.
 */
static void drain_irqoff(struct lru_batch *b)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < b->count; i++)
		if (!try_settle(b->pages[i]))
			b->pages[kept++] = b->pages[i];
	b->count = kept;
}

static void drain_all(void)
{
	struct page *p;

	while ((p = take_from_batch())) {
		put_on_list(p, PG_LRU_BATCH);
		page_put(p);
	}
}

void lru_drain(void)
{
	struct lru_batch *b = &batches[cpu_id()];

	if (!b->count)
		return;
	vm_event_add(LRU_DRAIN, 1);
	if (cpu_irqs_are_off())
		drain_irqoff(b);
	else
		drain_all();
}

int lru_batch_of(const struct page *p)
{
	for (int cpu = 0; cpu < (int)MAX_CPUS; cpu++)
		for (uint32_t i = 0; i < batches[cpu].count && i < LRU_BATCH; i++)
			if (batches[cpu].pages[i] == p)
				return cpu;
	return -1;
}

int lru_isolate_locked(struct page *p)
{
	struct zone *z = page_zone(p);

	assert_held(&z->lru_lock);
	if (!page_has(p, PG_LRU) || !page_try_get(p))
		return -EBUSY;
	unlink_locked(z, p);
	page_clear(p, PG_LRU);
	page_set(p, PG_ISOLATED);
	zone_stat_add(z, isolated_stat(p), 1);
	return 0;
}

int lru_isolate(struct page *p)
{
	struct zone *z = page_zone(p);
	uint32_t saved = spin_lock_irq(&z->lru_lock, LOCK_LRU);
	int error = lru_isolate_locked(p);

	spin_unlock_irq(&z->lru_lock, saved);
	return error;
}

void lru_unaccount_isolated(struct page *p)
{
	assert_that(page_has(p, PG_ISOLATED));
	page_clear(p, PG_ISOLATED);
	zone_stat_add(page_zone(p), isolated_stat(p), -1);
}

void lru_putback(struct page *p)
{
	lru_unaccount_isolated(p);
	put_on_list(p, 0);
	page_put(p);
}

void lru_putback_list(struct list *pages)
{
	struct page *p, *next;

	list_for_each_entry_safe(p, next, pages, lru) {
		list_del(&p->lru);
		lru_putback(p);
	}
	list_init(pages);
}

void lru_add_moved(struct page *p)
{
	put_on_list(p, 0);
}

bool lru_too_many_isolated(const struct zone *z)
{
	uint32_t isolated = z->stat[NR_ISOLATED_ANON] + z->stat[NR_ISOLATED_FILE];
	uint32_t listed = z->stat[NR_INACTIVE_ANON] + z->stat[NR_ACTIVE_ANON] +
			  z->stat[NR_INACTIVE_FILE] + z->stat[NR_ACTIVE_FILE];

	return isolated > listed / 2 + LRU_BATCH;
}

/* Walks one list: every page on it says so itself, and the counter equals the length. */
static void check_list(struct check *c, struct zone *z, enum lru_list l)
{
	const struct page *p;
	uint32_t found = 0;

	list_for_each_entry(p, &z->lru[l], lru) {
		if (!page_has(p, PG_LRU) || list_of(page_flags(p)) != l || page_zone(p) != z)
			check_broken(c, "lru: pfn 0x%x on list %u of zone %s has flags 0x%x",
				     page_to_pfn(p).n, l, z->name, page_flags(p));
		found++;
	}
	check_equal(c, zone_stat_names[stat_of_list[l]], found, z->stat[stat_of_list[l]]);
}

static void check_isolated(struct check *c, struct zone *z)
{
	uint32_t isolated = 0, on_list = 0, listed = 0;
	unsigned l;

	for (uint32_t n = z->start.n; n < z->end.n; n++) {
		const struct page *p = pfn_to_page(pfn(n));

		if (page_zone(p) != z)
			continue;
		isolated += page_has(p, PG_ISOLATED);
		on_list += page_has(p, PG_LRU);
	}
	check_equal(c, "pages isolated", isolated,
		    z->stat[NR_ISOLATED_ANON] + z->stat[NR_ISOLATED_FILE]);
	for (l = 0; l < LRU_LISTS; l++)
		listed += z->stat[stat_of_list[l]];
	check_equal(c, "pages that say PG_LRU", on_list, listed);
}

void lru_check(struct check *c)
{
	struct zone *z;

	for_each_zone(z) {
		for (unsigned l = 0; l < LRU_LISTS; l++)
			check_list(c, z, (enum lru_list)l);
		check_isolated(c, z);
	}
}

void lru_init(void)
{
	alloc_add_drain(lru_drain);
}

/*
 * The two scanners.
 *
 * migrate_pfn goes up: frames below it were looked at. free_pfn goes down, always at the start of a
 * pageblock: frames at or above it were given out as targets, or passed over. A run is over when
 * they meet. A pageblock is judged by its summary before any frame in it is looked at: one that is
 * all free, or where nothing can move, costs one load (CO-14).
 */
#include "mm/move/scan.h"

#include "base/trace.h"
#include "mm/phys/buddy.h"
#include "mm/phys/lru.h"
#include "mm/move/refusal.h"

/* Times that a run lets others put back what they have isolated before it gives up. */
#define THROTTLE_YIELDS 16u

/* ---- the migrate scanner */

static bool stop(struct compaction *run, enum compact_status why)
{
	run->status = why;
	return true;
}

/*
 * CO-3: others have isolated so much that reclaim would find nothing; they put it back when they
 * run, and if they do not, one more who isolates would make it no better. True: it stayed so.
 */
static bool too_much_is_isolated(const struct compaction *run)
{
	unsigned yields = run->mode == MIGRATE_ASYNC ? 0 : THROTTLE_YIELDS;

	while (lru_too_many_isolated(run->zone)) {
		if (yields-- == 0 || thread_is_dying())
			return true;
		sched_yield_now();
	}
	return false;
}

static bool budget_is_spent(const struct compaction *run)
{
	if (run->budget_pages && run->counts.isolated >= run->budget_pages)
		return true;
	return run->until_insns && cpu_insns() >= run->until_insns;
}

static bool is_wanted_elsewhere(const struct compaction *run)
{
	if (run->mode == MIGRATE_ASYNC && thread_has_mark(cpu_current(), THREAD_YIELD_DUE))
		return true;
	return run->gives_way && atomic_load_relaxed(&run->zone->compact_waiters);
}

/* Somebody else is more important now. CO-8 */
static bool should_stop(struct compaction *run)
{
	if (thread_is_dying())
		return stop(run, COMPACT_INTERRUPTED);
	if (is_wanted_elsewhere(run))
		return stop(run, COMPACT_CONTENDED);
	if (budget_is_spent(run))
		return stop(run, COMPACT_SPENT);
	bill_yield_if_due(run->migration.bill, BILL_ISOLATE);
	if (too_much_is_isolated(run))
		return stop(run, thread_is_dying() ? COMPACT_INTERRUPTED : COMPACT_CONTENDED);
	return false;
}

/* migrate_async_suitable. CO-1 */
static bool type_is_suitable(const struct compaction *run, const struct pageblock *b)
{
	if (b->type == MIGRATE_ISOLATE)
		return false;
	return run->mode != MIGRATE_ASYNC || b->type == MIGRATE_MOVABLE || b->type == MIGRATE_CMA;
}

static bool worth_emptying(const struct compaction *run, const struct pageblock *b)
{
	if (b->free_pages + b->unmovable_pages >= PAGEBLOCK_PAGES)
		return false;
	if (!run->ignore_hints && b->skip & PAGEBLOCK_SKIP_MIGRATE)
		return false; /* CO-10 */
	return type_is_suitable(run, b);
}

static uint32_t scan_end(const struct compaction *run)
{
	uint32_t end = pageblock_end(run->migrate_pfn);

	return end < run->free_pfn ? end : run->free_pfn;
}

/*
 * Frames that the free block which seems to begin here makes needless to look at, but for this one.
 * Race: the zone's lock is not held, so it may have been taken since PG_BUDDY was seen and the word
 * be an index now: read once, and a wild one passes over nothing. One that is merely old moves the
 * scanner on too far or not far enough, by less than a block.
 */
static uint32_t frames_after_first(const struct page *free)
{
	uint32_t order = atomic_load_relaxed(&free->order);

	return order <= MAX_ORDER ? (1u << order) - 1 : 0;
}

/* Always true. Out of line, so that the scan of what moves keeps its registers. */
static bool __attribute__((cold, noinline))
pass_over(const struct compaction *run, struct page *p, enum move_reason why, uint32_t expected)
{
	struct move m = { .from = p, .reason = (uint8_t)why, .expected = (uint16_t)expected };

	m.found = (uint16_t)page_refs(p);
	refusal_note(&m, REFUSED_BY_SCAN, compaction_mover(run));
	return true;
}

/*
 * CO-15: a page that would not move because somebody holds it is left alone while it has more holds
 * than the entries that map it and, unless it is anonymous, the tree that it is in and its buffers.
 * A run that ignores hints asks anew. Race: both counts may change meanwhile; a wrong answer is put
 * right by the next run.
 */
static bool still_refuses(const struct compaction *run, struct page *p, uint32_t flags)
{
	uint32_t own = (page_kind(p) == KIND_ANON ? 0 : 1) + (flags & PG_PRIVATE ? 1 : 0), expected;

	if (!(flags & PG_REFUSED) || run->ignore_hints)
		return false;
	expected = atomic_load_relaxed(&p->mapcount) + own;
	if (page_refs(p) > expected)
		return pass_over(run, p, MOVE_PINNED, expected);
	page_clear(p, PG_REFUSED);
	return false;
}

static bool may_be_isolated(const struct compaction *run, struct page *p, uint32_t flags)
{
	if (flags & PG_UNEVICTABLE && !compaction_tunables.unevictable_allowed)
		return !pass_over(run, p, MOVE_UNEVICTABLE, 0);
	return !still_refuses(run, p, flags);
}

/* Takes pages off their LRU lists until the block ends or a batch is full; PG_LRU stands still. */
static void isolate_from_block_locked(struct compaction *run, uint32_t end)
{
	uint32_t n = run->migrate_pfn;

	assert_held(&run->zone->lru_lock);
	for (; n < end && run->source_pages < MOVE_BATCH; n++) {
		struct page *p = pfn_to_page(pfn(n));
		uint32_t flags = page_flags(p);

		run->counts.migrate_scanned++;
		if (flags & PG_BUDDY)
			n += frames_after_first(p);
		if (!(flags & PG_LRU))
			continue;
		if (flags & (PG_REFUSED | PG_UNEVICTABLE) && !may_be_isolated(run, p, flags))
			continue;
		if (lru_isolate_locked(p))
			continue;
		list_add_tail(&run->sources, &p->lru);
		run->source_pages++;
	}
	run->migrate_pfn = n < end ? n : end;
}

/* Async waits for nobody: false if the lists are busy. CO-3 */
static bool isolate_from_block(struct compaction *run, uint32_t end)
{
	struct spinlock *lock = &run->zone->lru_lock;
	uint32_t saved = cpu_irq_save();
	bool locked = true;

	if (run->mode == MIGRATE_ASYNC)
		locked = spin_try_lock(lock, LOCK_LRU);
	else
		spin_lock(lock, LOCK_LRU);
	if (locked) {
		isolate_from_block_locked(run, end);
		spin_unlock(lock);
	}
	cpu_irq_restore(saved);
	return locked;
}

static bool look_into_block(struct compaction *run)
{
	struct pageblock *b = pageblock_of(pfn(run->migrate_pfn));
	uint32_t start = run->migrate_pfn, scanned = run->counts.migrate_scanned;
	bool whole = start == pageblock_start(start);

	if (!isolate_from_block(run, scan_end(run))) {
		run->status = COMPACT_CONTENDED;
		return false;
	}
	run->counts.blocks_visited++;
	run->counts.isolated += run->source_pages;
	TRACE(MM_COMPACTION_ISOLATE_MIGRATEPAGES, start, run->migrate_pfn,
	      run->counts.migrate_scanned - scanned, run->source_pages);
	if (whole && !run->source_pages)
		b->skip |= PAGEBLOCK_SKIP_MIGRATE;
	return run->source_pages;
}

static bool scanners_have_met(const struct compaction *run)
{
	return run->migrate_pfn >= run->free_pfn;
}

enum scan_result scan_for_pages(struct compaction *run)
{
	while (!scanners_have_met(run)) {
		if (should_stop(run))
			return SCAN_STOP;
		if (!worth_emptying(run, pageblock_of(pfn(run->migrate_pfn)))) {
			run->migrate_pfn = scan_end(run);
			run->counts.blocks_passed++;
		} else if (look_into_block(run)) {
			return SCAN_FOUND;
		} else if (run->status == COMPACT_CONTENDED) {
			return SCAN_STOP;
		}
	}
	return SCAN_NONE;
}

/* ---- the free scanner */

/*
 * All free: filling it would only undo what emptying another one gains. None free: the count says
 * so, which makes a hint of former visits needless.
 */
static bool worth_filling(const struct pageblock *b)
{
	if (b->free_pages == 0 || b->free_pages >= PAGEBLOCK_PAGES)
		return false;
	return b->type == MIGRATE_MOVABLE || b->type == MIGRATE_CMA;
}

/* Every free block of one pageblock becomes stock. */
static void take_free_blocks(struct compaction *run, uint32_t start, uint32_t end)
{
	uint32_t saved = spin_lock_irq(&run->zone->lock, LOCK_ZONE), n = start, taken = 0;

	while (n < end) {
		struct page *p = pfn_to_page(pfn(n));
		unsigned order = 0;

		run->counts.free_scanned++;
		if (page_has(p, PG_BUDDY)) {
			order = buddy_take(run->zone, p);
			p->order = order;
			list_add_tail(&run->blocks, &p->lru);
			taken += 1u << order;
		}
		n += 1u << order;
	}
	run->stock_pages += taken;
	spin_unlock_irq(&run->zone->lock, saved);
	TRACE(MM_COMPACTION_ISOLATE_FREEPAGES, start, end, end - start, taken);
}

/* The pageblock below free_pfn must lie wholly above the one that is being emptied. CO-2 */
static bool next_target_block(struct compaction *run, uint32_t *start)
{
	uint32_t lowest = round_up(run->migrate_pfn, PAGEBLOCK_PAGES);

	if (run->free_pfn < lowest + 1)
		return false;
	*start = pageblock_start(run->free_pfn - 1);
	return *start >= lowest;
}

static void fill_stock(struct compaction *run)
{
	uint32_t start;

	while (run->stock_pages < run->source_pages && next_target_block(run, &start)) {
		uint32_t end = run->free_pfn;
		struct pageblock *b = pageblock_of(pfn(start));

		run->free_pfn = start;
		if (worth_filling(b))
			take_free_blocks(run, start, end);
		else
			run->counts.blocks_passed++;
	}
}

static struct page *take_first(struct list *pages)
{
	struct page *p = list_first(pages, struct page, lru);

	list_del(&p->lru);
	return p;
}

/* The next frame of the block being handed out; opens the next block when it is used up. */
static struct page *next_of_run(struct compaction *run)
{
	if (!run->run_left) {
		if (list_is_empty(&run->blocks))
			return NULL;
		run->run_next = take_first(&run->blocks);
		run->run_left = 1u << run->run_next->order;
	}
	run->run_left--;
	return run->run_next++;
}

struct page *scan_take_target(struct migration *m, struct page *from)
{
	struct compaction *run = container_of(m, struct compaction, migration);
	struct page *p;

	(void)from;
	if (!run->stock_pages)
		fill_stock(run);
	p = list_is_empty(&run->returned) ? next_of_run(run) : take_first(&run->returned);
	if (!p)
		return NULL;
	run->stock_pages--;
	page_unfreeze(p, 1);
	return p;
}

void scan_give_back(struct migration *m, struct page *target)
{
	struct compaction *run = container_of(m, struct compaction, migration);

	if (!page_freeze(target, 1)) {
		page_put(target); /* somebody looked at it by number: the last hold frees it */
		return;
	}
	list_add(&run->returned, &target->lru);
	run->stock_pages++;
}

static void free_stock_block(struct compaction *run, struct page *first, unsigned order)
{
	buddy_free(run->zone, first, order);
	run->stock_pages -= 1u << order;
}

void scan_release_stock(struct compaction *run)
{
	uint32_t saved = spin_lock_irq(&run->zone->lock, LOCK_ZONE);

	while (run->run_left) {
		run->run_left--;
		free_stock_block(run, run->run_next++, 0);
	}
	while (!list_is_empty(&run->returned))
		free_stock_block(run, take_first(&run->returned), 0);
	while (!list_is_empty(&run->blocks)) {
		struct page *first = take_first(&run->blocks);

		free_stock_block(run, first, first->order);
	}
	spin_unlock_irq(&run->zone->lock, saved);
	assert_eq(run->stock_pages, 0);
}

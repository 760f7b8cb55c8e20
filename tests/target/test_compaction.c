/*
 * Compaction: memory that is free but in pieces becomes free in blocks, and nobody's bytes change.
 *
 * Memory is fragmented by a task-less address space: an area is filled, and all but every eighth
 * page let go.
 */
#include <errno.h>
#include <string.h>

#include "arch/uaccess.h"
#include "kernel/sched.h"
#include "mm/move/compaction.h"
#include "mm/move/defer.h"
#include "mm/phys/alloc.h"
#include "mm/phys/buddy.h"
#include "mm/phys/pcp.h"
#include "mm/phys/lru.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define KEEP_EVERY 8u
#define MAX_HELD   2048u

static struct {
	struct mm *mm;
	vaddr_t a;
	uint32_t pages;
} frag;

static vaddr_t nth(uint32_t n)
{
	return vaddr(frag.a.a + n * PAGE_SIZE);
}

/* Nearly all free memory filled, then all but every eighth page let go. */
static bool given_fragmented_memory(void)
{
	uint32_t word;

	frag.mm = given_mm();
	frag.pages = zones_free_pages() / 8 * 7;
	frag.a = given_area(frag.mm, frag.pages, VMA_READ | VMA_WRITE);
	for (uint32_t n = 0; n < frag.pages; n++) {
		word = n ^ 0x5eed0000u;
		if (copy_to_user(nth(n), &word, sizeof(word)))
			return EXPECT_TRUE(!"filled");
	}
	for (uint32_t n = 0; n < frag.pages; n += KEEP_EVERY)
		mm_discard(frag.mm, nth(n + 1).a, (KEEP_EVERY - 1) * PAGE_SIZE);
	alloc_drain_all();
	return true;
}

static uint32_t wrong_pages(void)
{
	uint32_t wrong = 0, word;

	for (uint32_t n = 0; n < frag.pages; n += KEEP_EVERY)
		wrong += copy_from_user(&word, nth(n), sizeof(word)) || word != (n ^ 0x5eed0000u);
	return wrong;
}

static uint32_t free_in_order(unsigned order)
{
	const struct zone *z;
	uint32_t sum = 0;

	for_each_zone(z)
		for (unsigned o = order; o < ORDERS; o++)
			sum += z->area[o].blocks << o;
	return sum;
}

/* The zone that has most of what moves. */
static struct zone *main_zone(void)
{
	struct zone *z, *best = NULL;

	for_each_zone(z)
		if (!best || z->stat[NR_ANON_PAGES] > best->stat[NR_ANON_PAGES])
			best = z;
	return best;
}

static struct compaction whole_run(struct zone *z, enum migrate_mode mode)
{
	return (struct compaction){ .zone = z,
				    .order = COMPACT_WHOLE_ZONE,
				    .mode = mode,
				    .type = MIGRATE_MOVABLE,
				    .ignore_hints = true };
}

TEST(compaction, makes_blocks_and_keeps_bytes, "CO-2, CO-4, CO-5, CO-8")
{
	struct compact_counts counts = { 0 };
	uint32_t free_before, blocks_before;

	REQUIRE_TRUE(given_fragmented_memory());
	free_before = zones_free_pages();
	blocks_before = free_in_order(8);
	EXPECT_EQ(compact_memory(NULL, MIGRATE_SYNC, &counts), COMPACT_COMPLETE);
	EXPECT_TRUE(counts.moved > 0);
	EXPECT_EQ(counts.failed, 0);
	EXPECT_EQ(counts.isolated, counts.moved);
	EXPECT_EQ(zones_free_pages(), free_before);
	EXPECT_TRUE(free_in_order(8) > blocks_before);
	EXPECT_TRUE(free_in_order(8) > free_before / 100 * 90);
	EXPECT_EQ(wrong_pages(), 0);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
}

TEST(compaction, a_second_run_finds_nothing, "CO-14, BS-44")
{
	struct compact_counts first = { 0 }, second = { 0 };

	REQUIRE_TRUE(given_fragmented_memory());
	compact_memory(NULL, MIGRATE_SYNC, &first);
	compact_memory(NULL, MIGRATE_SYNC, &second);
	EXPECT_TRUE(second.moved < first.moved / 20);
	EXPECT_TRUE(second.insns < first.insns / 10);
}

static struct {
	struct zone *zone;
	unsigned outside, backwards, foreign;
} seen;

static void see_frames(const struct move *m, enum move_stage passed)
{
	pfn_t from, to;

	if (passed != STAGE_TARGET || !m->from || !m->to)
		return;
	from = page_to_pfn(m->from);
	to = page_to_pfn(m->to);
	seen.outside += to.n < seen.zone->start.n || to.n >= seen.zone->end.n;
	seen.foreign += page_zone(m->from) != seen.zone || page_zone(m->to) != seen.zone;
	seen.backwards += to.n <= from.n;
}

TEST(compaction, scanners_stay_in_the_zone_and_apart, "CO-2, BS-38")
{
	REQUIRE_TRUE(given_fragmented_memory());
	for_each_zone(seen.zone) {
		struct compaction run = whole_run(seen.zone, MIGRATE_SYNC);

		migrate_set_probe(see_frames);
		compact_zone(&run);
		migrate_set_probe(NULL);
		EXPECT_TRUE(run.migrate_pfn <= pageblock_end(run.free_pfn));
		EXPECT_EQ(seen.zone->stat[NR_ISOLATED_ANON], 0);
	}
	EXPECT_EQ(seen.outside, 0);
	EXPECT_EQ(seen.foreign, 0);
	EXPECT_EQ(seen.backwards, 0);
	EXPECT_EQ(wrong_pages(), 0);
}

/* ---- direct */

static struct page *held[MAX_HELD];

/* Takes every block of this order that there is without compaction. */
static unsigned take_all(unsigned order)
{
	unsigned n = 0;

	while (n < MAX_HELD &&
	       (held[n] = alloc_pages(GFP_USER | GFP_NOCOMPACT | GFP_NOWARN, order)))
		n++;
	return n;
}

static void give_all(unsigned n, unsigned order)
{
	while (n)
		free_pages(held[--n], order);
}

static void direct(unsigned order)
{
	uint32_t stalls = vm_event_read(COMPACTSTALL);
	struct page *p;
	unsigned n;

	REQUIRE_TRUE(given_fragmented_memory());
	n = take_all(order);
	REQUIRE_TRUE(alloc_pages(GFP_USER | GFP_NOCOMPACT | GFP_NOWARN, order) == NULL);
	p = alloc_pages(GFP_USER, order);
	EXPECT_TRUE(p != NULL);
	EXPECT_TRUE(vm_event_read(COMPACTSTALL) > stalls);
	EXPECT_EQ(wrong_pages(), 0);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
	if (p)
		free_pages(p, order);
	give_all(n, order);
}

TEST(compaction, direct_order_8, "CO-9, CO-8, CO-6")
{
	direct(8);
}

TEST(compaction, direct_order_10, "CO-9, CO-8")
{
	direct(10);
}

TEST(compaction, not_for_want_of_memory, "CO-6")
{
	struct zone *z;

	given_mm();
	for_each_zone(z) {
		struct page *taken = NULL;

		EXPECT_EQ(compaction_suitable(z, COMPACT_WHOLE_ZONE), COMPACT_CONTINUE);
		if (free_in_order(3) && z->free_pages > z->watermark[WMARK_LOW] + 16)
			EXPECT_EQ(compaction_suitable(z, 3), COMPACT_PARTIAL);
		(void)taken;
	}
}

/* ---- when not to try */

TEST(compaction, deferral_doubles_and_resets, "CO-7")
{
	struct zone *z = zonelist_first(ZONE_NORMAL);
	struct compact_defer before = z->defer;

	z->defer = (struct compact_defer){ .order_failed = MAX_ORDER + 1 };
	EXPECT_TRUE(!defer_is_due(z, 8));
	for (unsigned shift = 1; shift <= DEFER_MAX_SHIFT + 1; shift++) {
		unsigned passed_over = 0, limit = shift < DEFER_MAX_SHIFT ? shift : DEFER_MAX_SHIFT;

		defer_after_failure(z, 8);
		EXPECT_TRUE(!defer_is_due(z, 7)); /* smaller orders did not fail */
		while (defer_is_due(z, 8))
			passed_over++;
		EXPECT_EQ(passed_over, (1u << limit) - 1);
	}
	defer_reset(z, 8, true);
	EXPECT_TRUE(!defer_is_due(z, 8));
	z->defer = before;
}

/* ---- what is looked into */

static void set_all_types(struct zone *z, enum migratetype from, enum migratetype to)
{
	for (uint32_t n = z->start.n; n + PAGEBLOCK_PAGES <= z->end.n; n += PAGEBLOCK_PAGES) {
		uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);

		if (pageblock_type(pfn(n)) == from)
			buddy_set_type(z, pfn(n), to);
		spin_unlock_irq(&z->lock, saved);
	}
}

TEST(compaction, async_takes_movable_blocks_only, "CO-1")
{
	struct compaction run;
	struct zone *z;

	REQUIRE_TRUE(given_fragmented_memory());
	z = main_zone();
	set_all_types(z, MIGRATE_MOVABLE, MIGRATE_RECLAIMABLE);
	thread_unmark(cpu_current(), THREAD_YIELD_DUE);
	run = whole_run(z, MIGRATE_ASYNC);
	compact_zone(&run);
	EXPECT_EQ(run.counts.isolated, 0);
	run = whole_run(z, MIGRATE_SYNC);
	compact_zone(&run);
	EXPECT_TRUE(run.counts.isolated > 0);
	set_all_types(z, MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE);
}

TEST(compaction, blocks_that_gave_nothing_are_passed_over, "CO-10")
{
	struct compaction run;
	struct zone *z;
	uint32_t visited;

	REQUIRE_TRUE(given_fragmented_memory());
	z = main_zone();
	run = whole_run(z, MIGRATE_SYNC);
	run.ignore_hints = false;
	for (uint32_t n = z->start.n; n < z->end.n; n += PAGEBLOCK_PAGES)
		pageblock_of(pfn(n))->skip = PAGEBLOCK_SKIP_MIGRATE;
	compact_zone(&run);
	visited = run.counts.blocks_visited;
	EXPECT_EQ(visited, 0);
	/* The scanners met: the hints are forgotten. */
	run = whole_run(z, MIGRATE_SYNC);
	run.ignore_hints = false;
	compact_zone(&run);
	EXPECT_TRUE(run.counts.blocks_visited > 0);
}

/* ---- when to stop */

static unsigned rounds;

static void kill_in_third_round(const struct compaction *run)
{
	(void)run;
	if (++rounds == 3)
		thread_mark(cpu_current(), THREAD_FATAL);
}

TEST(compaction, a_fatal_signal_stops_it, "CO-8, BS-46")
{
	struct compaction run;

	REQUIRE_TRUE(given_fragmented_memory());
	run = whole_run(main_zone(), MIGRATE_SYNC);
	rounds = 0;
	compaction_set_progress(kill_in_third_round);
	EXPECT_EQ(compact_zone(&run), COMPACT_INTERRUPTED);
	compaction_set_progress(NULL);
	thread_unmark(cpu_current(), THREAD_FATAL);
	EXPECT_EQ(rounds, 3);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
	EXPECT_EQ(run.stock_pages, 0);
	EXPECT_EQ(wrong_pages(), 0);
}

TEST(compaction, async_gives_way, "CO-3, CO-8")
{
	struct compaction run;

	REQUIRE_TRUE(given_fragmented_memory());
	run = whole_run(main_zone(), MIGRATE_ASYNC);
	thread_mark(cpu_current(), THREAD_YIELD_DUE);
	EXPECT_EQ(compact_zone(&run), COMPACT_CONTENDED);
	EXPECT_EQ(run.counts.moved, 0);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
}

/* ---- hopeless blocks */

TEST(compaction, a_full_unmovable_block_costs_one_load, "CO-14, BS-50")
{
	struct page *block = given_block(GFP_KERNEL, PAGEBLOCK_ORDER);
	struct compaction run;

	REQUIRE_TRUE(block != NULL);
	EXPECT_EQ(pageblock_of(page_to_pfn(block))->unmovable_pages, PAGEBLOCK_PAGES);
	run = whole_run(page_zone(block), MIGRATE_SYNC);
	compact_zone(&run);
	EXPECT_TRUE(run.counts.blocks_passed > 0);
	EXPECT_EQ(pageblock_of(page_to_pfn(block))->skip & PAGEBLOCK_SKIP_MIGRATE, 0);
}

TEST(compaction, the_least_possible_is_counted_from_the_emptiest, "CO-14")
{
	struct block_snapshot before = { .free_blocks = 1 }, after = { .free_blocks = 4 };

	before.blocks_with[10] = 2;
	before.blocks_with[40] = 5;
	EXPECT_EQ(compaction_least_moves(&before, &after), 10 + 10 + 40);
	EXPECT_EQ(compaction_least_moves(&after, &before), 0);
}

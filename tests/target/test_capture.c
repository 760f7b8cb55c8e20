/*
 * The block that a compaction makes for a request goes to that request, whoever else wants one; and
 * what a request is spared: waiting for ever, spending more than it would, what has refused lately.
 */
#include <errno.h>

#include "arch/uaccess.h"
#include "kernel/sched.h"
#include "mm/move/compaction.h"
#include "mm/phys/alloc.h"
#include "mm/phys/buddy.h"
#include "mm/phys/lru.h"
#include "mm/phys/pin.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define KEEP_EVERY 8u
#define MAX_HELD   1024u

static struct mm *mm;
static vaddr_t area;
static uint32_t area_pages;

static vaddr_t nth(uint32_t n)
{
	return vaddr(area.a + n * PAGE_SIZE);
}

/* Nearly all free memory filled, then all but every eighth page let go. */
static bool given_fragments(void)
{
	mm = given_mm();
	area_pages = zones_free_pages() / 8 * 7;
	area = given_area(mm, area_pages, VMA_READ | VMA_WRITE);
	for (uint32_t n = 0; n < area_pages; n++)
		if (copy_to_user(nth(n), &n, sizeof(n)))
			return EXPECT_TRUE(!"filled");
	for (uint32_t n = 0; n < area_pages; n += KEEP_EVERY)
		mm_discard(mm, nth(n + 1).a, (KEEP_EVERY - 1) * PAGE_SIZE);
	alloc_drain_all();
	return true;
}

static uint32_t wrong_pages(void)
{
	uint32_t wrong = 0, word;

	for (uint32_t n = 0; n < area_pages; n += KEEP_EVERY)
		wrong += copy_from_user(&word, nth(n), sizeof(word)) || word != n;
	return wrong;
}

static struct {
	struct page *block[MAX_HELD];
	unsigned count, order;
	bool stop;
} taken;

static bool take_one(void)
{
	struct page *p;

	if (taken.count == MAX_HELD)
		return false;
	p = alloc_pages(GFP_USER | GFP_NOCOMPACT | GFP_NOWARN, taken.order);
	if (p)
		taken.block[taken.count++] = p;
	return p;
}

static void take_all(unsigned order)
{
	taken.count = 0;
	taken.order = order;
	while (take_one())
		;
}

static void give_all(void)
{
	while (taken.count)
		free_pages(taken.block[--taken.count], taken.order);
}

/* ---- a rival that asks for the same at every point where the run lets others go on */

static void rival_main(void *arg)
{
	(void)arg;
	while (!*(volatile bool *)&taken.stop) {
		while (take_one())
			;
		sched_yield_now();
	}
}

static struct task *start_rival(void)
{
	struct task *t = task_create_kernel("rival", rival_main, NULL);

	taken.stop = false;
	if (!EXPECT_TRUE(t != NULL))
		return NULL;
	task_get(t);
	sched_start(t);
	return t;
}

static void end_rival(struct task *t)
{
	taken.stop = true;
	task_wait(t);
	task_put(t);
}

static unsigned rounds;

static void let_the_rival_run(const struct compaction *run)
{
	(void)run;
	rounds++;
	sched_yield_now();
	thread_mark(cpu_current(), THREAD_YIELD_DUE); /* and at the next point, too */
}

TEST(capture, a_rival_can_not_steal_the_block, "CO-11")
{
	static const unsigned orders[] = { 8, 6, 10 };

	for (unsigned i = 0; i < 3; i++) {
		struct task *rival;
		struct page *p;

		REQUIRE_TRUE(given_fragments());
		take_all(orders[i]);
		rival = start_rival();
		REQUIRE_TRUE(rival != NULL);
		rounds = 0;
		compaction_set_progress(let_the_rival_run);
		p = alloc_pages(GFP_USER, orders[i]);
		compaction_set_progress(NULL);
		end_rival(rival);
		EXPECT_TRUE(p != NULL);
		EXPECT_TRUE(rounds > 0);
		EXPECT_EQ(wrong_pages(), 0);
		if (p)
			free_pages(p, orders[i]);
		give_all();
		given_take_back();
	}
}

TEST(capture, what_can_not_move_gets_its_pageblocks, "CO-11, CO-14")
{
	uint32_t captured = vm_event_read(COMPACTSUCCESS);
	const struct pageblock *b;
	struct page *p;

	REQUIRE_TRUE(given_fragments());
	take_all(PAGEBLOCK_ORDER);
	p = alloc_pages(GFP_KERNEL, PAGEBLOCK_ORDER);
	REQUIRE_TRUE(p != NULL);
	EXPECT_TRUE(vm_event_read(COMPACTSUCCESS) > captured);
	b = pageblock_of(page_to_pfn(p));
	EXPECT_EQ(b->type, MIGRATE_UNMOVABLE);
	EXPECT_EQ(b->unmovable_pages, PAGEBLOCK_PAGES);
	EXPECT_EQ(b->free_pages, 0);
	EXPECT_EQ(page_refs(p), 1);
	free_pages(p, PAGEBLOCK_ORDER);
	give_all();
	EXPECT_EQ(wrong_pages(), 0);
}

/* The zone keeps its mark, even if a block was made. */
TEST(capture, leaves_the_mark_alone, "CO-11, CO-6")
{
	struct zone *z = zonelist_first(ZONE_MOVABLE);
	struct capture c = { .order = 3, .type = MIGRATE_MOVABLE, .leave = z->free_pages };
	struct compaction run = { .zone = z,
				  .order = COMPACT_WHOLE_ZONE,
				  .mode = MIGRATE_SYNC,
				  .type = MIGRATE_MOVABLE,
				  .ignore_hints = true,
				  .capture = &c };

	REQUIRE_TRUE(given_fragments());
	EXPECT_EQ(compact_zone(&run), COMPACT_COMPLETE);
	EXPECT_TRUE(c.page == NULL);
	EXPECT_TRUE(z->capture == NULL);
}

/* ---- limits */

TEST(capture, a_request_spends_no_more_than_it_would, "CO-16")
{
	struct alloc_request r = { .gfp = GFP_USER | GFP_NOWARN,
				   .order = 10,
				   .limit_insns = 100000 };

	REQUIRE_TRUE(given_fragments());
	take_all(10);
	EXPECT_TRUE(alloc_pages_request(&r) == NULL);
	EXPECT_TRUE(r.spent_insns >= r.limit_insns);
	if (test_counts_instructions()) /* a batch, and what is taken back */
		EXPECT_TRUE(r.spent_insns < r.limit_insns + 200000);
	EXPECT_EQ(r.why_failed[0], 'i'); /* "it has spent ..." */
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
	give_all();
	EXPECT_EQ(wrong_pages(), 0);
}

TEST(capture, a_request_of_who_is_to_die_fails_at_once, "CO-8, BS-46")
{
	struct alloc_request r = { .gfp = GFP_USER | GFP_NOWARN, .order = 9 };
	uint32_t moved;

	REQUIRE_TRUE(given_fragments());
	take_all(9);
	moved = vm_event_read(PGMIGRATE_SUCCESS);
	thread_mark(cpu_current(), THREAD_FATAL);
	EXPECT_TRUE(alloc_pages_request(&r) == NULL);
	thread_unmark(cpu_current(), THREAD_FATAL);
	EXPECT_EQ(vm_event_read(PGMIGRATE_SUCCESS), moved);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
	give_all();
}

static struct compaction run_for(enum migrate_mode mode, bool ignore_hints)
{
	return (struct compaction){ .zone = zonelist_first(ZONE_MOVABLE),
				    .order = COMPACT_WHOLE_ZONE,
				    .mode = mode,
				    .type = MIGRATE_MOVABLE,
				    .ignore_hints = ignore_hints };
}

static struct page *page_of(uint32_t n)
{
	return pfn_to_page(pte_pfn(entry_at(mm, nth(n))));
}

TEST(capture, a_pinned_page_is_tried_once, "CO-15, BS-42")
{
	struct compaction run;
	uint32_t pins = 0, refusals;

	REQUIRE_TRUE(given_fragments());
	for (uint32_t n = 0; n < area_pages / 2; n += 2 * KEEP_EVERY)
		pins += page_try_pin(page_of(n), "test");
	run = run_for(MIGRATE_SYNC, false);
	compact_zone(&run);
	EXPECT_TRUE(run.counts.failed > 0);
	refusals = move_reason_counts[MOVE_PINNED];
	run = run_for(MIGRATE_SYNC, false);
	compact_zone(&run);
	EXPECT_EQ(move_reason_counts[MOVE_PINNED], refusals);
	/* Who ignores hints asks anew; and so does everybody when the pins are gone. */
	run = run_for(MIGRATE_SYNC, true);
	compact_zone(&run);
	EXPECT_TRUE(move_reason_counts[MOVE_PINNED] > refusals);
	for (uint32_t n = 0; n < area_pages / 2; n += 2 * KEEP_EVERY)
		page_unpin(page_of(n));
	run = run_for(MIGRATE_SYNC, false);
	compact_zone(&run);
	EXPECT_TRUE(run.counts.moved > pins / 2);
	EXPECT_EQ(wrong_pages(), 0);
}

/* Which frames the first part of the area is in, in one number. */
static uint32_t places_of_locked(uint32_t pages)
{
	uint32_t sum = 0;

	for (uint32_t n = 0; n < pages; n++)
		sum = sum * 31 + page_to_pfn(page_of(n)).n;
	return sum;
}

TEST(capture, locked_memory_moves_if_that_is_allowed, "CO-3")
{
	struct compaction run = run_for(MIGRATE_SYNC, true);
	uint32_t places, locked;

	REQUIRE_TRUE(given_fragments());
	locked = area_pages / 8;
	REQUIRE_EQ(mm_lock_range(mm, area.a, locked * PAGE_SIZE, true), 0);
	places = places_of_locked(locked);
	compaction_tunables.unevictable_allowed = 0;
	compact_zone(&run);
	compaction_tunables.unevictable_allowed = 1;
	EXPECT_TRUE(run.counts.moved > 0);
	EXPECT_EQ(places_of_locked(locked), places);
	run = run_for(MIGRATE_SYNC, true);
	compact_zone(&run);
	EXPECT_TRUE(places_of_locked(locked) != places);
}

/* ---- what a drain may do in an interrupt */

TEST(capture, a_drain_in_an_interrupt_ends_no_page, "CO-3")
{
	struct mm *space = given_mm();
	vaddr_t kept, lost;
	struct page *mapped, *last;
	uint32_t saved;

	lru_drain();
	mapped = given_page_mapped(space, &kept);
	last = given_page_mapped(space, &lost);
	REQUIRE_TRUE(mapped && last);
	mm_discard(space, lost.a, PAGE_SIZE);
	EXPECT_EQ(page_refs(last), 1); /* the batch's */
	saved = cpu_irq_save();
	lru_drain();
	cpu_irq_restore(saved);
	EXPECT_TRUE(page_has(mapped, PG_LRU) && page_refs(mapped) == 1);
	EXPECT_TRUE(page_has(last, PG_LRU_BATCH) && !page_has(last, PG_LRU));
	EXPECT_EQ(page_refs(last), 1);
	lru_drain();
	EXPECT_EQ(page_refs(last), 0);
}

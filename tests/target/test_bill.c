/*
 * The bill: its phases add up, nothing of a journey is charged to nobody, and what it says is what
 * the same work costs without it.
 */
#include <errno.h>

#include "arch/uaccess.h"
#include "kernel/sched.h"
#include "mm/move/bill.h"
#include "mm/move/compaction.h"
#include "mm/phys/alloc.h"
#include "mm/phys/pin.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define KEEP_EVERY 8u
#define PAGES	   8192u

#define MOST_TO_OPEN 10000u /* instructions that opening a bill, and claiming a zone, may take */

static struct mm *mm;
static vaddr_t area;

static vaddr_t nth(uint32_t n)
{
	return vaddr(area.a + n * PAGE_SIZE);
}

/* A range of frames of which every eighth is in use. */
static bool given_fragments(void)
{
	mm = given_mm();
	area = given_area(mm, PAGES, VMA_READ | VMA_WRITE);
	for (uint32_t n = 0; n < PAGES; n++)
		if (copy_to_user(nth(n), &n, sizeof(n)))
			return EXPECT_TRUE(!"filled");
	for (uint32_t n = 0; n < PAGES; n += KEEP_EVERY)
		mm_discard(mm, nth(n + 1).a, (KEEP_EVERY - 1) * PAGE_SIZE);
	alloc_drain_all();
	return true;
}

static struct compact_counts compact_fragments(void)
{
	struct compact_counts counts = { 0 };

	if (given_fragments())
		compact_memory(NULL, MIGRATE_SYNC, &counts);
	return counts;
}

/* With all sums empty. */
static struct compact_counts compact_billed(void)
{
	struct compact_counts counts;

	bill_clear();
	bill_switch(true);
	counts = compact_fragments();
	bill_switch(false);
	return counts;
}

static uint64_t sum_of_phases(const struct bill *b)
{
	uint64_t sum = 0;

	for (unsigned p = 0; p < BILL_PHASES; p++)
		sum += b->insns[p];
	return sum;
}

static uint64_t sum_of_net(const struct bill *b)
{
	uint64_t sum = 0;

	for (unsigned p = 0; p < BILL_PHASES; p++)
		sum += bill_net(b, (enum bill_phase)p);
	return sum;
}

TEST(bill, phases_add_up_to_the_whole, "")
{
	struct compact_counts counts;
	struct bill last, total;

	test_on_one_cpu();
	counts = compact_billed();
	last = bill_last_compaction();
	total = bill_total();
	REQUIRE_TRUE(counts.moved > 0);
	EXPECT_EQ(last.migrations, 1);
	EXPECT_EQ(sum_of_phases(&last), last.whole);
	EXPECT_EQ(sum_of_net(&last), last.whole);
	EXPECT_EQ(sum_of_phases(&total), total.whole);
	/* Compaction's own clock begins before a bill is opened: once a zone that is compacted. */
	EXPECT_TRUE(total.whole < counts.insns);
	if (test_counts_instructions())
		EXPECT_TRUE(counts.insns - total.whole < total.migrations * MOST_TO_OPEN);
}

TEST(bill, every_stage_of_every_page_is_charged, "")
{
	struct compact_counts counts;
	struct bill b;

	test_on_one_cpu();
	counts = compact_billed();
	b = bill_last_compaction();
	EXPECT_EQ(b.moved, counts.moved);
	EXPECT_EQ(b.refused, counts.failed);
	EXPECT_TRUE(b.laps[BILL_UNMAP] >= b.moved);
	EXPECT_EQ(b.laps[BILL_COPY], b.moved);
	EXPECT_EQ(b.laps[BILL_SWITCH], b.moved);
	EXPECT_EQ(b.laps[BILL_REMAP], b.moved);
	EXPECT_TRUE(b.laps[BILL_CHECK] >= 2 * b.moved);
	EXPECT_TRUE(b.laps[BILL_PUT_BACK] > b.moved);
	EXPECT_TRUE(b.laps[BILL_INVALIDATE] >= b.moved / MOVE_BATCH);
	/* By host time a short phase may be no longer than the look at the clock. */
	for (unsigned p = BILL_ISOLATE; test_counts_instructions() && p <= BILL_PUT_BACK; p++)
		EXPECT_TRUE(bill_net(&b, (enum bill_phase)p) > 0);
}

/* Two runs over the same memory, one of them billed. */
TEST(bill, says_what_it_costs_without_a_bill, "")
{
	uint64_t off, on, apart;
	struct bill b;

	if (!test_counts_instructions()) {
		test_skip("needs counted instructions");
		return;
	}
	test_on_one_cpu();
	off = compact_fragments().insns;
	given_take_back();
	compact_billed();
	b = bill_last_compaction();
	on = b.whole - bill_net(&b, BILL_CLOCK);
	apart = on > off ? on - off : off - on;
	EXPECT_TRUE(apart < off / 20);
}

TEST(bill, is_not_kept_while_it_is_off, "")
{
	bill_clear();
	EXPECT_TRUE(compact_fragments().moved > 0);
	EXPECT_EQ(bill_total().migrations, 0);
	EXPECT_EQ(bill_unmapped_times().count, 0);
	EXPECT_TRUE(bill_runs().moved > 0); /* these are always kept */
}

static void look_away(const struct move *m, enum move_stage passed)
{
	(void)m;
	(void)passed;
}

TEST(bill, a_watched_journey_is_not_split, "")
{
	struct bill b;

	migrate_set_probe(look_away);
	compact_billed();
	migrate_set_probe(NULL);
	b = bill_last_compaction();
	EXPECT_EQ(b.laps[BILL_COPY], 0);
	EXPECT_EQ(sum_of_phases(&b), b.whole);
	EXPECT_TRUE(b.insns[BILL_REST] > b.whole / 2);
}

TEST(bill, what_is_refused_is_charged, "")
{
	struct bill b;
	struct move what;
	vaddr_t a;
	struct page *p = given_page_mapped(given_mm(), &a);

	REQUIRE_TRUE(p && page_try_pin(p, "test"));
	bill_clear();
	bill_switch(true);
	EXPECT_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), -EAGAIN);
	bill_switch(false);
	page_unpin(p);
	b = bill_total();
	EXPECT_EQ(b.migrations, 1);
	EXPECT_EQ(b.refused, 1);
	EXPECT_EQ(b.moved, 0);
	EXPECT_EQ(b.laps[BILL_UNDO], MIGRATE_PASSES);
	EXPECT_EQ(b.laps[BILL_COPY], 0);
	EXPECT_EQ(sum_of_phases(&b), b.whole);
}

/* ---- times */

static uint64_t time_alone(void)
{
	struct move what;
	vaddr_t a;
	struct page *p = given_page_mapped(given_mm(), &a);

	if (!p)
		return 0;
	bill_clear();
	bill_switch(true);
	EXPECT_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
	bill_switch(false);
	EXPECT_EQ(bill_unmapped_times().count, 1);
	return bill_unmapped_times().max;
}

/* A page of a batch is away while the others are unmapped and copied: much longer than one alone.
 */
TEST(bill, a_page_is_missed_for_as_long_as_its_batch, "MP-11")
{
	uint64_t alone;
	struct compact_counts counts;
	struct spread_figures f;

	test_on_one_cpu();
	alone = time_alone();
	counts = compact_billed();
	f = bill_unmapped_times();
	EXPECT_TRUE(alone > 0);
	EXPECT_EQ(f.count, counts.moved);
	EXPECT_TRUE(f.p50 <= f.p99 && f.p99 <= f.max);
	if (test_counts_instructions()) {
		EXPECT_TRUE(f.p50 > 8 * alone);
		EXPECT_TRUE(f.p50 < MOVE_BATCH * 4 * alone);
	}
}

#define MAX_HELD 1024u

static struct page *held[MAX_HELD];

TEST(bill, who_waited_for_a_block_is_counted, "")
{
	struct alloc_request r = { .gfp = GFP_USER, .order = PAGEBLOCK_ORDER };
	uint32_t count = 0, waits;
	struct spread_figures f;
	struct page *p;

	REQUIRE_TRUE(given_fragments());
	while (count < MAX_HELD &&
	       (p = alloc_pages(GFP_USER | GFP_NOCOMPACT | GFP_NOWARN, PAGEBLOCK_ORDER)))
		held[count++] = p;
	bill_clear();
	waits = spread_read(&alloc_waits).count;
	p = alloc_pages_request(&r);
	f = spread_read(&alloc_waits);
	EXPECT_EQ(waits, 0);
	EXPECT_EQ(f.count, 1);
	EXPECT_EQ(f.max, r.spent_insns);
	EXPECT_TRUE(p != NULL && r.spent_insns > 0);
	if (p)
		free_pages(p, PAGEBLOCK_ORDER);
	while (count)
		free_pages(held[--count], PAGEBLOCK_ORDER);
}

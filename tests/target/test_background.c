/*
 * What happens to memory when nobody waits for it: background compaction, and what a helper that
 * reclaims in the background is told.
 */
#include "arch/uaccess.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "mm/move/kcompactd.h"
#include "mm/phys/alloc.h"
#include "mm/phys/relief.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define KEEP_EVERY 8u
#define MAX_HELD   1024u
#define MS	   1000000ull

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

static struct page *held[MAX_HELD];

static unsigned take_all(gfp_t gfp, unsigned order)
{
	unsigned n = 0;

	while (n < MAX_HELD && (held[n] = alloc_pages(gfp | GFP_NOCOMPACT | GFP_NOWARN, order)))
		n++;
	return n;
}

static void give_all(unsigned n, unsigned order)
{
	while (n)
		free_pages(held[--n], order);
}

/* With the thread at work, and none of it when this returns. */
static void let_it_work(uint64_t ns)
{
	kcompactd_pause(false);
	time_sleep_ns(ns);
	kcompactd_pause(true);
}

TEST(background, who_may_not_wait_finds_a_block_the_next_time, "CO-12")
{
	uint32_t wakes = vm_event_read(KCOMPACTD_WAKE);
	uint32_t scanned = vm_event_read(KCOMPACTD_MIGRATE_SCANNED);
	struct page *p;
	unsigned n;

	compaction_tunables.proactiveness = 0;
	REQUIRE_TRUE(given_fragments());
	let_it_work(20 * MS); /* an old demand is no longer there */
	n = take_all(GFP_USER, PAGEBLOCK_ORDER);
	EXPECT_TRUE(alloc_pages(GFP_ATOMIC | GFP_MOVE | GFP_NOWARN, PAGEBLOCK_ORDER) == NULL);
	EXPECT_TRUE(vm_event_read(KCOMPACTD_WAKE) > wakes);
	let_it_work(100 * MS);
	EXPECT_TRUE(vm_event_read(KCOMPACTD_MIGRATE_SCANNED) > scanned);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
	p = alloc_pages(GFP_ATOMIC | GFP_MOVE | GFP_NOWARN, PAGEBLOCK_ORDER);
	EXPECT_TRUE(p != NULL);
	EXPECT_EQ(wrong_pages(), 0);
	if (p)
		free_pages(p, PAGEBLOCK_ORDER);
	give_all(n, PAGEBLOCK_ORDER);
	compaction_tunables.proactiveness = 20;
}

TEST(background, works_from_the_high_mark_to_the_low, "CO-12")
{
	compaction_tunables.proactiveness = 40;
	REQUIRE_TRUE(given_fragments());
	REQUIRE_TRUE(kcompactd_score() > kcompactd_high_mark());
	let_it_work(1000 * MS);
	EXPECT_TRUE(kcompactd_score() <= kcompactd_low_mark());
	EXPECT_TRUE(kcompactd_score() > kcompactd_low_mark() / 2); /* and not far below it */
	compaction_tunables.proactiveness = 20;
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
	EXPECT_EQ(wrong_pages(), 0);
}

TEST(background, does_nothing_below_the_mark_or_when_told_not_to, "CO-12")
{
	uint32_t moved;

	REQUIRE_TRUE(given_fragments());
	moved = vm_event_read(PGMIGRATE_SUCCESS);
	compaction_tunables.proactiveness = 0;
	let_it_work(1000 * MS);
	EXPECT_EQ(vm_event_read(PGMIGRATE_SUCCESS), moved);
	compaction_tunables.proactiveness = 5;
	EXPECT_TRUE(kcompactd_score() <= kcompactd_high_mark());
	let_it_work(1000 * MS);
	compaction_tunables.proactiveness = 20;
	EXPECT_EQ(vm_event_read(PGMIGRATE_SUCCESS), moved);
}

TEST(background, marks_follow_the_tunable, "CO-12")
{
	static const uint32_t marks[][3] = {
		{ 20, 80, 90 }, { 100, 5, 15 }, { 96, 5, 15 }, { 5, 95, 100 }, { 0, 100, 100 }
	};

	for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		compaction_tunables.proactiveness = marks[i][0];
		EXPECT_EQ(kcompactd_low_mark(), marks[i][1]);
		EXPECT_EQ(kcompactd_high_mark(), marks[i][2]);
	}
	compaction_tunables.proactiveness = 20;
}

/* ---- a helper that reclaims */

static struct {
	bool here, given;
	unsigned woken, helped, first_attempt;
	unsigned held;
	uint32_t free_when_woken;
} helper;

static void note_wake(const struct alloc_request *r)
{
	if (!helper.here || helper.woken++)
		return;
	helper.free_when_woken = zones_free_pages();
	EXPECT_EQ(r->order, 0);
}

/* Gives back what it has taken before, as reclaim would, once. */
static enum relief_answer give_some(struct alloc_request *r, unsigned attempt)
{
	(void)r;
	if (!helper.here || helper.given)
		return RELIEF_NOTHING;
	helper.helped++;
	helper.first_attempt = attempt;
	helper.given = true;
	give_all(helper.held, 4);
	helper.held = 0;
	return RELIEF_PROGRESS;
}

static struct relief reclaiming = { .name = "test", .wake = note_wake, .help = give_some };

static void given_helper(void)
{
	static bool registered;

	if (!registered)
		relief_register(&reclaiming);
	registered = true;
	helper = (typeof(helper)){ .here = true };
}

static uint32_t sum_of_marks(enum zone_mark mark)
{
	const struct zone *z;
	uint32_t sum = 0;

	for_each_zone(z)
		sum += z->watermark[mark] + z->reserve[ZONE_MOVABLE];
	return sum;
}

/* All memory in blocks that the helper has, then frame after frame. */
TEST(background, marks_tell_who_reclaims, "CO-9")
{
	struct list taken = LIST_INIT(taken);
	struct page *p, *next;

	given_helper();
	EXPECT_TRUE(zonelist_is_balanced(ZONE_MOVABLE, 0));
	helper.held = take_all(GFP_USER, 4);
	helper.woken = 0;
	while (!helper.given && (p = alloc_pages(GFP_USER | GFP_NOWARN, 0)))
		list_add(&taken, &p->lru);
	EXPECT_TRUE(helper.woken > 0);
	EXPECT_TRUE(helper.free_when_woken <= sum_of_marks(WMARK_LOW) + 64);
	EXPECT_EQ(helper.helped, 1);
	EXPECT_EQ(helper.first_attempt, 0);
	EXPECT_TRUE(zonelist_is_balanced(ZONE_MOVABLE, 0));
	helper.here = false;
	list_for_each_entry_safe(p, next, &taken, lru) {
		list_del(&p->lru);
		free_pages(p, 0);
	}
}

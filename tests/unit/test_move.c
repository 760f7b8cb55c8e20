/*
 * mm/move on the host, under the sanitizers: what an assertion guards, whole compactions over zones of odd shapes,
 * and direct compaction from the allocator.
 */
#include "mm/move/compaction.h"
#include "mm/move/defer.h"
#include "mm/phys/pcp.h"
#include "mm/phys/pin.h"
#include "tests/unit/space.h"

#define BASE 0x20000000u

static uint32_t nth(uint32_t n)
{
	return BASE + n * PAGE_SIZE;
}

/* An area of `count` pages, each with its number in its first byte. */
static struct mm *given_written(uint32_t count)
{
	struct mm *mm = given_mm();

	given_area(mm, BASE, count, RW);
	for (uint32_t n = 0; n < count; n++)
		expect_eq(user_write(mm, nth(n), (uint8_t)(n * 7)), 0);
	drain_both_cpus();
	return mm;
}

/* Nearly all of memory filled, then all but every eighth page let go. Returns how many pages the area has. */
static uint32_t given_fragmented(struct mm **mm)
{
	uint32_t count;

	given_machine();
	count = zones_free_pages() / 8 * 7;
	*mm = given_written(count);
	for (uint32_t n = 0; n < count; n += 8)
		mm_discard(*mm, nth(n + 1), 7 * PAGE_SIZE);
	drain_both_cpus();
	pcp_drain();
	return count;
}

static void then_bytes_are_right(struct mm *mm, uint32_t count)
{
	for (uint32_t n = 0; n < count; n += 8)
		expect_eq(user_read(mm, nth(n)), (uint8_t)(n * 7));
}

/* ---- what an assertion guards */

static struct page *wrong_target;

static struct page *take_wrong(struct migration *m, struct page *from)
{
	(void)m;
	(void)from;
	wrong_target = alloc_pages(GFP_USER, 0);
	page_init_flags(wrong_target, 0, PG_LOCKED);
	return wrong_target;
}

static struct page *victim;

static void move_to_a_locked_target(void)
{
	struct list one = LIST_INIT(one);
	struct migration m = { .pages = &one, .mode = MIGRATE_SYNC, .take_target = take_wrong };

	expect_eq(lru_isolate(victim), 0);
	list_add(&one, &victim->lru);
	migrate_pages(&m);
}

TEST(move_a_locked_target_is_a_bug, "covers: MV-1")
{
	struct mm *mm = given_written(1);

	victim = page_at(mm, BASE);
	expect(asserts(move_to_a_locked_target));
}

static void move_it(void)
{
	struct move what;

	migrate_frame(page_to_pfn(victim), MIGRATE_SYNC, &what);
}

TEST(move_active_and_unevictable_is_a_bug, "covers: CP-3")
{
	struct mm *mm = given_written(1);

	victim = page_at(mm, BASE);
	expect_eq(lru_isolate(victim), 0);
	page_set(victim, PG_ACTIVE | PG_UNEVICTABLE);
	lru_putback(victim);
	expect(asserts(move_it));
}

static void unfreeze_to_nothing(void)
{
	page_unfreeze(victim, 0);
}

static void unfreeze_what_is_held(void)
{
	page_unfreeze(victim, 1);
}

static void hold_what_nobody_holds(void)
{
	page_get(victim);
}

TEST(move_holds_that_can_not_be, "covers: MG-10, MG-11")
{
	given_machine();
	victim = alloc_pages(GFP_KERNEL, 0);
	expect(asserts(unfreeze_what_is_held));
	expect(page_freeze(victim, 1));
	expect(asserts(unfreeze_to_nothing));
	expect(asserts(hold_what_nobody_holds));
}

/* ---- whole runs */

TEST(move_compaction_of_everything, "covers: CO-2, CO-4, CO-5, CO-8")
{
	struct compact_counts counts = { 0 };
	struct mm *mm;
	uint32_t count = given_fragmented(&mm), before = zones_free_pages();

	expect_eq(compact_memory(NULL, MIGRATE_SYNC, &counts), COMPACT_COMPLETE);
	expect(counts.moved > 0);
	expect_eq(counts.isolated, counts.moved);
	expect_eq(zones_free_pages(), before);
	expect_eq(all_findings(), 0);
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_compaction_of_one_zone)
{
	struct compact_counts counts = { 0 };
	struct mm *mm;
	uint32_t count = given_fragmented(&mm);
	struct zone *z;

	for_each_zone(z) {
		expect_eq(compact_memory(z, MIGRATE_SYNC_LIGHT, &counts), COMPACT_COMPLETE);
		expect_eq(z->stat[NR_ISOLATED_ANON], 0);
	}
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

static struct page *held[4096];

static unsigned take_all(unsigned order)
{
	unsigned n = 0;

	while (n < 4096 && (held[n] = alloc_pages(GFP_USER | GFP_NOCOMPACT | GFP_NOWARN, order)))
		n++;
	return n;
}

TEST(move_direct_compaction, "covers: CO-9, CO-8")
{
	for (unsigned order = 4; order <= 8; order += 2) {
		struct mm *mm;
		uint32_t count = given_fragmented(&mm);
		unsigned n = take_all(order);
		struct page *p = alloc_pages(GFP_USER, order);

		expect(p != NULL);
		free_pages(p, order);
		while (n)
			free_pages(held[--n], order);
		then_bytes_are_right(mm, count);
		mm_put(mm);
		then_nothing_is_left();
	}
}

TEST(move_direct_compaction_gives_up_and_is_deferred, "covers: CO-7, CO-6")
{
	struct zone *z = zonelist_first(ZONE_MOVABLE);
	unsigned order = MAX_ORDER, n;
	struct mm *mm;
	uint32_t count;

	given_machine();
	z = zonelist_first(ZONE_MOVABLE);
	n = take_all(order);
	count = given_fragmented(&mm);
	for (unsigned i = 0; i < 20; i++)
		expect(alloc_pages(GFP_USER | GFP_NOWARN, order) == NULL);
	expect(compaction_suitable(z, order) != COMPACT_PARTIAL);
	then_bytes_are_right(mm, count);
	mm_put(mm);
	while (n)
		free_pages(held[--n], order);
	then_nothing_is_left();
}

/* Every second page is pinned: nothing of it moves, nothing is lost, the others go. */
TEST(move_pinned_pages_stay, "covers: MG-2, BS-42")
{
	struct compact_counts counts = { 0 };
	struct mm *mm;
	uint32_t count = given_fragmented(&mm);

	for (uint32_t n = 0; n < count; n += 16)
		expect(page_try_pin(page_at(mm, nth(n))));
	compact_memory(NULL, MIGRATE_SYNC, &counts);
	expect(counts.failed > 0 && counts.moved > 0);
	for (uint32_t n = 0; n < count; n += 16)
		page_unpin(page_at(mm, nth(n)));
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

/* Failed at the n-th pass of each site, for every n until the story passes. */
static void one_compaction(uint32_t n)
{
	struct compact_counts counts = { 0 };
	struct mm *mm = given_written(200);

	(void)n;
	for (uint32_t i = 0; i < 200; i += 8)
		mm_discard(mm, nth(i + 1), 7 * PAGE_SIZE);
	drain_both_cpus();
	compact_memory(NULL, MIGRATE_SYNC, &counts);
	for (uint32_t i = 0; i < 200; i += 8)
		expect_eq(user_read(mm, nth(i)), (uint8_t)(i * 7));
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_every_stage_fails_once, "covers: MG-12, UN-15")
{
	static const char *const sites[] = { "migrate_target", "migrate_lock", "migrate_unmap",
					     "migrate_count", "migrate_copy", "migrate_freeze" };

	given_machine();
	for (unsigned i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
		for (uint32_t n = 1; n <= 30; n++) {
			expect_eq(failpoint_arm(sites[i], n), 0);
			one_compaction(n);
			failpoints_off();
		}
}

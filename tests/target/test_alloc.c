/*
 * The allocator: what it gives, what it refuses, what it gives back.
 */
#include <string.h>

#include "arch/frame.h"
#include "base/failpoint.h"
#include "mm/phys/pcp.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

TEST(alloc, every_order_is_aligned_to_its_size, "")
{
	for (unsigned order = 0; order <= MAX_ORDER; order++) {
		struct page *first = given_block(GFP_KERNEL, order);

		REQUIRE_TRUE(first != NULL);
		EXPECT_EQ(page_to_pfn(first).n & ((1u << order) - 1), 0);
		EXPECT_EQ(page_refs(first), 1);
		EXPECT_EQ(page_kind(first), KIND_KERNEL);
	}
}

TEST(alloc, frames_of_a_block_are_in_use_and_not_held, "")
{
	struct page *first = given_block(GFP_KERNEL, 3);

	REQUIRE_TRUE(first != NULL);
	for (unsigned n = 1; n < 8; n++) {
		EXPECT_EQ(page_refs(first + n), 0);
		EXPECT_EQ(page_flags(first + n) & (PG_BUDDY | PG_PCP | PG_LRU), 0);
	}
}

TEST(alloc, an_order_beyond_the_largest_is_refused, "")
{
	EXPECT_TRUE(alloc_pages(GFP_KERNEL | GFP_NOWARN, MAX_ORDER + 1) == NULL);
}

TEST(alloc, zeroed_means_every_byte, "")
{
	struct page *first = given_block(GFP_KERNEL, 2);

	REQUIRE_TRUE(first != NULL);
	memset(frame_address(page_to_pfn(first)), 0xa5, 4 * PAGE_SIZE);
	given_take_back();
	first = given_block(GFP_KERNEL | GFP_ZERO, 2);
	REQUIRE_TRUE(first != NULL);
	for (unsigned n = 0; n < 4 * PAGE_SIZE / 4; n += 61)
		EXPECT_EQ(word_in_frame(pfn(page_to_pfn(first).n + n / 1024), n % 1024), 0);
}

TEST(alloc, what_comes_back_merges_again, "")
{
	uint32_t before, blocks;

	alloc_drain_all();
	before = zones_free_pages();
	blocks = zones[ZONE_NORMAL].area[MAX_ORDER].blocks;
	REQUIRE_TRUE(given_block(GFP_KERNEL, 0) != NULL);
	REQUIRE_TRUE(given_block(GFP_KERNEL, 5) != NULL);
	given_take_back();
	alloc_drain_all();
	EXPECT_EQ(zones_free_pages(), before);
	EXPECT_EQ(zones[ZONE_NORMAL].area[MAX_ORDER].blocks, blocks);
}

TEST(alloc, kernel_memory_has_an_address, "")
{
	uint32_t *words = alloc_kernel_pages(GFP_KERNEL, 1);

	REQUIRE_TRUE(words != NULL);
	EXPECT_TRUE(frame_is_low(frame_of_address(words)));
	words[0] = 0x12345678;
	words[2047] = 0x9abcdef0;
	EXPECT_EQ(word_in_frame(frame_of_address(words), 0), 0x12345678);
	EXPECT_EQ(words[2047], 0x9abcdef0);
	free_kernel_pages(words, 1);
}

TEST(alloc, requests_name_the_highest_zone, "")
{
	EXPECT_EQ(gfp_highest_zone(GFP_KERNEL), ZONE_NORMAL);
	EXPECT_EQ(gfp_highest_zone(GFP_ZONE_DMA), ZONE_DMA);
	EXPECT_EQ(gfp_highest_zone(GFP_KERNEL | GFP_ZONE_HIGHMEM), ZONE_HIGHMEM);
	EXPECT_EQ(gfp_highest_zone(GFP_USER), ZONE_MOVABLE);
}

TEST(alloc, requests_name_their_type, "")
{
	EXPECT_EQ(gfp_migratetype(GFP_KERNEL), MIGRATE_UNMOVABLE);
	EXPECT_EQ(gfp_migratetype(GFP_USER), MIGRATE_MOVABLE);
	EXPECT_EQ(gfp_migratetype(GFP_KERNEL | GFP_RECLAIM), MIGRATE_RECLAIMABLE);
}

TEST(alloc, zone_list_goes_downwards_and_ends, "")
{
	struct zone *z = zonelist_first(ZONE_MOVABLE), *next;
	unsigned count = 0;

	for (; z; z = next) {
		EXPECT_TRUE(!zone_is_empty(z));
		next = zonelist_next(z);
		EXPECT_TRUE(!next || next->id < z->id);
		REQUIRE_TRUE(++count <= ZONE_COUNT);
	}
	EXPECT_TRUE(count > 0);
}

TEST(alloc, low_memory_is_never_high, "")
{
	for (unsigned n = 0; n < 8; n++) {
		struct page *p = given_block(GFP_KERNEL, 0);

		REQUIRE_TRUE(p != NULL);
		EXPECT_TRUE(frame_is_low(page_to_pfn(p)));
	}
}

TEST(alloc, marks_are_in_order, "")
{
	const struct zone *z;

	for_each_zone(z) {
		EXPECT_TRUE(z->watermark[WMARK_MIN] > 0);
		EXPECT_TRUE(z->watermark[WMARK_MIN] < z->watermark[WMARK_LOW]);
		EXPECT_TRUE(z->watermark[WMARK_LOW] < z->watermark[WMARK_HIGH]);
		EXPECT_TRUE(z->watermark[WMARK_HIGH] < z->managed_pages);
	}
}

TEST(alloc, a_mark_above_what_is_free_is_not_met, "")
{
	const struct zone *z = &zones[ZONE_NORMAL];

	EXPECT_TRUE(zone_watermark_ok(z, 0, z->watermark[WMARK_LOW], true));
	EXPECT_TRUE(!zone_watermark_ok(z, 0, z->free_pages, true));
	EXPECT_TRUE(!zone_watermark_ok(z, 0, z->free_pages + 1, true));
}

TEST(alloc, an_order_without_a_block_does_not_meet_its_mark, "")
{
	struct zone *z;

	for_each_zone(z)
		EXPECT_EQ(zone_watermark_ok(z, MAX_ORDER, 0, true), z->area[MAX_ORDER].blocks != 0);
}

TEST(alloc, fragmentation_index_of_a_request_that_works, "CO-6")
{
	EXPECT_EQ(zone_fragmentation_index(&zones[ZONE_NORMAL], 0), -1000);
}

/* Takes blocks of one order until none is left; they are linked through lru. */
static uint32_t take_all(struct list *taken, gfp_t gfp, unsigned order)
{
	struct page *first;
	uint32_t count = 0;

	list_init(taken);
	while ((first = alloc_pages(gfp | GFP_NOWARN | GFP_NOCOMPACT, order)) != NULL) {
		list_add_tail(taken, &first->lru);
		count++;
	}
	return count;
}

static void give_all(struct list *taken, unsigned order)
{
	struct page *first, *next;

	list_for_each_entry_safe(first, next, taken, lru) {
		list_del_init(&first->lru);
		free_pages(first, order);
	}
}

TEST(alloc, the_last_block_is_followed_by_null, "")
{
	struct list taken;
	struct alloc_request r = { .gfp = GFP_KERNEL | GFP_NOWARN | GFP_NOCOMPACT, .order = 10 };
	uint32_t count = take_all(&taken, GFP_KERNEL, MAX_ORDER);

	EXPECT_TRUE(count > 0);
	EXPECT_TRUE(alloc_pages_request(&r) == NULL);
	EXPECT_TRUE(r.why_failed[0] != 0);
	give_all(&taken, MAX_ORDER);
}

TEST(alloc, an_ordinary_request_leaves_the_reserve, "")
{
	const struct zone *z = &zones[ZONE_NORMAL];
	uint32_t left, left_to_atomic;
	struct list taken, more;

	take_all(&taken, GFP_KERNEL, 0);
	left = z->free_pages + pcp_pages(z);
	EXPECT_TRUE(left + PCP_BATCH >= z->watermark[WMARK_MIN]);
	take_all(&more, GFP_ATOMIC, 0);
	left_to_atomic = z->free_pages + pcp_pages(z);
	EXPECT_TRUE(left_to_atomic < left);
	EXPECT_TRUE(left_to_atomic > 0);
	give_all(&more, 0);
	give_all(&taken, 0);
}

TEST(alloc, unmovable_requests_take_movable_blocks_when_theirs_are_gone, "")
{
	uint32_t before = vm_event_read(ALLOC_FALLBACK);
	struct list taken;

	EXPECT_TRUE(take_all(&taken, GFP_KERNEL | GFP_RECLAIM, PAGEBLOCK_ORDER) > 0);
	EXPECT_TRUE(vm_event_read(ALLOC_FALLBACK) > before);
	give_all(&taken, PAGEBLOCK_ORDER);
}

TEST(alloc, draining_empties_the_cpu_lists, "")
{
	struct page *p;

	test_on_one_cpu();
	alloc_drain_all(); /* the other cpus' too */
	p = given_block(GFP_KERNEL, 0);
	REQUIRE_TRUE(p != NULL);
	given_take_back();
	EXPECT_TRUE(pcp_pages(&zones[ZONE_NORMAL]) > 0);
	EXPECT_TRUE(pcp_drain() > 0);
	EXPECT_EQ(pcp_pages(&zones[ZONE_NORMAL]), 0);
	EXPECT_EQ(pcp_drain(), 0);
}

TEST(alloc, a_freed_frame_comes_back_first, "")
{
	struct page *p = given_block(GFP_KERNEL, 0);

	given_take_back();
	EXPECT_TRUE(given_block(GFP_KERNEL, 0) == p);
}

static void arm_every_site(const struct failpoint *f, void *n)
{
	failpoint_arm(f->name, *(const uint32_t *)n);
}

TEST(alloc, failure_at_every_site_is_an_ordinary_null, "")
{
	for (uint32_t n = 1; n <= 3; n++) {
		struct page *p, *block;

		failpoints_each(arm_every_site, &n);
		p = alloc_pages(GFP_KERNEL | GFP_NOWARN, 0);
		block = alloc_pages(GFP_KERNEL | GFP_NOWARN, 4);
		failpoints_off();
		if (p)
			free_pages(p, 0);
		if (block)
			free_pages(block, 4);
	}
	EXPECT_TRUE(given_block(GFP_KERNEL, 4) != NULL);
}

TEST(alloc, holds_are_counted, "MG-10, MG-11")
{
	struct page *p = given_block(GFP_KERNEL, 0);

	REQUIRE_TRUE(p != NULL);
	page_get(p);
	EXPECT_EQ(page_refs(p), 2);
	EXPECT_TRUE(!page_freeze(p, 1));
	EXPECT_EQ(page_refs(p), 2);
	EXPECT_TRUE(page_freeze(p, 2));
	EXPECT_TRUE(!page_try_get(p));
	page_unfreeze(p, 2);
	page_put(p);
	EXPECT_EQ(page_refs(p), 1);
}

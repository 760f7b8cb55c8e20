/*
 * The dry run: what it says is what a run then does, and nothing has changed by asking.
 */
#include "mm/move/plan.h"

#include "arch/uaccess.h"
#include "mm/check.h"
#include "mm/move/compaction.h"
#include "mm/phys/alloc.h"
#include "mm/phys/pin.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define KEEP_EVERY  4u
#define PAGES	    4096u
#define MOST_BLOCKS 80u

static struct plan plan;
static struct page *blocks[MOST_BLOCKS];
static uint32_t block_count;
static struct zone *zone; /* where the fragments are */

/* A range of frames of which every fourth is in use. */
static void given_fragments(void)
{
	struct mm *mm = given_mm();
	vaddr_t area = given_area(mm, PAGES, VMA_READ | VMA_WRITE);

	for (uint32_t n = 0; n < PAGES; n++)
		if (copy_to_user(vaddr(area.a + n * PAGE_SIZE), &n, sizeof(n)))
			EXPECT_TRUE(!"filled");
	for (uint32_t n = 0; n < PAGES; n += KEEP_EVERY)
		mm_discard(mm, area.a + (n + 1) * PAGE_SIZE, (KEEP_EVERY - 1) * PAGE_SIZE);
	alloc_drain_all();
	zone = page_zone(pfn_to_page(pte_pfn(entry_at(mm, area))));
}

/* No whole block of the largest order is free any more. */
static void given_no_large_block(void)
{
	block_count = 0;
	while (block_count < MOST_BLOCKS) {
		struct page *p = alloc_pages(GFP_USER | GFP_NOCOMPACT | GFP_NOWARN, MAX_ORDER);

		if (!p)
			break;
		blocks[block_count++] = p;
	}
}

static void then_blocks_go_back(void)
{
	while (block_count)
		free_pages(blocks[--block_count], MAX_ORDER);
}

static uint32_t users_in(pfn_t block, unsigned order)
{
	uint32_t found = 0;

	for (uint32_t n = 0; n < 1u << order; n++)
		found += page_refs(pfn_to_page(pfn(block.n + n))) != 0 &&
			 page_is_users(pfn_to_page(pfn(block.n + n)));
	return found;
}

TEST(plan, a_free_block_needs_no_move, "CO-8")
{
	given_fragments();
	plan_block(zone, 1, &plan);
	EXPECT_EQ(plan.answer, PLAN_FREE_ALREADY);
	EXPECT_TRUE(page_has(pfn_to_page(plan.block), PG_BUDDY));
	EXPECT_EQ(plan.pages, 0);
}

TEST(plan, says_what_a_request_then_does, "CO-9, CO-14")
{
	struct alloc_request r = { .gfp = GFP_USER, .order = MAX_ORDER };
	uint32_t moved;

	test_on_one_cpu();
	given_fragments();
	given_no_large_block();
	plan_block(zone, MAX_ORDER, &plan);
	REQUIRE_TRUE(plan.answer == PLAN_MOVES);
	EXPECT_EQ(plan.pages, users_in(plan.block, MAX_ORDER));
	EXPECT_TRUE(plan.pages > 0 && plan.targets >= plan.on_the_way + plan.pages);
	moved = vm_event_read(PGMIGRATE_SUCCESS);
	REQUIRE_TRUE(alloc_pages_request(&r) != NULL);
	EXPECT_EQ(page_to_pfn(r.page ? r.page : pfn_to_page(plan.block)).n, plan.block.n);
	EXPECT_EQ(vm_event_read(PGMIGRATE_SUCCESS) - moved, plan.on_the_way + plan.pages);
	free_pages(pfn_to_page(plan.block), MAX_ORDER);
	then_blocks_go_back();
}

TEST(plan, changes_nothing, "CO-5")
{
	uint32_t free_pages_before, isolated, moved;
	pfn_t block;

	test_on_one_cpu();
	given_fragments();
	given_no_large_block();
	free_pages_before = zones_free_pages();
	isolated = zones_stat(NR_ISOLATED_ANON);
	moved = vm_event_read(PGMIGRATE_SUCCESS);
	plan_block(zone, MAX_ORDER, &plan);
	block = plan.block;
	plan_block(zone, MAX_ORDER, &plan);
	EXPECT_EQ(plan.block.n, block.n);
	EXPECT_EQ(zones_free_pages(), free_pages_before);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), isolated);
	EXPECT_EQ(vm_event_read(PGMIGRATE_SUCCESS), moved);
	EXPECT_EQ(check_all(true), 0);
	then_blocks_go_back();
}

static struct page *first_user_in(pfn_t block)
{
	uint32_t n = block.n;

	while (!page_refs(pfn_to_page(pfn(n))) || !page_is_users(pfn_to_page(pfn(n))))
		n++;
	return pfn_to_page(pfn(n));
}

TEST(plan, a_pinned_page_blocks_and_is_named, "MP-10, CO-15")
{
	struct page *pinned;
	pfn_t block;

	test_on_one_cpu();
	given_fragments();
	given_no_large_block();
	plan_block(zone, MAX_ORDER, &plan);
	if (!EXPECT_EQ(plan.answer, PLAN_MOVES)) {
		then_blocks_go_back();
		return;
	}
	block = plan.block;
	pinned = first_user_in(block);
	EXPECT_TRUE(page_try_pin(pinned, "a test"));
	plan_block(zone, MAX_ORDER, &plan);
	page_unpin(pinned);
	EXPECT_TRUE(plan.answer != PLAN_MOVES || plan.block.n != block.n);
	then_blocks_go_back();
	EXPECT_EQ(plan.blocked[0].block.n, block.n);
	EXPECT_EQ(plan.blocked[0].frame.n, page_to_pfn(pinned).n);
	EXPECT_EQ(plan.blocked[0].reason, MOVE_PINNED);
	EXPECT_EQ(plan.blocked[0].frames, 1);
}

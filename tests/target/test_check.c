/*
 * The invariant check itself: each planted break is found, and nothing is found when it is mended.
 */
#include "mm/check.h"
#include "mm/phys/pin.h"
#include "mm/virt/leaf.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

TEST(check, a_pin_is_accounted_for, "")
{
	struct mm *mm = given_mm();
	struct page *p;
	vaddr_t a;

	p = given_page_mapped(mm, &a);
	REQUIRE_TRUE(p && page_try_pin(p, "test"));
	EXPECT_EQ(check_all(true), 0);
	page_unpin(p);
	EXPECT_EQ(check_all(true), 0);
}

TEST(check, a_hold_without_a_name_is_found, "")
{
	struct mm *mm = given_mm();
	struct page *p;
	vaddr_t a;

	p = given_page_mapped(mm, &a);
	REQUIRE_TRUE(p != NULL);
	page_get(p);
	EXPECT_EQ(check_all(true), 1);
	page_put(p);
	p->refs--;
	EXPECT_TRUE(check_all(true) >= 1);
	p->refs++;
	EXPECT_EQ(check_all(true), 0);
}

TEST(check, a_wrong_map_count_is_found, "")
{
	struct mm *mm = given_mm();
	struct page *p;
	vaddr_t a;

	p = given_page_mapped(mm, &a);
	REQUIRE_TRUE(p != NULL);
	p->mapcount++;
	EXPECT_TRUE(check_all(true) >= 1);
	p->mapcount--;
	EXPECT_EQ(check_all(true), 0);
}

TEST(check, a_migration_entry_outside_a_move_is_found, "")
{
	struct mm *mm = given_mm();
	pte_t before;
	vaddr_t a;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	before = entry_at(mm, a);
	set_entry(mm, a, leaf_make_migration(before));
	EXPECT_TRUE(check_all(true) >= 1);
	set_entry(mm, a, before);
	EXPECT_EQ(check_all(true), 0);
}

TEST(check, a_wrong_free_count_is_found, "")
{
	struct zone *z = zonelist_first(ZONE_MOVABLE);

	z->free_pages++;
	EXPECT_TRUE(check_all(true) >= 1);
	z->free_pages--;
	z->stat[NR_ISOLATED_ANON]++;
	EXPECT_TRUE(check_all(true) >= 1);
	z->stat[NR_ISOLATED_ANON]--;
	EXPECT_EQ(check_all(true), 0);
}

/*
 * Faults: what a first touch gives, and what it is refused.
 */
#include <errno.h>

#include "arch/uaccess.h"
#include "base/failpoint.h"
#include "kernel/sched.h"
#include "mm/phys/lru.h"
#include "mm/virt/anon_vma.h"
#include "mm/virt/fault.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define RW (VMA_READ | VMA_WRITE)

static uint32_t user_word(vaddr_t a)
{
	uint32_t word = 0xdead;

	EXPECT_EQ(copy_from_user(&word, a, sizeof(word)), 0);
	return word;
}

static size_t store_user_word(vaddr_t a, uint32_t word)
{
	return copy_to_user(a, &word, sizeof(word));
}

static struct page *page_at(struct mm *mm, vaddr_t a)
{
	pte_t e = entry_at(mm, a);

	return pte_is_present(e) ? pfn_to_page(pte_pfn(e)) : NULL;
}

TEST(faults, a_first_read_maps_the_page_of_zeros, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 1, RW);

	EXPECT_TRUE(pte_is_none(entry_at(mm, a)));
	EXPECT_EQ(user_word(a), 0);
	EXPECT_TRUE(page_at(mm, a) == zero_page);
	EXPECT_TRUE(!pte_is_writable(entry_at(mm, a)));
	EXPECT_EQ(mm->anon_pages, 0);
}

TEST(faults, a_write_after_a_read_gets_a_page_of_its_own, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 1, RW);

	EXPECT_EQ(user_word(a), 0);
	EXPECT_EQ(store_user_word(a, 42), 0);
	EXPECT_TRUE(page_at(mm, a) != zero_page);
	EXPECT_EQ(user_word(a), 42);
	EXPECT_EQ(user_word(vaddr(a.a + 4)), 0);
	EXPECT_EQ(word_in_frame(page_to_pfn(zero_page), 0), 0);
	EXPECT_EQ(mm->anon_pages, 1);
}

TEST(faults, a_first_write_gets_zeros_around_it, "")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *p = given_page_mapped(mm, &a);
	uint32_t sum = 0;

	REQUIRE_TRUE(p != NULL);
	for (unsigned n = 1; n < PAGE_SIZE / 4; n++)
		sum |= word_in_frame(page_to_pfn(p), n);
	EXPECT_EQ(sum, 0);
	EXPECT_EQ(word_in_frame(page_to_pfn(p), 0), 1);
}

TEST(faults, a_fresh_page_is_known_to_those_who_ask, "RM-8")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *p = given_page_mapped(mm, &a);

	REQUIRE_TRUE(p != NULL);
	alloc_drain_all();
	lru_drain();
	EXPECT_EQ(page_kind(p), KIND_ANON);
	EXPECT_EQ(p->mapcount, 1);
	EXPECT_EQ(page_refs(p), 1);
	EXPECT_TRUE(p->anon != NULL);
	EXPECT_EQ(p->index, a.a >> PAGE_SHIFT);
	EXPECT_TRUE(page_has(p, PG_LRU) && page_has(p, PG_SWAPBACKED));
	EXPECT_TRUE(pte_is_dirty(entry_at(mm, a)) && pte_is_young(entry_at(mm, a)));
}

TEST(faults, every_page_is_counted_once, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 5, RW);
	uint32_t faults = mm->faults;

	for (unsigned n = 0; n < 5; n++)
		EXPECT_EQ(store_user_word(vaddr(a.a + n * PAGE_SIZE), n), 0);
	EXPECT_EQ(mm->anon_pages, 5);
	EXPECT_EQ(mm->faults - faults, 5);
	EXPECT_EQ(store_user_word(a, 7), 0);
	EXPECT_EQ(mm->faults - faults, 5);
}

TEST(faults, no_area_no_page, "")
{
	struct mm *mm = given_mm();

	EXPECT_EQ(mm_fault(mm, vaddr(0x30000000), ACCESS_READ), -EFAULT);
	EXPECT_EQ(mm_fault(mm, vaddr(0), ACCESS_READ), -EFAULT);
	EXPECT_EQ(mm_fault(mm, vaddr(USER_END - 4), ACCESS_WRITE), -EFAULT);
	EXPECT_EQ(store_user_word(vaddr(0x30000000), 1), 4);
	EXPECT_EQ(mm->table_pages, 0);
}

TEST(faults, an_area_forbids_what_it_does_not_allow, "")
{
	struct mm *mm = given_mm();
	vaddr_t readable = given_area(mm, 1, VMA_READ), closed = given_area(mm, 1, 0);
	vaddr_t writable = given_area(mm, 1, RW);

	EXPECT_EQ(mm_fault(mm, readable, ACCESS_WRITE), -EACCES);
	EXPECT_EQ(mm_fault(mm, readable, ACCESS_READ), 0);
	EXPECT_EQ(mm_fault(mm, closed, ACCESS_READ), -EACCES);
	EXPECT_EQ(mm_fault(mm, closed, ACCESS_WRITE), -EACCES);
	EXPECT_EQ(mm_fault(mm, writable, ACCESS_EXEC), -EACCES);
}

TEST(faults, a_copy_ends_where_the_area_ends, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 1, RW);
	uint8_t bytes[32];

	for (unsigned n = 0; n < sizeof(bytes); n++)
		bytes[n] = (uint8_t)n;
	EXPECT_EQ(copy_to_user(vaddr(a.a + PAGE_SIZE - 20), bytes, sizeof(bytes)), 12);
	EXPECT_EQ(copy_from_user(bytes, vaddr(a.a + PAGE_SIZE - 20), sizeof(bytes)), 12);
	EXPECT_EQ(bytes[19], 19);
}

TEST(faults, strings_end_at_their_zero_or_are_refused, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 1, RW), last = vaddr(a.a + PAGE_SIZE - 4);
	char text[16];

	EXPECT_EQ(copy_to_user(a, "frames", 7), 0);
	EXPECT_EQ(copy_string_from_user(text, a, sizeof(text)), 6);
	EXPECT_EQ(text[5], 's');
	EXPECT_EQ(copy_string_from_user(text, a, 4), -E2BIG);
	EXPECT_EQ(copy_to_user(last, "abcd", 4), 0);
	EXPECT_EQ(copy_string_from_user(text, last, sizeof(text)), -EFAULT);
}

static vaddr_t given_stack(struct mm *mm)
{
	uint32_t address = 0;

	EXPECT_EQ(mm_map(mm, 0x60000000, PAGE_SIZE, RW | VMA_GROWSDOWN, true, &address), 0);
	mm->stack_limit = address - 16 * PAGE_SIZE;
	return vaddr(address);
}

TEST(faults, a_stack_grows_down_to_where_it_is_touched, "")
{
	struct mm *mm = given_mm();
	vaddr_t stack = given_stack(mm);
	const struct vma *v;

	EXPECT_EQ(store_user_word(vaddr(stack.a - 4), 5), 0);
	v = vma_find(mm, vaddr(stack.a - 4));
	REQUIRE_TRUE(v != NULL);
	EXPECT_EQ(v->start, stack.a - PAGE_SIZE);
	EXPECT_EQ(v->end, stack.a + PAGE_SIZE);
	EXPECT_EQ(user_word(vaddr(stack.a - 4)), 5);
}

TEST(faults, a_stack_stops_at_its_limit, "")
{
	struct mm *mm = given_mm();
	vaddr_t stack = given_stack(mm);

	for (unsigned n = 1; n <= 16; n++)
		EXPECT_EQ(store_user_word(vaddr(stack.a - n * PAGE_SIZE), n), 0);
	EXPECT_EQ(store_user_word(vaddr(stack.a - 17 * PAGE_SIZE), 1), 4);
	EXPECT_EQ(mm->anon_pages, 16);
}

TEST(faults, an_ordinary_area_does_not_grow, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 1, RW);

	EXPECT_EQ(store_user_word(vaddr(a.a - 4), 1), 4);
}

TEST(faults, no_memory_is_an_error_that_passes, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 1, RW);

	REQUIRE_EQ(failpoint_arm("anon_fault_alloc", 1), 0);
	EXPECT_EQ(mm_fault(mm, a, ACCESS_WRITE), -ENOMEM);
	failpoints_off();
	EXPECT_EQ(mm->anon_pages, 0);
	EXPECT_EQ(store_user_word(a, 3), 0);
	EXPECT_EQ(user_word(a), 3);
}

TEST(faults, no_memory_for_a_table_is_an_error_that_passes, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 1, RW);

	REQUIRE_EQ(failpoint_arm("pgtable_alloc", 1), 0);
	EXPECT_EQ(mm_fault(mm, a, ACCESS_WRITE), -ENOMEM);
	failpoints_off();
	EXPECT_EQ(mm->table_pages, 0);
	EXPECT_EQ(store_user_word(a, 3), 0);
}

/* Maps, writes, protects, unmaps one half: what fails stops it. Returns true if nothing did. */
static bool small_story(struct mm *mm)
{
	uint32_t address;

	if (mm_map(mm, 0x40000000, 8 * PAGE_SIZE, RW, false, &address) != 0)
		return false;
	for (unsigned n = 0; n < 8; n++)
		if (store_user_word(vaddr(address + n * PAGE_SIZE), n) != 0)
			return false;
	if (mm_protect(mm, address + 2 * PAGE_SIZE, 2 * PAGE_SIZE, VMA_READ) != 0)
		return false;
	return mm_unmap(mm, address + 4 * PAGE_SIZE, PAGE_SIZE) == 0;
}

static void arm_site(const struct failpoint *f, void *n)
{
	failpoint_arm(f->name, *(const uint32_t *)n);
}

TEST(faults, a_failure_anywhere_leaves_everything_whole, "")
{
	uint32_t n = 1;
	bool passed = false;

	for (; n <= 64 && !passed; n++) {
		struct mm *mm = mm_create("story");
		struct mm *mine;

		REQUIRE_TRUE(mm != NULL);
		mine = sched_borrow_mm(mm);
		failpoints_each(arm_site, &n);
		passed = small_story(mm);
		failpoints_off();
		sched_borrow_mm(mine);
		mm_put(mm);
	}
	EXPECT_TRUE(passed);
	EXPECT_TRUE(n > 8);
}

TEST(faults, discarded_pages_read_as_zeros, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 3, RW);

	for (unsigned n = 0; n < 3; n++)
		EXPECT_EQ(store_user_word(vaddr(a.a + n * PAGE_SIZE), 7), 0);
	EXPECT_EQ(mm_discard(mm, a.a + PAGE_SIZE, PAGE_SIZE), 0);
	EXPECT_EQ(mm->anon_pages, 2);
	EXPECT_EQ(user_word(a), 7);
	EXPECT_EQ(user_word(vaddr(a.a + PAGE_SIZE)), 0);
	EXPECT_EQ(user_word(vaddr(a.a + 2 * PAGE_SIZE)), 7);
}

TEST(faults, locked_areas_are_resident, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 2, RW);

	EXPECT_EQ(mm_lock_range(mm, a.a, 2 * PAGE_SIZE, true), 0);
	REQUIRE_TRUE(page_at(mm, a) != NULL);
	EXPECT_TRUE(page_has(page_at(mm, a), PG_MLOCKED));
	EXPECT_EQ(mm_lock_range(mm, a.a, 2 * PAGE_SIZE, false), 0);
	EXPECT_TRUE(!page_has(page_at(mm, a), PG_MLOCKED));
}

TEST(faults, the_heap_grows_and_shrinks, "")
{
	struct mm *mm = given_mm();

	mm->brk_start = mm->brk = 0x10000000;
	EXPECT_EQ(mm_set_brk(mm, 0x10003000), 0x10003000);
	EXPECT_EQ(store_user_word(vaddr(0x10002ffc), 1), 0);
	EXPECT_EQ(store_user_word(vaddr(0x10003000), 1), 4);
	EXPECT_EQ(mm_set_brk(mm, 0x10000000), 0x10000000);
	EXPECT_EQ(mm->anon_pages, 0);
	EXPECT_EQ(store_user_word(vaddr(0x10002ffc), 1), 4);
}

TEST(faults, families_go_with_their_last_page, "")
{
	uint32_t before = anon_vma_count();
	struct mm *mm = given_mm();
	vaddr_t a;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	EXPECT_EQ(anon_vma_count(), before + 1);
	EXPECT_EQ(mm_unmap(mm, a.a, PAGE_SIZE), 0);
	lru_drain();
	EXPECT_EQ(anon_vma_count(), before);
}

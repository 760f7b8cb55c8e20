/*
 * Tables: what is stored in them is what the MMU does.
 */
#include <errno.h>

#include "arch/frame.h"
#include "arch/tlb.h"
#include "arch/uaccess.h"
#include "kernel/sched.h"
#include "mm/virt/pgtable.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define RW (VMA_READ | VMA_WRITE)

static uint32_t user_word(vaddr_t a)
{
	uint32_t word = 0;

	EXPECT_EQ(copy_from_user(&word, a, sizeof(word)), 0);
	return word;
}

static void store_user_word(vaddr_t a, uint32_t word)
{
	EXPECT_EQ(copy_to_user(a, &word, sizeof(word)), 0);
}

TEST(tables, the_mmu_walks_what_was_stored, "")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *p = given_page_mapped(mm, &a);
	uint32_t word = 0;

	REQUIRE_TRUE(p != NULL);
	EXPECT_EQ(probe_user_write(vaddr(a.a + 12), 0xcafe0003), 0);
	EXPECT_EQ(word_in_frame(page_to_pfn(p), 3), 0xcafe0003);
	EXPECT_EQ(probe_user_read(vaddr(a.a + 12), &word), 0);
	EXPECT_EQ(word, 0xcafe0003);
}

TEST(tables, one_address_means_two_frames_in_two_spaces, "")
{
	struct mm *first = given_mm(), *second;
	vaddr_t a, b;
	struct page *p = given_page_mapped(first, &a), *q;
	uint32_t word = 0;

	store_user_word(a, 111);
	second = given_mm();
	q = given_page_mapped(second, &b);
	REQUIRE_EQ(a.a, b.a);
	EXPECT_TRUE(p != q);
	store_user_word(b, 222);
	sched_borrow_mm(first);
	EXPECT_EQ(probe_user_read(a, &word), 0);
	EXPECT_EQ(word, 111);
	sched_borrow_mm(second);
	EXPECT_EQ(probe_user_read(b, &word), 0);
	EXPECT_EQ(word, 222);
}

TEST(tables, no_space_no_user_memory, "")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	uint32_t word;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	sched_borrow_mm(NULL);
	EXPECT_EQ(probe_user_read(a, &word), -EFAULT);
	sched_borrow_mm(mm);
	EXPECT_EQ(probe_user_read(a, &word), 0);
}

TEST(tables, an_old_entry_faults_once_and_is_young_again, "RM-3")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	uint32_t word;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	store_user_word(a, 77);
	set_entry(mm, a, pte_mkold(entry_at(mm, a)));
	EXPECT_EQ(probe_user_read(a, &word), -EFAULT);
	EXPECT_EQ(user_word(a), 77);
	EXPECT_TRUE(pte_is_young(entry_at(mm, a)));
	EXPECT_EQ(probe_user_read(a, &word), 0);
}

TEST(tables, a_clean_entry_faults_on_the_first_store, "TU-2")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	uint32_t word;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	set_entry(mm, a, pte_mkclean(entry_at(mm, a)));
	EXPECT_EQ(probe_user_read(a, &word), 0);
	EXPECT_EQ(probe_user_write(a, 5), -EFAULT);
	store_user_word(a, 5);
	EXPECT_TRUE(pte_is_dirty(entry_at(mm, a)));
	EXPECT_TRUE(pte_is_writable(entry_at(mm, a)));
	EXPECT_EQ(probe_user_write(a, 6), 0);
	EXPECT_EQ(user_word(a), 6);
}

TEST(tables, soft_dirty_comes_with_the_next_store, "RM-4")
{
	struct mm *mm = given_mm();
	vaddr_t a;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	set_entry(mm, a, pte_clear_soft_dirty(pte_wrprotect(entry_at(mm, a))));
	(void)user_word(a);
	EXPECT_TRUE(!pte_is_soft_dirty(entry_at(mm, a)));
	store_user_word(a, 5);
	EXPECT_TRUE(pte_is_soft_dirty(entry_at(mm, a)));
}

TEST(tables, a_stale_translation_is_gone_after_the_flush, "TU-1")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 2, RW), b = vaddr(a.a + PAGE_SIZE);
	uint32_t word = 0;
	pte_t first, second;

	store_user_word(a, 1);
	store_user_word(b, 2);
	first = entry_at(mm, a);
	second = entry_at(mm, b);
	set_entry(mm, a, second);
	set_entry(mm, b, first);
	EXPECT_EQ(probe_user_read(a, &word), 0);
	EXPECT_EQ(word, 2);
	EXPECT_EQ(probe_user_read(b, &word), 0);
	EXPECT_EQ(word, 1);
	set_entry(mm, a, first);
	set_entry(mm, b, second);
}

TEST(tables, a_batch_of_flushes_reaches_every_page, "MP-11")
{
	struct mm *mm = given_mm();
	const unsigned pages = TLB_BATCH_PAGES + 3;
	vaddr_t a = given_area(mm, pages, RW);
	struct tlb_batch batch;
	uint32_t word;

	tlb_batch_init(&batch);
	for (unsigned n = 0; n < pages; n++) {
		vaddr_t at = vaddr(a.a + n * PAGE_SIZE);
		struct pte_place place;

		store_user_word(at, n);
		place = pte_lock(mm, at);
		REQUIRE_TRUE(place.entry != NULL);
		pte_replace(place, pte_mkold(pte_read(place.entry)));
		tlb_batch_add(&batch, &mm->arch, at);
		pte_unlock(place);
	}
	tlb_batch_flush(&batch);
	EXPECT_EQ(batch.pages, 0);
	for (unsigned n = 0; n < pages; n++)
		EXPECT_EQ(probe_user_read(vaddr(a.a + n * PAGE_SIZE), &word), -EFAULT);
}

TEST(tables, a_migration_entry_is_not_there_for_the_hardware, "TU-5")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *p = given_page_mapped(mm, &a);
	uint32_t word;
	pte_t before;

	REQUIRE_TRUE(p != NULL);
	before = entry_at(mm, a);
	set_entry(mm, a, leaf_make_migration(before));
	EXPECT_EQ(probe_user_read(a, &word), -EFAULT);
	EXPECT_EQ(probe_user_write(a, 1), -EFAULT);
	EXPECT_EQ(leaf_migration_pfn(entry_at(mm, a)).n, page_to_pfn(p).n);
	set_entry(mm, a, before);
	EXPECT_EQ(probe_user_read(a, &word), 0);
}

TEST(tables, rights_taken_away_and_given_back_keep_the_bytes, "")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *p = given_page_mapped(mm, &a);
	uint32_t word = 0;

	REQUIRE_TRUE(p != NULL);
	store_user_word(a, 99);
	EXPECT_EQ(mm_protect(mm, a.a, PAGE_SIZE, 0), 0);
	EXPECT_EQ(probe_user_read(a, &word), -EFAULT);
	EXPECT_TRUE(pte_is_present(entry_at(mm, a)));
	EXPECT_EQ(mm_protect(mm, a.a, PAGE_SIZE, VMA_READ), 0);
	EXPECT_EQ(user_word(a), 99);
	EXPECT_EQ(probe_user_write(a, 1), -EFAULT);
	EXPECT_EQ(mm_protect(mm, a.a, PAGE_SIZE, RW), 0);
	store_user_word(a, 100);
	EXPECT_EQ(word_in_frame(page_to_pfn(p), 0), 100);
}

TEST(tables, nothing_executable_is_writable, "")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	pte_t e;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	EXPECT_TRUE(!pte_is_exec(entry_at(mm, a)));
	EXPECT_EQ(mm_protect(mm, a.a, PAGE_SIZE, VMA_READ | VMA_EXEC), 0);
	(void)user_word(a);
	e = entry_at(mm, a);
	EXPECT_TRUE(pte_is_exec(e));
	EXPECT_TRUE(!pte_is_writable(e));
	EXPECT_EQ(probe_user_write(a, 1), -EFAULT);
}

TEST(tables, unmapped_is_gone_at_once, "")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	uint32_t word;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	EXPECT_EQ(mm_unmap(mm, a.a, PAGE_SIZE), 0);
	EXPECT_EQ(probe_user_read(a, &word), -EFAULT);
	EXPECT_TRUE(pte_is_none(entry_at(mm, a)));
	EXPECT_EQ(mm->anon_pages, 0);
}

TEST(tables, neighbours_across_hardware_tables_do_not_mix, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 2 * PTES_PER_TABLE, RW);
	static const uint32_t steps[] = {
		0, L1E_SPAN - PAGE_SIZE, L1E_SPAN, 3 * L1E_SPAN, TABLE_SPAN - PAGE_SIZE, TABLE_SPAN
	};

	for (unsigned n = 0; n < sizeof(steps) / sizeof(steps[0]); n++)
		store_user_word(vaddr(a.a + steps[n]), 1000 + n);
	for (unsigned n = 0; n < sizeof(steps) / sizeof(steps[0]); n++)
		EXPECT_EQ(user_word(vaddr(a.a + steps[n])), 1000 + n);
	EXPECT_EQ(mm->anon_pages, sizeof(steps) / sizeof(steps[0]));
	EXPECT_TRUE(mm->table_pages >= 2);
}

TEST(tables, a_table_goes_with_the_last_area_it_serves, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 2, RW);

	store_user_word(a, 1);
	store_user_word(vaddr(a.a + PAGE_SIZE), 1);
	EXPECT_EQ(mm->table_pages, 1);
	EXPECT_EQ(mm_unmap(mm, a.a, PAGE_SIZE), 0);
	EXPECT_EQ(mm->table_pages, 1);
	EXPECT_EQ(mm_unmap(mm, a.a + PAGE_SIZE, PAGE_SIZE), 0);
	EXPECT_EQ(mm->table_pages, 0);
}

TEST(tables, a_table_counts_its_entries, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 3, RW);
	struct page *table;

	store_user_word(a, 1);
	(void)user_word(vaddr(a.a + PAGE_SIZE));
	table = pgtable_find(mm, a);
	REQUIRE_TRUE(table != NULL);
	EXPECT_EQ(page_kind(table), KIND_TABLE);
	EXPECT_EQ(table->used, 2);
	EXPECT_TRUE(table->mm == mm);
}

TEST(tables, a_made_entry_says_what_it_was_given, "")
{
	pte_t e = pte_make(pfn(0x80123), PTE_READ | PTE_WRITE);

	EXPECT_TRUE(pte_is_present(e));
	EXPECT_EQ(pte_pfn(e).n, 0x80123);
	EXPECT_TRUE(pte_is_young(e) && pte_is_user(e));
	EXPECT_TRUE(!pte_is_dirty(e) && !pte_is_writable(e) && !pte_is_exec(e));
	EXPECT_TRUE(pte_is_dirty(pte_mkwritable(e)));
	EXPECT_TRUE(pte_is_soft_dirty(pte_mkwritable(e)));
	EXPECT_TRUE(!pte_is_writable(pte_mkclean(pte_mkwritable(e))));
	EXPECT_TRUE(!pte_is_user(pte_set_rights(e, 0)));
	EXPECT_TRUE(pte_is_none(pte_none()) && !pte_is_present(pte_none()));
}

/* Every combination of young, dirty, writable and soft dirty that an entry can have. */
static pte_t history(unsigned bits)
{
	pte_t e = pte_make(pfn(0x80abc), PTE_READ | PTE_WRITE);

	if (bits & 2)
		e = pte_mkdirty(e);
	if (bits & 4)
		e = pte_mkwritable(e);
	e = bits & 8 ? pte_mksoft_dirty(e) : pte_clear_soft_dirty(e);
	return bits & 1 ? e : pte_mkold(e);
}

TEST(tables, a_migration_entry_keeps_all_that_was_known, "TU-1, TU-3, RM-3, RM-4")
{
	for (unsigned bits = 0; bits < 16; bits++) {
		pte_t e = history(bits), m = leaf_make_migration(e);

		EXPECT_TRUE(pte_is_migration(m));
		EXPECT_EQ(leaf_is_write(m), pte_is_writable(e));
		EXPECT_EQ(leaf_restore(m, pte_pfn(e), PTE_READ | PTE_WRITE).bits, e.bits);
	}
}

TEST(tables, a_restored_entry_writes_only_where_the_area_still_may, "RM-5")
{
	pte_t m = leaf_make_migration(pte_mkwritable(pte_make(pfn(0x80abc), PTE_READ | PTE_WRITE)));
	pte_t e = leaf_restore(m, pfn(0x80def), PTE_READ);

	EXPECT_EQ(pte_pfn(e).n, 0x80def);
	EXPECT_TRUE(!pte_is_writable(e));
	EXPECT_TRUE(pte_is_dirty(e));
	EXPECT_TRUE(!leaf_is_write(leaf_make_read(m)));
}

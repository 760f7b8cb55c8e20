/*
 * What an address space looks like from outside, also while one of its pages is being moved; and
 * forgetting what it used.
 */
#include <stdio.h>
#include <stdlib.h>

#include "mm/phys/alloc.h"
#include "mm/views/frames.h"
#include "mm/views/space.h"
#include "mm/virt/clear_refs.h"
#include "tests/unit/space.h"

#define BASE 0x203f8000u /* 8 pages below a table's border */

static char page[65536];

static const char *shown(void (*view)(struct text *out, struct mm *mm), struct mm *mm)
{
	struct text_buffer b;

	text_buffer_init(&b, page, sizeof(page));
	view(&b.text, mm);
	expect(b.wanted < sizeof(page));
	return page;
}

/* The number of the n-th line that begins with `label`. */
static uint32_t number(const char *label, unsigned n)
{
	const char *at = page;

	for (;;) {
		if (strncmp(at, label, strlen(label)) == 0 && n-- == 0)
			return (uint32_t)strtoul(at + strlen(label), NULL, 10);
		at = strchr(at, '\n');
		expect(at != NULL);
		at++;
	}
}

static uint32_t nth(uint32_t i)
{
	return BASE + i * PAGE_SIZE;
}

static uint64_t word_at(struct mm *mm, uint32_t a)
{
	uint64_t word = ~0ull;

	view_pagemap(mm, a >> PAGE_SHIFT, &word, 1);
	return word;
}

/* 16 pages across a table's border: 0..9 written, 10 and 11 read only, the others never touched. */
static struct mm *given_space(void)
{
	struct mm *mm = given_mm();

	given_area(mm, BASE, 16, RW);
	for (uint32_t i = 0; i < 10; i++)
		expect_eq(user_write(mm, nth(i), (uint8_t)i), 0);
	expect_eq(user_read(mm, nth(10)), 0);
	expect_eq(user_read(mm, nth(11)), 0);
	lru_drain();
	return mm;
}

TEST(view_maps_layout)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x10000, 2, VMA_READ | VMA_EXEC);
	given_area(mm, 0x20000000, 1, 0);
	given_area(mm, 0x7ff00000, 3, RW | VMA_GROWSDOWN);
	mm->brk_start = 0x14000;
	given_area(mm, 0x14000, 1, RW);
	mm->brk = 0x15000;
	expect_text(shown(view_maps, mm),
		    "00010000-00012000 r-xp 00000000 00:00 0 \n"
		    "00014000-00015000 rw-p 00000000 00:00 0          [heap]\n"
		    "20000000-20001000 ---p 00000000 00:00 0 \n"
		    "7ff00000-7ff03000 rw-p 00000000 00:00 0          [stack]\n");
	mm_put(mm);
}

TEST(view_sizes_of_a_space)
{
	struct mm *mm = given_space();
	struct space_sizes s;

	given_area(mm, 0x10000, 2, VMA_READ | VMA_EXEC);
	given_area(mm, 0x7ff00000, 3, RW | VMA_GROWSDOWN);
	expect_eq(mm_lock_range(mm, 0x7ff00000, 2 * PAGE_SIZE, true), 0);
	s = space_sizes(mm);
	expect_eq(s.total, 21);
	expect_eq(s.text, 2);
	expect_eq(s.data, 16);
	expect_eq(s.stack, 3);
	expect_eq(s.locked, 2);
	expect_eq(s.resident, 12);
	shown(view_status, mm);
	expect(strstr(page, "VmSize:\t      84 kB\nVmLck:\t       8 kB\nVmRSS:\t      48 kB\n"
			    "RssAnon:\t      48 kB\n") == page);
	expect_eq(number("VmPTE:", 0), mm->table_pages * 4);
	mm_put(mm);
}

/* Rss is what the entries map, the page of zeroes aside; shares of two add up to one. */
TEST(view_smaps_counts_entries)
{
	struct mm *mm = given_space(), *child = mm_create("child");

	shown(view_smaps, mm);
	expect_eq(number("Size:", 0), 64);
	expect_eq(number("Rss:", 0), 40);
	expect_eq(number("Pss:", 0), 40);
	expect_eq(number("Private_Dirty:", 0), 40);
	expect_eq(number("Anonymous:", 0), 40);
	expect(strstr(page, "\nVmFlags: rd wr mr mw me \n"));
	expect_eq(mm_fork(mm, child), 0);
	expect_eq(user_write(child, nth(0), 1), 0);
	shown(view_smaps, mm);
	expect_eq(number("Rss:", 0), 40);
	expect_eq(number("Pss:", 0), 4 + 9 * 2);
	expect_eq(number("Shared_Dirty:", 0), 36);
	expect_eq(number("Private_Dirty:", 0), 4);
	expect_eq(view_kpagecount(pte_pfn(entry_at(mm, nth(5)))), 2);
	mm_put(child);
	mm_put(mm);
}

TEST(view_smaps_rollup_is_the_sum)
{
	struct mm *mm = given_space();
	uint32_t rss, other;

	given_area(mm, 0x30000000, 4, RW);
	user_write(mm, 0x30002000, 1);
	shown(view_smaps, mm);
	rss = number("Rss:", 0);
	other = number("Rss:", 1);
	expect_eq(other, 4);
	shown(view_smaps_rollup, mm);
	expect(strncmp(page, "203f8000-30004000 ---p 00000000 00:00 0          [rollup]\nRss: ",
		       62) == 0);
	expect_eq(number("Rss:", 0), rss + other);
	expect_eq(number("Pss_Anon:", 0), rss + other);
	mm_put(mm);
}

TEST(view_pagemap_of_all_sorts)
{
	struct mm *mm = given_space(), *child = mm_create("child");
	uint64_t words[20];
	uint64_t own = PAGEMAP_PRESENT | PAGEMAP_EXCLUSIVE | PAGEMAP_SOFT_DIRTY;

	view_pagemap(mm, (BASE >> PAGE_SHIFT) - 2, words, 20);
	expect_eq(words[0] | words[1] | words[18], 0);
	for (uint32_t i = 0; i < 10; i++)
		expect_eq(words[2 + i], own | pte_pfn(entry_at(mm, nth(i))).n);
	expect_eq(words[12], PAGEMAP_PRESENT | page_to_pfn(zero_page).n);
	expect_eq(words[14], 0);
	expect_eq(mm_fork(mm, child), 0);
	expect_eq(word_at(mm, nth(9)) & PAGEMAP_EXCLUSIVE, 0);
	mm_put(child);
	expect_eq(word_at(mm, nth(9)) & PAGEMAP_EXCLUSIVE, PAGEMAP_EXCLUSIVE);
	mm_put(mm);
}

/* ---- while a page is being moved */

static struct {
	struct mm *mm;
	uint64_t word;
	uint32_t rss, calls;
	void (*clear)(struct mm *mm);
} meanwhile;

static void look_at_copy(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed != STAGE_COPY)
		return;
	meanwhile.word = word_at(meanwhile.mm, nth(3));
	shown(view_smaps, meanwhile.mm);
	meanwhile.rss = number("Rss:", 0);
	meanwhile.calls++;
	if (meanwhile.clear)
		meanwhile.clear(meanwhile.mm);
}

static void move_third(struct mm *mm, void (*clear)(struct mm *mm))
{
	meanwhile.mm = mm;
	meanwhile.calls = 0;
	meanwhile.clear = clear;
	migrate_set_probe(look_at_copy);
	expect_eq(move_page_at(mm, nth(3)), 0);
	migrate_set_probe(NULL);
	expect(meanwhile.calls != 0);
}

TEST(view_pagemap_of_a_page_in_flight)
{
	struct mm *mm = given_space();
	uint32_t before = pte_pfn(entry_at(mm, nth(3))).n;

	move_third(mm, NULL);
	expect_eq(meanwhile.word & ~PAGEMAP_SOFT_DIRTY,
		  PAGEMAP_SWAP | (uint64_t)before << PAGEMAP_TYPE_BITS | PAGEMAP_MIGRATION_WRITE);
	expect_eq(meanwhile.rss, 40);
	expect(pte_pfn(entry_at(mm, nth(3))).n != before);
	expect_eq(word_at(mm, nth(3)) & PAGEMAP_PFN, pte_pfn(entry_at(mm, nth(3))).n);
	mm_put(mm);
}

TEST(clear_refs_1_makes_old_also_in_flight)
{
	struct mm *mm = given_space();

	mm_clear_young(mm);
	for (uint32_t i = 0; i < 12; i++)
		expect(!pte_is_young(entry_at(mm, nth(i))));
	shown(view_smaps, mm);
	expect_eq(number("Referenced:", 0), 0);
	expect_eq(user_read(mm, nth(4)), 4);
	shown(view_smaps, mm);
	expect_eq(number("Referenced:", 0), 4);
	expect_eq(user_read(mm, nth(3)), 3);
	move_third(mm, mm_clear_young);
	expect(!pte_is_young(entry_at(mm, nth(3))));
	expect_eq(user_read(mm, nth(3)), 3);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(clear_refs_4_sees_the_next_write)
{
	struct mm *mm = given_space();

	mm_clear_soft_dirty(mm);
	for (uint32_t i = 0; i < 16; i++)
		expect_eq(word_at(mm, nth(i)) & PAGEMAP_SOFT_DIRTY, 0);
	expect(pte_is_dirty(entry_at(mm, nth(5))));
	expect_eq(user_read(mm, nth(5)), 5);
	expect_eq(word_at(mm, nth(5)) & PAGEMAP_SOFT_DIRTY, 0);
	expect_eq(user_write(mm, nth(5), 50), 0);
	expect_eq(user_write(mm, nth(14), 1), 0);
	expect_eq(word_at(mm, nth(5)) & PAGEMAP_SOFT_DIRTY, PAGEMAP_SOFT_DIRTY);
	expect_eq(word_at(mm, nth(14)) & PAGEMAP_SOFT_DIRTY, PAGEMAP_SOFT_DIRTY);
	expect_eq(word_at(mm, nth(6)) & PAGEMAP_SOFT_DIRTY, 0);
	expect_eq(user_read(mm, nth(5)), 50);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(clear_refs_4_of_a_page_in_flight)
{
	struct mm *mm = given_space();

	move_third(mm, mm_clear_soft_dirty);
	expect_eq(word_at(mm, nth(3)) & PAGEMAP_SOFT_DIRTY, 0);
	expect(!pte_is_writable(entry_at(mm, nth(3))));
	expect_eq(user_write(mm, nth(3), 30), 0);
	expect_eq(word_at(mm, nth(3)) & PAGEMAP_SOFT_DIRTY, PAGEMAP_SOFT_DIRTY);
	expect_eq(user_read(mm, nth(3)), 30);
	mm_put(mm);
	then_nothing_is_left();
}

/* Played hardware has no TLB that would notice, so what counts is that it was told to forget. */
static void then_tlb_forgets(struct mm *mm, void (*clear)(struct mm *mm), uint32_t least)
{
	uint32_t before = tlb_counts().page_ops + tlb_counts().mm_ops + tlb_counts().all_ops;

	clear(mm);
	expect(tlb_counts().page_ops + tlb_counts().mm_ops + tlb_counts().all_ops >=
	       before + least);
}

TEST(clear_refs_invalidates)
{
	struct mm *mm = given_space();

	then_tlb_forgets(mm, mm_clear_young, 10);
	then_tlb_forgets(mm, mm_clear_soft_dirty, 10);
	mm_put(mm);
}

static uint64_t bit(unsigned n)
{
	return 1ull << n;
}

TEST(view_kpageflags_of_all_sorts)
{
	struct mm *mm = given_space();
	struct page *kernel = alloc_pages(GFP_KERNEL, 1), *table = pgtable_find(mm, vaddr(BASE));
	uint64_t anon = view_kpageflags(pte_pfn(entry_at(mm, nth(2))));

	expect_eq(anon & (bit(KPF_ANON) | bit(KPF_MMAP) | bit(KPF_SWAPBACKED) | bit(KPF_LRU)),
		  bit(KPF_ANON) | bit(KPF_MMAP) | bit(KPF_SWAPBACKED) | bit(KPF_LRU));
	expect_eq(view_kpageflags(page_to_pfn(zero_page)) & bit(KPF_ZERO_PAGE), bit(KPF_ZERO_PAGE));
	expect_eq(view_kpageflags(page_to_pfn(table)), bit(KPF_PGTABLE));
	expect_eq(view_kpagecount(page_to_pfn(table)), 0);
	expect_eq(view_kpageflags(page_to_pfn(kernel)), 0);
	expect_eq(view_kpageflags(pfn(page_map_end.n)), bit(KPF_NOPAGE));
	expect_eq(view_kpageflags(pfn(0)), bit(KPF_NOPAGE));
	expect_eq(view_kpagecount(pfn(0)), 0);
	free_pages(kernel, 1);
	expect_eq(view_kpageflags(page_to_pfn(kernel)), bit(KPF_BUDDY));
	expect_eq(view_kpageflags(pfn(page_to_pfn(kernel).n + 1)), bit(KPF_BUDDY));
	mm_put(mm);
}

/* Shared memory: an area of its own sort, of which two map each page; a store of one is its own
 * news. */
TEST(views_of_shared_memory)
{
	struct mm *mm = given_mm(), *child = mm_create("child");
	struct space_sizes s;

	given_area(mm, BASE, 4, RW | VMA_SHARED);
	expect_eq(user_write(mm, nth(0), 1), 0);
	expect_eq(user_write(mm, nth(1), 2), 0);
	expect_eq(mm_fork(mm, child), 0);
	expect_eq(user_read(child, nth(0)), 1);
	shown(view_maps, mm);
	expect(strncmp(page, "203f8000-203fc000 rw-s ", 23) == 0);
	shown(view_smaps, mm);
	expect(strstr(page, "\nVmFlags: rd wr sh mr mw me ms \n"));
	expect_eq(number("Rss:", 0), 8);
	expect_eq(number("Anonymous:", 0), 0);
	s = space_sizes(mm);
	expect_eq(s.shared, 2);
	expect_eq(s.data, 0);
	expect_eq(word_at(mm, nth(0)) & PAGEMAP_FILE, PAGEMAP_FILE);
	expect_eq(view_kpageflags(pte_pfn(entry_at(mm, nth(0)))) & bit(KPF_ANON), 0);
	mm_clear_soft_dirty(mm);
	expect_eq(user_write(child, nth(0), 3), 0);
	expect_eq(word_at(mm, nth(0)) & PAGEMAP_SOFT_DIRTY, 0);
	expect_eq(user_write(mm, nth(0), 4), 0);
	expect_eq(word_at(mm, nth(0)) & PAGEMAP_SOFT_DIRTY, PAGEMAP_SOFT_DIRTY);
	expect_eq(user_read(child, nth(0)), 4);
	mm_put(child);
	mm_put(mm);
	then_nothing_is_left();
}

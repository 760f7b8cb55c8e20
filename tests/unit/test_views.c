/*
 * Text and where it goes; the views of memory as a whole: layouts to the byte, and sums that agree.
 */
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

#include "mm/phys/alloc.h"
#include "mm/phys/buddy.h"
#include "mm/phys/pcp.h"
#include "mm/views/views.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

static char page[65536];

static const char *shown(void (*view)(struct text *out))
{
	struct text_buffer b;

	text_buffer_init(&b, page, sizeof(page));
	view(&b.text);
	expect(b.wanted < sizeof(page));
	return page;
}

/* The number after a name that begins a line or follows blanks; every line of that name, added. */
static uint32_t sum_of(const char *text, const char *name)
{
	size_t length = strlen(name);
	uint32_t sum = 0;
	unsigned found = 0;

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
		if ((at == text || at[-1] == ' ' || at[-1] == '\n') && at[length] == ' ') {
			sum += (uint32_t)strtoul(at + length, NULL, 10);
			found++;
		}
	}
	expect(found != 0);
	return sum;
}

TEST(text_that_fits_and_that_does_not)
{
	char bytes[8];
	struct text_buffer b;

	text_buffer_init(&b, bytes, sizeof(bytes));
	expect_text(bytes, "");
	text_printf(&b.text, "%s", "abc");
	text_printf(&b.text, "%d", 12345);
	expect_text(bytes, "abc1234");
	expect_eq(b.wanted, 8);
	text_printf(&b.text, "more");
	expect_text(bytes, "abc1234");
	expect_eq(b.wanted, 12);
}

TEST(text_piece_is_cut_at_255)
{
	char bytes[512];
	struct text_buffer b;

	text_buffer_init(&b, bytes, sizeof(bytes));
	text_printf(&b.text, "%300s|", "");
	expect_eq(b.wanted, 255);
	expect_eq(bytes[254], ' ');
}

TEST(text_to_the_console)
{
	text_printf(&text_console, "%s=%d\n", "n", 7);
	expect_text(logged_text(), "n=7\n");
}

/* The kernel's own frames are below: zone Movable is one free block of 4 MiB. */
static void given_a_clean_zone(void)
{
	given_ram((struct given_ram){ .pages = 16 * MIB_PAGES, .movable_pages = 4 * MIB_PAGES });
}

TEST(view_buddyinfo_layout)
{
	given_a_clean_zone();
	expect(strncmp(shown(view_buddyinfo), "Node 0, zone   Normal ", 22) == 0);
	expect_text(strstr(page, "\n") + 1,
		    "Node 0, zone  Movable      0      0      0      0      0      0      0      0 "
		    "     0      0      1 \n");
}

TEST(view_pagetypeinfo_layout)
{
	given_a_clean_zone();
	shown(view_pagetypeinfo);
	expect(strstr(page,
		      "Page block order: 8\nPages per block:  256\n\n"
		      "Free pages count per migrate type at order       0      1      2      3 "
		      "     4      5      6      7      8      9     10 \n"
		      "Node    0, zone   Normal, type    Unmovable ") == page);
	expect(strstr(page, "\nNode    0, zone  Movable, type      Movable      0      0      0 "
			    "     0      0      0      0      0      0      0      1 \n"
			    "Node    0, zone  Movable, type  Reclaimable      0 "));
	expect(strstr(page, "\n\nNumber of blocks type     Unmovable      Movable  Reclaimable "
			    "         CMA      Isolate \nNode 0, zone   Normal "));
	expect(strstr(page, "\nNode 0, zone  Movable            0            4            0 "
			    "           0            0 \n"));
}

/* Takes every second frame of so many, so that free memory is in pieces. */
static void given_pieces(uint32_t pages)
{
	struct page *held[512];

	for (uint32_t i = 0; i < pages; i++)
		held[i] = alloc_pages(GFP_USER, 0);
	for (uint32_t i = 0; i < pages; i += 2)
		free_pages(held[i], 0);
}

TEST(views_agree_with_each_other)
{
	uint32_t in_blocks = 0, free_pages, pcp = 0;
	const struct zone *z;

	given_ram((struct given_ram){ .pages = 64 * MIB_PAGES,
				      .low_pages = 24 * MIB_PAGES,
				      .dma_pages = 4 * MIB_PAGES,
				      .movable_pages = 8 * MIB_PAGES });
	given_pieces(512);
	free_pages = zones_free_pages();
	expect_eq(sum_of(shown(view_meminfo), "MemFree:"), free_pages * 4);
	expect_eq(sum_of(shown(view_zoneinfo), "nr_free_pages"), free_pages);
	expect_eq(sum_of(page, "pages free"), free_pages);
	expect_eq(sum_of(page, "present"), 64 * MIB_PAGES);
	for_each_zone(z)
		pcp += pcp_pages(z);
	expect_eq(sum_of(page, "count:"), pcp);
	expect_eq(sum_of(shown(view_vmstat), "nr_free_pages"), free_pages);
	for (char *line = (char *)shown(view_buddyinfo); *line; line = strchr(line, '\n') + 1) {
		char *at = strstr(line, "zone") + 13;

		for (unsigned order = 0; order < ORDERS; order++)
			in_blocks += (uint32_t)strtoul(at, &at, 10) << order;
	}
	expect_eq(in_blocks, free_pages);
}

TEST(view_meminfo_layout)
{
	char wanted[64];

	given_pages(16 * MIB_PAGES);
	snprintf(wanted, sizeof(wanted), "MemTotal:       %8u kB\nMemFree:        %8u kB\n",
		 (unsigned)any_zone()->managed_pages * 4, (unsigned)zones_free_pages() * 4);
	expect(strncmp(shown(view_meminfo), wanted, strlen(wanted)) == 0);
	expect(strstr(page, "\nActive(anon):          0 kB\nInactive(anon):        0 kB\n"));
}

/* Linux: free memory and file pages, less what the allocator keeps. */
TEST(view_meminfo_available)
{
	const struct zone *z;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	expect_eq(sum_of(shown(view_meminfo), "MemAvailable:"),
		  (z->free_pages - z->watermark[WMARK_HIGH]) * 4);
	zone_stat_add(any_zone(), NR_INACTIVE_FILE, 1000);
	expect_eq(sum_of(shown(view_meminfo), "MemAvailable:"),
		  (z->free_pages + 1000 - z->watermark[WMARK_LOW] - z->watermark[WMARK_HIGH]) * 4);
	zone_stat_add(any_zone(), NR_INACTIVE_FILE, -1000);
}

TEST(view_vmstat_counts_allocations_by_zone)
{
	uint32_t normal, high;

	given_ram((struct given_ram){ .pages = 16 * MIB_PAGES, .low_pages = 8 * MIB_PAGES });
	normal = sum_of(shown(view_vmstat), "pgalloc_normal");
	high = sum_of(page, "pgalloc_high");
	alloc_pages(GFP_KERNEL, 3);
	alloc_pages(GFP_USER, 1);
	expect_eq(sum_of(shown(view_vmstat), "pgalloc_normal"), normal + 8);
	expect_eq(sum_of(page, "pgalloc_high"), high + 2);
}

TEST(view_vmstat_shows_kernel_stacks_in_kb)
{
	given_pages(16 * MIB_PAGES);
	zone_stat_add(any_zone(), NR_KERNEL_STACK_PAGES, 3);
	expect_eq(sum_of(shown(view_vmstat), "nr_kernel_stack"), 12);
	expect_eq(sum_of(shown(view_meminfo), "KernelStack:"), 12);
}

/* 4 MiB in one block, then the same taken apart by one frame. */
TEST(view_extfrag_layout)
{
	given_a_clean_zone();
	shown(view_extfrag_index);
	expect_text(strstr(page, "\n") + 1,
		    "Node 0, zone  Movable -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 -1.000 "
		    "-1.000 -1.000 -1.000 \n");
	expect(buddy_alloc_locked(&zones[ZONE_MOVABLE], 0, MIGRATE_MOVABLE) != NULL);
	shown(view_unusable_index);
	expect_text(strstr(page, "\n") + 1,
		    "Node 0, zone  Movable 0.000 0.000 0.002 0.006 0.014 0.030 0.061 0.124 0.249 "
		    "0.499 1.000 \n");
	shown(view_extfrag_index);
	expect(strstr(page, " -1.000  0.801 \n"));
}

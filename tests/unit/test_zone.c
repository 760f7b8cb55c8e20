/* Zones in unusual RAM, marks and reserves, the two questions; and memory before there are zones. */
#include "mm/phys/zone.h"

#include "arch/frame.h"
#include "mm/phys/alloc.h"
#include "mm/phys/early.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

static uint32_t megabytes(const struct zone *z)
{
	return (z->end.n - z->start.n) / MIB_PAGES;
}

TEST(zone_layout_of_all_four)
{
	given_ram((struct given_ram){ .pages = 64 * MIB_PAGES, .low_pages = 24 * MIB_PAGES,
				      .dma_pages = 4 * MIB_PAGES, .movable_pages = 8 * MIB_PAGES });
	expect_eq(megabytes(&zones[ZONE_DMA]), 4);
	expect_eq(megabytes(&zones[ZONE_NORMAL]), 20);
	expect_eq(megabytes(&zones[ZONE_HIGHMEM]), 32);
	expect_eq(megabytes(&zones[ZONE_MOVABLE]), 8);
	expect_eq(zones[ZONE_MOVABLE].managed_pages, 8 * MIB_PAGES);
}

TEST(zone_64_mib_with_3_movable)
{
	given_ram((struct given_ram){ .pages = 64 * MIB_PAGES, .movable_pages = 3 * MIB_PAGES });
	expect_eq(megabytes(&zones[ZONE_MOVABLE]), 3);
	expect_eq(zones[ZONE_MOVABLE].area[MAX_ORDER].blocks, 0);
	expect_eq(zones[ZONE_MOVABLE].free_pages, 3 * MIB_PAGES);
	expect_eq(zones[ZONE_HIGHMEM].present_pages, 0);
}

TEST(zone_ram_starts_off_the_block)
{
	given_ram((struct given_ram){ .start_pfn = RAM_START + 5 * MIB_PAGES / 2,
				      .pages = 16 * MIB_PAGES + 77 });
	expect_eq(page_map_start.n, RAM_START);
	expect_eq(page_map_end.n, RAM_START + 20 * MIB_PAGES);
	expect_eq(zones[ZONE_NORMAL].start.n, RAM_START + 2 * MIB_PAGES);
	expect_eq(zones[ZONE_NORMAL].present_pages, 16 * MIB_PAGES + 77);
	expect(page_has(pfn_to_page(zones[ZONE_NORMAL].start), PG_RESERVED));
	expect(!pfn_is_valid(pfn(RAM_START - 1)));
	expect(!pfn_is_valid(page_map_end));
}

TEST(zone_highmem_border_off_the_block)
{
	given_ram((struct given_ram){ .start_pfn = RAM_START + 128, .pages = 24 * MIB_PAGES,
				      .low_pages = 9 * MIB_PAGES + 100, .movable_pages = 1000 });
	expect_eq(zones[ZONE_HIGHMEM].start.n % PAGEBLOCK_PAGES, 0);
	expect(zones[ZONE_HIGHMEM].start.n <= frame_high_start().n);
	expect(zones[ZONE_MOVABLE].present_pages >= 1000);
	for (struct page *p = alloc_pages(GFP_KERNEL | GFP_NOWARN, 0); p;
	     p = alloc_pages(GFP_KERNEL | GFP_NOWARN, 0))
		expect(frame_is_low(page_to_pfn(p)));
	expect_sound();
}

TEST(zone_too_much_movable_is_cut)
{
	given_ram((struct given_ram){ .pages = 16 * MIB_PAGES, .movable_pages = 100 * MIB_PAGES });
	expect_eq(megabytes(&zones[ZONE_MOVABLE]), 12);
	expect_eq(megabytes(&zones[ZONE_NORMAL]), 4);
}

TEST(zone_marks_follow_the_rule)
{
	struct zone *z = &zones[ZONE_NORMAL];

	given_pages(64 * MIB_PAGES);
	/* 64 MiB: sqrt(16 * 65536) kB = 1024 kB = 256 pages, a little less for what is not managed. */
	expect(z->watermark[WMARK_MIN] > 245 && z->watermark[WMARK_MIN] <= 256);
	expect_eq(z->watermark[WMARK_LOW], z->watermark[WMARK_MIN] + z->watermark[WMARK_MIN] / 4);
	expect_eq(z->watermark[WMARK_HIGH], z->watermark[WMARK_MIN] + z->watermark[WMARK_MIN] / 2);
	expect_eq(z->reserve[ZONE_MOVABLE], 0);
}

TEST(zone_reserves_keep_low_memory)
{
	given_ram((struct given_ram){ .pages = 64 * MIB_PAGES, .low_pages = 16 * MIB_PAGES,
				      .dma_pages = 4 * MIB_PAGES, .movable_pages = 8 * MIB_PAGES });
	expect_eq(zones[ZONE_NORMAL].reserve[ZONE_NORMAL], 0);
	expect_eq(zones[ZONE_NORMAL].reserve[ZONE_HIGHMEM], 40 * MIB_PAGES / 256);
	expect_eq(zones[ZONE_NORMAL].reserve[ZONE_MOVABLE], 48 * MIB_PAGES / 256);
	expect_eq(zones[ZONE_DMA].reserve[ZONE_DMA], 0);
	expect_eq(zones[ZONE_DMA].reserve[ZONE_NORMAL], 12 * MIB_PAGES / 32);
	expect_eq(zones[ZONE_HIGHMEM].reserve[ZONE_MOVABLE], 0);
}

static struct zone *given_lists(const uint32_t blocks[ORDERS])
{
	static struct zone z;

	memset(&z, 0, sizeof(z));
	for (unsigned order = 0; order < ORDERS; order++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			list_init(&z.area[order].free[type]);
		z.area[order].blocks = blocks[order];
		z.free_pages += blocks[order] << order;
	}
	return &z;
}

TEST(zone_fragmentation_index_table, "covers: BS-48, CO-6")
{
	static const struct {
		uint32_t blocks[ORDERS];
		unsigned order;
		int index;
	} table[] = {
		{ { 0 }, 3, 0 },			      /* nothing at all: lack of memory */
		{ { 0, 0, 0, 1 }, 3, -1000 },		      /* it would succeed */
		{ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 3, -1000 },
		{ { 1 }, 3, 1000 - 1125 },		      /* one page for eight: lack */
		{ { 8 }, 3, 1000 - 2000 / 8 },		      /* enough, all in single pages */
		{ { 10000 }, 8, 1000 - (1000 + 10000 * 1000 / 256) / 10000 },
		{ { 0, 0, 0, 0, 0, 0, 0, 100 }, 8, 1000 - 51000 / 100 },
	};

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		expect_eq(zone_fragmentation_index(given_lists(table[i].blocks), table[i].order),
			  table[i].index);
}

TEST(zone_watermark_needs_pages_and_a_block)
{
	static const uint32_t blocks[ORDERS] = { 100, 10 };
	struct zone *z = given_lists(blocks);
	struct page p;

	expect(zone_watermark_ok(z, 0, 119, true));
	expect(!zone_watermark_ok(z, 0, 120, true));
	expect(!zone_watermark_ok(z, 1, 0, true)); /* counted, but on no list */
	list_add(&z->area[1].free[MIGRATE_ISOLATE], &p.lru);
	expect(!zone_watermark_ok(z, 1, 0, true));
	list_move(&p.lru, &z->area[1].free[MIGRATE_CMA]);
	expect(zone_watermark_ok(z, 1, 0, true));
	expect(!zone_watermark_ok(z, 1, 0, false));
	list_move(&p.lru, &z->area[1].free[MIGRATE_RECLAIMABLE]);
	expect(zone_watermark_ok(z, 1, 118, false));
	expect(!zone_watermark_ok(z, 1, 119, false));
	expect(!zone_watermark_ok(z, 2, 0, true));
}

static uint32_t ranges[8][2];
static unsigned range_count;

static void note_range(pfn_t start, pfn_t end)
{
	ranges[range_count][0] = start.n - RAM_START;
	ranges[range_count++][1] = end.n - RAM_START;
}

static void given_early_ram(uint32_t pages)
{
	sim_machine_init(pfn(RAM_START), pages, pfn(RAM_START + pages));
	early_set_ram(paddr(RAM_START << PAGE_SHIFT), pages);
}

TEST(early_reservations_merge_and_leave_whole_frames)
{
	paddr_t ram = paddr(RAM_START << PAGE_SHIFT);

	given_early_ram(100);
	expect_eq(early_reserve(paddr(ram.a + 50 * PAGE_SIZE + 1), 1), 0);
	expect_eq(early_reserve(paddr(ram.a + 10 * PAGE_SIZE), 5 * PAGE_SIZE), 0);
	expect_eq(early_reserve(paddr(ram.a + 12 * PAGE_SIZE), 8 * PAGE_SIZE), 0);
	expect_eq(early_reserve(paddr(ram.a + 99 * PAGE_SIZE), 40 * PAGE_SIZE), 0);
	early_each_free(note_range);
	expect_eq(range_count, 3);
	expect_eq(ranges[0][0], 0);
	expect_eq(ranges[0][1], 10);
	expect_eq(ranges[1][0], 20);
	expect_eq(ranges[1][1], 50);
	expect_eq(ranges[2][0], 51);
	expect_eq(ranges[2][1], 99);
	expect(early_is_reserved(pfn(RAM_START + 50)));
	expect(!early_is_reserved(pfn(RAM_START + 51)));
	expect(early_is_reserved(pfn(RAM_START + 19)));
	expect(!early_is_reserved(pfn(RAM_START + 20)));
	expect(early_is_reserved(pfn(RAM_START + 100)));
	expect(early_is_reserved(pfn(RAM_START - 1)));
}

TEST(early_alloc_takes_the_lowest_gap_that_fits)
{
	paddr_t ram = paddr(RAM_START << PAGE_SHIFT);
	char *a, *b, *c;

	given_early_ram(100);
	memset(frame_address(pfn(RAM_START)), 0xff, PAGE_SIZE);
	early_reserve(paddr(ram.a + 2 * PAGE_SIZE), PAGE_SIZE);
	a = early_alloc(100, 8);
	expect(a == (char *)frame_address(pfn(RAM_START)));
	expect_eq(a[99], 0);
	b = early_alloc(3 * PAGE_SIZE, PAGE_SIZE);
	expect(b == (char *)frame_address(pfn(RAM_START + 3)));
	c = early_alloc(64, 64);
	expect(c == a + 128);
}

TEST(early_table_full_is_an_error)
{
	given_early_ram(100);
	for (uint32_t i = 0; i < EARLY_MAX_RESERVED; i++)
		expect_eq(early_reserve(pfn_to_paddr(pfn(RAM_START + 2 * i)), 1), 0);
	expect(early_reserve(pfn_to_paddr(pfn(RAM_START + 90)), 1) < 0);
	expect_eq(early_reserve(pfn_to_paddr(pfn(RAM_START)), 40 * PAGE_SIZE), 0);
	expect_eq(early_reserve(pfn_to_paddr(pfn(RAM_START + 90)), 1), 0);
}

static void ask_too_much(void)
{
	early_alloc(101 * PAGE_SIZE, 8);
}

TEST(early_alloc_without_memory_ends_the_run)
{
	given_early_ram(100);
	expect(asserts(ask_too_much));
}

/* Free blocks: split, merge, steal, change of type; and a random walk against a plain model. */
#include "mm/phys/buddy.h"

#include "arch/frame.h"
#include "base/rng.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

static pfn_t ram_pfn(uint32_t offset)
{
	return pfn(sim_ram_start.n + offset);
}

static uint32_t offset_of(const struct page *p)
{
	return page_to_pfn(p).n - sim_ram_start.n;
}

TEST(buddy_starts_with_the_largest_blocks)
{
	given_pages(16 * MIB_PAGES);
	/* The descriptors have taken the lowest frames, so the first 4 MiB are in pieces. */
	expect(any_zone()->area[MAX_ORDER].blocks >= 3);
	expect_eq(any_zone()->free_pages, any_zone()->managed_pages);
}

TEST(buddy_splits_and_merges_back_at_every_order)
{
	given_pages(16 * MIB_PAGES);
	for (unsigned order = 0; order <= MAX_ORDER; order++) {
		struct zone *z = any_zone();
		uint32_t before = z->free_pages, blocks = z->area[MAX_ORDER].blocks;
		struct page *p = buddy_alloc_locked(z, order, MIGRATE_MOVABLE);

		expect(p != NULL);
		expect_eq(page_to_pfn(p).n % (1u << order), 0);
		expect_eq(z->free_pages, before - (1u << order));
		expect_sound();
		buddy_free_locked(z, p, order);
		expect_eq(z->free_pages, before);
		expect_eq(z->area[MAX_ORDER].blocks, blocks);
		expect_sound();
	}
}

TEST(buddy_movable_from_the_top_unmovable_from_the_bottom)
{
	struct page *movable, *unmovable;

	given_pages(64 * MIB_PAGES);
	movable = buddy_alloc_locked(any_zone(), MAX_ORDER, MIGRATE_MOVABLE);
	unmovable = buddy_alloc_locked(any_zone(), MAX_ORDER, MIGRATE_UNMOVABLE);
	expect_eq(offset_of(movable), 60 * MIB_PAGES);
	expect_eq(offset_of(unmovable), 4 * MIB_PAGES);
	expect_sound();
}

TEST(buddy_unmovable_gathers_at_the_low_end)
{
	given_pages(64 * MIB_PAGES);
	for (unsigned i = 0; i < 6 * MIB_PAGES; i++) {
		struct page *p = buddy_alloc_locked(any_zone(), 0, MIGRATE_UNMOVABLE);

		expect(p != NULL);
		expect(offset_of(p) < 8 * MIB_PAGES);
		expect(buddy_alloc_locked(any_zone(), 0, MIGRATE_MOVABLE) != NULL);
	}
	expect_sound();
}

TEST(buddy_steals_whole_pageblocks_of_the_largest)
{
	struct page *p;
	uint32_t steals;

	given_pages(16 * MIB_PAGES);
	steals = vm_event_read(ALLOC_STEAL_BLOCK);
	p = buddy_alloc_locked(any_zone(), 0, MIGRATE_RECLAIMABLE);
	expect_eq(vm_event_read(ALLOC_STEAL_BLOCK), steals + 1);
	expect_eq(pageblock_type(page_to_pfn(p)), MIGRATE_RECLAIMABLE);
	/* The next one comes from what is owned already. */
	buddy_alloc_locked(any_zone(), 0, MIGRATE_RECLAIMABLE);
	expect_eq(vm_event_read(ALLOC_STEAL_BLOCK), steals + 1);
	expect_sound();
}

/* All of memory movable and in use but for one order-n block at the start of each pageblock. */
static void given_only_free_blocks_of(unsigned order)
{
	struct zone *z;

	given_ram((struct given_ram){ .pages = 8 * MIB_PAGES, .image_pages = 4 * MIB_PAGES });
	z = any_zone();
	while (buddy_alloc_locked(z, 0, MIGRATE_MOVABLE))
		;
	for (uint32_t n = 5 * MIB_PAGES; n < 8 * MIB_PAGES; n += PAGEBLOCK_PAGES)
		for (uint32_t i = 0; i < 1u << order; i++)
			buddy_free_locked(z, pfn_to_page(ram_pfn(n + i)), 0);
	/* Nothing is left over in unmovable blocks: movable requests have eaten those too. */
	expect_eq(z->area[order].blocks, 3);
}

TEST(buddy_unmovable_claims_a_block_from_half_an_order_on)
{
	struct page *p;

	given_only_free_blocks_of(PAGEBLOCK_ORDER / 2);
	p = buddy_alloc_locked(any_zone(), 0, MIGRATE_UNMOVABLE);
	expect_eq(offset_of(p), 5 * MIB_PAGES);
	expect_eq(pageblock_type(page_to_pfn(p)), MIGRATE_UNMOVABLE);
	expect_sound();
}

TEST(buddy_small_steal_leaves_the_block_its_type)
{
	struct page *p;

	given_only_free_blocks_of(PAGEBLOCK_ORDER / 2 - 1);
	p = buddy_alloc_locked(any_zone(), 0, MIGRATE_UNMOVABLE);
	expect_eq(pageblock_type(page_to_pfn(p)), MIGRATE_MOVABLE);
	expect_eq(pageblock_of(page_to_pfn(p))->unmovable_pages, 1);
	expect_sound();
}

TEST(buddy_reclaimable_claims_only_what_is_half_free_or_alike)
{
	struct page *p;

	given_only_free_blocks_of(PAGEBLOCK_ORDER - 2);
	p = buddy_alloc_locked(any_zone(), 0, MIGRATE_RECLAIMABLE);
	expect_eq(pageblock_type(page_to_pfn(p)), MIGRATE_MOVABLE);
	expect_sound();
}

TEST(buddy_reclaimable_claims_half_free_blocks)
{
	struct page *p;

	given_only_free_blocks_of(PAGEBLOCK_ORDER - 1);
	p = buddy_alloc_locked(any_zone(), 0, MIGRATE_RECLAIMABLE);
	expect_eq(pageblock_type(page_to_pfn(p)), MIGRATE_RECLAIMABLE);
	expect_sound();
}

TEST(buddy_movable_takes_the_smallest_where_it_may_not_claim)
{
	struct zone *z;
	struct page *small;

	/* Free memory: one frame and one block of 64, both in blocks full of unmovable pages. */
	given_ram((struct given_ram){ .pages = 8 * MIB_PAGES, .image_pages = 4 * MIB_PAGES });
	z = any_zone();
	while (buddy_alloc_locked(z, 0, MIGRATE_UNMOVABLE))
		;
	for (uint32_t i = 0; i < 64; i++)
		buddy_free_locked(z, pfn_to_page(ram_pfn(6 * MIB_PAGES + i)), 0);
	small = pfn_to_page(ram_pfn(7 * MIB_PAGES));
	buddy_free_locked(z, small, 0);
	expect(buddy_alloc_locked(z, 0, MIGRATE_MOVABLE) == small);
	expect_eq(pageblock_type(page_to_pfn(small)), MIGRATE_UNMOVABLE);
	expect_sound();
}

TEST(buddy_set_type_moves_the_free_blocks)
{
	struct zone *z;
	struct page *p;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	p = buddy_alloc_locked(z, 3, MIGRATE_MOVABLE);
	expect_eq(buddy_set_type_locked(z, pfn(pageblock_start(page_to_pfn(p).n)),
					MIGRATE_RECLAIMABLE),
		  PAGEBLOCK_PAGES - 8);
	expect_sound();
	buddy_free_locked(z, p, 3);
	expect_sound();
}

TEST(buddy_isolated_block_is_cut_out_and_joined_again, "covers: CO-13")
{
	struct zone *z;
	uint32_t blocks;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	blocks = z->area[MAX_ORDER].blocks;
	/* The second pageblock of a free 4 MiB block. */
	expect_eq(buddy_set_type_locked(z, ram_pfn(9 * MIB_PAGES), MIGRATE_ISOLATE),
		  PAGEBLOCK_PAGES);
	expect_eq(z->area[MAX_ORDER].blocks, blocks - 1);
	expect_eq(pageblock_type(ram_pfn(8 * MIB_PAGES)), MIGRATE_MOVABLE);
	expect_sound();
	expect_eq(buddy_set_type_locked(z, ram_pfn(9 * MIB_PAGES), MIGRATE_MOVABLE),
		  PAGEBLOCK_PAGES);
	expect_eq(z->area[MAX_ORDER].blocks, blocks);
	expect_sound();
}

TEST(buddy_nothing_comes_from_isolated_blocks, "covers: CO-13")
{
	struct zone *z;
	struct page *p;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	buddy_set_type_locked(z, ram_pfn(9 * MIB_PAGES), MIGRATE_ISOLATE);
	while ((p = buddy_alloc_locked(z, 0, MIGRATE_UNMOVABLE)))
		expect(offset_of(p) / PAGEBLOCK_PAGES != 9);
	expect_eq(z->free_pages, PAGEBLOCK_PAGES);
	expect_sound();
}

TEST(buddy_large_block_freed_over_an_isolated_part, "covers: CO-13")
{
	struct zone *z;
	struct page *p;
	pfn_t part;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	p = buddy_alloc_locked(z, MAX_ORDER, MIGRATE_MOVABLE);
	part = pfn(page_to_pfn(p).n + 2 * PAGEBLOCK_PAGES);
	expect_eq(buddy_set_type_locked(z, part, MIGRATE_ISOLATE), 0);
	buddy_free_locked(z, p, MAX_ORDER);
	expect_sound();
	expect_eq(pageblock_type(page_to_pfn(p)), MIGRATE_MOVABLE);
	expect(page_has(pfn_to_page(part), PG_BUDDY));
}

TEST(buddy_cma_serves_movable_only)
{
	struct zone *z;
	struct page *p;
	uint32_t before;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	buddy_set_type_locked(z, ram_pfn(9 * MIB_PAGES), MIGRATE_CMA);
	expect_eq(z->free_cma_pages, PAGEBLOCK_PAGES);
	while ((p = buddy_alloc_locked(z, 0, MIGRATE_UNMOVABLE)))
		expect(offset_of(p) / PAGEBLOCK_PAGES != 9);
	before = vm_event_read(ALLOC_FALLBACK);
	p = buddy_alloc_locked(z, 0, MIGRATE_MOVABLE);
	expect_eq(offset_of(p) / PAGEBLOCK_PAGES, 9);
	expect_eq(vm_event_read(ALLOC_FALLBACK), before);
	expect_eq(z->free_cma_pages, PAGEBLOCK_PAGES - 1);
	expect(!zone_watermark_ok(z, 0, 0, false));
	expect(zone_watermark_ok(z, 0, 0, true));
	expect_sound();
}

TEST(buddy_cma_count_follows_the_type)
{
	struct zone *z;
	struct page *p;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	p = buddy_alloc_locked(z, 2, MIGRATE_MOVABLE);
	buddy_set_type_locked(z, pfn(pageblock_start(page_to_pfn(p).n)), MIGRATE_CMA);
	expect_eq(z->free_cma_pages, PAGEBLOCK_PAGES - 4);
	buddy_free_locked(z, p, 2);
	expect_eq(z->free_cma_pages, PAGEBLOCK_PAGES);
	expect_eq(p->order, PAGEBLOCK_ORDER); /* joins no block of another type */
	expect_sound();
	buddy_set_type_locked(z, page_to_pfn(p), MIGRATE_MOVABLE);
	expect_eq(z->free_cma_pages, 0);
	expect_sound();
}

TEST(buddy_counts_unmovable_pages_by_pageblock, "covers: CO-14")
{
	struct zone *z;
	struct page *p;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	p = buddy_alloc_locked(z, PAGEBLOCK_ORDER + 1, MIGRATE_UNMOVABLE);
	expect_eq(pageblock_of(page_to_pfn(p))->unmovable_pages, PAGEBLOCK_PAGES);
	expect_eq(pageblock_of(page_to_pfn(p))[1].unmovable_pages, PAGEBLOCK_PAGES);
	expect_eq(pageblock_of(page_to_pfn(p))->free_pages, 0);
	buddy_free_locked(z, p, PAGEBLOCK_ORDER + 1);
	expect_eq(pageblock_of(page_to_pfn(p))->unmovable_pages, 0);
	expect_eq(pageblock_of(page_to_pfn(p))[1].free_pages, PAGEBLOCK_PAGES);
	expect_sound();
}

TEST(buddy_take_and_find, "covers: CO-4, CO-5")
{
	struct zone *z;
	struct page *p;
	uint32_t before, saved;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	before = z->free_pages;
	p = buddy_find_free(z, ram_pfn(9 * MIB_PAGES + 77));
	expect_eq(offset_of(p), 8 * MIB_PAGES);
	saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	expect_eq(buddy_take(z, p), MAX_ORDER);
	spin_unlock_irq(&z->lock, saved);
	expect(buddy_find_free(z, ram_pfn(9 * MIB_PAGES + 77)) == NULL);
	expect_sound();
	for (uint32_t i = 0; i < MAX_ORDER_PAGES; i += 2)
		buddy_free_locked(z, p + i, 0);
	expect_sound();
	for (uint32_t i = 1; i < MAX_ORDER_PAGES; i += 2)
		buddy_free_locked(z, p + i, 0);
	expect_eq(z->free_pages, before);
	expect_eq(p->order, MAX_ORDER);
	expect_sound();
}

TEST(buddy_has_block_looks_at_own_lists)
{
	given_pages(16 * MIB_PAGES);
	expect(buddy_has_block(any_zone(), MAX_ORDER, MIGRATE_MOVABLE));
	expect(!buddy_has_block(any_zone(), MAX_ORDER, MIGRATE_UNMOVABLE));
	expect(!buddy_has_block(any_zone(), 0, MIGRATE_RECLAIMABLE));
}

TEST(buddy_does_not_merge_across_zones)
{
	/* NORMAL ends after 5 MiB: the pageblocks at 4 and 5 MiB are buddies in different zones. */
	given_ram((struct given_ram){ .pages = 16 * MIB_PAGES, .low_pages = 5 * MIB_PAGES });
	expect_eq(zones[ZONE_NORMAL].end.n, ram_pfn(5 * MIB_PAGES).n);
	expect_eq(pfn_to_page(ram_pfn(4 * MIB_PAGES))->order, PAGEBLOCK_ORDER);
	expect_eq(pfn_to_page(ram_pfn(5 * MIB_PAGES))->order, PAGEBLOCK_ORDER);
}

/* The model: which frames are handed out, and a table of the blocks. */
#define HELD_MAX 1500u

static struct {
	struct page *page;
	unsigned order;
} held[HELD_MAX];

static uint8_t frame_held[16 * MIB_PAGES];

static void model_take(const struct page *p, unsigned order)
{
	for (uint32_t i = 0; i < 1u << order; i++) {
		expect_eq(frame_held[offset_of(p) + i], 0);
		frame_held[offset_of(p) + i] = 1;
	}
}

static void model_give(const struct page *p, unsigned order)
{
	for (uint32_t i = 0; i < 1u << order; i++)
		frame_held[offset_of(p) + i] = 0;
}

static unsigned small_order(struct rng *r)
{
	unsigned order = 0;

	while (order < MAX_ORDER && rng_below(r, 5) < 2)
		order++;
	return order;
}

static void random_step(struct zone *z, struct rng *r, unsigned *count, uint32_t *pages)
{
	static const enum migratetype types[] = { MIGRATE_MOVABLE, MIGRATE_MOVABLE,
						  MIGRATE_UNMOVABLE, MIGRATE_RECLAIMABLE };
	bool grow = rng_below(r, 100) < (*count < HELD_MAX / 2 ? 60u : 45u);

	if (grow && *count < HELD_MAX) {
		unsigned order = small_order(r);
		struct page *p = buddy_alloc_locked(z, order, types[rng_below(r, 4)]);

		if (!p)
			return;
		model_take(p, order);
		held[*count].page = p;
		held[(*count)++].order = order;
		*pages += 1u << order;
	} else if (*count) {
		unsigned i = rng_below(r, *count);

		model_give(held[i].page, held[i].order);
		buddy_free_locked(z, held[i].page, held[i].order);
		*pages -= 1u << held[i].order;
		held[i] = held[--*count];
	}
}

static void change_some_type(struct zone *z, struct rng *r)
{
	uint32_t block = rng_below(r, 16);
	enum migratetype type = (enum migratetype)rng_below(r, 3);

	buddy_set_type_locked(z, ram_pfn(block * PAGEBLOCK_PAGES), type);
}

static void random_walk(uint32_t seed)
{
	unsigned count = 0;
	uint32_t pages = 0, managed;
	struct zone *z;
	struct rng r;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	managed = z->managed_pages;
	rng_seed(&r, seed);
	for (unsigned step = 0; step < 20000; step++) {
		random_step(z, &r, &count, &pages);
		if (step % 97 == 0)
			change_some_type(z, &r);
		expect_eq(z->free_pages, managed - pages);
		if (step % 250 == 0)
			expect_sound();
	}
	while (count) {
		count--;
		buddy_free_locked(z, held[count].page, held[count].order);
	}
	expect_eq(z->free_pages, managed);
	expect(z->area[MAX_ORDER].blocks >= 3);
	expect_sound();
}

#define RANDOM_WALK(seed) \
	TEST(buddy_random_walk_seed_##seed)   \
	{                                      \
		random_walk(seed);             \
	}
RANDOM_WALK(1)
RANDOM_WALK(2)
RANDOM_WALK(3)
RANDOM_WALK(4)
RANDOM_WALK(5)

TEST(check_finds_what_is_broken)
{
	struct zone *z;
	struct page *p;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	z->free_pages++;
	expect(findings(true) > 0);
	z->free_pages--;
	expect_eq(findings(true), 0);
	p = buddy_find_free(z, ram_pfn(8 * MIB_PAGES));
	p[3].refs = 1;
	expect_eq(findings(true), 1);
	p[3].refs = 0;
	pageblock_of(page_to_pfn(p))->free_pages--;
	expect(findings(true) > 0);
	pageblock_of(page_to_pfn(p))->free_pages++;
	pageblock_of(page_to_pfn(p))->unmovable_pages++;
	expect_eq(findings(true), 1);
	pageblock_of(page_to_pfn(p))->unmovable_pages--;
	pageblock_of(page_to_pfn(p))->type = MIGRATE_RECLAIMABLE;
	expect(findings(true) > 0);
	pageblock_of(page_to_pfn(p))->type = MIGRATE_MOVABLE;
	p->order--;
	expect(findings(true) > 0);
	p->order++;
	z->watermark[WMARK_MIN] = z->watermark[WMARK_HIGH] + 1;
	expect_eq(findings(true), 1);
}

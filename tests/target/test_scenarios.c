/*
 * Bugs that others paid for (docs/bug-scenarios.md), where they need more than one page or one
 * call.
 */
#include "arch/uaccess.h"
#include "kernel/sched.h"
#include "mm/move/compaction.h"
#include "mm/phys/buddy.h"
#include "mm/phys/lru.h"
#include "mm/phys/pcp.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

static const unsigned RW = VMA_READ | VMA_WRITE;

/* An area of `count` pages, written, all of them on the LRU lists. */
static vaddr_t given_pages(struct mm *mm, uint32_t count)
{
	vaddr_t a = given_area(mm, count, RW);

	for (uint32_t n = 0; n < count; n++)
		EXPECT_EQ(copy_to_user(vaddr(a.a + n * PAGE_SIZE), &n, sizeof(n)), 0);
	lru_drain();
	return a;
}

static struct page *page_at(struct mm *mm, vaddr_t a)
{
	return pfn_to_page(pte_pfn(entry_at(mm, a)));
}

static void set_type(struct zone *z, pfn_t f, enum migratetype type)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);

	buddy_set_type(z, pfn(pageblock_start(f.n)), type);
	spin_unlock_irq(&z->lock, saved);
}

/*
 * A frame that is on this cpu's list when its block becomes untouchable must not be handed out from
 * there.
 */
TEST(scenarios, a_cached_frame_of_an_isolated_block, "BS-41")
{
	struct page *p = alloc_pages(GFP_USER, 0);
	enum migratetype was;
	pfn_t f;

	REQUIRE_TRUE(p != NULL);
	f = page_to_pfn(p);
	was = pageblock_type(f);
	free_pages(p, 0);
	EXPECT_TRUE(page_has(p, PG_PCP));
	set_type(page_zone(p), f, MIGRATE_ISOLATE);
	pcp_drain();
	EXPECT_TRUE(buddy_find_free(page_zone(p), f) != NULL);
	for (unsigned i = 0; i < 64; i++) {
		struct page *other = given_block(GFP_USER, 4);

		EXPECT_TRUE(other && pageblock_start(page_to_pfn(other).n) != pageblock_start(f.n));
		if (other)
			given_take_back();
	}
	set_type(page_zone(p), f, was);
}

/* ---- targets that are refused, and blocks that give nothing */

#define PINS 64u

static struct page *pins[PINS];

/*
 * Page numbers of an area that fills most of memory; a later page lies lower in memory than an
 * earlier one.
 */
static struct {
	struct mm *mm;
	vaddr_t a;
	uint32_t count;
} full;

static vaddr_t nth(uint32_t n)
{
	return vaddr(full.a.a + n * PAGE_SIZE);
}

/*
 * Every second page of the first half is let go, so that its frames are targets for the lowest
 * pages, the last.
 */
static void given_full_memory_with_holes(void)
{
	struct zone *z = zonelist_first(ZONE_MOVABLE);

	full.mm = given_mm();
	full.count = z->free_pages / 8 * 7;
	full.a = given_pages(full.mm, full.count);
	for (uint32_t n = 0; n < full.count / 2; n += 2)
		EXPECT_EQ(mm_discard(full.mm, nth(n).a, PAGE_SIZE), 0);
}

static uint32_t wrong_pages(void)
{
	uint32_t wrong = 0, word;

	for (uint32_t n = 1; n < full.count; n += 2)
		wrong += copy_from_user(&word, nth(n), sizeof(word)) || word != n;
	return wrong;
}

static void pin_every_second_of_the_last(void)
{
	for (uint32_t n = 0; n < PINS; n++) {
		pins[n] = page_at(full.mm, nth(full.count - 1 - 2 * n));
		page_get(pins[n]);
	}
}

static void unpin_all(void)
{
	for (unsigned n = 0; n < PINS; n++)
		page_put(pins[n]);
}

static struct {
	uint32_t rounds, refused;
} seen;

static void see_round(const struct compaction *run)
{
	seen.rounds++;
	seen.refused += run->migration.retried;
}

/*
 * Every second page refuses in every pass: its target goes back to the stock, the scanners go on,
 * and the block is left behind.
 */
TEST(scenarios, every_second_page_refuses, "BS-42, BS-45, CO-5")
{
	struct compaction run = { .order = COMPACT_WHOLE_ZONE,
				  .mode = MIGRATE_SYNC,
				  .type = MIGRATE_MOVABLE,
				  .ignore_hints = true };
	uint32_t free_before;

	given_full_memory_with_holes();
	run.zone = page_zone(page_at(full.mm, nth(full.count - 1)));
	pin_every_second_of_the_last();
	alloc_drain_all();
	free_before = run.zone->free_pages;
	seen = (typeof(seen)){ 0 };
	compaction_set_progress(see_round);
	EXPECT_EQ(compact_zone(&run), COMPACT_COMPLETE);
	compaction_set_progress(NULL);
	EXPECT_TRUE(seen.refused >= PINS);
	EXPECT_TRUE(run.counts.moved > PINS);
	EXPECT_EQ(run.stock_pages, 0);
	EXPECT_EQ(run.zone->free_pages, free_before);
	/* A visit takes a batch, or ends the block. */
	EXPECT_TRUE(run.counts.blocks_visited <=
		    run.counts.isolated / MOVE_BATCH +
			    2 * (run.zone->end.n - run.zone->start.n) / PAGEBLOCK_PAGES);
	EXPECT_EQ(wrong_pages(), 0);
	unpin_all();
}

/* ---- types */

static struct list held = LIST_INIT(held);

/*
 * Takes memory for what can not move until every block of that type is gone and other types' are
 * being used up.
 */
static unsigned take_everything(gfp_t gfp)
{
	struct page *p;
	unsigned n = 0;

	for (unsigned order = ORDERS; order-- > 0;)
		while ((p = alloc_pages(gfp | GFP_NOWARN | GFP_NOCOMPACT, order))) {
			p->private = order;
			list_add(&held, &p->lru);
			n++;
		}
	return n;
}

static void give_everything_back(void)
{
	while (!list_is_empty(&held)) {
		struct page *p = list_first(&held, struct page, lru);

		list_del(&p->lru);
		free_pages(p, p->private);
	}
}

static void retype_blocks(bool (*wanted)(const struct pageblock *), enum migratetype type)
{
	struct zone *z;

	for_each_zone(z)
		for (uint32_t n = z->start.n; n + PAGEBLOCK_PAGES <= z->end.n; n += PAGEBLOCK_PAGES)
			if (wanted(pageblock_of(pfn(n))))
				set_type(z, pfn(n), type);
}

static bool is_not_movable(const struct pageblock *b)
{
	return b->type == MIGRATE_UNMOVABLE || b->type == MIGRATE_RECLAIMABLE;
}

static bool has_unmovable(const struct pageblock *b)
{
	return b->unmovable_pages != 0;
}

/* Who can not wait gets a frame of another type, and that is counted. */
TEST(scenarios, an_atomic_request_may_mix_types, "BS-49")
{
	uint32_t fallbacks;
	struct page *p;

	take_everything(GFP_USER);
	alloc_drain_all();
	retype_blocks(is_not_movable, MIGRATE_MOVABLE);
	fallbacks = vm_event_read(ALLOC_FALLBACK);
	p = alloc_pages(GFP_ATOMIC | GFP_NOWARN, 0);
	EXPECT_TRUE(p != NULL);
	EXPECT_TRUE(vm_event_read(ALLOC_FALLBACK) > fallbacks);
	if (p)
		free_pages(p, 0);
	give_everything_back();
	alloc_drain_all();
	retype_blocks(has_unmovable, MIGRATE_UNMOVABLE);
}

/* A whole free block changes its owner with the request that takes it. */
TEST(scenarios, a_free_block_is_converted, "BS-51")
{
	struct page *p = given_block(GFP_KERNEL, PAGEBLOCK_ORDER);

	REQUIRE_TRUE(p != NULL);
	EXPECT_EQ(pageblock_type(page_to_pfn(p)), MIGRATE_UNMOVABLE);
}

/* One that is full of pages which can move does not. */
TEST(scenarios, a_full_movable_block_is_not_converted, "BS-51")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_pages(mm, 3 * PAGEBLOCK_PAGES);
	uint32_t looked_at = 0;

	for (unsigned i = 0; i < 8; i++)
		REQUIRE_TRUE(given_block(GFP_KERNEL, 6) != NULL);
	for (uint32_t n = 0; n < 3 * PAGEBLOCK_PAGES; n++) {
		struct page *p = page_at(mm, vaddr(a.a + n * PAGE_SIZE));
		const struct pageblock *b = pageblock_of(page_to_pfn(p));

		if (b->free_pages || b->unmovable_pages)
			continue;
		looked_at++;
		EXPECT_EQ(b->type, MIGRATE_MOVABLE);
	}
	EXPECT_TRUE(looked_at >= PAGEBLOCK_PAGES);
}

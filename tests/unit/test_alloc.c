/* alloc_pages: zones by gfp, per-cpu lists, marks, relief, injected failure; and small objects. */
#include "mm/phys/alloc.h"

#include "arch/frame.h"
#include "base/failpoint.h"
#include "base/rng.h"
#include "mm/phys/buddy.h"
#include "mm/phys/objcache.h"
#include "mm/phys/page_kind.h"
#include "mm/phys/pcp.h"
#include "mm/phys/relief.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

#define QUIET (GFP_NOWARN)

static void given_four_zones(void)
{
	given_ram((struct given_ram){ .pages = 64 * MIB_PAGES, .low_pages = 16 * MIB_PAGES,
				      .dma_pages = 4 * MIB_PAGES, .movable_pages = 8 * MIB_PAGES });
}

static enum zone_id zone_of(gfp_t gfp)
{
	struct page *p = alloc_pages(gfp | QUIET, 0);

	return p ? page_zone(p)->id : ZONE_COUNT;
}

static void exhaust(gfp_t gfp)
{
	while (alloc_pages(gfp | QUIET, 0))
		;
}

/* Singly linked through private: what a case has allocated. */
static struct page *held;

static void hold(struct page *p)
{
	p->private = (uintptr_t)held;
	held = p;
}

static bool release_one(void)
{
	struct page *p = held;

	if (!p)
		return false;
	held = (struct page *)p->private;
	p->private = 0;
	free_pages(p, 0);
	return true;
}

TEST(alloc_gfp_names_type_and_zone)
{
	expect_eq(gfp_migratetype(GFP_KERNEL), MIGRATE_UNMOVABLE);
	expect_eq(gfp_migratetype(GFP_USER), MIGRATE_MOVABLE);
	expect_eq(gfp_migratetype(GFP_KERNEL | GFP_RECLAIM), MIGRATE_RECLAIMABLE);
	expect_eq(gfp_highest_zone(GFP_KERNEL), ZONE_NORMAL);
	expect_eq(gfp_highest_zone(GFP_KERNEL | GFP_MOVE), ZONE_NORMAL);
	expect_eq(gfp_highest_zone(GFP_ZONE_HIGHMEM), ZONE_HIGHMEM);
	expect_eq(gfp_highest_zone(GFP_USER), ZONE_MOVABLE);
	expect_eq(gfp_highest_zone(GFP_ZONE_DMA), ZONE_DMA);
}

TEST(alloc_zones_in_order_downwards)
{
	struct zone *z;

	given_four_zones();
	expect_eq(zone_of(GFP_USER), ZONE_MOVABLE);
	expect_eq(zone_of(GFP_ZONE_HIGHMEM), ZONE_HIGHMEM);
	expect_eq(zone_of(GFP_KERNEL), ZONE_NORMAL);
	expect_eq(zone_of(GFP_ZONE_DMA), ZONE_DMA);
	z = zonelist_first(ZONE_MOVABLE);
	expect_eq(z->id, ZONE_MOVABLE);
	for (unsigned id = ZONE_MOVABLE; id-- > 0;)
		expect_eq((z = zonelist_next(z))->id, id);
	expect(zonelist_next(z) == NULL);
}

TEST(alloc_empty_zones_are_passed_over)
{
	given_pages(16 * MIB_PAGES);
	expect_eq(zone_of(GFP_USER), ZONE_NORMAL);
	expect_eq(zone_of(GFP_ZONE_DMA), ZONE_COUNT);
}

TEST(alloc_user_memory_leaves_low_memory_its_reserve)
{
	struct zone *normal = &zones[ZONE_NORMAL], *dma = &zones[ZONE_DMA];

	given_four_zones();
	exhaust(GFP_USER);
	expect(normal->free_pages + pcp_pages(normal) + PCP_BATCH >=
	       normal->watermark[WMARK_MIN] + normal->reserve[ZONE_MOVABLE]);
	expect(dma->free_pages + PCP_BATCH >= dma->reserve[ZONE_MOVABLE]);
	expect_eq(zone_of(GFP_KERNEL), ZONE_NORMAL); /* what it left is there for others */
	expect_sound();
}

TEST(alloc_block_is_prepared)
{
	struct page *p;

	given_pages(16 * MIB_PAGES);
	for (unsigned order = 0; order <= MAX_ORDER; order++) {
		p = alloc_pages(GFP_KERNEL, order);
		expect_eq(p->refs, 1);
		expect_eq(page_kind(p), KIND_KERNEL);
		expect_eq(page_to_pfn(p).n % (1u << order), 0);
		for (uint32_t i = 0; i < 1u << order; i++) {
			expect_eq(p[i].refs, i == 0);
			expect_eq(p[i].flags & ~(PG_ZONE_MASK | PG_UNMOVABLE), 0);
			expect_eq(p[i].mapping, 0);
		}
		free_pages(p, order);
		expect_sound();
	}
}

TEST(alloc_zeroed_block)
{
	struct page *p;
	char *bytes;

	given_pages(16 * MIB_PAGES);
	p = alloc_pages(GFP_KERNEL, 1);
	memset(frame_address(page_to_pfn(p)), 0xff, 2 * PAGE_SIZE);
	free_pages(p, 1);
	bytes = alloc_kernel_pages(GFP_KERNEL | GFP_ZERO, 1);
	for (uint32_t i = 0; i < 2 * PAGE_SIZE; i++)
		expect_eq(bytes[i], 0);
	free_kernel_pages(bytes, 1);
	expect_sound();
}

TEST(alloc_kernel_memory_is_low)
{
	given_four_zones();
	for (unsigned i = 0; i < 100; i++)
		expect(frame_is_low(frame_of_address(alloc_kernel_pages(GFP_USER, 0))));
}

TEST(pcp_refills_and_gives_back_by_batches)
{
	struct zone *z;
	uint32_t before;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	before = z->free_pages;
	hold(alloc_pages(GFP_USER, 0));
	expect_eq(z->free_pages, before - PCP_BATCH);
	expect_eq(pcp_pages(z), PCP_BATCH - 1);
	for (unsigned i = 1; i < PCP_BATCH; i++)
		hold(alloc_pages(GFP_USER, 0));
	expect_eq(z->free_pages, before - PCP_BATCH);
	expect_eq(pcp_pages(z), 0);
	for (unsigned i = 0; i < 300; i++)
		hold(alloc_pages(GFP_USER, 0));
	while (release_one())
		expect(pcp_pages(z) <= PCP_HIGH);
	expect_sound();
	pcp_drain();
	expect_eq(pcp_pages(z), 0);
	expect_eq(z->free_pages, before);
	expect_sound();
}

TEST(pcp_gives_the_most_recently_freed)
{
	struct page *p;

	given_pages(16 * MIB_PAGES);
	p = alloc_pages(GFP_USER, 0);
	free_pages(p, 0);
	expect(alloc_pages(GFP_USER, 0) == p);
}

TEST(pcp_keeps_unmovable_frames_apart, "covers: CO-14")
{
	struct page *p;

	given_pages(16 * MIB_PAGES);
	p = alloc_pages(GFP_KERNEL, 0);
	expect(page_has(p, PG_UNMOVABLE));
	free_pages(p, 0);
	expect_sound();
	expect(!page_has(alloc_pages(GFP_USER, 0), PG_UNMOVABLE));
	expect(alloc_pages(GFP_KERNEL, 0) == p);
	free_pages(p, 0);
	pcp_drain();
	expect(!page_has(p, PG_UNMOVABLE));
	expect_sound();
}

TEST(pcp_frame_of_an_isolated_block_goes_to_the_buddy, "covers: CO-13")
{
	struct zone *z;
	struct page *p;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	p = alloc_pages(GFP_USER, 0);
	buddy_set_type_locked(z, pfn(pageblock_start(page_to_pfn(p).n)), MIGRATE_ISOLATE);
	free_pages(p, 0);
	expect(!page_has(p, PG_PCP));
	expect(buddy_find_free(z, page_to_pfn(p)) != NULL);
	pcp_drain();
	expect_sound();
	expect_eq(pageblock_of(page_to_pfn(p))->free_pages, PAGEBLOCK_PAGES);
}

TEST(pcp_lists_belong_to_their_cpu)
{
	struct thread t;
	struct zone *z;
	uint32_t before;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	before = z->free_pages;
	given_thread(&t, "t");
	hold(alloc_pages(GFP_USER, 0));
	sim_set_cpu(1, &t);
	release_one();
	expect_eq(z->pcp[1].pages, 1);
	alloc_drain_local();
	expect_eq(z->pcp[0].pages, PCP_BATCH - 1);
	sim_set_cpu(0, &t);
	alloc_drain_all();
	expect_eq(z->free_pages, before);
	expect_sound();
}

TEST(alloc_atomic_digs_deeper_memalloc_deepest)
{
	struct zone *z;
	uint32_t left;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	exhaust(GFP_KERNEL);
	left = z->free_pages;
	expect(left >= z->watermark[WMARK_MIN] - PCP_BATCH);
	exhaust(GFP_ATOMIC);
	expect(z->free_pages < left);
	expect(z->free_pages + PCP_BATCH >= z->watermark[WMARK_MIN] / 2);
	exhaust(GFP_MEMALLOC);
	expect_eq(z->free_pages, 0);
	expect_sound();
}

/* A helper whose answers the case writes down. */
static enum relief_answer answer;
static unsigned helped, woken, attempts_seen;

static void note_wake(const struct alloc_request *r)
{
	(void)r;
	woken++;
}

static enum relief_answer note_help(struct alloc_request *r, unsigned attempt)
{
	expect(cpu_current()->flags & THREAD_MEMALLOC);
	expect(r->gfp & GFP_WAIT);
	attempts_seen |= 1u << attempt;
	helped++;
	return answer;
}

static struct relief noting_relief = { .name = "noting", .wake = note_wake, .help = note_help };

static void given_nothing_left(struct thread *t)
{
	given_pages(16 * MIB_PAGES);
	given_thread(t, "hungry");
	for (struct page *p; (p = alloc_pages(GFP_KERNEL | QUIET, 0));)
		hold(p);
	relief_register(&noting_relief);
}

TEST(alloc_relief_that_finds_nothing, "covers: CO-9")
{
	struct alloc_request r = { .gfp = GFP_KERNEL };
	struct thread t;
	const char *text;

	given_nothing_left(&t);
	answer = RELIEF_NOTHING;
	expect(alloc_pages_request(&r) == NULL);
	expect_eq(woken, 1);
	expect_eq(helped, 1);
	expect_eq(t.flags, 0);
	expect(r.spent_insns > 0);
	text = logged_text();
	expect(strstr(text, "hungry: allocation of order 0 failed"));
	expect(strstr(r.why_failed, "not enough free memory: "));
	expect(strstr(text, r.why_failed));
	r.gfp |= GFP_NOWARN;
	expect(alloc_pages_request(&r) == NULL);
	expect_text(logged_text(), "");
	expect_sound();
}

TEST(alloc_relief_without_result_is_bounded, "covers: CO-9")
{
	struct thread t;

	given_nothing_left(&t);
	answer = RELIEF_PROGRESS;
	expect(alloc_pages(GFP_KERNEL | QUIET, 0) == NULL);
	expect_eq(helped, 4);
	expect_eq(attempts_seen, 0xf);
	helped = 0;
	expect(alloc_pages(GFP_KERNEL | GFP_NORETRY | QUIET, 0) == NULL);
	expect_eq(helped, 1);
}

static enum relief_answer free_some(struct alloc_request *r, unsigned attempt)
{
	(void)r;
	(void)attempt;
	helped++;
	for (unsigned i = 0; i < 400; i++)
		release_one();
	pcp_drain();
	return RELIEF_PROGRESS;
}

static struct relief freeing_relief = { .name = "freeing", .help = free_some };

TEST(alloc_relief_that_frees, "covers: CO-9")
{
	struct thread t;

	given_nothing_left(&t);
	answer = RELIEF_NOTHING;
	relief_register(&freeing_relief);
	expect(alloc_pages(GFP_KERNEL, 0) != NULL);
	expect_eq(helped, 2); /* the first, in vain, then this one */
	expect_sound();
}

static struct page *captured_page;

static enum relief_answer capture(struct alloc_request *r, unsigned attempt)
{
	(void)attempt;
	r->page = captured_page;
	return RELIEF_CAPTURED;
}

static struct relief capturing_relief = { .name = "capturing", .help = capture };

TEST(alloc_captured_block_goes_to_the_asker, "covers: CO-11")
{
	struct thread t;
	struct page *p;

	given_pages(16 * MIB_PAGES);
	given_thread(&t, "asker");
	captured_page = buddy_alloc_locked(any_zone(), 5, MIGRATE_MOVABLE);
	while ((p = alloc_pages(GFP_MEMALLOC | QUIET, 0)))
		hold(p);
	relief_register(&capturing_relief);
	p = alloc_pages(GFP_KERNEL, 5);
	expect(p == captured_page);
	expect_eq(p->refs, 1);
	expect(page_has(p + 31, PG_UNMOVABLE));
	expect_sound();
	free_pages(p, 5);
	expect_sound();
}

TEST(alloc_who_may_not_sleep_asks_nobody)
{
	struct thread t;

	given_nothing_left(&t);
	answer = RELIEF_PROGRESS;
	exhaust(GFP_ATOMIC);
	expect(woken > 0);
	expect_eq(helped, 0);
	exhaust(GFP_KERNEL | GFP_MEMALLOC);
	t.flags = THREAD_MEMALLOC;
	expect(alloc_pages(GFP_KERNEL | QUIET, 0) == NULL);
	expect_eq(helped, 0);
}

TEST(alloc_drains_before_it_gives_up)
{
	struct thread t;
	struct page *p;

	given_pages(16 * MIB_PAGES);
	given_thread(&t, "t");
	for (p = alloc_pages(GFP_MEMALLOC | QUIET, 0); p; p = alloc_pages(GFP_MEMALLOC | QUIET, 0))
		hold(p);
	for (unsigned i = 0; i < 150; i++)
		release_one();
	expect(any_zone()->free_pages <= any_zone()->watermark[WMARK_MIN]);
	any_zone()->watermark[WMARK_MIN] = any_zone()->watermark[WMARK_LOW] = 10;
	expect(any_zone()->free_pages == 0);
	expect(alloc_pages(GFP_USER, 0) != NULL);
	expect_sound();
}

TEST(alloc_says_fragmented_when_it_is, "covers: BS-48, CO-6")
{
	struct alloc_request r = { .gfp = GFP_KERNEL | QUIET, .order = 5 };
	struct zone *z;
	struct page *p;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	while ((p = buddy_alloc_locked(z, 0, MIGRATE_MOVABLE)))
		;
	for (uint32_t n = z->start.n; n < z->end.n; n += 2) {
		p = pfn_to_page(pfn(n));
		if (!page_has(p, PG_RESERVED))
			buddy_free_locked(z, p, 0);
	}
	expect(alloc_pages_request(&r) == NULL);
	expect(strstr(r.why_failed, "fragmented: index 9"));
	expect_sound();
}

TEST(alloc_below_a_mark_is_not_called_fragmented, "covers: BS-48")
{
	struct alloc_request r = { .gfp = GFP_KERNEL | QUIET, .order = 3 };

	given_pages(16 * MIB_PAGES);
	/* Plenty is free and in large blocks; it is the mark that forbids. */
	any_zone()->watermark[WMARK_MIN] = any_zone()->watermark[WMARK_LOW] =
		any_zone()->free_pages - 8;
	exhaust(GFP_KERNEL);
	expect_eq(zone_fragmentation_index(any_zone(), 3), -1000);
	expect(alloc_pages_request(&r) == NULL);
	expect(strstr(r.why_failed, "not enough free memory"));
}

TEST(alloc_kept_blocks_are_not_called_fragmented, "covers: BS-48")
{
	struct alloc_request r = { .gfp = GFP_KERNEL | QUIET, .order = 3 };
	struct zone *z;

	given_pages(16 * MIB_PAGES);
	z = any_zone();
	buddy_set_type_locked(z, pfn(RAM_START + 9 * MIB_PAGES), MIGRATE_ISOLATE);
	memset(z->watermark, 0, sizeof(z->watermark));
	exhaust(GFP_KERNEL);
	expect_eq(z->free_pages, PAGEBLOCK_PAGES);
	expect_eq(zone_fragmentation_index(z, 3), -1000);
	expect(alloc_pages_request(&r) == NULL);
	expect(strstr(r.why_failed, "blocks are free, but kept"));
}

TEST(alloc_told_to_fail)
{
	struct alloc_request r = { .gfp = GFP_KERNEL | QUIET };
	struct page *p;

	given_pages(16 * MIB_PAGES);
	expect_eq(failpoint_arm("alloc_pages", 2), 0);
	p = alloc_pages_request(&r);
	expect(p != NULL);
	expect(alloc_pages_request(&r) == NULL);
	expect(strstr(r.why_failed, "failpoint"));
	expect(alloc_pages_request(&r) != NULL);
	expect_sound();
}

static struct page *victim;

static void free_victim(void)
{
	free_pages(victim, 0);
}

static void put_victim(void)
{
	page_put(victim);
}

TEST(alloc_bad_pages_are_found_at_free)
{
	static const uint32_t bad_flags[] = { PG_LOCKED, PG_LRU, PG_ISOLATED, PG_RESERVED };

	given_pages(16 * MIB_PAGES);
	for (unsigned i = 0; i < sizeof(bad_flags) / sizeof(bad_flags[0]); i++) {
		victim = alloc_pages(GFP_KERNEL, 0);
		page_set(victim, bad_flags[i]);
		expect(asserts(free_victim));
	}
	expect(strstr(logged_text(), "bad page at free: pfn 0x"));
	victim = alloc_pages(GFP_KERNEL, 0);
	victim->mapcount = 1;
	expect(asserts(free_victim));
	victim = alloc_pages(GFP_KERNEL, 0);
	page_get(victim);
	expect(asserts(free_victim));
}

TEST(alloc_double_free_asserts)
{
	given_pages(16 * MIB_PAGES);
	victim = alloc_pages(GFP_KERNEL, 0);
	free_pages(victim, 0);
	expect(asserts(put_victim));
}

static unsigned released;

static void note_release(struct page *p)
{
	expect_eq(p->refs, 0);
	page_clear(p, PG_LRU);
	released++;
}

TEST(page_put_last_hold_releases_by_kind, "covers: MG-10, MG-11")
{
	static const struct page_kind kind = { .name = "anon", .release = note_release };
	struct page *p;

	given_pages(16 * MIB_PAGES);
	page_kind_register(KIND_ANON, &kind);
	p = alloc_pages(GFP_USER, 0);
	page_set(p, (uint32_t)KIND_ANON << PG_KIND_SHIFT | PG_LRU | PG_DIRTY | PG_UPTODATE);
	page_get(p);
	expect(!page_freeze(p, 1));
	page_put(p);
	expect_eq(released, 0);
	expect(page_freeze(p, 1));
	expect(!page_try_get(p));
	page_unfreeze(p, 1);
	page_put(p);
	expect_eq(released, 1);
	expect(page_has(p, PG_PCP));
	expect_sound();
}

TEST(page_in_words)
{
	char text[200], little[10];
	struct page *p;

	given_pages(16 * MIB_PAGES);
	p = alloc_pages(GFP_KERNEL, 0);
	page_set(p, PG_LOCKED | PG_DIRTY);
	page_describe(p, text, sizeof(text));
	expect(strstr(text, "kernel refs 1 mapcount 0"));
	expect(strstr(text, "flags locked,dirty,unmovable"));
	page_describe(p, little, sizeof(little));
	expect_eq(strlen(little), sizeof(little) - 1);
}

TEST(alloc_random_walk_over_four_zones)
{
	static const gfp_t gfps[] = { GFP_USER, GFP_KERNEL, GFP_ZONE_HIGHMEM,
				      GFP_KERNEL | GFP_RECLAIM, GFP_ZONE_DMA | GFP_ATOMIC };
	static struct {
		struct page *page;
		unsigned order;
	} blocks[3000];
	unsigned count = 0;
	uint32_t before;
	struct rng r;

	given_four_zones();
	before = all_free_pages();
	rng_seed(&r, 7);
	for (unsigned step = 0; step < 30000; step++) {
		if (count < 3000 && rng_below(&r, 100) < 55) {
			unsigned order = rng_below(&r, 4) ? 0 : rng_below(&r, 6);
			struct page *p = alloc_pages(gfps[rng_below(&r, 5)] | QUIET, order);

			if (p) {
				blocks[count].page = p;
				blocks[count++].order = order;
			}
		} else if (count) {
			unsigned i = rng_below(&r, count);

			free_pages(blocks[i].page, blocks[i].order);
			blocks[i] = blocks[--count];
		}
		if (step % 1000 == 0)
			expect_sound();
	}
	while (count--)
		free_pages(blocks[count].page, blocks[count].order);
	expect_eq(all_free_pages(), before);
	alloc_drain_all();
	expect_sound();
}

struct thing {
	uint32_t words[10];
};

static struct objcache things = OBJCACHE_INIT(things, "thing", struct thing);

TEST(objcache_objects_come_zeroed_and_frames_go_back)
{
	static struct thing *all[1000];
	uint32_t before;

	given_pages(16 * MIB_PAGES);
	before = all_free_pages();
	for (unsigned i = 0; i < 1000; i++) {
		all[i] = objcache_alloc(&things, GFP_KERNEL);
		for (unsigned w = 0; w < 10; w++)
			expect_eq(all[i]->words[w], 0);
		memset(all[i], 0xee, sizeof(*all[i]));
	}
	expect_eq(things.in_use, 1000);
	expect_eq(things.frames, (1000 + 100) / 101);
	for (unsigned i = 0; i < 1000; i++)
		expect_eq(all[i]->words[9], 0xeeeeeeeeu);
	for (unsigned i = 0; i < 1000; i++)
		objcache_free(&things, all[(i * 7) % 1000]);
	expect_eq(things.in_use, 0);
	expect_eq(things.frames, 0);
	expect_eq(all_free_pages(), before);
	expect_sound();
}

TEST(objcache_freed_objects_are_poisoned)
{
	struct thing *a, *b;

	given_pages(16 * MIB_PAGES);
	a = objcache_alloc(&things, GFP_KERNEL);
	b = objcache_alloc(&things, GFP_KERNEL);
	b->words[9] = 1;
	objcache_free(&things, b);
	expect_eq(b->words[9], 0x5a5a5a5a);
	expect(objcache_alloc(&things, GFP_KERNEL) == b);
	expect_eq(b->words[9], 0);
	objcache_free(&things, a);
	objcache_free(&things, b);
}

TEST(objcache_without_memory_gives_null)
{
	given_pages(16 * MIB_PAGES);
	failpoint_arm("alloc_pages", 1);
	expect(objcache_alloc(&things, GFP_KERNEL | QUIET) == NULL);
	expect_eq(things.in_use, 0);
	expect(objcache_alloc(&things, GFP_KERNEL) != NULL);
}

/*
 * mm/move on the host, under the sanitizers: what an assertion guards, whole compactions over zones
 * of odd shapes, and direct compaction from the allocator.
 */
#include <stdio.h>

#include "mm/move/compaction.h"
#include "mm/move/defer.h"
#include "base/trace.h"
#include "mm/phys/buddy.h"
#include "mm/phys/pcp.h"
#include "mm/phys/pin.h"
#include "tests/unit/space.h"

#define BASE 0x20000000u

static uint32_t nth(uint32_t n)
{
	return BASE + n * PAGE_SIZE;
}

/* An area of `count` pages, each with its number in its first byte. */
static struct mm *given_written(uint32_t count)
{
	struct mm *mm = given_mm();

	given_area(mm, BASE, count, RW);
	for (uint32_t n = 0; n < count; n++)
		expect_eq(user_write(mm, nth(n), (uint8_t)(n * 7)), 0);
	drain_both_cpus();
	return mm;
}

/* Nearly all of memory filled, then all but every eighth page let go. Returns how many pages the
 * area has. */
static uint32_t given_fragmented(struct mm **mm)
{
	uint32_t count;

	given_machine();
	count = zones_free_pages() / 8 * 7;
	*mm = given_written(count);
	for (uint32_t n = 0; n < count; n += 8)
		mm_discard(*mm, nth(n + 1), 7 * PAGE_SIZE);
	drain_both_cpus();
	pcp_drain();
	return count;
}

static void then_bytes_are_right(struct mm *mm, uint32_t count)
{
	for (uint32_t n = 0; n < count; n += 8)
		expect_eq(user_read(mm, nth(n)), (uint8_t)(n * 7));
}

/* ---- what an assertion guards */

static struct page *wrong_target;

static struct page *take_wrong(struct migration *m, struct page *from)
{
	(void)m;
	(void)from;
	wrong_target = alloc_pages(GFP_USER, 0);
	page_init_flags(wrong_target, 0, PG_LOCKED);
	return wrong_target;
}

static struct page *victim;

static void move_to_a_locked_target(void)
{
	struct list one = LIST_INIT(one);
	struct migration m = { .pages = &one, .mode = MIGRATE_SYNC, .take_target = take_wrong };

	expect_eq(lru_isolate(victim), 0);
	list_add(&one, &victim->lru);
	migrate_pages(&m);
}

TEST(move_a_locked_target_is_a_bug, "covers: MV-1")
{
	struct mm *mm = given_written(1);

	victim = page_at(mm, BASE);
	expect(asserts(move_to_a_locked_target));
}

static void move_it(void)
{
	struct move what;

	migrate_frame(page_to_pfn(victim), MIGRATE_SYNC, &what);
}

TEST(move_active_and_unevictable_is_a_bug, "covers: CP-3")
{
	struct mm *mm = given_written(1);

	victim = page_at(mm, BASE);
	expect_eq(lru_isolate(victim), 0);
	page_set(victim, PG_ACTIVE | PG_UNEVICTABLE);
	lru_putback(victim);
	expect(asserts(move_it));
}

static void unfreeze_to_nothing(void)
{
	page_unfreeze(victim, 0);
}

static void unfreeze_what_is_held(void)
{
	page_unfreeze(victim, 1);
}

static void hold_what_nobody_holds(void)
{
	page_get(victim);
}

TEST(move_holds_that_can_not_be, "covers: MG-10, MG-11")
{
	given_machine();
	victim = alloc_pages(GFP_KERNEL, 0);
	expect(asserts(unfreeze_what_is_held));
	expect(page_freeze(victim, 1));
	expect(asserts(unfreeze_to_nothing));
	expect(asserts(hold_what_nobody_holds));
}

/* ---- whole runs */

TEST(move_compaction_of_everything, "covers: CO-2, CO-4, CO-5, CO-8")
{
	struct compact_counts counts = { 0 };
	struct mm *mm;
	uint32_t count = given_fragmented(&mm), before = zones_free_pages();

	expect_eq(compact_memory(NULL, MIGRATE_SYNC, &counts), COMPACT_COMPLETE);
	expect(counts.moved > 0);
	expect_eq(counts.isolated, counts.moved);
	expect_eq(zones_free_pages(), before);
	expect_eq(all_findings(), 0);
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_compaction_of_one_zone)
{
	struct compact_counts counts = { 0 };
	struct mm *mm;
	uint32_t count = given_fragmented(&mm);
	struct zone *z;

	for_each_zone(z) {
		expect_eq(compact_memory(z, MIGRATE_SYNC_LIGHT, &counts), COMPACT_COMPLETE);
		expect_eq(z->stat[NR_ISOLATED_ANON], 0);
	}
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

static struct page *held[4096];

static unsigned take_all(unsigned order)
{
	unsigned n = 0;

	while (n < 4096 && (held[n] = alloc_pages(GFP_USER | GFP_NOCOMPACT | GFP_NOWARN, order)))
		n++;
	return n;
}

TEST(move_direct_compaction, "covers: CO-9, CO-8")
{
	for (unsigned order = 4; order <= 8; order += 2) {
		struct mm *mm;
		uint32_t count = given_fragmented(&mm);
		unsigned n = take_all(order);
		struct page *p = alloc_pages(GFP_USER, order);

		expect(p != NULL);
		free_pages(p, order);
		while (n)
			free_pages(held[--n], order);
		then_bytes_are_right(mm, count);
		mm_put(mm);
		then_nothing_is_left();
	}
}

TEST(move_direct_compaction_gives_up_and_is_deferred, "covers: CO-7, CO-6")
{
	struct zone *z = zonelist_first(ZONE_MOVABLE);
	unsigned order = MAX_ORDER, n;
	struct mm *mm;
	uint32_t count;

	given_machine();
	z = zonelist_first(ZONE_MOVABLE);
	n = take_all(order);
	count = given_fragmented(&mm);
	for (unsigned i = 0; i < 20; i++)
		expect(alloc_pages(GFP_USER | GFP_NOWARN, order) == NULL);
	expect(compaction_suitable(z, order) != COMPACT_PARTIAL);
	then_bytes_are_right(mm, count);
	mm_put(mm);
	while (n)
		free_pages(held[--n], order);
	then_nothing_is_left();
}

/* Every second page is pinned: nothing of it moves, nothing is lost, the others go. */
TEST(move_pinned_pages_stay, "covers: MG-2, BS-42")
{
	struct compact_counts counts = { 0 };
	struct mm *mm;
	uint32_t count = given_fragmented(&mm);

	for (uint32_t n = 0; n < count; n += 16)
		expect(page_try_pin(page_at(mm, nth(n)), "test"));
	compact_memory(NULL, MIGRATE_SYNC, &counts);
	expect(counts.failed > 0 && counts.moved > 0);
	for (uint32_t n = 0; n < count; n += 16)
		page_unpin(page_at(mm, nth(n)));
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

/* Failed at the n-th pass of each site, for every n until the story passes. */
static void one_compaction(uint32_t n)
{
	struct compact_counts counts = { 0 };
	struct mm *mm = given_written(200);

	(void)n;
	for (uint32_t i = 0; i < 200; i += 8)
		mm_discard(mm, nth(i + 1), 7 * PAGE_SIZE);
	drain_both_cpus();
	compact_memory(NULL, MIGRATE_SYNC, &counts);
	for (uint32_t i = 0; i < 200; i += 8)
		expect_eq(user_read(mm, nth(i)), (uint8_t)(i * 7));
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_every_stage_fails_once, "covers: MG-12, UN-15")
{
	static const char *const sites[] = { "migrate_target", "migrate_lock", "migrate_unmap",
					     "migrate_count",  "migrate_copy", "migrate_freeze" };

	given_machine();
	for (unsigned i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
		for (uint32_t n = 1; n <= 30; n++) {
			expect_eq(failpoint_arm(sites[i], n), 0);
			one_compaction(n);
			failpoints_off();
		}
}

/* ---- what is seen and said */

static unsigned rounds;

static void count_round(const struct compaction *run)
{
	rounds += run->status == COMPACT_CONTINUE;
	if (rounds == 2)
		thread_mark(cpu_current(), THREAD_FATAL);
}

TEST(move_a_dying_thread_stops, "covers: CO-8, BS-46")
{
	struct compact_counts counts = { 0 };
	struct mm *mm;
	uint32_t count = given_fragmented(&mm);

	rounds = 0;
	compaction_set_progress(count_round);
	expect_eq(compact_memory(NULL, MIGRATE_SYNC, &counts), COMPACT_INTERRUPTED);
	compaction_set_progress(NULL);
	thread_unmark(cpu_current(), THREAD_FATAL);
	expect_eq(rounds, 2);
	expect_eq(zones_stat(NR_ISOLATED_ANON), 0);
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_least_moves_after_a_compaction)
{
	struct block_snapshot before, after;
	struct compact_counts counts = { 0 };
	struct page *kernel;
	struct mm *mm;
	uint32_t count = given_fragmented(&mm), least;

	kernel = alloc_pages(GFP_KERNEL, 0);
	compaction_snapshot(&before);
	compact_memory(NULL, MIGRATE_SYNC, &counts);
	compaction_snapshot(&after);
	least = compaction_least_moves(&before, &after);
	expect(least > 0 && least <= counts.moved);
	expect_eq(compaction_least_moves(&after, &before), 0);
	free_pages(kernel, 0);
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_everything_has_a_name)
{
	for (unsigned s = 0; s < COMPACT_STATUSES; s++)
		expect(compact_status_name((enum compact_status)s)[0] != 0);
	for (unsigned r = 0; r < MOVE_REASONS; r++)
		expect(move_reason_name((enum move_reason)r)[0] &&
		       move_reason_text((enum move_reason)r)[0]);
	for (unsigned s = 0; s <= MOVE_STAGES; s++)
		expect(move_stage_name((enum move_stage)s)[0] != 0);
}

/* The line of the trace that such an event is printed as. */
static const char *traced(enum trace_event id, const uint32_t *words, unsigned count)
{
	trace_clear();
	trace_record(id, words, count);
	trace_dump();
	return logged_text();
}

TEST(move_every_value_is_traced_by_its_name)
{
	char wanted[64];
	struct mm *mm;

	given_fragmented(&mm);
	for (uint32_t r = 0; r < MOVE_REASONS; r++) {
		snprintf(wanted, sizeof(wanted), "reason=%s ",
			 move_reason_name((enum move_reason)r));
		expect(strstr(traced(TRACE_MIGRATE_FAIL, (uint32_t[]){ 0, r }, 2), wanted));
	}
	for (uint32_t s = 0; s <= MOVE_STAGES; s++) {
		snprintf(wanted, sizeof(wanted), "stage=%s\n", move_stage_name((enum move_stage)s));
		expect(strstr(traced(TRACE_MIGRATE_STAGE, (uint32_t[]){ 0, 0, s }, 3), wanted));
	}
	for (uint32_t s = 0; s < COMPACT_STATUSES; s++) {
		snprintf(wanted, sizeof(wanted), "ret=%u\n", (unsigned)s);
		expect(!strstr(traced(TRACE_MM_COMPACTION_SUITABLE, (uint32_t[]){ 0, 0, s }, 3),
			       wanted));
	}
	mm_put(mm);
}

/* ---- refusals that need a hand */

static struct page *fresh_target(struct migration *m, struct page *from)
{
	(void)m;
	(void)from;
	return alloc_pages(GFP_USER, 0);
}

static int move_list(struct list *pages, struct migration *m)
{
	*m = (struct migration){ .pages = pages,
				 .mode = MIGRATE_SYNC,
				 .take_target = fresh_target };
	return migrate_pages(m);
}

TEST(move_no_kind_that_moves, "covers: MP-7, MP-10")
{
	struct list one = LIST_INIT(one);
	struct migration m;
	struct page *p;

	given_machine();
	p = alloc_pages(GFP_USER, 0);
	page_init_flags(p, 0, PG_SWAPBACKED);
	lru_add(p);
	lru_drain();
	expect_eq(lru_isolate(p), 0);
	list_add(&one, &p->lru);
	expect_eq(move_list(&one, &m), 1);
	expect_eq(m.failed, 1);
	expect_eq(m.last_refused.reason, MOVE_UNSUPPORTED);
	expect(list_is_empty(&one));
}

TEST(move_a_frame_that_is_none, "covers: UM-9")
{
	struct move what;

	given_machine();
	expect_eq(migrate_frame(pfn(1), MIGRATE_SYNC, &what), -EINVAL);
}

/* Nothing in mm hides an area from its family; the test does. */
TEST(move_a_mapping_that_stays, "covers: UN-14")
{
	struct mm *mm = given_written(1), *child = given_mm();
	struct vma *hidden;
	struct move what;

	expect_eq(mm_fork(mm, child), 0);
	hidden = vma_find(child, vaddr(BASE));
	list_del(&hidden->family);
	expect_eq(migrate_frame(page_to_pfn(page_at(mm, BASE)), MIGRATE_SYNC, &what), -EAGAIN);
	expect_eq(what.reason, MOVE_UNMAP_FAILED);
	expect_eq(page_at(mm, BASE)->mapcount, 2);
	list_add_tail(&hidden->anon->areas, &hidden->family);
	mm_put(child);
	mm_put(mm);
	then_nothing_is_left();
}

static struct page *low_target(struct migration *m, struct page *from)
{
	(void)m;
	(void)from;
	return alloc_pages(GFP_KERNEL, 0);
}

TEST(move_mlocked_to_another_zone, "covers: CP-8, MG-8")
{
	struct list one = LIST_INIT(one);
	struct mm *mm = given_written(1);
	struct page *p = page_at(mm, BASE);
	struct migration m = { .pages = &one, .mode = MIGRATE_SYNC, .take_target = low_target };

	expect_eq(mm_lock_range(mm, BASE, PAGE_SIZE, true), 0);
	expect_eq(page_zone(p)->id, ZONE_HIGHMEM);
	expect_eq(lru_isolate(p), 0);
	list_add(&one, &p->lru);
	expect_eq(migrate_pages(&m), 0);
	expect_eq(zones[ZONE_HIGHMEM].stat[NR_MLOCK], 0);
	expect_eq(zones[ZONE_NORMAL].stat[NR_MLOCK], 1);
	expect_eq(zones[ZONE_NORMAL].stat[NR_ANON_PAGES], 1);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_clean_stays_clean, "covers: TU-2, TU-3")
{
	struct mm *mm = given_written(1);
	struct page *p = page_at(mm, BASE);
	struct move what;

	page_clear(p, PG_DIRTY);
	set_entry(mm, BASE, pte_mkclean(entry_at(mm, BASE)));
	migrate_watched = true;
	expect_eq(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
	migrate_watched = false;
	expect(!pte_is_dirty(entry_at(mm, BASE)) && !page_has(page_at(mm, BASE), PG_DIRTY));
	mm_put(mm);
	then_nothing_is_left();
}

/* ---- targets that somebody looks at, hints, types */

static struct page *looked_at;

static void look_at_target(const struct move *m, enum move_stage passed)
{
	if (passed != STAGE_TARGET || looked_at)
		return;
	looked_at = m->to;
	page_get(looked_at);
}

static void let_go_in_a_round(const struct compaction *run)
{
	(void)run;
	if (looked_at)
		page_put(looked_at);
	looked_at = NULL;
}

TEST(move_a_refused_target_that_is_held, "covers: CO-5, MG-12, TS-5")
{
	struct compact_counts counts = { 0 };
	struct mm *mm;
	uint32_t count = given_fragmented(&mm);

	looked_at = NULL;
	migrate_set_probe(look_at_target);
	compaction_set_progress(let_go_in_a_round);
	expect_eq(failpoint_arm("migrate_lock", 1), 0);
	compact_memory(NULL, MIGRATE_SYNC, &counts);
	failpoints_off();
	migrate_set_probe(NULL);
	compaction_set_progress(NULL);
	let_go_in_a_round(NULL);
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

static void set_hints(struct zone *z, uint8_t hints)
{
	for (uint32_t n = z->start.n; n < z->end.n; n += PAGEBLOCK_PAGES)
		pageblock_of(pfn(n))->skip = hints;
}

TEST(move_hints_are_heeded, "covers: CO-10")
{
	struct mm *mm;
	struct zone *z;

	given_fragmented(&mm);
	for_each_zone(z) {
		struct compaction run = { .zone = z,
					  .order = COMPACT_WHOLE_ZONE,
					  .mode = MIGRATE_SYNC,
					  .type = MIGRATE_MOVABLE };

		set_hints(z, PAGEBLOCK_SKIP_MIGRATE);
		expect_eq(compact_zone(&run), COMPACT_COMPLETE);
		expect_eq(run.counts.moved, 0);
	}
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_suitable_tells_want_from_fragments, "covers: CO-6, BS-48")
{
	struct mm *mm;
	struct zone *z;
	uint32_t count;

	given_machine();
	z = zonelist_first(ZONE_MOVABLE);
	expect_eq(compaction_suitable(z, 4), COMPACT_PARTIAL);
	count = z->free_pages - z->watermark[WMARK_LOW] - 8;
	mm = given_written(count);
	expect_eq(compaction_suitable(z, 8), COMPACT_SKIPPED);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_deferral_by_order, "covers: CO-7")
{
	struct zone *z;

	given_machine();
	z = zonelist_first(ZONE_NORMAL);
	z->defer = (struct compact_defer){ .order_failed = MAX_ORDER + 1 };
	for (unsigned i = 0; i < DEFER_MAX_SHIFT + 2; i++)
		defer_after_failure(z, 9);
	expect_eq(z->defer.shift, DEFER_MAX_SHIFT);
	expect(defer_is_due(z, 9) && !defer_is_due(z, 8));
	defer_after_failure(z, 10);
	expect_eq(z->defer.order_failed, 9);
	defer_reset(z, 9, false);
	expect_eq(z->defer.order_failed, 10);
	expect(defer_is_due(z, 10));
	defer_reset(z, 10, true);
	expect(!defer_is_due(z, 10));
}

/* ---- types, and memory in few large pieces */

static void set_types(struct zone *z, enum migratetype type, unsigned every)
{
	for (uint32_t n = z->start.n; n + PAGEBLOCK_PAGES <= z->end.n;
	     n += every * PAGEBLOCK_PAGES) {
		uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);

		if (pageblock_type(pfn(n)) != MIGRATE_UNMOVABLE)
			buddy_set_type(z, pfn(n), type);
		spin_unlock_irq(&z->lock, saved);
	}
}

TEST(move_types_that_are_looked_into, "covers: CO-1")
{
	static const enum migratetype types[] = { MIGRATE_CMA, MIGRATE_RECLAIMABLE,
						  MIGRATE_ISOLATE };

	for (unsigned i = 0; i < 3; i++)
		for (unsigned mode = MIGRATE_ASYNC; mode <= MIGRATE_SYNC; mode += 2) {
			struct compact_counts counts = { 0 };
			struct mm *mm;
			uint32_t count = given_fragmented(&mm);
			struct block_snapshot s;
			struct zone *z;

			for_each_zone(z)
				set_types(z, types[i], 1);
			compact_memory(NULL, (enum migrate_mode)mode, &counts);
			compaction_snapshot(&s);
			if (types[i] == MIGRATE_ISOLATE)
				expect_eq(counts.isolated, 0);
			if (types[i] == MIGRATE_RECLAIMABLE)
				expect_eq(counts.isolated != 0, mode == MIGRATE_SYNC);
			for_each_zone(z)
				set_types(z, MIGRATE_MOVABLE, 1);
			then_bytes_are_right(mm, count);
			mm_put(mm);
			then_nothing_is_left();
		}
}

TEST(move_few_large_pieces_are_no_fragments, "covers: CO-6")
{
	struct zone *z;
	unsigned n;

	given_machine();
	z = zonelist_first(ZONE_MOVABLE);
	n = take_all(7);
	for (unsigned i = 0, freed = 0; i < n && freed < 5; i++)
		if (page_zone(held[i]) == z && page_to_pfn(held[i]).n % 256 == 0) {
			free_pages(held[i], 7);
			held[i] = NULL;
			freed++;
		}
	expect(zone_fragmentation_index(z, 8) <= 500);
	expect_eq(compaction_suitable(z, 8), COMPACT_SKIPPED);
	while (n--)
		if (held[n])
			free_pages(held[n], 7);
	then_nothing_is_left();
}

TEST(move_a_whole_block_for_what_can_not_move, "covers: CO-8, CO-9")
{
	struct mm *mm;
	uint32_t count = given_fragmented(&mm);
	unsigned n = 0;
	struct page *p;

	while (n < 4096 && (held[n] = alloc_pages(GFP_KERNEL | GFP_NOCOMPACT | GFP_NOWARN, 8)))
		n++;
	p = alloc_pages(GFP_KERNEL | GFP_NOWARN, 8);
	if (p)
		free_pages(p, 8);
	while (n)
		free_pages(held[--n], 8);
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_too_much_is_isolated_already, "covers: CO-3")
{
	struct list taken = LIST_INIT(taken);
	struct mm *mm;
	uint32_t count = given_fragmented(&mm);

	for (uint32_t n = 0; n < count; n += 8)
		if (n / 8 % 4 && lru_isolate(page_at(mm, nth(n))) == 0)
			list_add(&taken, &page_at(mm, nth(n))->lru);
	for (unsigned mode = MIGRATE_ASYNC; mode <= MIGRATE_SYNC; mode += 2) {
		struct compaction run = { .zone = zonelist_first(ZONE_MOVABLE),
					  .order = COMPACT_WHOLE_ZONE,
					  .mode = (enum migrate_mode)mode,
					  .type = MIGRATE_MOVABLE,
					  .ignore_hints = true };

		expect(lru_too_many_isolated(run.zone));
		expect_eq(compact_zone(&run), COMPACT_CONTENDED);
		expect_eq(run.counts.isolated, 0);
	}
	lru_putback_list(&taken);
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

TEST(move_traced, "covers: MP-8")
{
	struct compact_counts counts = { 0 };
	static char room[16384 * TRACE_RECORD_BYTES];
	const char *text;
	struct mm *mm;
	uint32_t count = given_fragmented(&mm);

	trace_use_memory(0, room, 16384);
	trace_enable("all");
	expect(page_try_pin(page_at(mm, BASE + (count / 16 * 8) * PAGE_SIZE), "test"));
	compact_memory(NULL, MIGRATE_SYNC, &counts);
	trace_disable("all");
	logged_text();
	trace_dump_tail(200);
	text = logged_text();
	expect(strstr(text, "migrate_stage: pfn=0x") && strstr(text, " stage=copy\n"));
	trace_dump_events(1u << TRACE_MIGRATE_FAIL);
	text = logged_text();
	expect(strstr(text, " reason=PINNED expected=2 found=3 stage=unmap\n"));
	trace_dump_events(1u << TRACE_MM_COMPACTION_END | 1u << TRACE_MM_MIGRATE_PAGES);
	text = logged_text();
	expect(strstr(text, ", mode=sync status=complete\n"));
	expect(strstr(text, " mode=MIGRATE_SYNC reason=compaction\n"));
	page_unpin(page_at(mm, BASE + (count / 16 * 8) * PAGE_SIZE));
	then_bytes_are_right(mm, count);
	mm_put(mm);
	then_nothing_is_left();
}

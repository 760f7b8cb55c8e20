/*
 * Compaction: when to start, one run over a zone, when to stop.
 *
 * A run alternates between its two scanners (scan.c) and migrate_pages, a batch at a time, and owns
 * what it has isolated: pages that would not move go back to their lists after every batch, the
 * free scanner's stock goes back to the buddy at the end. Nothing stays isolated when compact_zone
 * returns, however it ends.
 */
#include "mm/move/compaction.h"

#include "base/trace.h"
#include "base/waitq.h"
#include "mm/move/defer.h"
#include "mm/move/scan.h"
#include "mm/phys/buddy.h"
#include "mm/phys/pcp.h"
#include "mm/phys/relief.h"
#include "mm/phys/lru.h"

static const char *const status_names[COMPACT_STATUSES] = {
	[COMPACT_SKIPPED] = "skipped",	       [COMPACT_DEFERRED] = "deferred",
	[COMPACT_CONTINUE] = "continue",       [COMPACT_COMPLETE] = "complete",
	[COMPACT_PARTIAL] = "partial",	       [COMPACT_CONTENDED] = "contended",
	[COMPACT_INTERRUPTED] = "interrupted", [COMPACT_SPENT] = "spent its budget",
};

struct compaction_tunables compaction_tunables = {
	.extfrag_threshold = 500,
	.proactiveness = 20,
	.unevictable_allowed = 1,
};

const char *compact_status_name(enum compact_status s)
{
	return status_names[s];
}

/* Told after every batch. */
static void (*progress)(const struct compaction *run);
static void (*observer)(const struct compaction *run);

void compaction_set_progress(void (*show)(const struct compaction *run))
{
	progress = show;
}

void compaction_set_observer(void (*see)(const struct compaction *run))
{
	observer = see;
}

/* ---- when to start. Nothing is locked here: what is decided is looked at again later. */

uint32_t compaction_score(const struct zone *z)
{
	uint32_t free_pages = z->free_pages, large = 0;

	for (unsigned order = PAGEBLOCK_ORDER; order < ORDERS; order++)
		large += z->area[order].blocks << order;
	return free_pages > large ? (free_pages - large) * 100 / free_pages : 0;
}

static enum compact_status suitability(const struct zone *z, unsigned order)
{
	uint32_t mark = z->watermark[WMARK_LOW];
	int index;

	if (order == COMPACT_WHOLE_ZONE)
		return COMPACT_CONTINUE;
	if (zone_watermark_ok(z, order, mark, false))
		return COMPACT_PARTIAL;
	/* Targets and sources exist at the same time. */
	if (!zone_watermark_ok(z, 0, mark + (2u << order), false))
		return COMPACT_SKIPPED;
	index = zone_fragmentation_index(z, order);
	if (index >= 0 && (uint32_t)index <= compaction_tunables.extfrag_threshold)
		return COMPACT_SKIPPED;
	return COMPACT_CONTINUE;
}

/* As Linux has it: -1 is no order. */
static uint32_t order_traced(unsigned order)
{
	return order == COMPACT_WHOLE_ZONE ? UINT32_MAX : order;
}

enum compact_status compaction_suitable(const struct zone *z, unsigned order)
{
	enum compact_status s = suitability(z, order);

	TRACE(MM_COMPACTION_SUITABLE, z->id, order_traced(order), s);
	return s;
}

/* ---- when to stop */

static bool goal_is_reached(const struct compaction *run)
{
	const struct zone *z = run->zone;

	if (run->capture && run->capture->page)
		return true;
	if (run->target_score)
		return compaction_score(z) <= run->target_score;
	if (run->order == COMPACT_WHOLE_ZONE)
		return false;
	if (!zone_watermark_ok(z, run->order, z->watermark[WMARK_LOW],
			       run->type == MIGRATE_MOVABLE))
		return false;
	if (buddy_has_block(z, run->order, run->type))
		return true;
	/* A whole pageblock changes its type without mixing anything. */
	return run->order >= PAGEBLOCK_ORDER && buddy_has_block(z, run->order, MIGRATE_MOVABLE);
}

/* ---- one run */

static void reset_hints(struct zone *z)
{
	for (uint32_t n = z->start.n; n < z->end.n; n += PAGEBLOCK_PAGES)
		pageblock_of(pfn(n))->skip = 0;
	z->compact_migrate[0] = z->compact_migrate[1] = z->start;
	z->compact_free = z->end;
}

static bool wants_everything(const struct compaction *run)
{
	return run->order == COMPACT_WHOLE_ZONE && !run->target_score;
}

/* Where the last run stopped, unless that is nowhere or the caller wants everything. */
static void place_scanners(struct compaction *run)
{
	struct zone *z = run->zone;
	pfn_t migrate = z->compact_migrate[run->mode != MIGRATE_ASYNC], free = z->compact_free;
	bool resume = !wants_everything(run) && migrate.n < free.n;

	run->migrate_pfn = resume ? migrate.n : z->start.n;
	run->free_pfn = resume ? free.n : z->end.n;
	run->whole_range = run->migrate_pfn == z->start.n && run->free_pfn == z->end.n;
}

/*
 * Whole runs leave no trace for later ones to start from: they ignore hints and would spoil them.
 */
static void remember_scanners(struct compaction *run)
{
	struct zone *z = run->zone;

	if (run->status == COMPACT_COMPLETE) {
		reset_hints(z);
		return;
	}
	if (wants_everything(run))
		return;
	z->compact_migrate[run->mode != MIGRATE_ASYNC] = pfn(pageblock_start(run->migrate_pfn));
	z->compact_free = pfn(run->free_pfn);
}

enum mover compaction_mover(const struct compaction *run)
{
	if (run->capture)
		return MOVER_DIRECT;
	return run->ignore_hints ? MOVER_WHOLE : MOVER_KCOMPACTD;
}

static void set_capture(struct zone *z, struct capture *c)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);

	buddy_set_capture(z, c);
	spin_unlock_irq(&z->lock, saved);
}

static void begin(struct compaction *run)
{
	list_init(&run->sources);
	list_init(&run->blocks);
	list_init(&run->returned);
	run->source_pages = run->stock_pages = run->run_left = 0;
	run->migration = (struct migration){ .pages = &run->sources,
					     .mode = run->mode,
					     .why = WHY_COMPACTION,
					     .mover = compaction_mover(run),
					     .take_target = scan_take_target,
					     .give_back = scan_give_back,
					     .bill = bill_open() };
	run->status = COMPACT_CONTINUE;
	if (run->capture)
		set_capture(run->zone, run->capture);
	alloc_drain_all(); /* frames and pages in per-cpu caches are neither movable nor free */
	place_scanners(run);
	TRACE(MM_COMPACTION_BEGIN, run->zone->start.n, run->migrate_pfn, run->free_pfn,
	      run->zone->end.n, run->mode);
}

static void end(struct compaction *run)
{
	scan_release_stock(run);
	pcp_drain();
	bill_lap(run->migration.bill, BILL_PUT_BACK);
	if (run->capture) {
		set_capture(run->zone, NULL);
		run->status = run->capture->page ? COMPACT_PARTIAL : run->status;
	}
	remember_scanners(run);
	vm_event_add(COMPACTMIGRATE_SCANNED, run->counts.migrate_scanned);
	vm_event_add(COMPACTFREE_SCANNED, run->counts.free_scanned);
	vm_event_add(COMPACTISOLATED, run->counts.isolated);
	TRACE(MM_COMPACTION_END, run->zone->start.n, run->migrate_pfn, run->free_pfn,
	      run->zone->end.n, run->mode, run->status);
}

/* What would not move goes back; no targets left means that the scanners have met. CO-5 */
static void move_batch(struct compaction *run)
{
	uint64_t start = cpu_insns();
	int left = migrate_pages(&run->migration);
	uint32_t failed = run->source_pages - run->migration.moved;

	bill_lap(run->migration.bill, BILL_REST);
	lru_putback_list(&run->sources);
	if (run->capture)
		pcp_drain(); /* here frames become blocks; on this cpu's list anybody could have
				them */
	bill_lap(run->migration.bill, BILL_PUT_BACK);
	run->counts.moved += run->migration.moved;
	run->counts.failed += failed;
	run->source_pages = 0;
	if (left < 0)
		run->status = COMPACT_COMPLETE;
	run->counts.migrate_insns += cpu_insns() - start;
	TRACE(MM_COMPACTION_MIGRATEPAGES, run->migration.moved, failed);
}

static enum scan_result scan(struct compaction *run)
{
	uint64_t start = cpu_insns();
	enum scan_result found;

	bill_lap(run->migration.bill, BILL_REST);
	found = scan_for_pages(run);
	bill_lap(run->migration.bill, BILL_ISOLATE);
	run->counts.isolate_insns += cpu_insns() - start;
	return found;
}

static void one_round(struct compaction *run)
{
	switch (scan(run)) {
	case SCAN_FOUND:
		move_batch(run);
		if (progress)
			progress(run);
		if (observer)
			observer(run);
		if (run->status == COMPACT_CONTINUE && goal_is_reached(run))
			run->status = COMPACT_PARTIAL;
		TRACE(MM_COMPACTION_FINISHED, run->zone->id, order_traced(run->order), run->status);
		break;
	case SCAN_NONE:
		run->status = COMPACT_COMPLETE;
		break;
	case SCAN_STOP:
		break; /* the status says why */
	}
}

/* ---- whose turn it is */

static void wait_for_turn(struct zone *z)
{
	struct waiter w;

	atomic_fetch_add(&z->compact_waiters, 1);
	waitq_prepare(&w, &z->compacting, "compaction of a zone");
	if (atomic_load(&z->compacting) && !thread_is_dying())
		sched_block();
	waitq_finish(&w);
	atomic_fetch_add(&z->compact_waiters, ~0u);
}

/*
 * The zone is this run's, if the status is still COMPACT_CONTINUE. Whoever had it may have made
 * what this one wanted: that is asked again. Cannot deadlock: who has the zone waits for no page
 * lock (THREAD_MEMALLOC, UN-2) and no address space, so whatever a waiter holds it does not need.
 */
static void claim_zone(struct compaction *run)
{
	struct zone *z = run->zone;

	run->status = compaction_suitable(z, run->order);
	while (run->status == COMPACT_CONTINUE && !atomic_cas(&z->compacting, 0, 1)) {
		if (run->mode != MIGRATE_ASYNC)
			wait_for_turn(z);
		run->status = compaction_suitable(z, run->order);
		if (run->mode == MIGRATE_ASYNC)
			run->status = COMPACT_CONTENDED;
		else if (thread_is_dying())
			run->status = COMPACT_INTERRUPTED;
	}
}

static void release_zone(struct zone *z)
{
	atomic_store(&z->compacting, 0);
	waitq_wake(&z->compacting);
}

static void run_in_zone(struct compaction *run)
{
	uint32_t flags = thread_set_flags(THREAD_MEMALLOC);

	begin(run);
	while (run->status == COMPACT_CONTINUE)
		one_round(run);
	end(run);
	thread_restore_flags(flags, THREAD_MEMALLOC);
}

enum compact_status compact_zone(struct compaction *run)
{
	uint64_t start = cpu_insns();

	claim_zone(run);
	if (run->status != COMPACT_CONTINUE)
		return run->status;
	run_in_zone(run);
	run->counts.insns += cpu_insns() - start;
	bill_close_compaction(run->migration.bill, &run->counts, wants_everything(run));
	bill_count_run(run->zone->id, &run->counts);
	release_zone(run->zone);
	return run->status;
}

/* ---- everything */

static void add_counts(struct compact_counts *to, const struct compact_counts *from)
{
	to->migrate_scanned += from->migrate_scanned;
	to->free_scanned += from->free_scanned;
	to->isolated += from->isolated;
	to->moved += from->moved;
	to->failed += from->failed;
	to->blocks_visited += from->blocks_visited;
	to->blocks_passed += from->blocks_passed;
	to->insns += from->insns;
	to->isolate_insns += from->isolate_insns;
	to->migrate_insns += from->migrate_insns;
}

enum compact_status compact_memory(struct zone *zone, enum migrate_mode mode,
				   struct compact_counts *counts)
{
	enum compact_status status = COMPACT_SKIPPED;
	struct zone *z;

	for_each_zone(z) {
		struct compaction run = { .zone = z,
					  .order = COMPACT_WHOLE_ZONE,
					  .mode = mode,
					  .type = MIGRATE_MOVABLE,
					  .ignore_hints = true };

		if (zone && z != zone)
			continue;
		status = compact_zone(&run);
		add_counts(counts, &run.counts);
		if (status == COMPACT_INTERRUPTED)
			break;
	}
	return status;
}

/* ---- direct compaction, from the allocator's slow path. CO-9 */

void compaction_learn(const struct compaction *run)
{
	if (run->status == COMPACT_PARTIAL)
		defer_reset(run->zone, run->order, true);
	else if (run->status == COMPACT_COMPLETE && run->mode != MIGRATE_ASYNC && run->whole_range)
		defer_after_failure(run->zone, run->order);
}

/* The block that the run makes goes straight to the request. CO-11 */
static enum compact_status compact_for(struct alloc_request *r, struct zone *z, unsigned attempt)
{
	struct capture capture = { .order = r->order,
				   .type = r->type,
				   .leave = z->watermark[WMARK_MIN] + z->reserve[r->highest] };
	struct compaction run = { .zone = z,
				  .order = r->order,
				  .type = r->type,
				  .mode = attempt ? MIGRATE_SYNC_LIGHT : MIGRATE_ASYNC,
				  .ignore_hints = attempt > 1,
				  .until_insns = r->until_insns,
				  .capture = &capture };

	if (defer_is_due(z, r->order))
		return COMPACT_DEFERRED;
	compact_zone(&run);
	compaction_learn(&run);
	r->page = capture.page;
	return run.status;
}

/* Zone after zone until one gives a block, or the request has to give up. */
static enum compact_status compact_zones_for(struct alloc_request *r, unsigned attempt)
{
	enum compact_status result = COMPACT_SKIPPED;

	for (struct zone *z = zonelist_first(r->highest); z; z = zonelist_next(z)) {
		enum compact_status s = compact_for(r, z, attempt);

		if (s == COMPACT_PARTIAL || s == COMPACT_INTERRUPTED || s == COMPACT_SPENT)
			return s;
		if (s == COMPACT_COMPLETE || s == COMPACT_CONTENDED)
			result = s;
	}
	return result;
}

/* In Linux's numbers: 2 asynchronous, 1 waits a little, 0 looks everywhere. */
static uint32_t priority_of(unsigned attempt)
{
	return attempt < 2 ? 2 - attempt : 0;
}

static enum relief_answer help(struct alloc_request *r, unsigned attempt)
{
	enum compact_status s;

	if (r->order == 0 || r->gfp & GFP_NOCOMPACT)
		return RELIEF_NOTHING;
	vm_event_add(COMPACTSTALL, 1);
	TRACE(MM_COMPACTION_TRY_TO_COMPACT_PAGES, r->order, r->gfp, priority_of(attempt));
	s = compact_zones_for(r, attempt);
	TRACE(DIRECT_COMPACTION_END, r->order, s, r->page != NULL);
	vm_event_add(s == COMPACT_PARTIAL ? COMPACTSUCCESS : COMPACTFAIL, 1);
	if (r->page)
		return RELIEF_CAPTURED;
	/* After the latter two the next round is a slower one. */
	return s == COMPACT_PARTIAL || s == COMPACT_COMPLETE || s == COMPACT_CONTENDED
		       ? RELIEF_PROGRESS
		       : RELIEF_NOTHING;
}

static struct relief direct = { .name = "compaction", .help = help };

void compaction_init(void)
{
	struct zone *z;

	for_each_zone(z) {
		reset_hints(z);
		z->defer.order_failed = MAX_ORDER + 1;
	}
	relief_register(&direct);
}

/* ---- how few moves would have done */

static void count_block(struct block_snapshot *s, const struct pageblock *b, uint32_t pages)
{
	uint32_t used = pages - b->free_pages;

	if (b->unmovable_pages || b->type == MIGRATE_ISOLATE)
		return;
	s->blocks_with[used]++;
	s->free_blocks += used == 0;
}

void compaction_snapshot(struct block_snapshot *s)
{
	struct zone *z;

	*s = (struct block_snapshot){ 0 };
	for_each_zone(z)
		for (uint32_t n = z->start.n; n + PAGEBLOCK_PAGES <= z->end.n; n += PAGEBLOCK_PAGES)
			count_block(s, pageblock_of(pfn(n)), PAGEBLOCK_PAGES);
}

uint32_t compaction_least_moves(const struct block_snapshot *before,
				const struct block_snapshot *after)
{
	uint32_t wanted = after->free_blocks > before->free_blocks
				  ? after->free_blocks - before->free_blocks
				  : 0;
	uint32_t moves = 0;

	for (uint32_t used = 1; wanted && used <= PAGEBLOCK_PAGES; used++) {
		uint32_t n =
			before->blocks_with[used] < wanted ? before->blocks_with[used] : wanted;

		moves += n * used;
		wanted -= n;
	}
	return moves;
}

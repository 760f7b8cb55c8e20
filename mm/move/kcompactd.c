/*
 * The policy of background compaction. State is of the one thread that steps, but for the demand,
 * which any request writes: one word, its order + 1 and its highest zone; 0 is none.
 */
#include "mm/move/kcompactd.h"

#include "base/trace.h"
#include "mm/move/defer.h"
#include "mm/phys/relief.h"

static struct {
	uint32_t demand;	/* (A) */
	uint32_t paused;	/* (A) */
	struct thread *thread;	/* (A) who waits, to be woken */
	enum migrate_mode mode; /* of the next round */
	uint32_t rounds;	/* for this demand, or since this look */
	struct zone *zone;	/* being worked on by foresight; NULL: none */
	uint32_t score_before;
	uint64_t look_ns;    /* when to look next */
	uint32_t shift;	     /* looks come at LOOK_NS << shift */
	uint32_t pages_seen; /* given back, at the last look */
} daemon;

/* ---- demand */

static uint32_t demand_of(unsigned order, enum zone_id highest)
{
	return (order + 1) << 8 | (uint32_t)highest;
}

static unsigned order_of(uint32_t demand)
{
	return (demand >> 8) - 1;
}

static bool is_suitable(enum zone_id highest, unsigned order)
{
	for (struct zone *z = zonelist_first(highest); z; z = zonelist_next(z))
		if (compaction_suitable(z, order) == COMPACT_CONTINUE)
			return true;
	return false;
}

/*
 * Race: of two demands that come at once one may be lost. It was for a block that its request asks
 * direct compaction for anyway, and the next one comes with the next request.
 */
static void wake(const struct alloc_request *r)
{
	uint32_t demand = demand_of(r->order, r->highest);
	struct thread *sleeper;

	if (r->order == 0 || r->gfp & GFP_NOCOMPACT || demand <= atomic_load(&daemon.demand))
		return;
	if (!is_suitable(r->highest, r->order))
		return;
	atomic_store(&daemon.demand, demand);
	vm_event_add(KCOMPACTD_WAKE, 1);
	TRACE(MM_COMPACTION_WAKEUP_KCOMPACTD, r->order, r->highest);
	sleeper = daemon.thread;
	if (sleeper)
		sched_wake(sleeper);
}

/* ---- rounds */

static void count(const struct compaction *run)
{
	vm_event_add(KCOMPACTD_MIGRATE_SCANNED, run->counts.migrate_scanned);
	vm_event_add(KCOMPACTD_FREE_SCANNED, run->counts.free_scanned);
}

/* Other threads run before the next. */
static enum compact_status one_round(struct zone *z, unsigned order, uint32_t target_score)
{
	struct compaction run = { .zone = z,
				  .order = order,
				  .type = MIGRATE_MOVABLE,
				  .mode = daemon.mode,
				  .target_score = target_score,
				  .budget_pages = KCOMPACTD_ROUND_PAGES,
				  .until_insns = cpu_insns() + KCOMPACTD_ROUND_INSNS,
				  .gives_way = true };

	thread_unmark(cpu_current(), THREAD_YIELD_DUE); /* it has just been given the cpu */
	compact_zone(&run);
	count(&run);
	daemon.rounds++;
	if (order != COMPACT_WHOLE_ZONE)
		compaction_learn(&run);
	return run.status;
}

/* True if another round may get further; an async one that found nothing is followed by a light
 * one. */
static bool worth_another(enum compact_status s)
{
	if (daemon.rounds >= KCOMPACTD_ROUNDS)
		return false;
	if (s == COMPACT_SPENT || s == COMPACT_CONTENDED)
		return true;
	if (s != COMPACT_COMPLETE || daemon.mode != MIGRATE_ASYNC)
		return false;
	daemon.mode = MIGRATE_SYNC_LIGHT;
	return true;
}

static void begin_rounds(void)
{
	daemon.mode = MIGRATE_ASYNC;
	daemon.rounds = 0;
}

/* A round in the first zone that lacks the block. True: the demand is not met yet. */
static bool demand_round(enum zone_id highest, unsigned order)
{
	for (struct zone *z = zonelist_first(highest); z; z = zonelist_next(z)) {
		if (compaction_suitable(z, order) != COMPACT_CONTINUE)
			continue;
		if (daemon.rounds == 0 && defer_is_due(z, order))
			continue;
		if (worth_another(one_round(z, order, 0)))
			return true;
		begin_rounds();
		return false;
	}
	return false;
}

static void serve_demand(uint32_t demand)
{
	if (daemon.rounds == 0)
		TRACE(MM_COMPACTION_KCOMPACTD_WAKE, order_of(demand), demand & 0xffu);
	if (demand_round((enum zone_id)(demand & 0xffu), order_of(demand)))
		return;
	begin_rounds();
	atomic_cas(&daemon.demand, demand, 0);
}

/* ---- foresight */

uint32_t kcompactd_low_mark(void)
{
	uint32_t proactiveness = compaction_tunables.proactiveness;

	return proactiveness > 95 ? 5 : 100 - proactiveness;
}

uint32_t kcompactd_high_mark(void)
{
	uint32_t low = kcompactd_low_mark();

	return low > 90 ? 100 : low + 10;
}

static bool has_room_to_work(const struct zone *z)
{
	return zone_watermark_ok(z, 0, z->watermark[WMARK_LOW] + (2u << PAGEBLOCK_ORDER), false);
}

static uint32_t score_to_work_on(const struct zone *z)
{
	return has_room_to_work(z) ? compaction_score(z) : 0;
}

uint32_t kcompactd_score(void)
{
	uint32_t worst = 0;
	struct zone *z;

	for_each_zone(z)
		if (score_to_work_on(z) > worst)
			worst = score_to_work_on(z);
	return worst;
}

static struct zone *zone_above_mark(void)
{
	struct zone *z;

	for_each_zone(z)
		if (score_to_work_on(z) > kcompactd_high_mark())
			return z;
	return NULL;
}

static void look_again(uint64_t now_ns)
{
	daemon.zone = NULL;
	daemon.look_ns = now_ns + (KCOMPACTD_LOOK_NS << daemon.shift);
}

/* While nothing is given back memory gets into no more pieces than the last look found. */
static bool memory_was_used(void)
{
	uint32_t pages = vm_event_read(PGFREE);
	bool used = pages != daemon.pages_seen;

	daemon.pages_seen = pages;
	return used;
}

static void look(uint64_t now_ns)
{
	if (memory_was_used())
		daemon.shift = 0;
	else if (daemon.shift < KCOMPACTD_MAX_SHIFT)
		daemon.shift++;
	look_again(now_ns);
	if (!compaction_tunables.proactiveness)
		return;
	daemon.zone = zone_above_mark();
	daemon.score_before = daemon.zone ? compaction_score(daemon.zone) : 0;
	begin_rounds();
}

/* The next zone has its turn at once; one that would not get better is left alone for long. */
static void proactive_round(uint64_t now_ns)
{
	if (worth_another(one_round(daemon.zone, COMPACT_WHOLE_ZONE, kcompactd_low_mark())))
		return;
	if (compaction_score(daemon.zone) < daemon.score_before) {
		daemon.zone = NULL;
		daemon.look_ns = now_ns;
		return;
	}
	daemon.shift = KCOMPACTD_MAX_SHIFT;
	look_again(now_ns);
}

/* ---- the thread */

uint64_t kcompactd_step(uint64_t now_ns)
{
	uint32_t demand = atomic_load(&daemon.demand);

	if (atomic_load(&daemon.paused))
		return KCOMPACTD_LOOK_NS;
	if (demand)
		serve_demand(demand);
	else if (daemon.zone)
		proactive_round(now_ns);
	else if (now_ns >= daemon.look_ns)
		look(now_ns);
	if (atomic_load(&daemon.demand) || daemon.zone)
		return 0;
	return daemon.look_ns > now_ns ? daemon.look_ns - now_ns : 0;
}

/* Race: a demand that comes before the state says blocked is seen here; a later one wakes. */
void kcompactd_wait(void)
{
	daemon.thread = cpu_current();
	TRACE(MM_COMPACTION_KCOMPACTD_SLEEP, 0);
	thread_prepare_block("memory in pieces");
	if (atomic_load(&daemon.demand) && !atomic_load(&daemon.paused))
		sched_wake(cpu_current());
	sched_block();
}

void kcompactd_pause(bool paused)
{
	atomic_store(&daemon.paused, paused);
	if (!paused && daemon.thread)
		sched_wake(daemon.thread);
}

static struct relief background = { .name = "background compaction", .wake = wake };

void kcompactd_init(void)
{
	begin_rounds();
	relief_register(&background);
}

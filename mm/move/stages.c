/*
 * One page's journey: the stages in order, each with its way back.
 *
 * Holds on the way. The mover has the isolation's hold on `from`, and take_target's hold on `to`. A
 * page holds its family (page->anon), so the family lives at least until "switch", where that hold
 * goes over to the target: dropping the last mapping meanwhile frees nothing (UN-7). A page of an
 * object is held by the object's tree as well, until "switch" puts the target in its slot; the
 * object lives because whoever ends it needs the lock of each of its pages (mm/cache/mapping.h).
 *
 * Who can still touch the source's bytes. Until "unmap", every task that maps it. From the barrier
 * on, nobody: its entries are migration entries and no TLB knows the old ones; whoever faults waits
 * for the page lock. So does who looks the page up in its object, before "switch" for the source's
 * lock, after it for the target's. Somebody who found the page by its number may hold it, but has
 * no way to write to it; "count" and "freeze" refuse the move while such a hold exists.
 *
 * Locks: page lock of `from` from "lock" to "finish", of `to` from "switch" to "finish" (nobody
 * knows it before).
 */
#include <errno.h>

#include "arch/frame.h"
#include "base/failpoint.h"
#include "base/trace.h"
#include "mm/cache/buffer.h"
#include "mm/cache/dirty.h"
#include "mm/move/journey.h"
#include "mm/move/refusal.h"
#include "mm/phys/alloc.h"
#include "mm/phys/lru.h"
#include "mm/virt/dcache.h"
#include "mm/virt/rmap.h"

/* What "target" answers for a page whose owner let go of it: no error, and no journey either. */
#define JOURNEY_OVER 1

static int refuse(struct move *m, enum move_reason why, int error)
{
	m->reason = (uint8_t)why;
	return error;
}

static int refuse_holds(struct move *m, uint32_t expected, uint32_t found)
{
	page_set(m->from, PG_REFUSED); /* CO-15 */
	m->expected = (uint16_t)expected;
	m->found = (uint16_t)found;
	return refuse(m, MOVE_PINNED, -EAGAIN);
}

/* ---- target: UM-1, UM-2, UM-6 */

static void give_back(struct journey *j, struct move *m)
{
	if (j->migration->give_back)
		j->migration->give_back(j->migration, m->to);
	else
		page_put(m->to);
	m->to = NULL;
}

/*
 * UM-2. Flags of its former life go, so that a clean frame is freed (BS-31: page_put's release sees
 * to it).
 */
static void let_go(struct move *m)
{
	lru_unaccount_isolated(m->from);
	page_put(m->from);
	m->from = NULL;
	m->reason = MOVE_GONE;
}

static int take_target(struct journey *j, struct move *m)
{
	if (!page_is_users(m->from))
		return refuse(m, MOVE_UNSUPPORTED, -ENOSYS);
	m->to = j->dry ? NULL : j->migration->take_target(j->migration, m->from);
	if (!m->to) {
		j->dry = true;
		return refuse(m, MOVE_NO_TARGET, -ENOMEM);
	}
	if (page_refs(m->from) > 1)
		return 0;
	give_back(j, m);
	let_go(m);
	return JOURNEY_OVER;
}

/* ---- lock: UN-1..3 */

static void unlock_source(struct journey *j, struct move *m)
{
	(void)j;
	page_unlock(m->from);
}

static bool may_sleep_on_lock(const struct journey *j)
{
	return j->may_wait && j->migration->mode != MIGRATE_ASYNC &&
	       !(cpu_current()->flags & THREAD_MEMALLOC);
}

static int lock_source(struct journey *j, struct move *m)
{
	if (page_try_lock(m->from))
		return 0;
	if (!may_sleep_on_lock(j))
		return refuse(m, MOVE_LOCKED, -EAGAIN);
	assert_eq(j->count, 1); /* MP-12 */
	page_lock(m->from);
	return 0;
}

/* ---- quiet: UN-4..6, WB */

static int __attribute__((cold)) end_writeback(struct journey *j, struct move *m)
{
	if (j->migration->mode != MIGRATE_SYNC)
		return refuse(m, MOVE_WRITEBACK, -EBUSY);
	if (!j->may_wait)
		return refuse(m, MOVE_WRITEBACK, -EAGAIN);
	assert_eq(j->count, 1); /* MP-12 */
	page_wait_writeback(m->from);
	return 0;
}

static int be_quiet(struct journey *j, struct move *m)
{
	return page_is_under_writeback(m->from) ? end_writeback(j, m) : 0;
}

/* ---- clean: FB, pages of file systems that have no handler for moves */

static enum mapping_moves moves_of(const struct page *p)
{
	struct address_space *m = page_mapping(p);

	return m && mapping_is_file(m) ? m->ops->moves : MOVES_PLAIN;
}

/*
 * FB-2: it stays where it is this time. Writing gives up the page lock, which the way back expects
 * to be held.
 */
static int write_out(struct move *m)
{
	const struct address_space_ops *ops = m->from->cache->ops;
	int error;

	if (!ops->write_page)
		return refuse(m, MOVE_DIRTY, -EINVAL);
	page_clear_dirty_for_io(m->from);
	error = ops->write_page(m->from->cache, m->from);
	page_lock(m->from);
	return error ? refuse(m, MOVE_IO_ERROR, -EIO) : refuse(m, MOVE_DIRTY, -EAGAIN);
}

static int __attribute__((cold)) clean_file_page(struct journey *j, struct move *m)
{
	if (moves_of(m->from) != MOVES_FALLBACK)
		return 0;
	if (page_has(m->from, PG_DIRTY)) {
		if (j->migration->mode != MIGRATE_SYNC)
			return refuse(m, MOVE_DIRTY, -EBUSY); /* FB-1 */
		return j->may_wait ? write_out(m) : refuse(m, MOVE_DIRTY, -EAGAIN);
	}
	if (page_has(m->from, PG_PRIVATE) && !m->from->cache->ops->release_private(m->from, false))
		return refuse(m, MOVE_BUFFERS_BUSY, -EAGAIN); /* FB-3 */
	return 0;
}

static int clean_for_fallback(struct journey *j, struct move *m)
{
	return page_kind(m->from) == KIND_FILE ? clean_file_page(j, m) : 0;
}

/* Holds that a page without mappings has while it moves: the isolation's, its object's, its file
 * system's. MG-2, MG-3 */
static uint32_t holds_unmapped(const struct page *from)
{
	return 1 + page_cache_holds(from);
}

/* ---- unmap: UN-9, UN-12..15, TU */

static void remap_source(struct journey *j, struct move *m)
{
	(void)j;
	if (!m->was_mapped)
		return;
	remove_migration_ptes(m->from, m->from);
}

/*
 * A pinned page is refused here already: unmapping and mapping it again would cost two walks a
 * pass. Both counts may change while they are read; a wrong refusal only means another pass.
 */
static int unmap_source(struct journey *j, struct move *m)
{
	uint32_t mapped = atomic_load(&m->from->mapcount), refs = page_refs(m->from);

	if (!mapped && page_kind(m->from) == KIND_ANON)
		return refuse(m, MOVE_NO_RMAP, -EAGAIN); /* UN-9 */
	if (refs > mapped + holds_unmapped(m->from))
		return refuse_holds(m, mapped + holds_unmapped(m->from), refs);
	if (!mapped)
		return 0; /* UN-12 */
	m->was_mapped = true;
	if (try_to_unmap(m->from, &j->tlb))
		return 0;
	remap_source(j, m);
	return refuse(m, MOVE_UNMAP_FAILED, -EAGAIN); /* UN-14 */
}

/* ---- private: BF-2, BF-3. After the barrier: in a batch nothing is waited for (MP-12). */

static bool has_buffers_to_move(const struct page *p)
{
	return page_has(p, PG_PRIVATE) && moves_of(p) == MOVES_BUFFERS;
}

static int __attribute__((cold)) lock_buffers(struct journey *j, struct move *m)
{
	bool wait = j->may_wait && j->migration->mode != MIGRATE_ASYNC;

	if (!has_buffers_to_move(m->from) || buffers_lock(m->from, wait))
		return 0;
	return refuse(m, MOVE_BUFFERS_BUSY, -EAGAIN); /* MG-6 */
}

static int lock_private(struct journey *j, struct move *m)
{
	return page_has(m->from, PG_PRIVATE) ? lock_buffers(j, m) : 0;
}

static void unlock_private(struct journey *j, struct move *m)
{
	(void)j;
	if (has_buffers_to_move(m->from))
		buffers_unlock(m->from);
}

/* ---- count: MG-2..4: nobody but the mover, and its object, holds the page now */

static int expect_holds(struct journey *j, struct move *m)
{
	uint32_t expected = holds_unmapped(m->from), refs = page_refs(m->from);

	(void)j;
	return refs == expected ? 0 : refuse_holds(m, expected, refs);
}

/* ---- copy: CP-1. The page lock and the migration entries keep the source still (see above). */

static int copy_contents(struct journey *j, struct move *m)
{
	(void)j;
	frame_copy(page_to_pfn(m->to), page_to_pfn(m->from));
	return 0;
}

/*
 * What the kernel's alias of the source took in goes: a page of an object that nobody maps may be
 * mapped next, and says that there is nothing of it (PG_DCACHE_CLEAN).
 */
static void forget_copy(struct journey *j, struct move *m)
{
	(void)j;
	flush_after_read(m->from);
}

/* ---- freeze: MG-5. The last that may refuse, so it needs no way back. */

static int freeze_holds(struct journey *j, struct move *m)
{
	uint32_t expected = holds_unmapped(m->from);

	(void)j;
	if (page_freeze(m->from, expected))
		return 0;
	return refuse_holds(m, expected, page_refs(m->from));
}

/*
 * ---- switch: MV-1, MV-2, MG-7..9, CP-2..CP-8. Nobody else can reach either page: plain stores,
 * which who finds the target in its object sees with the tree's lock.
 */

#define CARRIED                                                                                    \
	(PG_KIND_MASK | PG_ERROR | PG_REFERENCED | PG_UPTODATE | PG_CHECKED | PG_MAPPEDTODISK |    \
	 PG_ACTIVE | PG_UNEVICTABLE | PG_SWAPBACKED | PG_DIRTY | PG_MLOCKED)

static void move_mlock_count(struct page *from, struct page *to)
{
	if (!page_has(to, PG_MLOCKED) || page_zone(from) == page_zone(to))
		return;
	zone_stat_add(page_zone(from), NR_MLOCK, -1);
	zone_stat_add(page_zone(to), NR_MLOCK, 1);
}

static int switch_mapping(struct journey *j, struct move *m)
{
	uint32_t carried = page_flags(m->from) & CARRIED;

	(void)j;
	assert_that(!page_has(m->to, PG_LOCKED)); /* MV-1 */
	assert_that((carried & (PG_ACTIVE | PG_UNEVICTABLE)) !=
		    (PG_ACTIVE | PG_UNEVICTABLE)); /* CP-3 */
	m->to->index = m->from->index;
	m->to->mapping = m->from->mapping; /* family, and the hold on it; or object */
	page_init_flags(m->to, PG_KIND_MASK, carried | PG_LOCKED);
	move_mlock_count(m->from, m->to);
	if (page_mapping(m->to))
		mapping_replace(page_mapping(m->to), m->from, m->to);
	if (page_has(m->from, PG_PRIVATE)) {
		buffers_move(m->from, m->to); /* BF-4 */
		buffers_unlock(m->to);	      /* BF-5: the bytes are there already */
	}
	m->from->mapping = 0;
	return 0;
}

/* ---- remap: RM */

static int remap_target(struct journey *j, struct move *m)
{
	(void)j;
	if (m->was_mapped)
		remove_migration_ptes(m->from, m->to);
	return 0;
}

/* ---- finish: UM-5, UM-8, MV-7 */

static void free_source(struct page *from)
{
	lru_unaccount_isolated(from); /* while the flags still say which count */
	page_init_flags(from, ~(PG_ZONE_MASK | PG_LOCKED | PG_UNMOVABLE), 0);
	page_unlock(from); /* who met a migration entry finds a mapping now */
	free_frozen_page(from);
}

static int finish_move(struct journey *j, struct move *m)
{
	(void)j;
	free_source(m->from);
	page_unlock(m->to);
	lru_add_moved(m->to);
	page_put(m->to); /* take_target's hold: its mappings, or its object, keep it now */
	return 0;
}

/* ---- the table */

FAILPOINT(migrate_target);
FAILPOINT(migrate_lock);
FAILPOINT(migrate_quiet);
FAILPOINT(migrate_clean);
FAILPOINT(migrate_unmap);
FAILPOINT(migrate_private);
FAILPOINT(migrate_count);
FAILPOINT(migrate_copy);
FAILPOINT(migrate_freeze);

struct stage {
	const char *name;
	int (*go)(struct journey *j, struct move *m);
	void (*back)(struct journey *j, struct move *m);
	struct failpoint *fail; /* NULL: can not fail */
	enum bill_phase phase;	/* whose cost it is */
};

/* Above the line a stage may refuse and is taken back; below it none can (MG-12). */
static const struct stage journey[MOVE_STAGES] = {
	[STAGE_TARGET] = { "target", take_target, give_back, &migrate_target, BILL_TARGET },
	[STAGE_LOCK] = { "lock", lock_source, unlock_source, &migrate_lock, BILL_LOCK },
	[STAGE_QUIET] = { "quiet", be_quiet, NULL, &migrate_quiet, BILL_LOCK },
	[STAGE_CLEAN] = { "clean", clean_for_fallback, NULL, &migrate_clean, BILL_LOCK },
	[STAGE_UNMAP] = { "unmap", unmap_source, remap_source, &migrate_unmap, BILL_UNMAP },
	/* ------------------ the barrier: no TLB knows the source any more (MP-11) */
	[STAGE_PRIVATE] = { "private", lock_private, unlock_private, &migrate_private, BILL_CHECK },
	[STAGE_COUNT] = { "count", expect_holds, NULL, &migrate_count, BILL_CHECK },
	[STAGE_COPY] = { "copy", copy_contents, forget_copy, &migrate_copy, BILL_COPY },
	[STAGE_FREEZE] = { "freeze", freeze_holds, NULL, &migrate_freeze, BILL_CHECK },
	/* ------------------ the point of no return */
	[STAGE_SWITCH] = { "switch", switch_mapping, NULL, NULL, BILL_SWITCH },
	[STAGE_REMAP] = { "remap", remap_target, NULL, NULL, BILL_REMAP },
	[STAGE_FINISH] = { "finish", finish_move, NULL, NULL, BILL_PUT_BACK },
};

const char *move_stage_name(enum move_stage s)
{
	return s < MOVE_STAGES ? journey[s].name : "done";
}

/* ---- the runner: the only place that traces, injects failures and takes back */

static migrate_probe probe;
bool migrate_watched;

void migrate_set_probe(migrate_probe p)
{
	probe = p;
}

void __attribute__((noinline)) migrate_stage_done(const struct move *m, enum move_stage passed)
{
	TRACE(MIGRATE_STAGE, m->from ? page_to_pfn(m->from).n : 0, m->to ? page_to_pfn(m->to).n : 0,
	      passed);
	if (probe)
		probe(m, passed);
}

static uint32_t number_of(const struct journey *j, const struct move *m)
{
	return (uint32_t)(m - j->moves);
}

static void __attribute__((cold)) take_back(struct journey *j, struct move *m)
{
	atomic_add_relaxed(&move_reason_counts[m->reason], 1);
	TRACE(MIGRATE_FAIL, page_to_pfn(m->from).n, m->reason, m->expected, m->found, m->stage);
	refusal_note(m, REFUSED_AT_STAGE, j->migration->mover);
	for (unsigned s = m->stage; s-- > 0;)
		if (journey[s].back)
			journey[s].back(j, m);
	bill_lap(j->bill, BILL_UNDO);
	if (j->bill && m->stage > STAGE_UNMAP)
		bill_mapped(j->bill, number_of(j, m));
}

static int one_stage(struct journey *j, struct move *m, unsigned s)
{
	if (journey[s].fail && failpoint_hit(journey[s].fail))
		return refuse(m, MOVE_INJECTED, s == STAGE_TARGET ? -ENOMEM : -EAGAIN);
	return journey[s].go(j, m);
}

/*
 * Stages [first, last) of one page, each looked at. "unmap" is shown after the barrier: see
 * journey_run.
 */
static int travel_watched(struct journey *j, struct move *m, unsigned first, unsigned last)
{
	if (first == STAGE_TARGET)
		TRACE(MIGRATE_BEGIN, page_to_pfn(m->from).n);
	for (unsigned s = first; s < last; s++) {
		int error = one_stage(j, m, s);

		if (error)
			return error;
		m->stage = (uint8_t)(s + 1);
		if (s != STAGE_UNMAP)
			migrate_stage_done(m, (enum move_stage)s);
	}
	return 0;
}

/* Page by page the clock says what each stage cost; from "unmap" to "remap" the page is missed. */
static inline __attribute__((always_inline)) void pay(struct journey *j, const struct move *m,
						      unsigned s)
{
	bill_charge(j->bill, journey[s].phase);
	if (s == STAGE_UNMAP && m->was_mapped)
		bill_unmapped(j->bill, number_of(j, m));
	if (s == STAGE_REMAP)
		bill_mapped(j->bill, number_of(j, m));
}

/*
 * The same without looking, or with a look at the clock alone. The loop is unrolled and the table
 * constant, so these are direct calls.
 */
static inline __attribute__((always_inline)) int travel(struct journey *j, struct move *m,
							unsigned first, unsigned last, bool paid)
{
#pragma GCC unroll 16
	for (unsigned s = first; s < last; s++) {
		int error = journey[s].go(j, m);

		if (paid)
			pay(j, m, s);
		if (error)
			return error;
		m->stage = (uint8_t)(s + 1);
	}
	return 0;
}

static int __attribute__((cold))
travel_seen(struct journey *j, struct move *m, unsigned first, unsigned last)
{
	if (!j->bill)
		return travel_watched(j, m, first, last);
	return first < STAGE_PRIVATE ? travel(j, m, STAGE_TARGET, STAGE_PRIVATE, true)
				     : travel(j, m, STAGE_PRIVATE, MOVE_STAGES, true);
}

static void settle(struct journey *j, struct move *m, int error)
{
	if (error == JOURNEY_OVER) {
		m->stage = MOVE_STAGES;
	} else if (error) {
		m->error = (int8_t)error;
		take_back(j, m);
	}
}

static inline bool is_under_way(const struct move *m)
{
	return !m->error && m->stage < MOVE_STAGES;
}

static inline __attribute__((always_inline)) void travel_all(struct journey *j, unsigned first,
							     unsigned last)
{
	for (uint32_t i = 0; i < j->count; i++) {
		struct move *m = &j->moves[i];

		if (!is_under_way(m))
			continue;
		settle(j, m,
		       j->watched ? travel_seen(j, m, first, last)
				  : travel(j, m, first, last, false));
	}
}

static void __attribute__((cold)) show_barrier(struct journey *j)
{
	if (j->bill) {
		bill_barrier_over(j->bill);
		return;
	}
	for (uint32_t i = 0; i < j->count; i++)
		if (is_under_way(&j->moves[i]))
			migrate_stage_done(&j->moves[i], STAGE_UNMAP);
}

/*
 * After this no task reaches any source of the batch, by entry or by TLB. The one wait for the
 * whole batch; others may run here, and meet the migration entries.
 */
static void barrier(struct journey *j)
{
	if (j->bill)
		bill_barrier_begins(j->bill);
	tlb_batch_flush(&j->tlb);
	if (j->watched)
		show_barrier(j);
	bill_yield_if_due(j->bill, BILL_REST);
}

void journey_init(struct journey *j, struct migration *m, bool force)
{
	j->migration = m;
	j->count = 0;
	j->may_wait = force;
	j->dry = false;
	j->watched = probe || migrate_watched || failpoints_active ||
		     trace_enabled & (1u << TRACE_MIGRATE_STAGE | 1u << TRACE_MIGRATE_BEGIN);
	j->bill = j->watched ? NULL : m->bill;
	j->watched |= j->bill != NULL;
	tlb_batch_init(&j->tlb);
}

void journey_run(struct journey *j)
{
	travel_all(j, STAGE_TARGET, STAGE_PRIVATE);
	barrier(j);
	travel_all(j, STAGE_PRIVATE, MOVE_STAGES);
	if (j->bill)
		bill_batch_over(j->bill);
}

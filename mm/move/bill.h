/*
 * What moving pages costs, by phase, and how long others waited for it.
 *
 * Two books. Totals of every run of compaction are always kept: a handful of additions a run. The
 * bill by phase is opt-in (bill_switch): whoever migrates opens one, and from then on reads the
 * clock after every stage of every page. A bill is a lap timer: each lap is charged to the phase
 * that it ends, so the phases add up to the whole, by construction; what reading the clock costs is
 * known (bill_lap_cost) and shown apart. Nobody opens a bill while it is off: then a migration pays
 * one test a batch, the one that looks for watchers.
 *
 * The unit is that of cpu_insns: instructions, where the emulator counts them.
 * A journey that is watched (a probe, a failpoint, the event migrate_stage) is not split: all that
 * it spends is in "rest".
 *
 * Locks: an open bill belongs to the thread that opened it; what is summed has LOCK_FIGURES.
 */
#ifndef MM_MOVE_BILL_H
#define MM_MOVE_BILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/spread.h"

/* clang-format off: one a line */
#define BILL_PHASE_LIST(P)                                                                         \
	P(ISOLATE, "isolate", "the migrate scanner, and taking pages off their lists")             \
	P(TARGET, "target", "a frame to move to; the free scanner")                                \
	P(LOCK, "lock", "the page lock, and waiting for it")                                       \
	P(UNMAP, "unmap", "entries replaced by migration entries")                                 \
	P(INVALIDATE, "invalidate", "the barrier: TLBs forget the batch")                          \
	P(CHECK, "check", "holds counted, and frozen")                                             \
	P(COPY, "copy", "the bytes, with cache maintenance")                                       \
	P(SWITCH, "switch", "the target takes the source's place")                                 \
	P(REMAP, "remap", "entries lead to the target")                                            \
	P(PUT_BACK, "put_back", "source freed, target on its list, leftovers returned")            \
	P(UNDO, "undo", "refused pages taken back")                                                \
	P(OTHERS, "others", "other threads, at the points where the mover lets them run")          \
	P(REST, "rest", "what holds the phases together")                                          \
	P(CLOCK, "clock", "reading the clock, keeping this bill")
/* clang-format on */

enum bill_phase {
#define P(id, name, text) BILL_##id,
	BILL_PHASE_LIST(P)
#undef P
		BILL_PHASES
};

const char *bill_phase_name(enum bill_phase p);
const char *bill_phase_text(enum bill_phase p);

struct bill {
	uint64_t whole; /* from opening to closing; the sum of the next, exactly */
	uint64_t insns[BILL_PHASES];
	uint32_t laps[BILL_PHASES];  /* each read the clock once: its cost is in the phase */
	uint32_t migrations;	     /* opened and closed */
	uint32_t moved, refused;     /* pages; a refusal a pass */
	uint32_t tlb_ops, tlb_waits; /* at the barriers */
	uint32_t least_moves;	     /* compaction_least_moves of whole-zone runs */
	uint32_t moves_for_them;     /* what those runs moved */
};

/* A phase without the laps in it; "clock" is what all phases lost, so the sum stays the whole. */
uint64_t bill_net(const struct bill *b, enum bill_phase p);

/* What one lap costs, measured when the bill is switched on. */
uint32_t bill_lap_cost(void);

/* Whether the clock counts instructions: reading it takes the same each time then. */
bool bill_counts_instructions(void);

void bill_switch(bool on);
extern bool bill_is_on;

/* Empties every sum, those that are always kept too; what is open goes to the new ones. */
void bill_clear(void);

/* Sums since boot or bill_clear, and the last migration that compaction asked for. */
struct bill bill_total(void);
struct bill bill_last_compaction(void);

/* From the first entry of a page taken away to the last one there again, laps taken out. */
struct spread_figures bill_unmapped_times(void);

/* ---- for those who migrate */

struct bill_run; /* one that is open */
struct compact_counts;

/* The clock runs from here. NULL: the bill is off, or too many are open. */
struct bill_run *bill_open_new(void) __attribute__((cold));

static inline struct bill_run *bill_open(void)
{
	return __builtin_expect(bill_is_on, 0) ? bill_open_new() : NULL;
}

/* What was spent since the last lap belongs to this phase. NULL is no bill. */
void bill_charge(struct bill_run *r, enum bill_phase p);

static inline void bill_lap(struct bill_run *r, enum bill_phase p)
{
	if (__builtin_expect(r != NULL, 0))
		bill_charge(r, p);
}

/* thread_yield_if_due, but what others run is not charged to `p`. */
static inline void bill_yield_if_due(struct bill_run *r, enum bill_phase p)
{
	if (!thread_has_mark(cpu_current(), THREAD_YIELD_DUE))
		return;
	bill_lap(r, p);
	sched_yield_now();
	bill_lap(r, BILL_OTHERS);
}

/* Page n of the batch is out of every table from the last lap on, until the next call for it. */
void bill_unmapped(struct bill_run *r, uint32_t n);
void bill_mapped(struct bill_run *r, uint32_t n);

/* A batch has arrived: its times are kept. */
void bill_batch_over(struct bill_run *r);

/* Around the barrier: what it costs, and what it asks of the TLBs. */
void bill_barrier_begins(struct bill_run *r);
void bill_barrier_over(struct bill_run *r);

/* Ends it. `whole_zone`: how far it got is measured against the least that could have done. */
void bill_close(struct bill_run *r, uint32_t moved, uint32_t refused);

/* The same for a run of compaction, which is remembered as the last. */
void bill_close_compaction(struct bill_run *r, const struct compact_counts *c, bool whole_zone);

/* ---- what is always kept */

struct bill_runs {
	uint64_t runs, scanned, free_scanned, isolated, moved, failed;
	uint64_t insns, isolate_insns, migrate_insns;
};

/* Caller owns zone number `zone` (zone->compacting). */
void bill_count_run(unsigned zone, const struct compact_counts *c);

/* Sums over zones since boot or bill_clear. Racy. */
struct bill_runs bill_runs(void);

#endif

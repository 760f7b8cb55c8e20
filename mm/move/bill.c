/*
 * The bill: laps of open ones, sums of closed ones.
 *
 * A few bills can be open at once, one a mover; when all are taken, a migration goes unbilled.
 */
#include "mm/move/bill.h"

#include "arch/tlb.h"
#include "mm/move/compaction.h"
#include "mm/phys/zone.h"

#define BILLS_OPEN	 4u
#define CALIBRATION_LAPS 32u
#define NOT_UNMAPPED	 UINT64_MAX

struct bill_run {
	struct bill bill;
	uint64_t begun, last, before_last; /* cpu_insns: opened, the last two laps */
	uint32_t laps;			   /* in all phases */
	uint64_t since[MOVE_BATCH];	   /* net clock when page n went; NOT_UNMAPPED */
	uint64_t missing[MOVE_BATCH];	   /* how long page n was away */
	uint32_t times;			   /* of them */
	struct tlb_counts tlb;		   /* when the barrier began */
	struct block_snapshot before;	   /* pageblocks when it was opened */
	bool taken;
};

bool bill_is_on;

static struct {
	struct spinlock lock; /* LOCK_FIGURES */
	struct bill_run open[BILLS_OPEN];
	struct bill total, last;
	struct bill_runs runs[ZONE_COUNT]; /* each by who owns the zone */
	struct spread unmapped;
	uint32_t lap_cost;
	bool counts_instructions;
} bills;

static const char *const names[BILL_PHASES] = {
#define P(id, name, text) name,
	BILL_PHASE_LIST(P)
#undef P
};

static const char *const texts[BILL_PHASES] = {
#define P(id, name, text) text,
	BILL_PHASE_LIST(P)
#undef P
};

const char *bill_phase_name(enum bill_phase p)
{
	return names[p];
}

const char *bill_phase_text(enum bill_phase p)
{
	return texts[p];
}

/* ---- the clock */

void __attribute__((noinline)) bill_charge(struct bill_run *r, enum bill_phase p)
{
	uint64_t now = cpu_insns();

	r->bill.insns[p] += now - r->last;
	r->bill.laps[p]++;
	r->laps++;
	r->before_last = r->last;
	r->last = now;
}

/*
 * Laps one after the other cost what a lap costs. A count of instructions gives the same each time;
 * host time does not.
 */
static void calibrate(void)
{
	struct bill_run *r = &bills.open[0];
	uint64_t lap[CALIBRATION_LAPS];
	bool alike = true;

	for (unsigned i = 0; i < CALIBRATION_LAPS; i++) {
		bill_charge(r, BILL_CLOCK);
		lap[i] = r->last - r->before_last;
	}
	bills.lap_cost = (uint32_t)lap[1]; /* the first began at 0 */
	for (unsigned i = 2; i < CALIBRATION_LAPS; i++) {
		alike &= lap[i] == lap[1];
		if (lap[i] < bills.lap_cost)
			bills.lap_cost = (uint32_t)lap[i];
	}
	bills.counts_instructions = alike;
}

/* The clock as it would have stood at `then` had nobody read it. */
static uint64_t net_clock(const struct bill_run *r, uint64_t then)
{
	return then - (uint64_t)r->laps * bills.lap_cost;
}

uint32_t bill_lap_cost(void)
{
	return bills.lap_cost;
}

bool bill_counts_instructions(void)
{
	return bills.counts_instructions;
}

void bill_switch(bool on)
{
	uint32_t saved = spin_lock_irq(&bills.lock, LOCK_FIGURES);

	if (on && !bills.lap_cost)
		calibrate();
	bill_is_on = on;
	spin_unlock_irq(&bills.lock, saved);
}

/* ---- open ones */

static void begin(struct bill_run *r)
{
	*r = (struct bill_run){ .taken = true };
	for (uint32_t n = 0; n < MOVE_BATCH; n++)
		r->since[n] = NOT_UNMAPPED;
	compaction_snapshot(&r->before);
	r->begun = r->last = cpu_insns();
}

struct bill_run *bill_open_new(void)
{
	uint32_t saved = spin_lock_irq(&bills.lock, LOCK_FIGURES);
	struct bill_run *free = NULL;

	for (unsigned i = 0; i < BILLS_OPEN; i++)
		if (!bills.open[i].taken)
			free = &bills.open[i];
	if (free)
		begin(free);
	spin_unlock_irq(&bills.lock, saved);
	return free;
}

void bill_unmapped(struct bill_run *r, uint32_t n)
{
	r->since[n] = net_clock(r, r->before_last) + bills.lap_cost;
	bill_charge(r, BILL_CLOCK);
}

void bill_mapped(struct bill_run *r, uint32_t n)
{
	if (r->since[n] == NOT_UNMAPPED)
		return;
	r->missing[r->times++] = net_clock(r, r->last) - r->since[n];
	r->since[n] = NOT_UNMAPPED;
	bill_charge(r, BILL_CLOCK);
}

void bill_batch_over(struct bill_run *r)
{
	bill_charge(r, BILL_REST);
	while (r->times)
		spread_add(&bills.unmapped, r->missing[--r->times]);
	bill_charge(r, BILL_CLOCK);
}

void bill_barrier_begins(struct bill_run *r)
{
	r->tlb = tlb_counts();
	bill_charge(r, BILL_CLOCK);
}

void bill_barrier_over(struct bill_run *r)
{
	struct tlb_counts now;

	bill_charge(r, BILL_INVALIDATE);
	now = tlb_counts();
	r->bill.tlb_ops += now.page_ops - r->tlb.page_ops + now.mm_ops - r->tlb.mm_ops +
			   now.all_ops - r->tlb.all_ops;
	r->bill.tlb_waits += now.waits - r->tlb.waits;
	bill_charge(r, BILL_CLOCK);
}

/* ---- closing */

static void add(struct bill *to, const struct bill *from)
{
	to->whole += from->whole;
	for (unsigned p = 0; p < BILL_PHASES; p++) {
		to->insns[p] += from->insns[p];
		to->laps[p] += from->laps[p];
	}
	to->migrations += from->migrations;
	to->moved += from->moved;
	to->refused += from->refused;
	to->tlb_ops += from->tlb_ops;
	to->tlb_waits += from->tlb_waits;
	to->least_moves += from->least_moves;
	to->moves_for_them += from->moves_for_them;
}

static void settle(struct bill_run *r, uint32_t moved, uint32_t refused, bool is_compaction)
{
	uint32_t saved = spin_lock_irq(&bills.lock, LOCK_FIGURES);

	r->bill.migrations = 1;
	r->bill.moved = moved;
	r->bill.refused = refused;
	add(&bills.total, &r->bill);
	if (is_compaction)
		bills.last = r->bill;
	r->taken = false;
	spin_unlock_irq(&bills.lock, saved);
}

static void stop_clock(struct bill_run *r)
{
	bill_charge(r, BILL_REST);
	r->bill.whole = r->last - r->begun;
}

void bill_close(struct bill_run *r, uint32_t moved, uint32_t refused)
{
	if (!r)
		return;
	stop_clock(r);
	settle(r, moved, refused, false);
}

static void measure_progress(struct bill_run *r, uint32_t moved)
{
	struct block_snapshot after;

	compaction_snapshot(&after);
	r->bill.least_moves = compaction_least_moves(&r->before, &after);
	r->bill.moves_for_them = moved;
}

void bill_close_compaction(struct bill_run *r, const struct compact_counts *c, bool whole_zone)
{
	if (!r)
		return;
	stop_clock(r);
	if (whole_zone)
		measure_progress(r, c->moved);
	settle(r, c->moved, c->failed, true);
}

/* ---- sums */

uint64_t bill_net(const struct bill *b, enum bill_phase p)
{
	uint64_t laps = (uint64_t)b->laps[p] * bills.lap_cost, sum = 0;

	if (p != BILL_CLOCK)
		return b->insns[p] > laps ? b->insns[p] - laps : 0;
	for (unsigned other = 0; other < BILL_CLOCK; other++)
		sum += bill_net(b, (enum bill_phase)other);
	return b->whole - sum;
}

static struct bill read_bill(const struct bill *from)
{
	uint32_t saved = spin_lock_irq(&bills.lock, LOCK_FIGURES);
	struct bill copy = *from;

	spin_unlock_irq(&bills.lock, saved);
	return copy;
}

struct bill bill_total(void)
{
	return read_bill(&bills.total);
}

struct bill bill_last_compaction(void)
{
	return read_bill(&bills.last);
}

struct spread_figures bill_unmapped_times(void)
{
	return spread_read(&bills.unmapped);
}

void bill_clear(void)
{
	uint32_t saved = spin_lock_irq(&bills.lock, LOCK_FIGURES);

	bills.total = bills.last = (struct bill){ 0 };
	for (unsigned z = 0; z < ZONE_COUNT; z++)
		bills.runs[z] = (struct bill_runs){ 0 };
	spin_unlock_irq(&bills.lock, saved);
	spread_clear(&bills.unmapped);
	spread_clear(&alloc_waits);
}

/* ---- what is always kept */

void bill_count_run(unsigned zone, const struct compact_counts *c)
{
	struct bill_runs *s = &bills.runs[zone];

	s->runs++;
	s->scanned += c->migrate_scanned;
	s->free_scanned += c->free_scanned;
	s->isolated += c->isolated;
	s->moved += c->moved;
	s->failed += c->failed;
	s->insns += c->insns;
	s->isolate_insns += c->isolate_insns;
	s->migrate_insns += c->migrate_insns;
}

struct bill_runs bill_runs(void)
{
	struct bill_runs sum = { 0 };

	for (unsigned z = 0; z < ZONE_COUNT; z++) {
		const struct bill_runs *s = &bills.runs[z];

		sum.runs += s->runs;
		sum.scanned += s->scanned;
		sum.free_scanned += s->free_scanned;
		sum.isolated += s->isolated;
		sum.moved += s->moved;
		sum.failed += s->failed;
		sum.insns += s->insns;
		sum.isolate_insns += s->isolate_insns;
		sum.migrate_insns += s->migrate_insns;
	}
	return sum;
}

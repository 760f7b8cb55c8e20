/*
 * bill: what moving pages costs, by phase; how long others waited; ratios.
 *
 * `bill show` is lines of key=value. Those under "phase=" need `bill on`; the rest is always kept.
 */
#include <errno.h>

#include "base/log.h"
#include "console/console.h"
#include "mm/move/bill.h"
#include "mm/phys/alloc.h"

static unsigned long long per(uint64_t sum, uint64_t count)
{
	return count ? (unsigned long long)(sum / count) : 0;
}

/* a / b with two digits behind the point. */
static void print_ratio(const char *name, uint64_t a, uint64_t b)
{
	uint64_t hundredths = b ? a * 100 / b : 0;

	print(" %s=%llu.%02llu", name, (unsigned long long)(hundredths / 100),
	      (unsigned long long)(hundredths % 100));
}

static void print_phase(const struct bill *b, enum bill_phase p)
{
	uint64_t net = bill_net(b, p);

	print("  phase=%-10s %s=%-10llu a_page=%-6llu percent=%-3llu %s\n", bill_phase_name(p),
	      bill_counts_instructions() ? "insns" : "time", (unsigned long long)net,
	      per(net, b->moved), per(net * 100, b->whole), bill_phase_text(p));
}

static void print_bill(const char *title, const struct bill *b)
{
	print("%s: migrations=%u moved=%u refused=%u whole=%llu a_page=%llu lap=%u\n", title,
	      (unsigned)b->migrations, (unsigned)b->moved, (unsigned)b->refused,
	      (unsigned long long)b->whole, per(b->whole, b->moved), (unsigned)bill_lap_cost());
	if (!b->migrations)
		return;
	for (unsigned p = 0; p < BILL_PHASES; p++)
		print_phase(b, (enum bill_phase)p);
}

static void print_times(const char *name, struct spread_figures f)
{
	print("%s: count=%u p50=%llu p99=%llu max=%llu\n", name, (unsigned)f.count,
	      (unsigned long long)f.p50, (unsigned long long)f.p99, (unsigned long long)f.max);
}

static uint32_t blocks_with_unmovable(uint32_t *blocks)
{
	const struct zone *z;
	uint32_t spoiled = 0;

	for_each_zone(z)
		for (uint32_t n = z->start.n; n < z->end.n; n += PAGEBLOCK_PAGES) {
			++*blocks;
			spoiled += pageblock_of(pfn(n))->unmovable_pages != 0;
		}
	return spoiled;
}

static void print_runs(void)
{
	struct bill_runs r = bill_runs();

	print("runs: runs=%llu scanned=%llu free_scanned=%llu isolated=%llu moved=%llu "
	      "failed=%llu\n",
	      (unsigned long long)r.runs, (unsigned long long)r.scanned,
	      (unsigned long long)r.free_scanned, (unsigned long long)r.isolated,
	      (unsigned long long)r.moved, (unsigned long long)r.failed);
	print("costs: whole=%llu isolate=%llu migrate=%llu a_page=%llu\n",
	      (unsigned long long)r.insns, (unsigned long long)r.isolate_insns,
	      (unsigned long long)r.migrate_insns, per(r.insns, r.moved));
	print("ratios:");
	print_ratio("scanned_per_moved", r.scanned, r.moved);
	print_ratio("isolated_per_moved", r.isolated, r.moved);
}

static void print_ratios(const struct bill *b)
{
	print_ratio("tlb_ops_per_moved", b->tlb_ops, b->moved);
	print_ratio("tlb_waits_per_moved", b->tlb_waits, b->moved);
	print_ratio("moved_per_least", b->moves_for_them, b->least_moves);
	print("\n");
}

static int show(void)
{
	struct bill total = bill_total(), last = bill_last_compaction();
	uint32_t blocks = 0, spoiled = blocks_with_unmovable(&blocks);

	print("bill: state=%s unit=%s\n", bill_is_on ? "on" : "off",
	      !bill_lap_cost()		   ? "unknown"
	      : bill_counts_instructions() ? "insns"
					   : "time");
	print_bill("total", &total);
	print_bill("last_compaction", &last);
	print_runs();
	print_ratios(&total);
	print_times("unmapped", bill_unmapped_times());
	print_times("allocation_waits", spread_read(&alloc_waits));
	print("pageblocks: count=%u with_unmovable=%u\n", (unsigned)blocks, (unsigned)spoiled);
	return 0;
}

static int run_bill(const struct words *w)
{
	if (w->count == 1 || console_word_is(w, 1, "show"))
		return show();
	if (console_word_is(w, 1, "on"))
		bill_switch(true);
	else if (console_word_is(w, 1, "off"))
		bill_switch(false);
	else if (console_word_is(w, 1, "clear"))
		bill_clear();
	else
		return console_error(-EINVAL, "expected: bill [on|off|clear|show]");
	return 0;
}

static const struct command commands[] = {
	{ "bill", "[on|off|clear|show]", "what moving pages costs, by phase; waits; ratios",
	  "bill on; compact; bill", 0, 1, run_bill },
};

const struct command_family bill_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

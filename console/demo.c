/*
 * The demo, in three acts.
 *
 *   1. A task fills three quarters of RAM and releases half of it in short runs (docs: the workload
 *      rule); others churn, write and run code they have just written.
 *   2. All of memory is compacted, twice; the second time prices scanning alone.
 *   3. Memory is fragmented anew, every free block of 1 MiB is taken, and then a 1 MiB and a 4 MiB
 *      block are asked for: only direct compaction can give them.
 *
 * After each act every checking task reads all its memory and every invariant is recomputed.
 *
 * Instructions are those of the demo's own thread; what tasks run meanwhile is not in them.
 */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "boot/params.h"
#include "console/console.h"
#include "console/map.h"
#include "kernel/check.h"
#include "kernel/checkin.h"
#include "kernel/exec.h"
#include "kernel/sched.h"
#include "mm/move/compaction.h"
#include "mm/phys/early.h"
#include "mm/views/views.h"

#define PAGES_PER_MIB  192u /* of 256: the workload rule */
#define HELPERS	       3u
#define READY_MS       600000u
#define VERIFY_MS      120000u
#define PROGRESS_STEPS 8u

static struct {
	struct task *frag, *helper[HELPERS];
	uint32_t free_at_start;
	uint32_t signature_errors, broken;
	const struct zone *progress_zone;
	uint32_t progress_next; /* eighths of the zone that were announced */
	bool failed;
} demo;

/* Free pages, and how many of them lie in blocks of at least an order. */
struct free_state {
	uint32_t pages, in_order8, in_order10;
};

static struct free_state free_state(void)
{
	struct free_state s = { 0 };
	const struct zone *z;

	for_each_zone(z) {
		s.pages += z->free_pages;
		for (unsigned order = 8; order < ORDERS; order++)
			s.in_order8 += z->area[order].blocks << order;
		for (unsigned order = 10; order < ORDERS; order++)
			s.in_order10 += z->area[order].blocks << order;
	}
	return s;
}

static void say(const char *text)
{
	print("\n== %s\n", text);
}

/* One thing went wrong; the demo goes on, its status will say so. */
static void went_wrong(const char *what)
{
	print("demo: error: %s\n", what);
	demo.failed = true;
}

static void show_memory(const char *title)
{
	say(title);
	map_print(NULL);
	view_buddyinfo(&text_console);
}

static void describe_machine(void)
{
	struct early_range ram = early_ram();
	const struct zone *z;

	say("Tessera: a memory manager that moves pages in use");
	print("RAM %u MiB at 0x%08x\n", (unsigned)(ram.pages / 256), (unsigned)ram.start.a);
	for_each_zone(z)
		print("zone %-8s frames 0x%x-0x%x, %u managed, %u free\n", z->name,
		      (unsigned)z->start.n, (unsigned)z->end.n - 1, (unsigned)z->managed_pages,
		      (unsigned)z->free_pages);
}

static void start_helpers(void)
{
	static const char *const names[HELPERS] = { "churn", "writer", "jit" };

	for (unsigned n = 0; n < HELPERS; n++)
		if (task_spawn(names[n], 1, &names[n], &demo.helper[n]) != 0)
			went_wrong("a task did not start");
}

static bool start_frag(uint32_t pages, uint32_t seed)
{
	char pages_text[12], seed_text[12];
	const char *argv[] = { "frag", pages_text, seed_text, "quiet" };

	snprintf(pages_text, sizeof(pages_text), "%u", (unsigned)pages);
	snprintf(seed_text, sizeof(seed_text), "%u", (unsigned)seed);
	if (task_spawn("frag", 4, argv, &demo.frag) == 0 &&
	    checkin_wait_ready(demo.frag, READY_MS) == 0)
		return true;
	went_wrong("the fragmenting task did not get ready");
	return false;
}

static void end_task(struct task **t)
{
	if (!*t)
		return;
	task_kill(*t);
	task_wait(*t);
	task_put(*t);
	*t = NULL;
}

static void prove_unharmed(void)
{
	uint32_t broken = check_alone(false);

	demo.signature_errors = checkin_verify_all(VERIFY_MS);
	demo.broken += broken;
	print("%u tasks have read all their memory: %u errors; %u invariants broken\n",
	      (unsigned)checkin_count(), (unsigned)demo.signature_errors, (unsigned)broken);
}

/* A line for every eighth of the zone that the scanners have left behind. */
static void show_progress(const struct compaction *run)
{
	const struct zone *z = run->zone;
	uint32_t span = z->end.n - z->start.n;
	uint32_t passed = run->migrate_pfn - z->start.n + (z->end.n - run->free_pfn);
	uint32_t step = (uint32_t)((uint64_t)passed * PROGRESS_STEPS / span);

	if (z != demo.progress_zone) {
		demo.progress_zone = z;
		demo.progress_next = 1;
	}
	if (step < demo.progress_next)
		return;
	demo.progress_next = step + 1;
	print("  %s %3u%%: pages from 0x%x, targets from 0x%x, %u moved\n", z->name,
	      (unsigned)(step * 100 / PROGRESS_STEPS), (unsigned)run->migrate_pfn,
	      (unsigned)run->free_pfn, (unsigned)run->counts.moved);
}

/* Compacts all of memory. Returns the instructions that this thread spent on it. */
static uint64_t compact_everything(struct compact_counts *counts)
{
	uint64_t start = sched_task_insns(task_current());

	demo.progress_zone = NULL;
	compaction_set_progress(show_progress);
	compact_memory(NULL, MIGRATE_SYNC, counts);
	compaction_set_progress(NULL);
	return sched_task_insns(task_current()) - start;
}

static void print_refusals(const uint32_t before[MOVE_REASONS])
{
	for (unsigned r = 1; r < MOVE_REASONS; r++) {
		uint32_t n = move_reason_counts[r] - before[r];

		if (n)
			print("  %6u times %s: %s\n", (unsigned)n,
			      move_reason_name((enum move_reason)r),
			      move_reason_text((enum move_reason)r));
	}
}

static void print_cost(const struct compact_counts *c, uint64_t insns)
{

	print("%u pages moved, %u refused, in %llu instructions (%llu a page moved)\n",
	      (unsigned)c->moved, (unsigned)c->failed, (unsigned long long)insns,
	      (unsigned long long)(c->moved ? insns / c->moved : 0));
}

static void first_compaction(void)
{
	uint32_t refused[MOVE_REASONS];
	struct compact_counts counts = { 0 };
	uint64_t insns;

	for (unsigned r = 0; r < MOVE_REASONS; r++)
		refused[r] = move_reason_counts[r];
	say("compacting all of memory");
	insns = compact_everything(&counts);
	print_cost(&counts, insns);
	print_refusals(refused);
	print("RESULT compact_insns=%llu migrate_scanned=%u free_scanned=%u migrated=%u "
	      "failed=%u\n",
	      (unsigned long long)insns, (unsigned)counts.migrate_scanned,
	      (unsigned)counts.free_scanned, (unsigned)counts.moved, (unsigned)counts.failed);
}

static void print_free_state(const char *when)
{
	struct free_state s = free_state();

	print("RESULT %s_free_pages=%u %s_free_in_order8=%u %s_free_in_order10=%u\n", when,
	      (unsigned)s.pages, when, (unsigned)s.in_order8, when, (unsigned)s.in_order10);
}

static void second_compaction(uint32_t least_moves)
{
	struct compact_counts counts = { 0 };
	uint64_t insns;

	say("compacting again, with little left to move");
	insns = compact_everything(&counts);
	print("RESULT second_compact_insns=%llu moves_least_possible=%u\n",
	      (unsigned long long)insns, (unsigned)least_moves);
}

static void compact_and_measure(void)
{
	static struct block_snapshot before, after;

	print_free_state("before");
	compaction_snapshot(&before);
	first_compaction();
	compaction_snapshot(&after);
	print_free_state("after");
	show_memory("memory after compaction");
	prove_unharmed();
	second_compaction(compaction_least_moves(&before, &after));
	prove_unharmed();
}

/* The list is through lru of each block's first page: while held the pages are the demo's own. */
static uint32_t take_free_blocks(struct list *held, unsigned order)
{
	struct page *first;
	uint32_t count = 0;

	while ((first = alloc_pages(GFP_USER | GFP_NOCOMPACT | GFP_NOWARN, order)) != NULL) {
		list_add(held, &first->lru);
		count++;
	}
	return count;
}

static void give_back_blocks(struct list *held, unsigned order)
{
	struct page *first, *next;

	list_for_each_entry_safe(first, next, held, lru) {
		list_del_init(&first->lru);
		free_pages(first, order);
	}
}

/* Asks for a block that no free block can give. Returns true if compaction made one. */
static bool ask_directly(unsigned order)
{
	struct alloc_request r = { .gfp = GFP_USER, .order = order };
	uint64_t start = sched_task_insns(task_current());
	struct page *first = alloc_pages_request(&r);
	uint64_t insns = sched_task_insns(task_current()) - start;

	print("order %u: %s, %llu instructions\n", order, first ? "ok" : r.why_failed,
	      (unsigned long long)insns);
	if (first)
		free_pages(first, order);
	return first != NULL;
}

static void direct_compaction(void)
{
	struct list held = LIST_INIT(held);
	bool order8, order10;

	say("direct compaction: blocks that are not there");
	print("%u free blocks of 1 MiB taken first\n",
	      (unsigned)take_free_blocks(&held, PAGEBLOCK_ORDER));
	order8 = ask_directly(8);
	take_free_blocks(&held, PAGEBLOCK_ORDER);
	order10 = ask_directly(10);
	give_back_blocks(&held, PAGEBLOCK_ORDER);
	prove_unharmed();
	print("RESULT direct_order8=%s direct_order10=%s signature_errors=%u invariants=%s\n",
	      order8 ? "ok" : "fail", order10 ? "ok" : "fail", (unsigned)demo.signature_errors,
	      demo.broken ? "broken" : "ok");
	if (!order8 || !order10)
		went_wrong("direct compaction gave no block");
}

static void print_workload(void)
{
	const struct frag_report *r = &demo.frag->checker.report;

	print("RESULT mem_pages=%u free_pages=%u pages=%u released=%u pattern=%08x\n",
	      (unsigned)early_ram().pages, (unsigned)demo.free_at_start, (unsigned)r->pages,
	      (unsigned)r->released, (unsigned)r->pattern);
}

static void three_acts(uint32_t pages, uint32_t seed)
{
	say("a task fills memory and releases half of it");
	if (!start_frag(pages, seed))
		return;
	print_workload();
	start_helpers();
	show_memory("memory before compaction");
	compact_and_measure();
	say("fragmenting anew");
	end_task(&demo.frag);
	if (start_frag(pages, seed + 1))
		direct_compaction();
}

static void demo_run(uint32_t seed)
{
	demo = (typeof(demo)){ .free_at_start = free_state().pages };
	describe_machine();
	three_acts(early_ram().pages / 256 * PAGES_PER_MIB, seed);
	end_task(&demo.frag);
	for (unsigned n = 0; n < HELPERS; n++)
		end_task(&demo.helper[n]);
	if (demo.signature_errors || demo.broken || check_alone(false))
		went_wrong("memory is not what it should be");
	print("\ndemo: %s\n", demo.failed ? "failed" : "all was right");
}

static int run_demo(const struct words *w)
{
	uint32_t seed = boot_params.seed;

	if (w->count > 1 && !console_number(w, 1, &seed))
		return console_error(-EINVAL, "SEED is a number");
	demo_run(seed);
	return demo.failed ? console_error(-EIO, "the demo found something wrong") : 0;
}

static const struct command commands[] = {
	{ "demo", "[SEED]",
	  "fragments memory, compacts it, proves it unharmed\n"
	  "three acts, told by RESULT lines; `make run` is this. Fails when anything is wrong",
	  "demo 1", 0, 1, run_demo },
};

const struct command_family demo_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

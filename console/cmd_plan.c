/*
 * plan ORDER: what compaction would do for a block of that order, in each zone; nothing is done.
 *
 *   plan zone=Normal order=8 answer=moves block=0x83c00 pages=143 on_the_way=0 targets=3950
 * insns=286000 blocked zone=Normal block=0x80000 frames=256 first=0x80000 reason=UNSUPPORTED
 * place="reserved:kernel" plan zone=Normal looked_at=62 blocked=61 shown=8
 */
#include <errno.h>

#include "base/log.h"
#include "console/console.h"
#include "console/place.h"
#include "mm/move/plan.h"

static struct plan plan; /* too large for a stack; commands run one at a time */

static void print_answer(const struct zone *z, unsigned order)
{
	static const char *const words[] = {
		[PLAN_FREE_ALREADY] = "free-already",
		[PLAN_MOVES] = "moves",
		[PLAN_NONE] = "none",
	};

	print("plan zone=%s order=%u answer=%s", z->name, order, words[plan.answer]);
	if (plan.answer != PLAN_NONE)
		print(" block=0x%x", (unsigned)plan.block.n);
	if (plan.answer == PLAN_MOVES)
		print(" pages=%u on_the_way=%u targets=%u insns=%llu", (unsigned)plan.pages,
		      (unsigned)plan.on_the_way, (unsigned)plan.targets,
		      (unsigned long long)plan.insns);
	print("\n");
}

static void print_blocked(const struct zone *z, const struct plan_blocked *b)
{
	char place[64];

	place_of_frame(pfn_to_page(b->frame), place, sizeof(place));
	print("blocked zone=%s block=0x%x frames=%u first=0x%x reason=%s", z->name,
	      (unsigned)b->block.n, (unsigned)b->frames, (unsigned)b->frame.n,
	      move_reason_name(b->reason));
	if (b->reason == MOVE_UNSUPPORTED)
		print(" place=\"%s\"", place);
	print("\n");
}

static void print_plan(const struct zone *z, unsigned order)
{
	uint32_t shown = plan.blocked_count < PLAN_BLOCKED ? plan.blocked_count : PLAN_BLOCKED;

	print_answer(z, order);
	for (uint32_t n = 0; n < shown; n++)
		print_blocked(z, &plan.blocked[n]);
	if (plan.answer != PLAN_FREE_ALREADY)
		print("plan zone=%s looked_at=%u blocked=%u shown=%u\n", z->name,
		      (unsigned)plan.looked_at, (unsigned)plan.blocked_count, (unsigned)shown);
}

static int run_plan(const struct words *w)
{
	const struct zone *z;
	uint32_t order;

	if (!console_number(w, 1, &order) || order > MAX_ORDER)
		return console_error(-EINVAL, "ORDER is a number from 0 to %u", MAX_ORDER);
	for_each_zone(z) {
		plan_block(z, order, &plan);
		print_plan(z, order);
	}
	return 0;
}

static const struct command commands[] = {
	{ "plan", "ORDER", "what compaction would do for a block of that order; nothing is done",
	  "plan 8", 1, 1, run_plan },
};

const struct command_family plan_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

/*
 * Linux's words where it has one for the same thing.
 */
#include "mm/move/trace_names.h"

#include "base/trace.h"
#include "mm/move/compaction.h"

static const struct trace_value modes[] = {
	{ MIGRATE_ASYNC, "MIGRATE_ASYNC" },
	{ MIGRATE_SYNC_LIGHT, "MIGRATE_SYNC_LIGHT" },
	{ MIGRATE_SYNC, "MIGRATE_SYNC" },
};

/* The events of compaction tell only whether it waits. */
static const struct trace_value modes_in_short[] = {
	{ MIGRATE_ASYNC, "async" },
	{ MIGRATE_SYNC_LIGHT, "sync" },
	{ MIGRATE_SYNC, "sync" },
};

static const struct trace_value whys[] = {
	{ WHY_COMPACTION, "compaction" },
	{ WHY_REQUEST, "syscall_or_cpuset" },
	{ WHY_CONTIG, "contig_range" },
};

/* Linux has no word for the last two. */
static const struct trace_value statuses[] = {
	{ COMPACT_SKIPPED, "skipped" },		{ COMPACT_DEFERRED, "deferred" },
	{ COMPACT_CONTINUE, "continue" },	{ COMPACT_COMPLETE, "complete" },
	{ COMPACT_PARTIAL, "success" },		{ COMPACT_CONTENDED, "contended" },
	{ COMPACT_INTERRUPTED, "interrupted" }, { COMPACT_SPENT, "spent" },
};

static const struct trace_value reasons[] = {
#define REASON(id, text) { MOVE_##id, #id },
	MOVE_REASON_LIST(REASON)
#undef REASON
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

_Static_assert(COUNT(statuses) == COMPACT_STATUSES, "a name each");

static struct trace_value stages[MOVE_STAGES + 1];

void move_name_trace_values(void)
{
	for (unsigned s = 0; s <= MOVE_STAGES; s++)
		stages[s] = (struct trace_value){ s, move_stage_name((enum move_stage)s) };
	trace_name_values(TRACE_NAMES_MODE, modes, COUNT(modes));
	trace_name_values(TRACE_NAMES_SYNC, modes_in_short, COUNT(modes_in_short));
	trace_name_values(TRACE_NAMES_WHY, whys, COUNT(whys));
	trace_name_values(TRACE_NAMES_STATUS, statuses, COUNT(statuses));
	trace_name_values(TRACE_NAMES_STAGE, stages, COUNT(stages));
	trace_name_values(TRACE_NAMES_REASON, reasons, COUNT(reasons));
}

/*
 * Commands about watching and disturbing: trace events, failpoints.
 */
#include <errno.h>
#include <string.h>

#include "arch/cpu.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/trace.h"
#include "console/console.h"

static int refuse_events(const char *names)
{
	print("events:");
	for (unsigned id = 0; id < TRACE_EVENT_COUNT; id++)
		print("%s%s", id % 3 ? " " : "\n  ", trace_event_name((enum trace_event)id));
	print("\n");
	return console_error(-ENOENT, "unknown event in '%s'; expected names as above, * and ? fit",
			     names);
}

static int trace_on(const char *names)
{
	return trace_enable(names) ? refuse_events(names) : 0;
}

static int trace_off(const char *names)
{
	return trace_disable(names) ? refuse_events(names) : 0;
}

static int trace_dump_named(const char *names)
{
	uint32_t events = trace_events_named(names);

	if (!events)
		return refuse_events(names);
	trace_dump_events(events);
	return 0;
}

static void print_counts(enum trace_event id)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		struct trace_counts c = trace_counts_of(cpu, id);

		if (c.recorded)
			print(" cpu%u=%u lost%u=%u", cpu, (unsigned)c.recorded, cpu,
			      (unsigned)c.lost);
	}
}

static int trace_status(void)
{
	for (unsigned id = 0; id < TRACE_EVENT_COUNT; id++) {
		print("%-36s %s", trace_event_name((enum trace_event)id),
		      trace_enabled >> id & 1 ? "on" : "off");
		print_counts((enum trace_event)id);
		print("\n");
	}
	return 0;
}

static int trace_filter_by(const char *condition)
{
	if (strcmp(condition, "off") == 0)
		return trace_filter(NULL);
	switch (trace_filter(condition)) {
	case 0:
		return 0;
	case -ENOENT:
		return console_error(-ENOENT, "no event has the field of '%s'", condition);
	default:
		return console_error(-EINVAL, "expected: trace filter FIELD=VALUE, or off");
	}
}

#define TRACE_USAGE "[status] | on|off|dump [EVENT,...] | clear | filter FIELD=VALUE|off"

/* What follows is all of them when it is not said. */
static int trace_events_command(const struct words *w, int (*run)(const char *names))
{
	const char *names = console_word(w, 2);

	return run(names ? names : "all");
}

static int run_trace(const struct words *w)
{
	if (console_word_is(w, 1, "on"))
		return trace_events_command(w, trace_on);
	if (console_word_is(w, 1, "off"))
		return trace_events_command(w, trace_off);
	if (console_word_is(w, 1, "dump"))
		return trace_events_command(w, trace_dump_named);
	if (console_word_is(w, 1, "filter") && w->count == 3)
		return trace_filter_by(w->word[2]);
	if (w->count == 1 || (w->count == 2 && console_word_is(w, 1, "status")))
		return trace_status();
	if (w->count != 2 || !console_word_is(w, 1, "clear"))
		return console_error(-EINVAL, "expected: trace " TRACE_USAGE);
	trace_clear();
	return 0;
}

static void show_site(const struct failpoint *f, void *unused)
{
	(void)unused;
	print("%-24s armed=%u passes=%u failures=%u\n", f->name, (unsigned)f->armed,
	      (unsigned)f->passes, (unsigned)f->failures);
}

static int run_fail(const struct words *w)
{
	uint32_t n;

	if (w->count == 2 && console_word_is(w, 1, "list")) {
		failpoints_each(show_site, NULL);
		return 0;
	}
	if (w->count == 2 && console_word_is(w, 1, "off")) {
		failpoints_off();
		return 0;
	}
	if (!console_number(w, 2, &n))
		return console_error(-EINVAL, "expected: fail SITE N, fail list or fail off");
	if (failpoint_arm(w->word[1], n) != 0)
		return console_error(-ENOENT, "no site '%s'; `fail list` lists them", w->word[1]);
	return 0;
}

static const struct command commands[] = {
	{ "trace", TRACE_USAGE,
	  "records events, prints them as ftrace text; alone: which are on, how many there were",
	  "trace on mm_compaction_*,migrate_fail", 0, 2, run_trace },
	{ "fail", "SITE N | list | off", "makes the N-th pass through a site fail", "fail list", 1,
	  2, run_fail },
};

const struct command_family trace_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

/*
 * Commands about watching and disturbing: trace events, failpoints.
 */
#include <errno.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/trace.h"
#include "console/console.h"

static int trace_on(const char *events)
{
	if (trace_enable(events ? events : "all") == 0)
		return 0;
	print("events:");
#define PRINT_NAME(id, name, format) print(" %s", name);
	TRACE_EVENTS(PRINT_NAME)
#undef PRINT_NAME
	print("\n");
	return console_error(-ENOENT, "unknown event in '%s'", events);
}

static int run_trace(const struct words *w)
{
	if (console_word_is(w, 1, "on"))
		return trace_on(console_word(w, 2));
	if (w->count > 2)
		return console_error(-EINVAL, "only `trace on` takes events");
	if (console_word_is(w, 1, "off"))
		trace_disable();
	else if (console_word_is(w, 1, "dump"))
		trace_dump();
	else if (console_word_is(w, 1, "clear"))
		trace_clear();
	else
		return console_error(-EINVAL, "expected: trace on [EVENT,...]|off|dump|clear");
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
	{ "trace", "on [EVENT,...]|off|dump|clear", "records events, prints them as ftrace text",
	  "trace on mm_page_alloc", 1, 2, run_trace },
	{ "fail", "SITE N | list | off", "makes the N-th pass through a site fail", "fail list", 1,
	  2, run_fail },
};

const struct command_family trace_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

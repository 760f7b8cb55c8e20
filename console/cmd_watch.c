/*
 * watch: a command's output, drawn over and over.
 *
 * On a terminal each drawing begins at its upper left corner and clears as it goes: each line to
 * its end, and below the last (ECMA-48: CUP, EL, ED), so that nothing flickers. With TIMES the
 * drawings stand one below the other, without any of that, for scripts.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "console/commands.h"
#include "drivers/pl011.h"
#include "kernel/time.h"

#define PERIOD_MS  1000u
#define MOST_TIMES 1000u
#define LINE	   200u
#define ESCAPE	   27
#define KEY_MS	   20u

/* The words from the n-th on, as a line. */
static void join(const struct words *w, unsigned n, char line[LINE])
{
	int used = 0;

	line[0] = 0;
	for (; n < w->count && used < (int)LINE; n++)
		used += snprintf(line + used, LINE - (size_t)used, "%s ", w->word[n]);
}

/* Stands before the serial line: each line is cleared to its end. */
static void put_clearing(const char *text, size_t bytes)
{
	while (bytes) {
		const char *end = memchr(text, '\n', bytes);
		size_t piece = end ? (size_t)(end - text) : bytes;

		pl011_write(text, piece);
		if (end)
			pl011_write("\x1b[K\n", 4);
		text += piece + (end != NULL);
		bytes -= piece + (end != NULL);
	}
}

static int draw(const char *line)
{
	int status;

	log_set_sink(put_clearing);
	print("\x1b[H%s: a key ends this\n", line);
	status = console_run_line(line);
	print("\x1b[J");
	log_set_sink(pl011_write);
	return status;
}

/* A cursor key comes as ESC, [ or O, and bytes of which the last is from @ on. */
static void swallow_rest_of_key(int key)
{
	if (key != ESCAPE || ((key = console_wait_key(KEY_MS)) != '[' && key != 'O'))
		return;
	do
		key = console_wait_key(KEY_MS);
	while (key >= 0 && key < '@');
}

static int draw_until_key(const char *line)
{
	int status, key = -1;

	if (!console_has_keys())
		return console_error(-EINVAL, "no keys here: expected watch TIMES COMMAND");
	print("\x1b[2J");
	do {
		status = draw(line);
		key = status == 0 ? console_wait_key(PERIOD_MS) : -1;
	} while (status == 0 && key < 0);
	swallow_rest_of_key(key);
	return status;
}

static int draw_times(const char *line, uint32_t times)
{
	int status = 0;

	for (uint32_t n = 1; n <= times && status == 0; n++) {
		print("== %s%u of %u\n", line, (unsigned)n, (unsigned)times);
		status = console_run_line(line);
		if (n < times && status == 0 && time_sleep_ns(PERIOD_MS * 1000000ull) != 0)
			return -EINTR;
	}
	return status;
}

static int run_watch(const struct words *w)
{
	char line[LINE];
	uint32_t times = 0;
	unsigned first = console_number(w, 1, &times) ? 2 : 1;
	const char *name = console_word(w, first);

	if (first == 2 && (times == 0 || times > MOST_TIMES || !name))
		return console_error(-EINVAL, "TIMES is a number from 1 to %u, then a command",
				     MOST_TIMES);
	if (!command_find(name))
		return console_refuse_name(name);
	if (strcmp(name, "watch") == 0)
		return console_error(-EINVAL, "expected a command that prints something once");
	join(w, first, line);
	return first == 2 ? draw_times(line, times) : draw_until_key(line);
}

static const struct command commands[] = {
	{ "watch", "[TIMES] COMMAND",
	  "draws what a command prints over and over\n"
	  "Each drawing takes the place of the one before, until a key; with TIMES they stand one\n"
	  "below the other, for scripts.",
	  "watch 2 buddyinfo", 1, COMMAND_MAX_WORDS - 1, run_watch },
};

const struct command_family watch_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

/*
 * The console's loop and its parser.
 *
 * A line is split at blanks into at most COMMAND_MAX_WORDS words; the last of them keeps what
 * follows if there is more. The line being edited belongs to the console's thread; commands get a
 * copy.
 */
#include "console/console.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/waitq.h"
#include "console/commands.h"
#include "console/complete.h"
#include "drivers/pl011.h"
#include "kernel/time.h"

#define PROMPT "tessera> "

static struct {
	bool has_keys; /* the loop runs: the serial line is the console's */
	struct line line;
} console;

int console_error(int status, const char *format, ...)
{
	char text[LINE_ROOM + 40];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print("error: %s\n", text);
	return status;
}

const char *console_word(const struct words *w, unsigned n)
{
	return n < w->count ? w->word[n] : NULL;
}

bool console_word_is(const struct words *w, unsigned n, const char *text)
{
	const char *word = console_word(w, n);

	return word && strcmp(word, text) == 0;
}

static bool digit_value(char c, unsigned base, uint32_t *value)
{
	if (c >= '0' && c <= '9')
		*value = (uint32_t)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		*value = (uint32_t)((c | 0x20) - 'a') + 10;
	else
		return false;
	return *value < base;
}

bool console_number(const struct words *w, unsigned n, uint32_t *value)
{
	const char *at = console_word(w, n);
	unsigned base = 10;
	uint64_t sum = 0;
	uint32_t digit;

	if (!at)
		return false;
	if (at[0] == '0' && (at[1] | 0x20) == 'x') {
		base = 16;
		at += 2;
	}
	if (!*at)
		return false;
	for (; *at; at++) {
		if (!digit_value(*at, base, &digit))
			return false;
		sum = sum * base + digit;
		if (sum > UINT32_MAX)
			return false;
	}
	*value = (uint32_t)sum;
	return true;
}

int console_refuse_name(const char *name)
{
	const struct command *c = command_nearest(name);

	if (c)
		return console_error(-ENOENT, "no command '%s'; nearest is `%s`", name, c->name);
	return console_error(-ENOENT, "no command '%s'; `help` lists them", name);
}

/* Splits `line` in place. */
static void split_words(char *line, struct words *w)
{
	char *at = line;

	w->count = 0;
	while (*at) {
		while (*at == ' ' || *at == '\t')
			*at++ = 0;
		if (!*at)
			break;
		w->word[w->count++] = at;
		if (w->count == COMMAND_MAX_WORDS)
			break;
		while (*at && *at != ' ' && *at != '\t')
			at++;
	}
}

static int refuse_long_line(void)
{
	return console_error(-E2BIG, "a line has at most %u characters", LINE_ROOM - 1);
}

/* One command, in `line`, which it cuts into words. */
static int run_command(char *line)
{
	struct words w;
	const struct command *c;

	split_words(line, &w);
	if (w.count == 0)
		return 0;
	c = command_find(w.word[0]);
	if (!c)
		return console_refuse_name(w.word[0]);
	if (w.count - 1 < c->least || w.count - 1 > c->most)
		return console_error(-EINVAL, "expected: %s %s", c->name, c->arguments);
	return c->run(&w);
}

int console_run_line(const char *line)
{
	char copy[LINE_ROOM], *at = copy;
	int status = 0;

	if (strlen(line) >= sizeof(copy))
		return refuse_long_line();
	strcpy(copy, line);
	while (at) {
		char *next = strchr(at, ';');
		int result;

		if (next)
			*next++ = 0;
		result = run_command(at);
		status = status ? status : result;
		at = next;
	}
	return status;
}

bool console_run_script(const char *script)
{
	bool all_succeeded = true;
	char line[LINE_ROOM];

	while (*script) {
		size_t bytes = strcspn(script, ";");

		snprintf(line, sizeof(line), "%.*s", (int)bytes, script);
		print(PROMPT "%s\n", line + strspn(line, " "));
		if ((bytes < sizeof(line) ? console_run_line(line) : refuse_long_line()) != 0)
			all_succeeded = false;
		script += bytes + (script[bytes] == ';');
	}
	return all_succeeded;
}

/* In the serial interrupt: bytes have arrived. */
static void wake_reader(void)
{
	waitq_wake(&console);
}

bool console_has_keys(void)
{
	return console.has_keys;
}

/* One look, and one sleep if there is none. */
static int try_key(void)
{
	struct waiter w;
	int key;

	waitq_prepare(&w, &console, "a key");
	key = serial_getc();
	if (key < 0)
		sched_block();
	waitq_finish(&w);
	return key;
}

int console_wait_key(uint32_t ms)
{
	uint64_t until = time_ns() + ms * 1000000ull;
	struct alarm alarm;
	int key;

	time_alarm_set(&alarm, until);
	do
		key = try_key();
	while (key < 0 && time_ns() < until);
	time_alarm_clear(&alarm);
	return key;
}

static void put_echo(const char *text, size_t bytes)
{
	log_put(text, bytes);
}

static void read_line(struct line *l)
{
	enum line_event event = LINE_GOES_ON;

	line_start(l);
	while (event == LINE_GOES_ON) {
		int key = try_key();

		if (key >= 0)
			event = line_key(l, key);
	}
}

void console_loop(void)
{
	struct line *l = &console.line;

	l->prompt = PROMPT;
	l->put = put_echo;
	l->offer_words = console_offer_words;
	serial_set_wake(wake_reader);
	console.has_keys = true;
	for (;;) {
		read_line(l);
		console_run_line(l->text);
	}
}

/*
 * The console's loop, its parser, and the table of commands.
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
#include "boot/params.h"
#include "drivers/pl011.h"

#define LINE_ROOM 200u
#define PROMPT	  "tessera> "

enum key { KEY_CTRL_C = 3, KEY_BACKSPACE = 8, KEY_CTRL_U = 21, KEY_DELETE = 127 };

static const struct command_family *const families[] = {
	&memory_commands,  &page_commands, &task_commands,   &trace_commands,
	&demo_commands,	   &file_commands, &stress_commands, &bill_commands,
	&display_commands, &why_commands,  &blame_commands,
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

static int run_help(const struct words *w);

static const struct command help_command = {
	.name = "help",
	.arguments = "[COMMAND|boot]",
	.help = "commands, one of them, or the boot arguments",
	.example = "help map",
	.most = 1,
	.run = run_help,
};

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

static const struct command *find_command(const char *name)
{
	if (strcmp(name, help_command.name) == 0)
		return &help_command;
	for (unsigned f = 0; f < FAMILIES; f++)
		for (unsigned n = 0; n < families[f]->count; n++)
			if (strcmp(name, families[f]->commands[n].name) == 0)
				return &families[f]->commands[n];
	return NULL;
}

static void print_command(const struct command *c)
{
	char usage[64];

	snprintf(usage, sizeof(usage), "%s %s", c->name, c->arguments);
	print("  %-48s %s\n", usage, c->help);
}

static void print_all_commands(void)
{
	print_command(&help_command);
	for (unsigned f = 0; f < FAMILIES; f++)
		for (unsigned n = 0; n < families[f]->count; n++)
			print_command(&families[f]->commands[n]);
}

static int run_help(const struct words *w)
{
	const char *name = console_word(w, 1);
	const struct command *c;

	if (!name) {
		print_all_commands();
		return 0;
	}
	if (strcmp(name, "boot") == 0) {
		params_help();
		return 0;
	}
	c = find_command(name);
	if (!c)
		return console_error(-ENOENT, "no command '%s'; `help` lists them", name);
	print("%s %s\n  %s\n  example: %s\n", c->name, c->arguments, c->help, c->example);
	return 0;
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

int console_run_line(const char *line)
{
	char copy[LINE_ROOM];
	struct words w;
	const struct command *c;

	if (strlen(line) >= sizeof(copy))
		return refuse_long_line();
	strcpy(copy, line);
	split_words(copy, &w);
	if (w.count == 0)
		return 0;
	c = find_command(w.word[0]);
	if (!c)
		return console_error(-ENOENT, "no command '%s'; `help` lists them", w.word[0]);
	if (w.count - 1 < c->least || w.count - 1 > c->most)
		return console_error(-EINVAL, "expected: %s %s", c->name, c->arguments);
	return c->run(&w);
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

/* One key of a line under edit. Returns true when the line is complete. */
static bool edit_line(char *line, unsigned *length, int key)
{
	if (key == '\r' || key == '\n') {
		print("\n");
		return true;
	}
	if (key == KEY_CTRL_C) {
		print("^C\n");
		*length = 0;
		return true;
	}
	if ((key == KEY_BACKSPACE || key == KEY_DELETE) && *length > 0) {
		print("\b \b");
		(*length)--;
	}
	for (; key == KEY_CTRL_U && *length > 0; (*length)--)
		print("\b \b");
	if (key >= ' ' && key < KEY_DELETE && *length < LINE_ROOM - 1) {
		print("%c", key);
		line[(*length)++] = (char)key;
	}
	return false;
}

/* In the serial interrupt: bytes have arrived. */
static void wake_reader(void)
{
	waitq_wake(families);
}

static int wait_for_key(void)
{
	for (;;) {
		struct waiter w;
		int key;

		waitq_prepare(&w, families, "a key");
		key = serial_getc();
		if (key < 0)
			sched_block();
		waitq_finish(&w);
		if (key >= 0)
			return key;
	}
}

void console_loop(void)
{
	char line[LINE_ROOM];

	serial_set_wake(wake_reader);
	for (;;) {
		unsigned length = 0;

		print(PROMPT);
		while (!edit_line(line, &length, wait_for_key()))
			;
		line[length] = 0;
		console_run_line(line);
	}
}

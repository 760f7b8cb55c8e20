/*
 * help: every command in a line, or one of them in full.
 *
 * The first line of a command's `help` is for the list; what follows it, the arguments and the
 * example are for who asks for this command.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "boot/params.h"
#include "console/commands.h"
#include "console/kinds.h"

/* The first line of it. */
static int summary_length(const struct command *c)
{
	return (int)strcspn(c->help, "\n");
}

static void print_all_commands(void)
{
	const char *heading, *last = "";
	const struct command *c;

	for (unsigned n = 0; (c = command_at(n, &heading)); n++) {
		if (strcmp(heading, last) != 0)
			print("%s%s\n", n ? "\n" : "", heading);
		print("  %-13s %.*s\n", c->name, summary_length(c), c->help);
		last = heading;
	}
	print("\n`help COMMAND` has its arguments and an example; `;` stands between commands of "
	      "one "
	      "line\n");
}

static void print_lines(const char *text)
{
	while (*text) {
		size_t bytes = strcspn(text, "\n");

		print("  %.*s\n", (int)bytes, text);
		text += bytes + (text[bytes] == '\n');
	}
}

static void print_command(const struct command *c)
{
	const struct argument_kind *kind;

	print("usage: %s%s%s\n", c->name, *c->arguments ? " " : "", c->arguments);
	print_lines(c->help);
	for (unsigned n = 0; (kind = argument_kind_at(n)); n++)
		if (usage_has_kind(c->arguments, kind->name))
			print("  %-9s %s\n", kind->name, kind->text);
	print("example: %s\n", c->example);
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
	c = command_find(name);
	if (!c)
		return console_refuse_name(name);
	print_command(c);
	return 0;
}

static const struct command commands[] = {
	{ "help", "[COMMAND|boot]",
	  "lists the commands, or explains one\n"
	  "boot: the arguments that the machine may be started with",
	  "help map", 0, 1, run_help },
};

const struct command_family help_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

/*
 * The console: commands by name, one a line, from the serial line or from `run=`.
 *
 * A command prints its result as plain text and returns 0; one that fails ends with one line
 * `error: what was wrong and what was expected` and returns its status, -errno.
 * Commands run one at a time, in the console's thread, and may sleep.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#define COMMAND_MAX_WORDS 8u

/* What a command was given: word[0] is its name. */
struct words {
	unsigned count;
	const char *word[COMMAND_MAX_WORDS];
};

struct command {
	const char *name;
	const char *arguments; /* as help prints them */
	const char *help;      /* a line for the list; more lines, for `help COMMAND`, may follow */
	const char *example;   /* a script that works on a fresh machine; a test runs it */
	unsigned least, most;  /* arguments */
	int (*run)(const struct words *w);
};

/* A family of commands; each file of commands has one. */
struct command_family {
	const struct command *commands;
	unsigned count;
};

extern const struct command_family memory_commands, page_commands, task_commands, trace_commands,
	plan_commands,
	demo_commands, help_commands, watch_commands, file_commands, stress_commands, bill_commands,
	display_commands, why_commands, blame_commands, disk_commands;

/*
 * Runs one line; commands in it are separated by `;`, and all of them run. Returns 0 or the status
 * of the first that failed. An empty line succeeds.
 */
int console_run_line(const char *line);

/* Runs `cmd; cmd; ...` to its end, also past a failure. Returns true if all succeeded. */
bool console_run_script(const char *script);

/* Reads and runs lines for ever. Context: a kernel thread. */
void console_loop(void) __attribute__((noreturn));

/* Whether somebody can press a key: not while `run=` or a test has the machine. */
bool console_has_keys(void);

/* The next key, or -1 when none was pressed in that time. The console's thread alone. */
int console_wait_key(uint32_t ms);

/* Prints `error: ...` and returns `status`: the last line of a command that failed. */
int console_error(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a name that no command has; says which one is near. */
int console_refuse_name(const char *name);

/* The n-th word as a number, decimal or 0x... Returns false if there is none or it is none. */
bool console_number(const struct words *w, unsigned n, uint32_t *value);

/* The n-th word, or NULL. */
const char *console_word(const struct words *w, unsigned n);

/* True if the n-th word is this one. */
bool console_word_is(const struct words *w, unsigned n, const char *text);

#endif

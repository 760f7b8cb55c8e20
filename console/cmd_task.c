/*
 * Commands about tasks: start, end, look, let them check their memory; and the end of the machine.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "console/arguments.h"
#include "drivers/power.h"
#include "kernel/checkin.h"
#include "kernel/exec.h"
#include "mm/phys/zone.h"

#define VERIFY_MS  120000u /* a task that reads 2 GiB at one instruction a nanosecond needs less */
#define READY_MS   600000u
#define MAX_STATUS 255u /* what the caller of an emulator sees of it: a byte */

static int run_ps(const struct words *w)
{
	char text[160];

	(void)w;
	for (struct task *t = task_next(NULL); t; t = task_next(t)) {
		task_describe(t, text, sizeof(text));
		print("%s\n", text);
	}
	return 0;
}

static int run_kill(const struct words *w)
{
	struct task *t;
	int status = console_find_task(w, 1, &t);

	if (status != 0)
		return status;
	if (!t->thread.mm) {
		task_put(t);
		return console_error(-EPERM, "task %s is a kernel thread", w->word[1]);
	}
	task_kill(t);
	task_wait(t);
	task_put(t);
	return 0;
}

static int spawn_error(const char *path, int status)
{
	const char *why = status == -ENOENT    ? "no such file in the initrd"
			  : status == -ENOEXEC ? "not a program for this machine"
			  : status == -ENOMEM  ? "out of memory"
			  : status == -EAGAIN  ? "too many tasks"
					       : "arguments too long";

	return console_error(status, "%s: %s", path, why);
}

static int run_spawn(const struct words *w)
{
	struct task *t;
	int status = task_spawn(w->word[1], (int)w->count - 1, &w->word[1], &t);

	if (status != 0)
		return spawn_error(w->word[1], status);
	print("task=%u\n", (unsigned)t->thread.id);
	task_put(t);
	return 0;
}

/* As spawn, and waits for its end. */
static int run_exec(const struct words *w)
{
	struct task *t;
	int status = task_spawn(w->word[1], (int)w->count - 1, &w->word[1], &t);

	if (status != 0)
		return spawn_error(w->word[1], status);
	status = task_wait(t);
	task_put(t);
	print("%s: status=%d\n", w->word[1], status);
	return status == 0 ? 0 : console_error(-EIO, "%s ended with status %d", w->word[1], status);
}

/* A number of pages, or `N%` of the free ones. Returns false if the word is neither. */
static bool find_pages(const struct words *w, unsigned n, uint32_t *pages)
{
	char digits[12];
	const char *word = console_word(w, n), *percent = strchr(word, '%');
	struct words number = { 1, { digits } };
	uint32_t share;

	if (!percent)
		return console_number(w, n, pages) && *pages > 0;
	snprintf(digits, sizeof(digits), "%.*s", (int)(percent - word), word);
	if (percent[1] || !console_number(&number, 0, &share) || share == 0 || share > 100)
		return false;
	*pages = (uint32_t)((uint64_t)zones_free_pages() * share / 100);
	return true;
}

static int run_frag(const struct words *w)
{
	char pages_text[12];
	const char *argv[] = { "frag", pages_text, w->word[2], "quiet" };
	const struct frag_report *r;
	uint32_t pages, seed;
	struct task *t;
	int status;

	if (!find_pages(w, 1, &pages))
		return console_error(-EINVAL, "PAGES is a number, or N%% of the free pages");
	if (!console_number(w, 2, &seed))
		return console_error(-EINVAL, "SEED is a number");
	snprintf(pages_text, sizeof(pages_text), "%u", (unsigned)pages);
	status = task_spawn("frag", 4, argv, &t);
	if (status != 0)
		return spawn_error("frag", status);
	status = checkin_wait_ready(t, READY_MS);
	if (status == -ESRCH)
		task_wait(t); /* its memory is back when the prompt is */
	r = &t->checker.report;
	if (status == 0)
		print("task=%u pages=%u released=%u calls=%u pattern=%08x\n",
		      (unsigned)t->thread.id, (unsigned)r->pages, (unsigned)r->released,
		      (unsigned)r->calls, (unsigned)r->pattern);
	task_put(t);
	if (status != 0)
		return console_error(status, "frag ended or hung before it had released: "
					     "too little memory?");
	return 0;
}

static int run_verify(const struct words *w)
{
	uint32_t errors = checkin_verify_all(VERIFY_MS);

	(void)w;
	print("checkers=%u signature_errors=%u\n", (unsigned)checkin_count(), (unsigned)errors);
	if (errors)
		return console_error(-EIO, "memory is not what its owners wrote");
	return 0;
}

static int run_poweroff(const struct words *w)
{
	uint32_t status = 0;

	if (w->count > 1 && (!console_number(w, 1, &status) || status > MAX_STATUS))
		return console_error(-EINVAL, "STATUS is a number from 0 to %u", MAX_STATUS);
	power_off((int)status);
}

/* The compiler must not know the address, or it makes a trap of the store. */
static void store_at(uintptr_t address)
{
	volatile uint32_t *word;

	__asm__("" : "=r"(word) : "0"(address));
	*word = 0;
}

static void break_by_null(void)
{
	store_at(8);
}

static void break_by_text_write(void)
{
	store_at((uintptr_t)break_by_text_write & ~3u);
}

/* The end is never reached: the stack ends long before 2^32 frames. */
static uint32_t use_stack_without_end(volatile uint32_t *above)
{
	volatile uint32_t words[64];

	words[0] = *above + 1;
	if (words[0] == UINT32_MAX)
		return 0;
	return use_stack_without_end(words) + words[0];
}

static void break_by_stack(void)
{
	volatile uint32_t start = 0;

	use_stack_without_end(&start);
}

static void break_by_undefined(void)
{
	__builtin_trap();
}

static int run_panic(const struct words *w)
{
	static const struct {
		const char *name;
		void (*act)(void);
	} kinds[] = {
		{ "null", break_by_null },
		{ "text-write", break_by_text_write },
		{ "stack", break_by_stack },
		{ "undef", break_by_undefined },
	};

	for (unsigned n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++)
		if (console_word_is(w, 1, kinds[n].name))
			kinds[n].act();
	return console_error(-EINVAL, "expected: panic null|text-write|stack|undef");
}

static const struct command commands[] = {

	{ "ps", "",
	  "the tasks there are\n"
	  "a task is named by its number or its name; main is what runs your commands",
	  "ps", 0, 0, run_ps },
	{ "spawn", "PROGRAM [ARGS]",
	  "starts a program and goes on\n"
	  "its number is printed; what it says appears in between; `kill` ends it",
	  "spawn writer; ps", 1, 6, run_spawn },
	{ "exec", "PROGRAM [ARGS]",
	  "runs a program to its end\n"
	  "fails when the program ends with a status that is not 0",
	  "exec hello", 1, 6, run_exec },
	{ "kill", "TASK",
	  "ends a user task\n"
	  "its memory is back when the prompt is; a kernel thread is refused",
	  "spawn writer; kill writer", 1, 1, run_kill },
	{ "frag", "PAGES|N% SEED",
	  "a task fills memory and gives about half of it back, in runs of 1 to 8 pages\n"
	  "it lives on and checks what it kept; its memory begins at 0x20000000\n"
	  "fails when there is not enough memory for it",
	  "frag 25% 1; buddyinfo", 2, 2, run_frag },
	{ "verify", "",
	  "all checking tasks read all their memory now\n"
	  "fails when one word is not what its owner wrote: a page was moved wrongly",
	  "frag 10% 1; compact; verify", 0, 0, run_verify },
	{ "poweroff", "[STATUS]", "ends the machine, with status 0 if none is said", "poweroff 0",
	  0, 1, run_poweroff },
	{ "panic", "null|text-write|stack|undef",
	  "breaks the kernel, to see what it says then\n"
	  "null: a store to address 8; text-write: a store to code; stack: recursion without\n"
	  "an end; undef: an undefined instruction. Ends the machine with status 1",
	  "panic null", 1, 1, run_panic },
};

const struct command_family task_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

/*
 * stress SECONDS [SEED]: memory moves without pause while its owners look at every word.
 *
 * Programs of user mode that know what each of their words must be run on whatever cpus there are;
 * the console's thread compacts all of memory, over and over, in every mode, and between two
 * compactions sends frames in use on a journey of their own, by chance. At the end every program
 * reads everything, all of them are ended, and every invariant is recomputed.
 */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/rng.h"
#include "boot/params.h"
#include "console/console.h"
#include "kernel/check.h"
#include "kernel/checkin.h"
#include "kernel/exec.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "mm/move/compaction.h"
#include "mm/phys/vmstat.h"
#include "mm/phys/zone.h"

#define READY_MS   600000u
#define VERIFY_MS  120000u
#define END_MS	   60000u
#define MOVES_MORE 64u	 /* pages moved by chance after each compaction */
#define MOST_TRIES 4096u /* frames picked for that: many are free, or nothing that moves */

static const char *const programs[] = { "clan", "churn", "writer", "clan", "jit", "churn" };

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

static struct {
	struct task *task[PROGRAMS];
	uint32_t tasks_before;
	struct rng rng;
	uint32_t runs;
} stress;

static uint32_t count_tasks(void)
{
	uint32_t count = 0;

	for (struct task *t = task_next(NULL); t; t = task_next(t))
		count += t->thread.mm != NULL;
	return count;
}

/* Words that the checking programs have looked at; wraps, as theirs do. */
static uint32_t words_checked(void)
{
	uint32_t words = 0;

	for (struct task *t = task_next(NULL); t; t = task_next(t))
		words += t->checker.words;
	return words;
}

static int start_program(unsigned n, uint32_t seed)
{
	char seed_text[12];
	const char *argv[] = { programs[n], seed_text };
	int status;

	snprintf(seed_text, sizeof(seed_text), "%u", (unsigned)seed);
	status = task_spawn(programs[n], 2, argv, &stress.task[n]);
	if (status == 0)
		status = checkin_wait_ready(stress.task[n], READY_MS);
	return status;
}

static int start_programs(uint32_t seed)
{
	for (unsigned n = 0; n < PROGRAMS; n++) {
		int status = start_program(n, seed + n);

		if (status != 0)
			return console_error(status, "%s does not start", programs[n]);
	}
	return 0;
}

/* Frames by chance, each on a journey of its own. */
static void move_a_few(void)
{
	uint32_t frames = page_map_end.n - page_map_start.n, moved = 0;

	for (unsigned n = 0; n < MOST_TRIES && moved < MOVES_MORE; n++) {
		pfn_t f = { page_map_start.n + rng_below(&stress.rng, frames) };
		struct move what = { 0 };

		moved += migrate_frame(f, MIGRATE_SYNC, &what) == 0;
		thread_yield_if_due();
	}
}

static void compact_until(uint64_t end_ns)
{
	static const enum migrate_mode modes[] = { MIGRATE_SYNC, MIGRATE_ASYNC,
						   MIGRATE_SYNC_LIGHT };

	while (time_ns() < end_ns) {
		struct compact_counts counts = { 0 };

		compact_memory(NULL, modes[stress.runs++ % 3], &counts);
		move_a_few();
		sched_yield_now();
	}
}

/* Returns how many of the programs had ended by themselves: none should. */
static unsigned end_programs(void)
{
	unsigned ended = 0;

	for (unsigned n = 0; n < PROGRAMS; n++) {
		if (!stress.task[n])
			continue;
		ended += !task_is_live(stress.task[n]);
		task_kill(stress.task[n]);
		task_wait(stress.task[n]);
		task_put(stress.task[n]);
		stress.task[n] = NULL;
	}
	return ended;
}

/* Children of what was ended end at their next look. Returns how many did not. */
static uint32_t wait_for_children(void)
{
	uint64_t until = time_ns() + END_MS * 1000000ull;

	while (count_tasks() > stress.tasks_before && time_ns() < until)
		time_sleep_ns(10000000);
	return count_tasks() - stress.tasks_before;
}

struct figures {
	uint32_t moved, words;
	uint64_t ns;
};

static void say(const struct figures *f, uint32_t errors, uint32_t broken)
{
	uint32_t ms = (uint32_t)(f->ns / 1000000u) + 1;

	print("RESULT stress_ms=%u compactions=%u moved=%u moved_per_second=%u words=%u "
	      "words_per_second=%u wrong_words=%u invariants=%s\n",
	      (unsigned)ms, (unsigned)stress.runs, (unsigned)f->moved,
	      (unsigned)((uint64_t)f->moved * 1000 / ms), (unsigned)f->words,
	      (unsigned)((uint64_t)f->words * 1000 / ms), (unsigned)errors,
	      broken ? "broken" : "ok");
}

static void run_for(uint32_t seconds, struct figures *f)
{
	uint32_t moved = vm_event_read(PGMIGRATE_SUCCESS), words = words_checked();
	uint64_t start = time_ns();

	compact_until(start + seconds * (uint64_t)NS_PER_S);
	f->ns = time_ns() - start;
	f->moved = vm_event_read(PGMIGRATE_SUCCESS) - moved;
	f->words = words_checked() - words;
}

static int run_stress(const struct words *w)
{
	uint32_t seconds, seed = boot_params.seed, errors, broken, left;
	struct figures f = { 0 };
	unsigned ended;
	int status;

	if (!console_number(w, 1, &seconds) || (w->count > 2 && !console_number(w, 2, &seed)))
		return console_error(-EINVAL, "SECONDS and SEED are numbers");
	rng_seed(&stress.rng, seed);
	stress.runs = 0;
	stress.tasks_before = count_tasks();
	status = start_programs(seed);
	if (status == 0)
		run_for(seconds, &f);
	errors = checkin_verify_all(VERIFY_MS);
	ended = end_programs();
	left = wait_for_children();
	broken = check_alone(false);
	say(&f, errors, broken);
	if (status != 0)
		return status;
	if (ended || left)
		return console_error(-EIO, "%u programs ended by themselves, %u did not end", ended,
				     (unsigned)left);
	return errors || broken ? console_error(-EIO, "memory or invariants are wrong") : 0;
}

static const struct command commands[] = {

	{ "stress", "SECONDS [SEED]",
	  "programs check their memory while all of it moves\n"
	  "six programs, on all cpus; memory is compacted without pause in every mode.\n"
	  "Ends with a RESULT line. Fails when a word or an invariant is wrong",
	  "stress 1", 1, 2, run_stress },
};

const struct command_family stress_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

/*
 * Tasks: programs start, end with their status, are killed when they break a rule, and hurt nobody
 * else.
 */
#include <errno.h>

#include "arch/cache.h"
#include "arch/uaccess.h"
#include "base/failpoint.h"
#include "kernel/checkin.h"
#include "kernel/exec.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define READY_MS  60000u
#define VERIFY_MS 60000u

TEST(tasks, a_program_ends_with_its_status, "")
{
	struct task *t = given_program("hello", "there");

	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(exit_status_of(t), 0);
	EXPECT_TRUE(!task_is_live(t));
}

TEST(tasks, system_calls_answer_bad_arguments, "")
{
	struct task *t = given_program("badcalls", NULL);

	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(exit_status_of(t), 0);
}

TEST(tasks, a_program_that_is_not_there_does_not_start, "")
{
	const char *const argv[] = { "no-such-program" };
	struct task *t = NULL;

	EXPECT_EQ(task_spawn(argv[0], 1, argv, &t), -ENOENT);
	EXPECT_TRUE(t == NULL);
}

TEST(tasks, too_many_arguments_are_refused, "")
{
	static const char *argv[EXEC_ARGS_BYTES / 8];
	struct task *t = NULL;

	for (unsigned n = 0; n < EXEC_ARGS_BYTES / 8; n++)
		argv[n] = "args";
	EXPECT_EQ(task_spawn("hello", EXEC_ARGS_BYTES / 8, argv, &t), -E2BIG);
}

/* Each kind of crash, while another task watches its own memory. */
static void expect_crash(const char *kind, int status)
{
	struct task *watcher = given_program("writer", "3"), *t;
	uint32_t errors = checkin_errors();

	REQUIRE_TRUE(watcher != NULL);
	EXPECT_EQ(checkin_wait_ready(watcher, READY_MS), 0);
	t = given_program("crash", kind);
	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(exit_status_of(t), status);
	EXPECT_TRUE(task_is_live(watcher));
	EXPECT_EQ(checkin_verify_all(VERIFY_MS), errors);
}

#define CRASH_TEST(label, kind, signal)                                                            \
	TEST(tasks, crash_##label, "")                                                             \
	{                                                                                          \
		expect_crash(kind, EXIT_BY_SIGNAL(signal));                                        \
	}

CRASH_TEST(null, "null", SIG_SEGV)
CRASH_TEST(kernel_write, "kernel-write", SIG_SEGV)
CRASH_TEST(kernel_read, "kernel-read", SIG_SEGV)
CRASH_TEST(runs_data, "noexec", SIG_SEGV)
CRASH_TEST(stack, "stack", SIG_SEGV)
CRASH_TEST(undefined, "undefined", SIG_ILL)
CRASH_TEST(breakpoint, "breakpoint", SIG_TRAP)
CRASH_TEST(writes_code, "text", SIG_SEGV)
CRASH_TEST(writes_constant, "constant", SIG_SEGV)
CRASH_TEST(alignment, "align", SIG_BUS)
CRASH_TEST(privileged, "privileged", SIG_ILL)
CRASH_TEST(eats_memory, "memory", SIG_KILL)
CRASH_TEST(eats_memory_by_calls, "memory-by-calls", SIG_KILL)
CRASH_TEST(thumb_undefined, "thumb-undefined", SIG_ILL)
CRASH_TEST(thumb_null, "thumb-null", SIG_SEGV)

static void expect_is_right(struct task *t)
{
	uint32_t errors = checkin_errors();

	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(checkin_wait_ready(t, READY_MS), 0);
	EXPECT_EQ(checkin_verify_all(VERIFY_MS), errors);
	EXPECT_EQ(checkin_verify_all(VERIFY_MS), errors);
	EXPECT_TRUE(task_is_live(t));
}

static void expect_checker_is_right(const char *program)
{
	expect_is_right(given_program(program, "7"));
}

TEST(tasks, churn_finds_its_memory_right, "")
{
	expect_checker_is_right("churn");
}

TEST(tasks, writer_loses_no_write, "")
{
	expect_checker_is_right("writer");
}

TEST(tasks, jit_runs_what_it_wrote_last, "DC-7")
{
	expect_checker_is_right("jit");
}

/* No rights change: the cacheflush call is what makes the new code good. */
TEST(tasks, jit_runs_what_it_wrote_last_without_new_rights, "DC-7")
{
	const char *const argv[] = { "jit", "7", "open" };
	uint32_t before = cache_counts().instruction_syncs;
	struct task *t = NULL;

	REQUIRE_EQ(task_spawn("jit", 3, argv, &t), 0);
	expect_is_right(t);
	EXPECT_TRUE(cache_counts().instruction_syncs - before >= 16);
	task_kill(t);
	task_wait(t);
	task_put(t);
}

TEST(tasks, frag_follows_the_rule, "")
{
	const char *const argv[] = { "frag", "2000", "1", "quiet" };
	const struct frag_report *r;
	struct task *t = NULL;

	REQUIRE_EQ(task_spawn("frag", 4, argv, &t), 0);
	EXPECT_EQ(checkin_wait_ready(t, READY_MS), 0);
	r = &t->checker.report;
	EXPECT_EQ(r->pages, 2000);
	EXPECT_EQ(r->released, 1002);
	EXPECT_EQ(r->calls, 212);
	EXPECT_EQ(r->pattern, 0x618b48c1);
	task_kill(t);
	EXPECT_EQ(task_wait(t), EXIT_BY_SIGNAL(SIG_KILL));
	task_put(t);
}

TEST(tasks, a_killed_task_says_so, "")
{
	struct task *t = given_program("churn", NULL);

	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(checkin_wait_ready(t, READY_MS), 0);
	task_kill(t);
	EXPECT_EQ(exit_status_of(t), EXIT_BY_SIGNAL(SIG_KILL));
}

TEST(tasks, many_run_side_by_side, "")
{
	uint32_t errors = checkin_errors();

	for (unsigned n = 0; n < 8; n++)
		REQUIRE_TRUE(given_program(n & 1 ? "churn" : "writer", n & 2 ? "1" : "2") != NULL);
	EXPECT_EQ(checkin_verify_all(VERIFY_MS), errors);
}

static void arm_site(const struct failpoint *f, void *n)
{
	failpoint_arm(f->name, *(const uint32_t *)n);
}

/*
 * A failure at the n-th pass through every site; the program may start or not, nothing may be lost.
 */
TEST(tasks, a_start_that_fails_anywhere_leaves_nothing, "")
{
	const char *const argv[] = { "hello" };
	unsigned refused = 0;

	for (uint32_t n = 1; n <= 24; n++) {
		struct task *t = NULL;

		failpoints_each(arm_site, &n);
		if (task_spawn("hello", 1, argv, &t) != 0)
			refused++;
		failpoints_off();
		if (t) {
			task_wait(t);
			task_put(t);
		}
	}
	EXPECT_TRUE(refused > 0);
}

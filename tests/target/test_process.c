/*
 * Processes and threads: born, waited for, replaced, gone without a trace. The programs (user/)
 * check what they can see and end with 0; the tests look at what is left in the kernel.
 */
#include <errno.h>
#include "base/failpoint.h"
#include "kernel/exec.h"
#include "kernel/process.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

static unsigned count_processes(void)
{
	unsigned count = 0;

	for (struct process *p = process_next(NULL); p; p = process_next(p))
		count++;
	return count;
}

static unsigned count_tasks(void)
{
	unsigned count = 0;

	task_wait_reaped();
	for (struct task *t = task_next(NULL); t; t = task_next(t))
		count++;
	return count;
}

/* It ends with this status, and neither task nor process is left over. */
static void expect_end(const char *program, const char *kind, int status)
{
	unsigned processes = count_processes(), tasks = count_tasks();
	struct task *t = given_program(program, kind);

	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(process_wait_end(t->process), status);
	EXPECT_EQ(count_tasks(), tasks);
	EXPECT_EQ(count_processes(), processes);
}

#define FAMILY_TEST(name, kind, status)                                                            \
	TEST(process, name, "")                                                                    \
	{                                                                                          \
		expect_end("family", kind, status);                                                \
	}

FAMILY_TEST(a_tree_of_three_levels_is_waited_for, "tree", 0)
FAMILY_TEST(wait4_answers_as_linux, "wait", 0)
FAMILY_TEST(waitid_may_look_without_taking, "waitid", 0)
FAMILY_TEST(a_silent_child_is_waited_for_as_such, "silent", 0)
FAMILY_TEST(a_crash_is_a_signal_to_the_parent, "signalled", 0)
FAMILY_TEST(more_children_than_there_are_tasks, "many", 0)
FAMILY_TEST(zombies_go_with_their_parent, "careless", 0)
FAMILY_TEST(vfork_waits_for_exec_or_the_end, "vfork", 0)
FAMILY_TEST(exec_refuses_and_goes_on, "badexec", 0)
FAMILY_TEST(exec_carries_arguments_and_environment, "longexec", 0)
FAMILY_TEST(exec_refuses_too_many_arguments, "toolong", 0)
FAMILY_TEST(fork_copies_floating_point, "float", 0)
FAMILY_TEST(exec_closes_what_asked_for_it, "cloexec", 0)
FAMILY_TEST(groups_and_sessions, "groups", 0)

/* With a first process the orphan is its child, and stays a zombie until that one waits. */
TEST(process, orphans_go_to_the_first_process, "")
{
	unsigned processes = count_processes();
	struct task *first = given_program("writer", "1"), *t;

	REQUIRE_TRUE(first != NULL);
	process_set_first(first->process);
	t = given_program("family", "careless");
	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(process_wait_end(t->process), 0);
	EXPECT_EQ(count_processes(), processes + 1 + 4);
	task_kill(first);
	EXPECT_EQ(process_wait_end(first->process), EXIT_BY_SIGNAL(SIG_KILL));
	EXPECT_EQ(count_processes(), processes);
}

/* Without one it has no parent, and nobody has to wait for it. */
TEST(process, orphans_without_a_first_process_have_no_parent, "")
{
	unsigned processes = count_processes();
	struct process *p, *child = NULL;
	struct task *t;

	test_on_one_cpu(); /* so that the child is seen while it lives */
	t = given_program("family", "tree");
	REQUIRE_TRUE(t != NULL);
	while (!child && task_is_live(t)) {
		sched_yield_now();
		for (p = process_next(NULL); p; p = process_next(p))
			if (process_parent_pid(p) == t->process->pid && !child) {
				process_get(p);
				child = p;
			}
	}
	REQUIRE_TRUE(child != NULL);
	task_kill(t);
	process_wait_end(t->process);
	EXPECT_EQ(process_parent_pid(child), 0);
	process_wait_end(child);
	process_put(child);
	while (count_processes() > processes)
		sched_yield_now();
}

/* Every task of a process ends with it, wherever each is just now. */
TEST(process, a_killed_process_takes_its_tasks_along, "")
{
	unsigned tasks = count_tasks();
	struct task *t = given_program("threads", "forever");

	REQUIRE_TRUE(t != NULL);
	while (count_tasks() < tasks + 4 && task_is_live(t))
		sched_yield_now();
	task_kill(t);
	EXPECT_EQ(process_wait_end(t->process), EXIT_BY_SIGNAL(SIG_KILL));
	EXPECT_EQ(count_tasks(), tasks);
}

#define THREADS_TEST(name, kind)                                                                   \
	TEST(threads, name, "")                                                                    \
	{                                                                                          \
		expect_end("threads", kind, 0);                                                    \
	}

THREADS_TEST(a_mutex_keeps_a_counter_exact, "counter")
THREADS_TEST(a_wake_wakes_so_many_and_no_more, "wake")
THREADS_TEST(a_requeue_moves_waiters, "requeue")
THREADS_TEST(a_wait_ends_with_its_time, "timeout")
THREADS_TEST(a_wait_for_another_value_does_not_sleep, "value")
THREADS_TEST(bits_choose_who_is_woken, "bits")
THREADS_TEST(wake_op_changes_and_compares, "wakeop")
THREADS_TEST(a_dead_owner_leaves_its_robust_futex, "robust")
THREADS_TEST(exec_ends_the_other_threads, "exec")
THREADS_TEST(exit_group_ends_the_other_threads, "group")
THREADS_TEST(a_process_outlives_its_first_task, "outlive")
THREADS_TEST(fork_from_a_thread, "fork")

static void arm_site(const struct failpoint *f, void *n)
{
	failpoint_arm(f->name, *(const uint32_t *)n);
}

/* Every site fails at its n-th pass while the program runs; what it took is back in any case. */
static void fail_everywhere(const char *kind, uint32_t most)
{
	unsigned processes = count_processes(), refused = 0;

	test_on_one_cpu(); /* it does nothing before the sites are armed */

	for (uint32_t n = 1; n <= most; n++) {
		const char *const argv[] = { "family", kind };
		struct task *t = NULL;

		if (task_spawn("family", 2, argv, &t) != 0)
			continue;
		failpoints_each(arm_site, &n);
		refused += process_wait_end(t->process) != 0;
		failpoints_off();
		task_put(t);
		while (count_processes() > processes)
			sched_yield_now();
	}
	EXPECT_TRUE(refused > 0);
}

TEST(process, a_fork_that_fails_anywhere_leaves_nothing, "")
{
	fail_everywhere("forkone", 40);
}

TEST(process, an_exec_that_fails_anywhere_leaves_nothing, "")
{
	fail_everywhere("execone", 40);
}

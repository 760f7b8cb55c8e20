/*
 * Signals: programs whose handlers run, wait, break off sleeps, mend faults; frames that lie.
 */
#include <errno.h>
#include <string.h>

#include "kernel/checkin.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/sigframe.h"
#include "kernel/time.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define READY_MS 60000u
#define SHORT_NS 10000000u

#define PROGRAM_TEST(label, program, argument, status)                                             \
	TEST(signal, label, "")                                                                    \
	{                                                                                          \
		struct task *t = given_program(program, argument);                                 \
                                                                                                   \
		REQUIRE_TRUE(t != NULL);                                                           \
		EXPECT_EQ(exit_status_of(t), status);                                              \
	}

#define GOOD_TEST(label, argument) PROGRAM_TEST(label, "signals", argument, 0)
#define DEADLY_TEST(label, argument, signal)                                                       \
	PROGRAM_TEST(label, "signals", argument, EXIT_BY_SIGNAL(signal))
#define FORGED_TEST(label, argument)                                                               \
	PROGRAM_TEST(label, "badframes", argument, EXIT_BY_SIGNAL(SIGNAL_SEGV))

GOOD_TEST(a_handler_leaves_every_register_as_it_was, "registers")
GOOD_TEST(handlers_nest, "nested")
GOOD_TEST(what_is_blocked_waits, "blocked")
GOOD_TEST(actions_are_as_asked, "actions")
GOOD_TEST(what_is_ignored_is_dropped, "ignored")
GOOD_TEST(sigsuspend_lends_a_mask, "suspend")
GOOD_TEST(sigtimedwait_takes_what_is_blocked, "timed-wait")
GOOD_TEST(a_handler_mends_a_fault, "fault")
GOOD_TEST(every_fault_has_its_signal, "other-faults")
GOOD_TEST(a_fault_in_a_call_is_its_answer, "fault-in-call")
GOOD_TEST(a_timer_tells_once_or_again_and_again, "timer")
GOOD_TEST(an_overflow_is_handled_on_another_stack, "overflow")

DEADLY_TEST(the_default_ends_the_process, "die-default", SIGNAL_TERM)
DEADLY_TEST(a_blocked_fault_ends_it, "die-blocked", SIGNAL_SEGV)
DEADLY_TEST(an_ignored_fault_ends_it, "die-ignored", SIGNAL_SEGV)
DEADLY_TEST(no_room_for_a_frame_ends_it, "die-frame", SIGNAL_SEGV)
DEADLY_TEST(no_restorer_ends_it, "die-restorer", SIGNAL_SEGV)

PROGRAM_TEST(a_frame_may_change_flags, "badframes", "flags", 0)
PROGRAM_TEST(garbage_in_frames_hurts_nobody, "badframes", "garbage", 0)
FORGED_TEST(a_frame_gives_no_supervisor_mode, "supervisor")
FORGED_TEST(a_frame_gives_no_system_mode, "system")
FORGED_TEST(a_frame_turns_no_interrupts_off, "interrupts")
FORGED_TEST(a_frame_without_its_magic_is_none, "magic")
FORGED_TEST(a_frame_at_an_odd_place_is_none, "odd")
FORGED_TEST(a_frame_in_the_kernel_is_none, "kernel")
FORGED_TEST(a_frame_across_the_end_is_none, "end")

#define TASKS_TEST(label, argument, status) PROGRAM_TEST(label, "sigtasks", argument, status)

TASKS_TEST(a_call_is_made_again_if_asked_for, "restart", 0)
TASKS_TEST(a_call_is_broken_off_if_not, "interrupt", 0)
TASKS_TEST(a_child_that_ends_is_told, "child", 0)
TASKS_TEST(a_child_begins_with_masks_and_actions, "fork", 0)
TASKS_TEST(a_group_is_told_together, "group", 0)
TASKS_TEST(one_task_is_told, "directed", 0)
TASKS_TEST(threads_tell_each_other_without_end, "race", 0)
TASKS_TEST(a_fatal_one_ends_every_task, "together", EXIT_BY_SIGNAL(SIGNAL_TERM))

static void send(struct task *t, int number)
{
	struct signal_info info = { .number = number, .pid = 1 };

	signal_send(t->process, &info);
}

static bool is_asleep(struct task *t)
{
	return atomic_load(&t->thread.state) == THREAD_BLOCKED;
}

/* A program that has called in and then sleeps for long; NULL: it does not. */
static struct task *given_sleeper(const char *what)
{
	struct task *t = given_program("signals", what);

	if (!EXPECT_TRUE(t != NULL) || !EXPECT_EQ(checkin_wait_ready(t, READY_MS), 0))
		return NULL;
	for (unsigned n = 0; n < 100 && !is_asleep(t); n++)
		time_sleep_ns(SHORT_NS);
	return EXPECT_TRUE(is_asleep(t)) ? t : NULL;
}

static void expect_wakes(const char *what, int number, int status)
{
	struct task *t = given_sleeper(what);

	REQUIRE_TRUE(t != NULL);
	send(t, number);
	EXPECT_EQ(exit_status_of(t), status);
}

TEST(signal, a_sleep_ends_with_a_signal, "")
{
	expect_wakes("sleep", SIGNAL_USR1, 0);
}

TEST(signal, a_pause_ends_with_a_handler, "")
{
	expect_wakes("pause", SIGNAL_USR1, 0);
}

TEST(signal, a_read_is_made_again_if_asked_for, "")
{
	expect_wakes("restart", SIGNAL_USR1, 0);
	expect_wakes("no-restart", SIGNAL_USR1, 0);
}

TEST(signal, a_sleeper_dies_of_a_fatal_one, "")
{
	expect_wakes("sleep", SIGNAL_KILL, EXIT_BY_SIGNAL(SIGNAL_KILL));
	expect_wakes("sleep", SIGNAL_TERM, EXIT_BY_SIGNAL(SIGNAL_TERM));
}

TEST(signal, a_sleeper_does_not_hear_what_is_ignored, "")
{
	struct task *t = given_sleeper("sleep");

	REQUIRE_TRUE(t != NULL);
	send(t, SIGNAL_CHLD);
	send(t, SIGNAL_STOP);
	EXPECT_EQ(t->thread.marks & (THREAD_SIGNAL | THREAD_FATAL), 0);
	EXPECT_TRUE(is_asleep(t));
	send(t, SIGNAL_USR1);
	EXPECT_EQ(exit_status_of(t), 0);
}

/* From outside, at whatever instruction the program is; on another cpu where there is one. */
TEST(signal, a_storm_leaves_registers_alone, "")
{
	struct task *t = given_program("signals", "storm");
	uint64_t until;

	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(checkin_wait_ready(t, READY_MS), 0);
	until = time_ns() + READY_MS * 1000000ull;
	for (unsigned n = 0; time_ns() < until && task_is_live(t); n++) {
		send(t, n & 1 ? SIGNAL_USR1 : SIGNAL_USR2);
		sched_yield_now();
	}
	EXPECT_EQ(exit_status_of(t), 0);
}

TEST(signal, what_user_mode_may_set_of_its_state, "")
{
	uint32_t good[] = { 0x10, 0xf80f0010, 0x20000030, 0x0600fc30, 0x210 };
	uint32_t bad[] = { 0, 0x13, 0x1f, 0x1a, 0x16, 0x12, 0x90, 0x33, 0xffffffff };
	uint32_t odd = 0x01f00150;

	for (unsigned n = 0; n < sizeof(good) / sizeof(good[0]); n++) {
		uint32_t cpsr = good[n];

		EXPECT_TRUE(sigframe_clean_cpsr(&cpsr));
		EXPECT_EQ(cpsr, good[n]);
	}
	for (unsigned n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
		EXPECT_TRUE(!sigframe_clean_cpsr(&bad[n]));
	EXPECT_TRUE(sigframe_clean_cpsr(&odd));
	EXPECT_EQ(odd, 0x10);
}

/* Two tasks of a process that never run in user mode: this test's own thread, and one more. */
static struct {
	struct process process;
	struct task other;
} given;

static struct signals *given_two_tasks(void)
{
	struct signals *s = &given.process.signals;

	memset(&given, 0, sizeof(given));
	signals_init(s);
	given.other.process = task_current()->process = &given.process;
	signal_task_begins(task_current(), false);
	signal_task_begins(&given.other, false);
	thread_unmark(cpu_current(), THREAD_SIGNAL);
	thread_unmark(&given.other.thread, THREAD_SIGNAL);
	s->action[SIGNAL_USR1 - 1].handler = 0x10000;
	return s;
}

static void take_back_tasks(void)
{
	signal_set_blocked(0);
	signal_task_ends(task_current());
	task_current()->process = NULL;
	thread_unmark(cpu_current(), THREAD_SIGNAL | THREAD_FATAL);
}

static void expect_marks(uint32_t own, uint32_t other)
{
	uint32_t marks = THREAD_SIGNAL | THREAD_FATAL;

	EXPECT_EQ(cpu_current()->marks & marks, own);
	EXPECT_EQ(given.other.thread.marks & marks, other);
}

static void send_here(int number)
{
	struct signal_info info = { .number = number, .pid = (uint32_t)number };

	signal_send(&given.process, &info);
}

TEST(signal, what_one_blocks_another_is_told, "")
{
	given_two_tasks();
	send_here(SIGNAL_USR1);
	expect_marks(THREAD_SIGNAL, 0);
	signal_set_blocked(signal_bit(SIGNAL_USR1));
	expect_marks(0, THREAD_SIGNAL);
	signal_set_blocked(0);
	expect_marks(THREAD_SIGNAL, THREAD_SIGNAL);
	take_back_tasks();
}

TEST(signal, what_one_leaves_behind_another_is_told, "")
{
	given_two_tasks();
	send_here(SIGNAL_USR1);
	signal_task_ends(task_current());
	expect_marks(THREAD_SIGNAL, THREAD_SIGNAL);
	take_back_tasks();
}

TEST(signal, a_fatal_one_marks_every_task_at_once, "")
{
	struct signals *s = given_two_tasks();

	signal_set_blocked(signal_bit(SIGNAL_TERM));
	given.other.signal.blocked = signal_bit(SIGNAL_TERM);
	send_here(SIGNAL_TERM);
	expect_marks(0, 0);
	given.other.signal.blocked = 0;
	send_here(SIGNAL_HUP);
	EXPECT_EQ(s->fatal, SIGNAL_HUP);
	expect_marks(THREAD_SIGNAL | THREAD_FATAL, THREAD_SIGNAL | THREAD_FATAL);
	take_back_tasks();
}

/* More at once than there is room to know of: all arrive, the first ones with their sender. */
TEST(signal, none_is_lost_for_want_of_room, "")
{
	const int first = 40, count = PENDING_INFOS + 4;
	struct signal_info info;

	given_two_tasks();
	signal_set_blocked(~0ull);
	given.other.signal.blocked = ~0ull;
	for (int n = first; n < first + count; n++)
		send_here(n);
	for (int n = first; n < first + count; n++) {
		EXPECT_EQ(signal_wait_for(~0ull, 0, &info), n);
		EXPECT_EQ(info.pid, n < first + (int)PENDING_INFOS ? n : 0);
	}
	EXPECT_EQ(signal_wait_for(~0ull, 0, &info), -EAGAIN);
	take_back_tasks();
}

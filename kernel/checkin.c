/*
 * Rounds of checking, and the sum of what was found.
 */
#include <errno.h>
#include "base/log.h"
#include "kernel/checkin.h"
#include "kernel/sched.h"
#include "kernel/time.h"

static struct {
	uint32_t round;	       /* asked for now */
	uint32_t ended_errors; /* of tasks that have ended, and of those that did not answer */
} checkin;

uint32_t checkin_call(uint32_t round_done, uint32_t errors, uint32_t words)
{
	struct checker *c = &task_current()->checker;

	c->active = true;
	c->round_done = round_done;
	c->errors = errors;
	c->words = words;
	return checkin.round;
}

void checkin_report(const struct frag_report *report)
{
	task_current()->checker.report = *report;
}

void checkin_task_ends(const struct task *t)
{
	checkin.ended_errors += t->checker.errors;
}

bool checkin_ready(const struct task *t)
{
	return t->checker.active;
}

static uint32_t sum_over_live(uint32_t (*figure)(const struct task *))
{
	uint32_t sum = 0;

	for (struct task *t = task_next(NULL); t; t = task_next(t))
		sum += figure(t);
	return sum;
}

static uint32_t errors_of(const struct task *t)
{
	return t->checker.errors;
}

static uint32_t is_checker(const struct task *t)
{
	return t->checker.active;
}

static uint32_t is_late(const struct task *t)
{
	return t->checker.active && t->checker.round_done != checkin.round;
}

static void name_the_late(void)
{
	for (struct task *t = task_next(NULL); t; t = task_next(t))
		if (is_late(t))
			log_error("error: task %u (%s) did not check its memory in time",
				  (unsigned)t->thread.id, t->thread.name);
}

uint32_t checkin_errors(void)
{
	return checkin.ended_errors + sum_over_live(errors_of);
}

uint32_t checkin_count(void)
{
	return sum_over_live(is_checker);
}

uint32_t checkin_verify_all(uint32_t timeout_ms)
{
	uint64_t until = time_ns() + timeout_ms * 1000000ull;

	checkin.round++;
	while (sum_over_live(is_late) != 0) {
		if (time_ns() >= until) {
			name_the_late();
			checkin.ended_errors += sum_over_live(is_late);
			break;
		}
		sched_yield_now();
	}
	return checkin_errors();
}

int checkin_wait_ready(struct task *t, uint32_t timeout_ms)
{
	uint64_t until = time_ns() + timeout_ms * 1000000ull;

	while (!checkin_ready(t)) {
		if (!task_is_live(t))
			return -ESRCH;
		if (time_ns() >= until)
			return -ETIME;
		sched_yield_now();
	}
	return 0;
}

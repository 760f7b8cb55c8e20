/*
 * Checking tasks: user programs that hold memory whose contents they know, and say so.
 *
 * A checker looks at its memory all the time, a slice at a time, and calls in between. When the
 * answer is a round that it has not done, it reads all of its memory and calls again with that
 * round. Errors of tasks that have ended stay in the sum.
 */
#ifndef KERNEL_CHECKIN_H
#define KERNEL_CHECKIN_H

#include <stdbool.h>
#include <stdint.h>
#include "kernel/abi.h"

struct task;

/* Written by the task itself. */
struct checker {
	bool active;		   /* has called in once */
	uint32_t round_done;	   /* last round in which it read everything */
	uint32_t errors;	   /* words or pages that were not what they should be */
	uint32_t words;		   /* looked at; wraps */
	struct frag_report report; /* figures of the fragmentation rule */
};

/*
 * The calling task has done `round_done` and counts so many errors. Returns the round that is asked
 * for.
 */
uint32_t checkin_call(uint32_t round_done, uint32_t errors, uint32_t words);

/* The calling task's figures. */
void checkin_report(const struct frag_report *report);

/* The task is ending: its errors move to the sum of those that ended. */
void checkin_task_ends(const struct task *t);

/* True once the task has filled its memory, given back what it had to, and called in. */
bool checkin_ready(const struct task *t);

/*
 * Asks every live checker for a full reading and waits for it. One that does not answer in time is
 * named and counts as an error. Context: a kernel thread; sleeps. Returns the sum of errors.
 */
uint32_t checkin_verify_all(uint32_t timeout_ms);

/* Errors of all checkers, living and ended. */
uint32_t checkin_errors(void);

/* Live checkers. */
uint32_t checkin_count(void);

/*
 * Waits until the task is ready (checkin_ready) or has ended. Returns 0, -ESRCH if it ended first,
 * -ETIME.
 */
int checkin_wait_ready(struct task *t, uint32_t timeout_ms);

#endif

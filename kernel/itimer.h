/*
 * Interval timers of processes: SIGALRM at a time, once or again and again (setitimer, alarm).
 *
 * A process has one, of real time, in its struct signals. A kernel thread sleeps until the earliest
 * of all processes is due; whoever sets one wakes it. The signal comes at a tick, as sleeps end. A
 * child of fork has none; exec keeps it.
 */
#ifndef KERNEL_ITIMER_H
#define KERNEL_ITIMER_H

#include <stdint.h>

struct process;

/* ns from now, and from one to the next; 0: never, and only once. */
struct itimer_times {
	uint64_t left, every;
};

/* Starts the thread. Once. */
void itimer_init(void);

struct itimer_times itimer_get(struct process *p);

/* Returns what was set before. */
struct itimer_times itimer_set(struct process *p, struct itimer_times times);

#endif

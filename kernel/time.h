/*
 * Time: nanoseconds since boot, the tick, sleeping.
 *
 * The generic timer counts; under the emulator's instruction counting with shift=0 a nanosecond is
 * an instruction. Sleepers wake at a tick, so sleep is rounded up to ticks (TICK_HZ,
 * drivers/generic_timer.h).
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <stdint.h>
#include "base/list.h"

struct thread;

#define NS_PER_S 1000000000u

/* Starts the tick. Interrupts may come from now on. */
void time_init(void);

uint64_t time_ns(void);

/*
 * A wake-up call for a thread that sleeps for something else as well. It lies on the thread's
 * stack; from time_alarm_set to time_alarm_clear the thread is woken once, at the first tick at or
 * after `until_ns`. Between thread_prepare_block and sched_block it looks whether that has come.
 */
struct alarm {
	struct list node;
	uint64_t until_ns;
	struct thread *thread;
};

void time_alarm_set(struct alarm *a, uint64_t until_ns);
void time_alarm_clear(struct alarm *a);

/*
 * Sleeps until that time, or until a signal is pending. Returns 0, or -EINTR when it woke early.
 */
int time_sleep_until(uint64_t until_ns);

/* Sleeps at least so long, or until a signal is pending. Returns 0, or -EINTR. */
int time_sleep_ns(uint64_t ns);

#endif

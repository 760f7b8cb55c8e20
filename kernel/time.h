/*
 * Time: nanoseconds since boot, the tick, sleeping.
 *
 * The generic timer counts; under the emulator's instruction counting with shift=0 a nanosecond is
 * an instruction. Each cpu has a timer and a list of the alarms that were set on it: the timer
 * fires at the first of them or at the next tick, whichever comes first. A cpu with nothing to run
 * has no tick: its timer is set for an alarm, or not at all.
 */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <stdint.h>
#include "base/list.h"

struct cpu_clock;
struct thread;

#define NS_PER_S     1000000000u
#define TICK_HZ	     100u
#define TIME_FOREVER UINT64_MAX

/* The boot cpu's, once, before the others are started; then each other cpu's own. Interrupts off.
 */
void time_init(void);
void time_init_cpu(void);

uint64_t time_ns(void);

/*
 * A wake-up call for a thread that sleeps for something else as well. It lies on the thread's
 * stack; from time_alarm_set to time_alarm_clear the thread is woken once, at `until_ns` or soon
 * after. Between thread_prepare_block and sched_block it looks whether that has come.
 */
struct alarm {
	struct list node;
	uint64_t until_ns;
	struct thread *thread;
	struct cpu_clock *clock; /* of the cpu where it was set */
};

void time_alarm_set(struct alarm *a, uint64_t until_ns);
void time_alarm_clear(struct alarm *a);

/*
 * Sleeps until that time (TIME_FOREVER: for ever), or until a signal is pending. Returns 0, or
 * -EINTR when it woke early.
 */
int time_sleep_until(uint64_t until_ns);

/* Sleeps at least so long, or until a signal is pending. Returns 0, or -EINTR. */
int time_sleep_ns(uint64_t ns);

/* The scheduler: this cpu has nothing to run; it has something again. Interrupts off. */
void time_stop_tick(void);
void time_start_tick(void);

#endif

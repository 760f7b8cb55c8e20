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

/* Starts the tick. Interrupts may come from now on. */
void time_init(void);

uint64_t time_ns(void);

/* Sleeps at least so long, or until killed. Returns 0, or -EINTR. */
int time_sleep_ns(uint64_t ns);

#endif

/*
 * The generic timer: a counter since reset, and one interrupt at a time.
 */
#ifndef DRIVERS_GENERIC_TIMER_H
#define DRIVERS_GENERIC_TIMER_H

#include <stdint.h>

/*
 * The physical timer's interrupt: secure state raises the first, non-secure the second. Register
 * both.
 */
#define TIMER_INTID_SECURE     29u
#define TIMER_INTID_NON_SECURE 30u

#define TICK_HZ 100u

/* Counts a second, and since reset. */
uint32_t timer_hz(void);
uint64_t timer_count(void);

/*
 * Calls `tick` TICK_HZ times a second from timer_interrupt, on this cpu. Late ticks are made up
 * for.
 */
void timer_start(void (*tick)(void));
void timer_interrupt(void *unused);

#endif

/*
 * The generic timer: a counter since reset, the same on every cpu, and one alarm a cpu.
 */
#ifndef DRIVERS_GENERIC_TIMER_H
#define DRIVERS_GENERIC_TIMER_H

#include <stdint.h>

/*
 * The physical timer's interrupt, each cpu's own: secure state raises the first, non-secure the
 * second. Register both.
 */
#define TIMER_INTID_SECURE     29u
#define TIMER_INTID_NON_SECURE 30u

/* Counts a second, and since reset. */
uint32_t timer_hz(void);
uint64_t timer_count(void);

/*
 * This cpu is interrupted when the count has come to `at`, again and again until it is armed for
 * later or disarmed.
 */
void timer_arm(uint64_t at);
void timer_disarm(void);

#endif

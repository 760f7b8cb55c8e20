/*
 * CNTP, the physical timer of each cpu. The compare value moves on by whole ticks from where it
 * was, not from now, so ticks do not drift. Source: ARM DDI 0406C B8.1, B4.1.24 (CNTFRQ) to B4.1.29
 * (CNTPCT).
 */
#include <stddef.h>

#include "drivers/generic_timer.h"

enum { CNTP_ENABLE = 1, CNTP_MASKED = 2 };

static void (*on_tick)(void);

uint32_t timer_hz(void)
{
	uint32_t hz;

	__asm__("mrc p15, 0, %0, c14, c0, 0" : "=r"(hz));
	return hz;
}

uint64_t timer_count(void)
{
	uint64_t count;

	__asm__ volatile("isb\n\tmrrc p15, 0, %Q0, %R0, c14" : "=r"(count));
	return count;
}

static void set_compare(uint64_t at)
{
	__asm__ volatile("mcrr p15, 2, %Q0, %R0, c14\n\tisb" ::"r"(at));
}

static uint64_t compare(void)
{
	uint64_t at;

	__asm__ volatile("mrrc p15, 2, %Q0, %R0, c14" : "=r"(at));
	return at;
}

void timer_start(void (*tick)(void))
{
	on_tick = tick;
	set_compare(timer_count() + timer_hz() / TICK_HZ);
	__asm__ volatile("mcr p15, 0, %0, c14, c2, 1\n\tisb" ::"r"(CNTP_ENABLE)); /* CNTP_CTL */
}

void timer_interrupt(void *unused)
{
	(void)unused;
	set_compare(compare() + timer_hz() / TICK_HZ);
	if (on_tick)
		on_tick();
}

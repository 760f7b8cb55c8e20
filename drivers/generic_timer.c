/*
 * CNTP, the physical timer of each cpu: one moment at which it interrupts. Source: ARM DDI 0406C
 * B8.1, B4.1.24 (CNTFRQ) to B4.1.29 (CNTPCT).
 */
#include "drivers/generic_timer.h"

enum { CNTP_OFF = 0, CNTP_ENABLE = 1 };

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

static void set_control(uint32_t value)
{
	__asm__ volatile("mcr p15, 0, %0, c14, c2, 1\n\tisb" ::"r"(value)); /* CNTP_CTL */
}

void timer_arm(uint64_t at)
{
	__asm__ volatile("mcrr p15, 2, %Q0, %R0, c14" ::"r"(at)); /* CNTP_CVAL */
	set_control(CNTP_ENABLE);
}

void timer_disarm(void)
{
	set_control(CNTP_OFF);
}

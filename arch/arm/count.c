/*
 * Instructions since boot, 64 bits wide.
 *
 * The cycle counter (PMCCNTR) counts instructions exactly under the emulator's instruction counting
 * but has 32 bits. The system counter (CNTPCT) advances by one every 16 of them and has 56. So the
 * latter says which of the former's rounds this is. Without instruction counting both are
 * nanoseconds of the host. Each cpu has a cycle counter of its own; what it counts under the
 * emulator is what all cpus run, so the offsets make them one clock, to 16 instructions. Source:
 * ARM DDI 0406C B4.1.113 (PMCCNTR), B4.1.117 (PMCR), B8.1.1 (the counter).
 */
#include "arch/cpu.h"
#include "count.h"

#define INSNS_PER_COUNT 16u

static uint64_t started;	  /* CNTPCT * 16 when the first cpu began to count */
static uint32_t behind[MAX_CPUS]; /* what each cpu's PMCCNTR is behind since */

static uint64_t system_insns(void)
{
	uint64_t count;

	__asm__ volatile("mrrc p15, 0, %Q0, %R0, c14" : "=r"(count));
	return count * INSNS_PER_COUNT;
}

static uint32_t cycles(void)
{
	uint32_t n;

	__asm__ volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(n));
	return n;
}

/* PMCR: enable, reset both kinds of counter; PMCNTENSET bit 31: the cycle counter. */
void count_init(void)
{
	__asm__ volatile("mcr p15, 0, %0, c9, c12, 0\n\t"
			 "mcr p15, 0, %1, c9, c12, 1\n\tisb" ::"r"(7u),
			 "r"(0x80000000u));
	if (cpu_id() == 0)
		started = system_insns() - cycles();
	behind[cpu_id()] = (uint32_t)(system_insns() - started) - cycles();
}

/* Cannot: the two drift apart by less than 2^31, as both are derived from one clock. */
uint64_t cpu_insns(void)
{
	uint64_t rough = system_insns() - started;
	uint32_t exact = cycles() + behind[cpu_id()];

	return rough + (uint64_t)(int64_t)(int32_t)(exact - (uint32_t)rough);
}

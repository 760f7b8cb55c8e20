/*
 * The way in for other cpus, and the registers that each has for itself.
 *
 * Where all cpus start with the image at once (an ELF under QEMU) the others wait in boot/start.S
 * for secondary_release: a bit for each that may go on, and RELEASE_CLOSED when the rest is not
 * wanted.
 */
#include "arch/smp.h"

#include "arch/atomic.h"
#include "arch/cpu.h"
#include "arch/frame.h"
#include "count.h"
#include "layout.h"
#include "mmu.h"

/* boot/start.S */
extern uint32_t secondary_release;
void secondary_start(void);

paddr_t arch_smp_entry(void)
{
	return paddr((uint32_t)(uintptr_t)secondary_start - direct_map_offset);
}

/* Who waits reads memory past the caches: the line is cleaned (DCCMVAC, ARM DDI 0406C B4.2.1). */
static void release(uint32_t bits)
{
	atomic_fetch_or(&secondary_release, bits);
	__asm__ volatile("dsb\n\tmcr p15, 0, %0, c7, c10, 1\n\tdsb" ::"r"(&secondary_release)
			 : "memory");
	cpu_signal();
}

void arch_smp_open(void)
{
	mmu_map_entry(true);
}

void arch_smp_let_in(unsigned cpu)
{
	release(1u << cpu);
}

void arch_smp_close(void)
{
	release(RELEASE_CLOSED);
	mmu_map_entry(false);
}

/* CNTKCTL.PL0VCTEN, the rest 0; PMUSERENR. Source: ARM DDI 0406C B4.1.26, B4.1.123. */
void arch_cpu_init(void)
{
	__asm__ volatile("mcr p15, 0, %0, c14, c1, 0\n\t"
			 "mcr p15, 0, %1, c9, c14, 0\n\tisb" ::"r"(2u),
			 "r"(0));
	count_init();
}

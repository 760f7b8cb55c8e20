/*
 * Whose floating-point state is in this cpu's registers: that of the running task, while user mode
 * may use them, or nobody's. What uses the registers in the kernel asks here first.
 */
#ifndef ARCH_ARM_FPU_LIVE_H
#define ARCH_ARM_FPU_LIVE_H

#include "arch/cpu.h"
#include "arch/fpu.h"

extern struct fpu_state *fpu_live[MAX_CPUS];

/* The registers are on, for the kernel alone. Once on each cpu. */
void fpu_init(void);

/* The kernel is about to use them: whoever's they are is saved first. Not from an interrupt. */
static inline void fpu_take_for_kernel(void)
{
	struct fpu_state *s = fpu_live[cpu_id()];

	if (__builtin_expect(s != NULL, 0))
		fpu_save(s);
}

#endif

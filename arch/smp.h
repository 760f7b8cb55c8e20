/*
 * Other cpus, as far as the machine has to know of them: where they come in, and what each sets up
 * for itself.
 */
#ifndef ARCH_SMP_H
#define ARCH_SMP_H

#include "arch/addr.h"

/* Where a started cpu begins: MMU off, any privileged mode. */
paddr_t arch_smp_entry(void);

/*
 * From open to close a started cpu finds its way in; let_in is said of each before it is started.
 * After close, those that were never let in and wait at the entry sleep for good. Once; cpu 0.
 */
void arch_smp_open(void);
void arch_smp_let_in(unsigned cpu);
void arch_smp_close(void);

/*
 * Counters of this cpu: the kernel's run, user mode may read the virtual count and nothing else.
 * Each cpu, the first too, once; before cpu_insns.
 */
void arch_cpu_init(void);

#endif

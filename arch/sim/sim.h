/*
 * The simulated machine, as its driver (a unit test, tests/sim) sees it.
 */
#ifndef ARCH_SIM_SIM_H
#define ARCH_SIM_SIM_H

#include "arch/addr.h"
#include "arch/cache.h"
#include "arch/cpu.h"
#include "base/thread.h"

/* A machine with RAM [start, start + pages); frames from `high` on are outside the direct map. */
void sim_machine_init(pfn_t start, uint32_t pages, pfn_t high);

/* Gives the RAM of the last sim_machine_init back to the host. */
void sim_machine_end(void);

/* The caches of the machine: kind and number of page colours. PIPT and 1 at first. */
void sim_set_cache(enum cache_type type, unsigned colours);

/* Cpu `cpu` goes on in the host thread, with `t` as its current thread. */
void sim_set_cpu(unsigned cpu, struct thread *t);

/* Called in sim_wait; what waits looks again afterwards. NULL: waiting ends the run. */
extern void (*sim_wait_hook)(void);

/* Instructions: one an atomic_point, and what a driver adds. */
void sim_spend(uint64_t insns);

#endif

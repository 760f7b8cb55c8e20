/*
 * The cpu this code runs on: interrupts off and on, who is running, waiting, counting.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_CPUS 4u

struct thread; /* base/thread.h */

/* Turns interrupts off and says how it was; cpu_irq_restore puts that back. They nest. */
static inline uint32_t cpu_irq_save(void);
static inline void cpu_irq_restore(uint32_t saved);
static inline bool cpu_irqs_are_off(void);

/* 0 .. MAX_CPUS - 1. */
static inline unsigned cpu_id(void);

/* Who runs on this cpu. Never NULL after the first lines of boot. */
static inline struct thread *cpu_current(void);
static inline void cpu_set_current(struct thread *t);

/* One turn of a loop that waits for another cpu to store something and cpu_signal. */
static inline void cpu_wait_event(void);
static inline void cpu_signal(void);

/* Sleeps until an interrupt is pending, even with interrupts off. */
static inline void cpu_idle(void);

/*
 * Instructions executed since boot under the emulator's instruction counting with shift=0 (there
 * the cycle counter advances by one an instruction); some unit of time otherwise.
 */
uint64_t cpu_insns(void);

#include "impl/cpu.h"

#endif

/*
 * Bodies of arch/cpu.h. A thread is known by TPIDRPRW (ARM DDI 0406C B4.1.151), which user mode can
 * not see.
 */
#ifndef ARCH_ARM_IMPL_CPU_H
#define ARCH_ARM_IMPL_CPU_H

#define CPSR_I (1u << 7)

static inline uint32_t cpu_irq_save(void)
{
	uint32_t saved;

	__asm__ volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(saved)::"memory");
	return saved;
}

static inline void cpu_irq_restore(uint32_t saved)
{
	__asm__ volatile("msr cpsr_c, %0" ::"r"(saved) : "memory");
}

static inline void cpu_irq_on(void)
{
	__asm__ volatile("cpsie i" ::: "memory");
}

static inline void cpu_irq_off(void)
{
	__asm__ volatile("cpsid i" ::: "memory");
}

static inline bool cpu_irqs_are_off(void)
{
	uint32_t cpsr;

	__asm__ volatile("mrs %0, cpsr" : "=r"(cpsr));
	return cpsr & CPSR_I;
}

/*
 * MPIDR affinity level 0 (ARM DDI 0406C B4.1.106). Volatile: a sleeping thread may wake elsewhere.
 */
static inline unsigned cpu_id(void)
{
	uint32_t mpidr;

	__asm__ volatile("mrc p15, 0, %0, c0, c0, 5" : "=r"(mpidr));
	return mpidr & (MAX_CPUS - 1u);
}

/*
 * Not volatile: whoever asks twice is still the same thread, so the compiler may keep the answer.
 */
static inline struct thread *cpu_current(void)
{
	struct thread *t;

	__asm__("mrc p15, 0, %0, c13, c0, 4" : "=r"(t));
	return t;
}

static inline void cpu_set_current(struct thread *t)
{
	__asm__ volatile("mcr p15, 0, %0, c13, c0, 4" ::"r"(t) : "memory");
}

/* One turn of a loop that others should not be kept from running by. */
static inline void cpu_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

static inline void cpu_wait_event(void)
{
	__asm__ volatile("wfe" ::: "memory");
}

/*
 * Order: the store that the others wait for is done before the event (ARM DDI 0406C A3.8.3, DSB).
 */
static inline void cpu_signal(void)
{
	__asm__ volatile("dsb ishst\n\tsev" ::: "memory");
}

static inline void cpu_idle(void)
{
	__asm__ volatile("dsb\n\twfi" ::: "memory");
}

#endif

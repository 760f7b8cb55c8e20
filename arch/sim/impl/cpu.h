/* Cpus of the simulated machine: one host thread plays all of them, one at a time. */
#ifndef ARCH_SIM_IMPL_CPU_H
#define ARCH_SIM_IMPL_CPU_H

struct sim_cpu {
	bool irqs_off;
	bool interrupted; /* a call from another cpu is waiting until interrupts are on */
	struct thread *current;
};

extern struct sim_cpu sim_cpus[MAX_CPUS];
extern unsigned sim_this_cpu; /* which of them the host thread plays now */

/* Where a cpu waits for another: the simulation switches, or ends a run that can not go on. */
void sim_wait(void);

/* Takes the call that waits for this cpu. */
void sim_take_interrupt(void);

static inline uint32_t cpu_irq_save(void)
{
	uint32_t saved = sim_cpus[sim_this_cpu].irqs_off;

	sim_cpus[sim_this_cpu].irqs_off = true;
	return saved;
}

static inline void cpu_irq_restore(uint32_t saved)
{
	struct sim_cpu *cpu = &sim_cpus[sim_this_cpu];

	cpu->irqs_off = saved;
	if (__builtin_expect(cpu->interrupted, 0) && !saved)
		sim_take_interrupt();
}

static inline bool cpu_irqs_are_off(void)
{
	return sim_cpus[sim_this_cpu].irqs_off;
}

static inline unsigned cpu_id(void)
{
	return sim_this_cpu;
}

static inline struct thread *cpu_current(void)
{
	return sim_cpus[sim_this_cpu].current;
}

static inline void cpu_set_current(struct thread *t)
{
	sim_cpus[sim_this_cpu].current = t;
}

static inline void cpu_wait_event(void)
{
	sim_wait();
}

static inline void cpu_signal(void)
{
}

static inline void cpu_idle(void)
{
	sim_wait();
}

#endif

/*
 * The order of locks, checked as they are taken (CHECK_LOCKS builds).
 *
 * One word a cpu: bit n is set while a lock of rank n is held. The kernel does not switch threads
 * under a spinlock, so what a cpu holds is what its thread holds.
 */
#include "base/spinlock.h"

#ifdef CHECK_LOCKS

static uint32_t ranks_held[MAX_CPUS];

void lock_order_take(enum lock_rank rank)
{
	uint32_t saved = cpu_irq_save();
	uint32_t *held = &ranks_held[cpu_id()];

	assert_eq(*held >> rank,
		  0); /* the left number shows what is held, from this rank upwards */
	*held |= 1u << rank;
	cpu_irq_restore(saved);
}

void lock_order_drop(enum lock_rank rank)
{
	uint32_t saved = cpu_irq_save();

	ranks_held[cpu_id()] &= ~(1u << rank);
	cpu_irq_restore(saved);
}

#endif

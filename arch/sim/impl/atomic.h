/* The host's own atomics. Each passes a point at which the simulation may look, or switch
 * coroutines. */
#ifndef ARCH_SIM_IMPL_ATOMIC_H
#define ARCH_SIM_IMPL_ATOMIC_H

/* Called before every ordered atomic and at the seam's other points; NULL: nobody looks. */
extern void (*sim_atomic_hook)(void);

static inline void atomic_point(void)
{
	if (__builtin_expect(sim_atomic_hook != 0, 0))
		sim_atomic_hook();
}

#endif

/*
 * The interrupt controller: GICv2, all interrupts in one group, one priority; shared ones go to
 * cpu 0. A cpu's number here is its MPIDR affinity 0.
 */
#ifndef DRIVERS_GIC_H
#define DRIVERS_GIC_H

#include <stdbool.h>
#include <stdint.h>

#define GIC_INTIDS    288u /* the most any board here has */
#define GIC_SPURIOUS  1023u
#define GIC_FIRST_SPI 32u
#define GIC_SGIS      16u

/*
 * Both register blocks are mapped. Everything is disabled afterwards. Returns false, and nothing
 * was touched, if this is no GICv2.
 */
bool gic_init(void *distributor, void *cpu_interface);

/* Interrupts that exist: 0 .. gic_lines() - 1. */
unsigned gic_lines(void);

/* The calling cpu's own side; gic_init has done that of the first. Interrupts off. */
void gic_init_cpu(void);

/* Cpus that the controller serves: 1 to 8. */
unsigned gic_cpus(void);

/* Below GIC_FIRST_SPI: on the calling cpu. */
void gic_enable(unsigned intid);

/*
 * Raises interrupt `sgi` (0 to 15) on those cpus, a bit each. What was stored before is seen by
 * their handlers.
 */
void gic_send(uint32_t cpus, unsigned sgi);

/*
 * Takes the pending interrupt of highest priority. Returns what gic_eoi wants back; gic_intid says
 * which it is, GIC_SPURIOUS for none (then no gic_eoi).
 */
uint32_t gic_ack(void);
void gic_eoi(uint32_t ack);

static inline unsigned gic_intid(uint32_t ack)
{
	return ack & 0x3ffu;
}

#endif

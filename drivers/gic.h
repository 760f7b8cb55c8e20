/*
 * The interrupt controller: GICv2, all interrupts in one group, one priority, to cpu 0.
 */
#ifndef DRIVERS_GIC_H
#define DRIVERS_GIC_H

#include <stdint.h>

#define GIC_INTIDS    288u  /* the most any board here has */
#define GIC_SPURIOUS  1023u
#define GIC_FIRST_PPI 16u
#define GIC_FIRST_SPI 32u

/* Both register blocks are mapped. Everything is disabled afterwards. */
void gic_init(void *distributor, void *cpu_interface);

/* This cpu's own part; gic_init does it for cpu 0. */
void gic_init_cpu(void);

void gic_enable(unsigned intid);
void gic_disable(unsigned intid);

/*
 * Takes the pending interrupt of highest priority. Returns what gic_eoi wants back; gic_intid says which it
 * is, GIC_SPURIOUS for none (then no gic_eoi).
 */
uint32_t gic_ack(void);
void gic_eoi(uint32_t ack);

static inline unsigned gic_intid(uint32_t ack)
{
	return ack & 0x3ffu;
}

/* Interrupts the cpus of the mask (bit n: cpu n) with software interrupt 0 .. 15. */
void gic_send(unsigned intid, uint32_t cpu_mask);

#endif

/*
 * The interrupt controller: GICv2, all interrupts in one group, one priority, to cpu 0.
 */
#ifndef DRIVERS_GIC_H
#define DRIVERS_GIC_H

#include <stdbool.h>
#include <stdint.h>

#define GIC_INTIDS    288u /* the most any board here has */
#define GIC_SPURIOUS  1023u
#define GIC_FIRST_SPI 32u

/*
 * Both register blocks are mapped. Everything is disabled afterwards. Returns false, and nothing
 * was touched, if this is no GICv2.
 */
bool gic_init(void *distributor, void *cpu_interface);

/* Interrupts that exist: 0 .. gic_lines() - 1. */
unsigned gic_lines(void);

void gic_enable(unsigned intid);

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

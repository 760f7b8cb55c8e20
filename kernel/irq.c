/*
 * The interrupt table, between the controller and the handlers.
 */
#include <errno.h>
#include <stddef.h>
#include "arch/upcall.h"
#include "base/log.h"
#include "drivers/gic.h"
#include "kernel/irq.h"

static struct {
	struct {
		void (*handler)(void *);
		void *arg;
		uint32_t count;
	} line[GIC_INTIDS];
	uint32_t unhandled;
} irqs;

int irq_register(unsigned line, void (*handler)(void *), void *arg)
{
	if (line >= GIC_INTIDS)
		return -EINVAL;
	if (irqs.line[line].handler)
		return -EBUSY;
	irqs.line[line].arg = arg;
	irqs.line[line].handler = handler;
	gic_enable(line);
	return 0;
}

static void handle(unsigned line)
{
	if (line >= GIC_INTIDS || !irqs.line[line].handler) {
		irqs.unhandled++;
		return;
	}
	irqs.line[line].count++;
	irqs.line[line].handler(irqs.line[line].arg);
}

/* One at a time: another that is pending raises the line again at once. */
void upcall_irq(void)
{
	uint32_t ack = gic_ack();

	if (gic_intid(ack) == GIC_SPURIOUS)
		return;
	handle(gic_intid(ack));
	gic_eoi(ack);
}

uint32_t irq_count(unsigned line)
{
	return line < GIC_INTIDS ? irqs.line[line].count : 0;
}

uint32_t irq_unhandled(void)
{
	return irqs.unhandled;
}

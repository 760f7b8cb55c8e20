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
	} line[GIC_INTIDS];
	bool complained;
} irqs;

int irq_register(unsigned line, void (*handler)(void *), void *arg)
{
	if (line >= GIC_INTIDS || line >= gic_lines())
		return -EINVAL;
	if (irqs.line[line].handler)
		return -EBUSY;
	irqs.line[line].arg = arg;
	irqs.line[line].handler = handler;
	gic_enable(line);
	return 0;
}

void irq_init_cpu(void)
{
	gic_init_cpu();
	for (unsigned line = 0; line < GIC_FIRST_SPI; line++)
		if (irqs.line[line].handler)
			gic_enable(line);
}

/* Cannot: lines are enabled by irq_register alone. Said once, lest it drown everything. */
static void complain(unsigned line)
{
	if (!irqs.complained)
		log_warn("interrupt %u was raised and nobody handles it", line);
	irqs.complained = true;
}

static void handle(unsigned line)
{
	if (line < GIC_INTIDS && irqs.line[line].handler)
		irqs.line[line].handler(irqs.line[line].arg);
	else
		complain(line);
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

/*
 * Interrupts: one handler a line (the controller calls it an interrupt ID).
 */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

/*
 * From now on `handler` runs when the line is raised; the line is enabled at the controller.
 * The handler runs with interrupts off, does not sleep, does not switch. A line below GIC_FIRST_SPI
 * is each cpu's own: it is raised on the others too once they are started. Returns 0, -EINVAL for a
 * line that the controller does not have, or -EBUSY.
 */
int irq_register(unsigned line, void (*handler)(void *), void *arg);

/* The calling cpu, not the first, hears from here on what each cpu has of its own. */
void irq_init_cpu(void);

#endif

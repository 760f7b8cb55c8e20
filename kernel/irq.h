/*
 * Interrupts: one handler a line (the controller calls it an interrupt ID).
 */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include <stdint.h>

/*
 * From now on `handler` runs when the line is raised; the line is enabled at the controller.
 * The handler runs with interrupts off, does not sleep, does not switch. Returns 0, -EINVAL, or
 * -EBUSY.
 */
int irq_register(unsigned line, void (*handler)(void *), void *arg);

/* Raised since boot. */
uint32_t irq_count(unsigned line);

/* Lines that were raised and that nobody handles. */
uint32_t irq_unhandled(void);

#endif

/*
 * How the board sets another cpu going.
 */
#ifndef DRIVERS_CPU_START_H
#define DRIVERS_CPU_START_H

#include <stdbool.h>

#include "arch/addr.h"

/* What the device tree says there is: system registers (mapped), or NULL; PSCI by HVC. */
void cpu_start_init(void *system_registers, bool psci_by_hvc);

/* Tells `cpu` to begin at `entry`. Whether it does is seen when it comes. The controller is on. */
void cpu_start(unsigned cpu, paddr_t entry);

#endif

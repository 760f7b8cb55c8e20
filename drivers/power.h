/*
 * The way out.
 */
#ifndef DRIVERS_POWER_H
#define DRIVERS_POWER_H

#include <stdbool.h>

/*
 * Ways that the board offers, found in its device tree: system registers (mapped), or NULL; PSCI by
 * HVC.
 */
void power_init(void *system_registers, bool psci_by_hvc);

/*
 * Ends the machine; `status` reaches the caller of the emulator if semihosting is on. Any context.
 */
void power_off(int status) __attribute__((noreturn));

#endif

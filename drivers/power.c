/*
 * Power off: by semihosting, which alone carries a status; else the board's system configuration
 * registers (ARM DUI 0447J 4.3.14 SYS_CFGCTRL); else PSCI.
 */
#include "arch/cpu.h"
#include "arch/device.h"
#include "drivers/power.h"
#include "drivers/psci.h"
#include "drivers/semihosting.h"

#define SYS_CFGCTRL  0xa4u
#define CFG_SHUTDOWN 0xc0800000u

static struct {
	void *system_registers;
	bool psci;
} power;

void power_init(void *system_registers, bool psci_by_hvc)
{
	power.system_registers = system_registers;
	power.psci = psci_by_hvc;
}

void power_off(int status)
{
	cpu_irq_save();
	semihosting_exit(status);
	if (power.system_registers)
		device_write(power.system_registers, SYS_CFGCTRL, CFG_SHUTDOWN);
	else if (power.psci)
		psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		cpu_idle();
}

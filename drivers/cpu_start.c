/*
 * On vexpress a loaded image's secondary cpus sleep in a stub until they are interrupted, then read
 * the flags register and go where it says (ARM DUI 0447J 4.3.9 SYS_FLAGS; QEMU's stub is the
 * same). Those that began with an ELF wait in the image; for them the interrupt means nothing yet.
 * Elsewhere PSCI does it.
 */
#include "drivers/cpu_start.h"

#include "arch/device.h"
#include "base/log.h"
#include "drivers/gic.h"
#include "drivers/psci.h"

enum { SYS_FLAGSSET = 0x30, SYS_FLAGSCLR = 0x34 };

#define SGI_WAKE 0u

static struct {
	void *system_registers;
	bool psci;
} board;

void cpu_start_init(void *system_registers, bool psci_by_hvc)
{
	board.system_registers = system_registers;
	board.psci = psci_by_hvc;
}

static void start_by_flags(unsigned cpu, paddr_t entry)
{
	device_write(board.system_registers, SYS_FLAGSCLR, 0xffffffffu);
	device_write(board.system_registers, SYS_FLAGSSET, entry.a);
	gic_send(1u << cpu, SGI_WAKE);
}

static void start_by_psci(unsigned cpu, paddr_t entry)
{
	int32_t error = psci_call(PSCI_CPU_ON, cpu, entry.a, 0);

	if (error)
		log_error("cpu %u: PSCI CPU_ON says %d", cpu, (int)error);
}

void cpu_start(unsigned cpu, paddr_t entry)
{
	if (board.psci)
		start_by_psci(cpu, entry);
	else if (board.system_registers)
		start_by_flags(cpu, entry);
}

/*
 * From the device tree to drivers.
 */
#include <stddef.h>
#include <string.h>

#include "arch/cpu.h"
#include "arch/device.h"
#include "base/log.h"
#include "boot/devices.h"
#include "drivers/cpu_start.h"
#include "drivers/gic.h"
#include "drivers/pl011.h"
#include "drivers/pl111.h"
#include "drivers/power.h"
#include "kernel/irq.h"

void *devices_map_registers(const struct fdt_node *node, unsigned n)
{
	uint64_t address, bytes;

	if (!fdt_reg(node, n, &address, &bytes) || address > UINT32_MAX || bytes > UINT32_MAX)
		return NULL;
	return device_map(paddr((uint32_t)address), (uint32_t)bytes);
}

static void *find_registers(const struct fdt *tree, const char *compatible)
{
	struct fdt_node node;

	return fdt_find_compatible(tree, compatible, &node) ? devices_map_registers(&node, 0) : NULL;
}

static bool has_psci_by_hvc(const struct fdt *tree)
{
	struct fdt_node node;
	const char *method;

	if (!fdt_find_compatible(tree, "arm,psci-0.2", &node))
		return false;
	method = fdt_string(&node, "method");
	return method && method[0] == 'h';
}

const char *devices_start_console(const struct fdt *tree)
{
	void *uart = find_registers(tree, "arm,pl011");

	void *system_registers = find_registers(tree, "arm,vexpress-sysreg");
	bool psci = has_psci_by_hvc(tree);

	power_init(system_registers, psci);
	cpu_start_init(system_registers, psci);
	if (!uart)
		return "the device tree has no serial line (arm,pl011)";
	if (!pl011_init(uart))
		return "no serial line answers where the device tree has one (arm,pl011)";
	log_set_sink(pl011_write);
	return NULL;
}

void devices_find_display(const struct fdt *tree)
{
	pl111_init(find_registers(tree, "arm,pl111"));
}

/*
 * Without it the console prints but hears nothing. Shared interrupts only: the others are each
 * cpu's own.
 */
static void start_receive(const struct fdt *tree)
{
	struct fdt_node node;
	unsigned intid;

	if (fdt_find_compatible(tree, "arm,pl011", &node) && fdt_interrupt(&node, 0, &intid) &&
	    intid >= GIC_FIRST_SPI && irq_register(intid, pl011_interrupt, NULL) == 0)
		pl011_start_receive();
	else
		log_error("boot: the serial line has no interrupt: the console hears nothing");
}

const char *devices_start_interrupts(const struct fdt *tree)
{
	struct fdt_node node;
	void *distributor, *cpu;

	if (!fdt_find_compatible(tree, "arm,cortex-a15-gic", &node))
		return "the device tree has no interrupt controller (arm,cortex-a15-gic)";
	distributor = devices_map_registers(&node, 0);
	cpu = devices_map_registers(&node, 1);
	if (!distributor || !cpu)
		return "the interrupt controller's registers are out of reach";
	if (!gic_init(distributor, cpu))
		return "no interrupt controller answers where the device tree has one (GICv2)";
	start_receive(tree);
	return NULL;
}

static bool is_cpu(const struct fdt_node *node)
{
	const char *type = fdt_string(node, "device_type");

	return type && strcmp(type, "cpu") == 0;
}

/* `reg` is the MPIDR's affinity fields (Devicetree Specification v0.3, 3.8; the ARM binding). */
uint32_t devices_cpus(const struct fdt *tree)
{
	struct fdt_node node;
	uint64_t id;
	uint32_t cpus = 1;

	fdt_start(tree, &node);
	while (fdt_next(&node)) {
		if (!is_cpu(&node) || !fdt_number(&node, "reg", &id))
			continue;
		if (id < MAX_CPUS)
			cpus |= 1u << id;
		else
			log_warn("boot: cpu 0x%x is not used: only 0 to %u are", (unsigned)id,
				 MAX_CPUS - 1);
	}
	return cpus;
}

/*
 * GICv2. Source: ARM IHI 0048B 4.3 (distributor), 4.4 (cpu interface).
 */
#include "arch/device.h"
#include "base/assert.h"
#include "drivers/gic.h"

enum {
	GICD_CTLR = 0x000,
	GICD_TYPER = 0x004,
	GICD_ISENABLER = 0x100,
	GICD_ICENABLER = 0x180,
	GICD_IPRIORITYR = 0x400,
	GICD_ITARGETSR = 0x800,
	GICD_SGIR = 0xf00,
	GICD_ICPIDR2 = 0xfe8,
};

enum { GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_IAR = 0x0c, GICC_EOIR = 0x10, GICC_IIDR = 0xfc };

#define PRIORITY      0xa0
#define PRIORITY_MASK 0xf0

static struct {
	void *distributor, *cpu;
	unsigned lines;
} gic;

static uint32_t word_of(unsigned intid)
{
	return intid / 32u * 4u;
}

static void disable_all(void)
{
	for (unsigned n = 0; n < gic.lines; n += 32)
		device_write(gic.distributor, GICD_ICENABLER + word_of(n), 0xffffffffu);
}

/* The first 32 are each cpu's own, and so are their registers (ARM IHI 0048B 2.2.1, 4.3.5). */
void gic_init_cpu(void)
{
	device_write(gic.distributor, GICD_ICENABLER, 0xffffffffu);
	for (unsigned sgi = 0; sgi < GIC_SGIS; sgi++)
		device_write_byte(gic.distributor, GICD_IPRIORITYR + sgi, PRIORITY);
	device_write(gic.distributor, GICD_ISENABLER, (1u << GIC_SGIS) - 1);
	device_write(gic.cpu, GICC_PMR, PRIORITY_MASK);
	device_write(gic.cpu, GICC_CTLR, 1);
}

/* Both blocks say which architecture they are of (ARM IHI 0048B 4.3.18, 4.4.9). */
static bool is_version_2(const void *distributor, const void *cpu_interface)
{
	return (device_read(distributor, GICD_ICPIDR2) >> 4 & 15u) == 2 &&
	       (device_read(cpu_interface, GICC_IIDR) >> 16 & 15u) == 2;
}

bool gic_init(void *distributor, void *cpu_interface)
{
	if (!is_version_2(distributor, cpu_interface))
		return false;
	gic.distributor = distributor;
	gic.cpu = cpu_interface;
	gic.lines = 32u * ((device_read(distributor, GICD_TYPER) & 31u) + 1u);
	device_write(distributor, GICD_CTLR, 0);
	disable_all();
	device_write(distributor, GICD_CTLR, 1);
	gic_init_cpu();
	return true;
}

unsigned gic_lines(void)
{
	return gic.lines;
}

/* GICD_TYPER.CPUNumber (ARM IHI 0048B 4.3.2). */
unsigned gic_cpus(void)
{
	return (device_read(gic.distributor, GICD_TYPER) >> 5 & 7u) + 1u;
}

/* Order: what the handler is to see is stored before the write that raises it. */
void gic_send(uint32_t cpus, unsigned sgi)
{
	__asm__ volatile("dsb ishst" ::: "memory");
	device_write(gic.distributor, GICD_SGIR, cpus << 16 | sgi);
}

/* With several cpus an SPI without a target stays pending, so each gets cpu 0. */
void gic_enable(unsigned intid)
{
	assert_that(intid < gic.lines);
	device_write_byte(gic.distributor, GICD_IPRIORITYR + intid, PRIORITY);
	if (intid >= GIC_FIRST_SPI)
		device_write_byte(gic.distributor, GICD_ITARGETSR + intid, 1);
	device_write(gic.distributor, GICD_ISENABLER + word_of(intid), 1u << intid % 32u);
}

uint32_t gic_ack(void)
{
	return device_read(gic.cpu, GICC_IAR);
}

void gic_eoi(uint32_t ack)
{
	device_write(gic.cpu, GICC_EOIR, ack);
}

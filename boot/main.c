/*
 * The order in which everything starts.
 */
#include <stddef.h>

#include "arch/frame.h"
#include "arch/smp.h"
#include "arch/arm/mmu.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/waitq.h"
#include "boot/devices.h"
#include "boot/disks.h"
#include "boot/memory.h"
#include "boot/params.h"
#include "boot/start.h"
#include "boot/tags.h"
#include "drivers/power.h"
#include "drivers/semihosting.h"
#include "mm/init.h"
#include "mm/phys/early.h"
#include "mm/phys/phys.h"

static struct handover handover;
static struct zone_borders borders;

/* Who runs until the scheduler makes this thread its first task: locks count in it. */
static struct thread boot_thread = { .name = "boot" };

/* A machine that can not be used is refused in one line. */
static void start_or_stop(const char *problem)
{
	if (!problem)
		return;
	log_error("error: boot: %s", problem);
	power_off(1);
}

static void say_what_was_found(void)
{
	struct early_range ram = early_ram();
	uint32_t low = frame_high_start().n - paddr_to_pfn(ram.start).n;
	uint32_t out_of_reach = (uint32_t)(handover.ram_bytes >> 20) - (ram.pages >> 8);

	log_info("Tessera on %s: RAM %lu MiB at 0x%08lx, %lu MiB mapped directly (%s)",
		 handover.model, (unsigned long)(ram.pages >> 8), (unsigned long)ram.start.a,
		 (unsigned long)(low >> 8), handover.source);
	if (out_of_reach)
		log_warn("boot: the last %lu MiB of RAM are not used: only %lu MiB are in reach",
			 (unsigned long)out_of_reach, (unsigned long)(ram.pages >> 8));
	if (handover.line_was_cut)
		log_error("boot arguments are longer than %u bytes: not all of them are seen",
			  PARAMS_TEXT - 1);
	if (handover.tree_problem)
		log_warn("boot: the device tree given is not used: %s", handover.tree_problem);
}

void kernel_main(uint32_t machine, uint32_t tags)
{
	uint32_t cpus;

	(void)machine;
	cpu_set_current(&boot_thread);
	arch_cpu_init();
	log_set_sink(semihosting_write);
	handover_read(&handover, tags);
	start_or_stop(devices_start_console(&handover.tree));
	params_parse(handover.command_line);
	start_or_stop(devices_start_interrupts(&handover.tree));
	devices_find_display(&handover.tree);
	disks_find(&handover.tree);
	cpus = devices_cpus(&handover.tree); /* before the tree may be out of reach */
	start_or_stop(memory_init(&handover, &borders));
	say_what_was_found();
	waitq_init();
	phys_init(&borders);
	mm_init();
	disks_start();
	start_kernel(handover.command_line, cpus);
}

/*
 * What the boot arguments ask for, once the rooms are up: faults to inject, events to trace, and
 * which of test, run, demo, init or the console the first kernel thread is for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/trace.h"
#include "boot/memory.h"
#include "boot/params.h"
#include "boot/start.h"
#include "console/console.h"
#include "drivers/power.h"
#include "fs/initrd.h"
#include "kernel/kernel.h"
#include "mm/phys/alloc.h"
#include "tests/target/test.h"

/* SITE:N taken apart. Returns false if it is anything else. */
static bool read_failpoint(const char *text, char *site, size_t room, uint32_t *n)
{
	const char *colon = strchr(text, ':');
	char *end;

	if (!colon || (size_t)(colon - text) >= room || colon[1] < '0' || colon[1] > '9')
		return false;
	memcpy(site, text, (size_t)(colon - text));
	site[colon - text] = 0;
	*n = (uint32_t)strtoul(colon + 1, &end, 0);
	return *end == 0 && *n != 0;
}

static void arm_failpoint(void)
{
	char site[32];
	uint32_t n;

	if (!boot_params.fail)
		return;
	if (!read_failpoint(boot_params.fail, site, sizeof(site), &n))
		log_error("boot argument fail=%s: not SITE:N with N from 1", boot_params.fail);
	else if (failpoint_arm(site, n))
		log_error("boot argument fail=%s: there is no such site", boot_params.fail);
}

static unsigned order_of_bytes(uint32_t bytes)
{
	unsigned order = 0;

	while ((PAGE_SIZE << order) < bytes)
		order++;
	return order;
}

/* A power of two, at least that many. */
static uint32_t power_above(uint32_t n)
{
	uint32_t power = 1;

	while (power < n)
		power <<= 1;
	return power;
}

static void make_room_for_trace(uint32_t cpus)
{
	uint32_t events = power_above(boot_params.trace_events);

	for (unsigned cpu = 0; boot_params.trace_events && cpu < MAX_CPUS; cpu++) {
		unsigned order = order_of_bytes(events * TRACE_RECORD_BYTES);
		void *memory = cpus >> cpu & 1 ? alloc_kernel_pages(GFP_ATOMIC, order) : NULL;

		if (memory)
			trace_use_memory(cpu, memory, events);
		else if (cpus >> cpu & 1)
			log_error("boot argument trace_events=%u: no memory for cpu %u",
				  (unsigned)boot_params.trace_events, cpu);
	}
}

static void enable_trace(void)
{
	if (boot_params.trace && trace_enable(boot_params.trace))
		log_error("boot argument trace=%s: there is no such event", boot_params.trace);
}

static void add_initrd(void)
{
	const void *start;
	uint32_t bytes;

	boot_initrd(&start, &bytes);
	if (bytes)
		initrd_add("initrd", start, bytes);
}

static void run_script(void)
{
	power_off(console_run_script(boot_params.run) ? 0 : 1);
}

static void run_demo(void)
{
	power_off(console_run_script("demo") ? 0 : 1);
}

static void run_tests(void)
{
	power_off(target_tests_run(boot_params.test));
}

static void run_console(void)
{
	console_loop();
}

/* The lowest `most` bits of those that are set. */
static uint32_t first_of(uint32_t cpus, uint32_t most)
{
	uint32_t first = 0;

	for (uint32_t left = cpus; left && most; left &= left - 1, most--)
		first |= left & -left;
	return first;
}

/* The first that was asked for; the console when nothing was; NULL: init alone. */
static void (*choose_main(void))(void)
{
	if (boot_params.test)
		return run_tests;
	if (boot_params.run)
		return run_script;
	if (boot_params.demo)
		return run_demo;
	return boot_params.init ? NULL : run_console;
}

/* What it says if there is no display is all there is to it: nothing depends on the picture. */
static void display_then_main(void)
{
	void (*then)(void) = choose_main();

	console_run_line("display on");
	if (then)
		then();
}

void start_kernel(const char *command_line, uint32_t cpus)
{
	make_room_for_trace(first_of(cpus, boot_params.maxcpus));
	arm_failpoint();
	enable_trace();
	add_initrd();
	kernel_options.init = boot_params.init;
	kernel_options.for_init = boot_params.for_init;
	kernel_options.arguments = command_line;
	kernel_options.seed = boot_params.seed;
	kernel_options.cpus = first_of(cpus, boot_params.maxcpus);
	kernel_options.main = boot_params.display ? display_then_main : choose_main();
	kernel_start();
}

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

/* The first that was asked for; the console when nothing was. */
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

void start_kernel(const char *command_line, uint32_t cpus)
{
	arm_failpoint();
	enable_trace();
	add_initrd();
	kernel_options.init = boot_params.init;
	kernel_options.for_init = boot_params.for_init;
	kernel_options.arguments = command_line;
	kernel_options.seed = boot_params.seed;
	kernel_options.cpus = first_of(cpus, boot_params.maxcpus);
	kernel_options.main = choose_main();
	kernel_start();
}

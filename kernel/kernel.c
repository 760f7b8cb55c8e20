/*
 * The order in which the kernel's own parts start.
 */
#include <stddef.h>
#include <string.h>
#include "base/assert.h"
#include "base/log.h"
#include "drivers/power.h"
#include "fs/initrd.h"
#include "kernel/background.h"
#include "kernel/chance.h"
#include "kernel/devices.h"
#include "kernel/exec.h"
#include "kernel/itimer.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "kernel/proc/proc.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/time.h"

#define INIT_MAX_ARGS  64
#define INIT_ARGUMENTS 2048 /* bytes of them, as long as the boot arguments can be */

/* The archive inside the image: the linker script's. */
extern const uint8_t builtin_initrd_start[], builtin_initrd_end[];

struct kernel_options kernel_options = { .arguments = "" };

static void add_builtin_initrd(void)
{
	uint32_t bytes = (uint32_t)(builtin_initrd_end - builtin_initrd_start);

	if (bytes)
		initrd_add("built in", builtin_initrd_start, bytes);
}

/* Takes a copy of the arguments for init apart. Returns argc, the path included. */
static int split_arguments(char *text, const char *path, const char *argv[INIT_MAX_ARGS])
{
	int argc = 1;
	char *rest = text, *word;

	argv[0] = path;
	while (argc < INIT_MAX_ARGS && (word = strtok_r(rest, " ", &rest)) != NULL)
		argv[argc++] = word;
	if (strtok_r(rest, " ", &rest))
		log_error("error: init gets the first %d arguments, the others are dropped",
			  argc - 1);
	return argc;
}

static struct task *start_init(const char *path)
{
	static char text[INIT_ARGUMENTS];
	const char *argv[INIT_MAX_ARGS];
	struct task *init = NULL;
	int argc, error;

	if (kernel_options.for_init)
		strncpy(text, kernel_options.for_init, sizeof(text) - 1);
	argc = split_arguments(text, path, argv);
	error = task_spawn_init(path, argc, argv, &init);

	if (error)
		log_error("error: init %s does not start: %s", path, strerror(-error));
	return init;
}

/* The first kernel thread. */
static void first_thread(void *arg)
{
	struct task *init = NULL;

	(void)arg;
	smp_start(kernel_options.cpus);
	if (kernel_options.init)
		init = start_init(kernel_options.init);
	if (kernel_options.main)
		kernel_options.main();
	power_off(init ? process_wait_end(init->process) : 1);
}

void kernel_start(void)
{
	struct task *first;

	panic_set_replay(kernel_options.arguments);
	chance_seed(kernel_options.seed);
	sched_init();
	add_builtin_initrd();
	devices_mount();
	proc_mount();
	task_start_reaper();
	time_init();
	background_start();
	itimer_init();
	smp_init();
	first = task_create_kernel("main", first_thread, NULL);
	assert_that(first);
	sched_start(first);
	cpu_irq_on();
	sched_idle_loop();
}

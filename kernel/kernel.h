/*
 * The start of everything that runs on top of memory management: scheduler, time, tasks, the first
 * program.
 */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <stdint.h>

/* What boot decides for the kernel. Filled in before kernel_start. */
struct kernel_options {
	const char *init;      /* path of the first program, or NULL */
	const char *for_init;  /* its arguments, separated by blanks, or NULL */
	uint32_t cpus;	       /* to start beside the first, a bit each */
	const char *arguments; /* the boot arguments as they came, for the replay line */
	uint32_t seed;	       /* of what programs get by chance */
	void (*main)(void);    /* runs in the first kernel thread after init was started; NULL: wait
				  for init */
};

extern struct kernel_options kernel_options;

/*
 * Makes the running thread the idle thread and starts the rest. The image's built-in initrd is
 * added here. Context: boot, interrupts off, every room of mm is up. Without kernel_options.main
 * the run ends when init does, with its exit status.
 */
void kernel_start(void) __attribute__((noreturn));

#endif

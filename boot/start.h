/*
 * From boot to what runs on top.
 */
#ifndef BOOT_START_H
#define BOOT_START_H

#include <stdint.h>

/* Called by start.S: `tags` is what the loader left in r2. */
void kernel_main(uint32_t machine, uint32_t tags) __attribute__((noreturn));

/*
 * Applies the boot arguments that the rooms own, hands the initrd over, and starts the kernel.
 * `cpus`: those there are, a bit each.
 */
void start_kernel(const char *command_line, uint32_t cpus) __attribute__((noreturn));

#endif

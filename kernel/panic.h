/*
 * What is printed when all is lost.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

/* How to get here again: the boot arguments. Kept by address. */
void panic_set_replay(const char *boot_arguments);

#endif

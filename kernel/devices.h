/*
 * The tree at /dev.
 */
#ifndef KERNEL_DEVICES_H
#define KERNEL_DEVICES_H

#include "fs/pseudo.h"

/* Once at boot. */
void devices_mount(void);

/*
 * Open files of the running process, as rows of a directory: one more than the next number in use
 * from `after` on (0: none), and what each is. /proc/PID/fd has them too.
 */
uint32_t devices_next_open(uint32_t after, uint32_t id);
extern const struct pseudo devices_open_file;

#endif

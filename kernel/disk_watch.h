/*
 * Who notices that a disk does not answer.
 */
#ifndef KERNEL_DISK_WATCH_H
#define KERNEL_DISK_WATCH_H

#include <stdbool.h>

/* Once, when pl031_init has found the clock; its interrupt line. Returns false: no such line. */
bool disk_watch_init(unsigned line);

#endif

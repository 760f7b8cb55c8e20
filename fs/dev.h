/*
 * Devices that are no machine's: null, zero, full, random. What stands in /dev beside them is the
 * kernel's (kernel/devices.c).
 */
#ifndef FS_DEV_H
#define FS_DEV_H

#include "fs/file.h"

extern const struct file_ops dev_null_ops, dev_zero_ops, dev_full_ops, dev_random_ops;

/*
 * Numbers nobody foresees by accident; not for secrets: they follow from the instruction count.
 * Any context.
 */
void dev_random_fill(void *to, uint32_t bytes);

#endif

/*
 * Devices that are no machine's: null, zero, full. What stands in /dev beside them is the
 * kernel's (kernel/devices.c).
 */
#ifndef FS_DEV_H
#define FS_DEV_H

#include "fs/file.h"

extern const struct file_ops dev_null_ops, dev_zero_ops, dev_full_ops;

#endif

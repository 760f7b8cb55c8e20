/*
 * Disks: found in the device tree, or asked for by the boot arguments, and started.
 */
#ifndef BOOT_DISKS_H
#define BOOT_DISKS_H

#include "boot/fdt.h"

/* Notes where virtio devices may be, and the clock that watches disks, while the tree is there. */
void disks_find(const struct fdt *tree);

/* Starts what there is. Once, when there are memory and interrupts. */
void disks_start(void);

#endif

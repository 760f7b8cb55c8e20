/*
 * Devices found in the tree by what they are compatible with, and started.
 */
#ifndef BOOT_DEVICES_H
#define BOOT_DEVICES_H

#include "boot/fdt.h"

/* The n-th block of registers of a node, mapped; NULL if it has none or it is out of reach. */
void *devices_map_registers(const struct fdt_node *node, unsigned n);

/* The serial line and the way to power off. Returns NULL, or what is missing. */
const char *devices_start_console(const struct fdt *tree);

/* The cpus there are, a bit each. */
uint32_t devices_cpus(const struct fdt *tree);

/* The display, if there is one. Nothing is shown yet. */
void devices_find_display(const struct fdt *tree);

/* The interrupt controller; then receiving on the serial line. Returns NULL, or what is missing. */
const char *devices_start_interrupts(const struct fdt *tree);

#endif

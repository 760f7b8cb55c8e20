/*
 * RAM: what there is, what is taken, what the kernel reaches.
 */
#ifndef BOOT_MEMORY_H
#define BOOT_MEMORY_H

#include "boot/tags.h"
#include "mm/phys/zone.h"

/*
 * Tells the early allocator RAM and what lies in it already, maps what the direct map takes, and
 * says where the zones' borders shall be. What the loader left elsewhere (device tree, tags) is
 * free memory from now on. Returns NULL, or why the machine can not be used.
 */
const char *memory_init(const struct handover *h, struct zone_borders *borders);

/* The loader's initrd, in low memory; 0 bytes if there is none. After memory_init. */
void boot_initrd(const void **start, uint32_t *bytes);

#endif

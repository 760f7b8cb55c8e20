/*
 * Rooms inside arch/arm and boot: the kernel's own mappings.
 */
#ifndef ARCH_ARM_MMU_H
#define ARCH_ARM_MMU_H

#include <stdbool.h>

#include "arch/context.h"

/* `delta`: where the image runs minus where it is linked. Called once, by boot/start.S. */
void mmu_init(uint32_t delta);

/* First byte of RAM, from where the image was loaded. */
paddr_t mmu_ram_start(void);

/*
 * The kernel's address of boot data before the size of RAM is known; NULL if the direct map can not
 * reach it.
 */
const void *mmu_peek(paddr_t start, uint32_t bytes);

/*
 * Maps RAM up to `end` directly, as far as the window goes, and sets frame_high_start. Called once.
 */
void mmu_map_ram(paddr_t end);

/* Enters second-level tables, 1 KiB each, for consecutive MiBs of a window. */
void mmu_map_tables(uint32_t address, const void *tables, uint32_t count);

/* The windows of kstack.c and frame.c; the boot cpu's own two stacks are where start.S runs. */
void kstack_init(const void *boot, const void *emergency);
void fixmap_init(void);

/*
 * Where RAM is not at its kernel address: the section in which a cpu turns its MMU on is mapped for
 * that moment, or not any more.
 */
void mmu_map_entry(bool on);

/* Replaces one kernel page entry and makes every cpu forget the old one. */
void mmu_set_kernel_page(uint32_t *entry, uint32_t value, uint32_t address);

#endif

/*
 * Device registers: a kernel address for them, and single accesses that the compiler leaves alone.
 */
#ifndef ARCH_DEVICE_H
#define ARCH_DEVICE_H

#include "arch/addr.h"

/*
 * Maps registers as device memory, for good. Returns their address, or NULL for a range that is
 * empty or wraps, or when the window is full.
 */
void *device_map(paddr_t start, uint32_t bytes);

static inline uint32_t device_read(const void *base, uint32_t offset)
{
	return *(const volatile uint32_t *)((const char *)base + offset);
}

static inline void device_write(void *base, uint32_t offset, uint32_t value)
{
	*(volatile uint32_t *)((char *)base + offset) = value;
}

/* Some registers are bytes: GIC priorities and targets. */
static inline void device_write_byte(void *base, uint32_t offset, uint8_t value)
{
	*(volatile uint8_t *)((char *)base + offset) = value;
}

#endif

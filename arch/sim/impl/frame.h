/* Frames of the simulated machine: one region of host memory, from the first frame of RAM on. */
#ifndef ARCH_SIM_IMPL_FRAME_H
#define ARCH_SIM_IMPL_FRAME_H

#include "base/assert.h"

extern char *sim_ram; /* page aligned; the bytes of frame sim_ram_start */
extern pfn_t sim_ram_start, sim_ram_end;

/* Low or high; the simulation's own view. Code under test goes through frame_address or frame_map.
 */
static inline void *sim_frame_bytes(pfn_t frame)
{
	assert_that(frame.n >= sim_ram_start.n && frame.n < sim_ram_end.n);
	return sim_ram + (size_t)(frame.n - sim_ram_start.n) * PAGE_SIZE;
}

static inline bool frame_is_low(pfn_t frame)
{
	return frame.n < frame_high_start().n;
}

static inline void *frame_address(pfn_t frame)
{
	assert_that(frame_is_low(frame));
	return sim_frame_bytes(frame);
}

static inline pfn_t frame_of_address(const void *address)
{
	size_t offset = (size_t)((const char *)address - sim_ram);

	return (pfn_t){ sim_ram_start.n + (uint32_t)(offset >> PAGE_SHIFT) };
}

#endif

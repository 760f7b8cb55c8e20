/* Frames of the simulated machine: one region of host memory, from the first frame of RAM on. */
#ifndef ARCH_SIM_IMPL_FRAME_H
#define ARCH_SIM_IMPL_FRAME_H

#include "base/assert.h"

extern char *sim_ram; /* page aligned; the bytes of frame sim_ram_start */
extern pfn_t sim_ram_start, sim_ram_end;

/* True while the caches hold lines (sim_cache_start). */
extern bool sim_cache_holds_lines;

/* From here on the kernel reads and writes the frame by pointer: what its alias caches is its own. */
void sim_cache_use_by_pointer(pfn_t frame);

static inline bool sim_frame_exists(pfn_t frame)
{
	return frame.n >= sim_ram_start.n && frame.n < sim_ram_end.n;
}

/* Low or high; the simulation's own view. Code under test goes through frame_address or frame_map.
 */
static inline void *sim_frame_bytes(pfn_t frame)
{
	assert_that(sim_frame_exists(frame));
	return sim_ram + (size_t)(frame.n - sim_ram_start.n) * PAGE_SIZE;
}

static inline bool frame_is_low(pfn_t frame)
{
	return frame.n < frame_high_start().n;
}

static inline void *frame_address(pfn_t frame)
{
	assert_that(frame_is_low(frame));
	if (sim_cache_holds_lines)
		sim_cache_use_by_pointer(frame);
	return sim_frame_bytes(frame);
}

static inline pfn_t frame_of_address(const void *address)
{
	size_t offset = (size_t)((const char *)address - sim_ram);

	return (pfn_t){ sim_ram_start.n + (uint32_t)(offset >> PAGE_SHIFT) };
}

#endif

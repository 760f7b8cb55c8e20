/*
 * Bodies of arch/frame.h: the direct map is one subtraction.
 */
#ifndef ARCH_ARM_IMPL_FRAME_H
#define ARCH_ARM_IMPL_FRAME_H

/*
 * Set at boot, constant afterwards: kernel address minus physical address; first frame above the
 * map.
 */
extern uint32_t direct_map_offset;
extern pfn_t direct_map_end;

static inline bool frame_is_low(pfn_t frame)
{
	return frame.n < direct_map_end.n;
}

static inline void *frame_address(pfn_t frame)
{
	return (void *)((frame.n << PAGE_SHIFT) + direct_map_offset);
}

static inline pfn_t frame_of_address(const void *address)
{
	return (pfn_t){ ((uintptr_t)address - direct_map_offset) >> PAGE_SHIFT };
}

#endif

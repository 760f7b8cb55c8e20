/*
 * The bytes of a frame. A frame below the border of the direct map ("low") has a kernel address for
 * good; one above ("high") is given one for a moment.
 */
#ifndef ARCH_FRAME_H
#define ARCH_FRAME_H

#include "arch/addr.h"

/* First frame number that the direct map does not reach. Set once at boot (`lowmem=`). */
pfn_t frame_high_start(void);

static inline bool frame_is_low(pfn_t frame);

/* The kernel's address of a low frame, and back. Passing a high frame is a bug. */
static inline void *frame_address(pfn_t frame);
static inline pfn_t frame_of_address(const void *address);

/*
 * An address for any frame until frame_unmap.
 * Context: must not sleep or be preempted in between; at most FRAME_MAP_DEPTH at once on a cpu,
 * given back in the opposite order. Usable with interrupts off, not from an interrupt handler.
 */
#define FRAME_MAP_DEPTH 4u
void *frame_map(pfn_t frame);
void frame_unmap(void *address);

/* Whole frames, low or high. The cache lines they leave behind are the caller's to think about. */
void frame_copy(pfn_t to, pfn_t from);
void frame_clear(pfn_t frame);

#include "impl/frame.h"

#endif

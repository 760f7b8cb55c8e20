/*
 * Linux's words where it has one for the same thing; the most bits first, so that a request is
 * called by the name it was made with.
 */
#include "mm/phys/trace_names.h"

#include "base/trace.h"
#include "mm/phys/alloc.h"

static const struct trace_value gfp[] = {
	{ GFP_USER, "GFP_HIGHUSER_MOVABLE" },
	{ GFP_KERNEL, "GFP_KERNEL" },
	{ GFP_ATOMIC, "GFP_ATOMIC" },
	{ GFP_ZONE_DMA, "__GFP_DMA" },
	{ GFP_ZONE_HIGHMEM, "__GFP_HIGHMEM" },
	{ GFP_MOVE, "__GFP_MOVABLE" },
	{ GFP_RECLAIM, "__GFP_RECLAIMABLE" },
	{ GFP_MEMALLOC, "__GFP_MEMALLOC" },
	{ GFP_ZERO, "__GFP_ZERO" },
	{ GFP_NOWARN, "__GFP_NOWARN" },
	{ GFP_NOCOMPACT, "__GFP_NOCOMPACT" },
	{ GFP_NORETRY, "__GFP_NORETRY" },
};

static const struct trace_value zone_names[] = {
	{ ZONE_DMA, "DMA" },
	{ ZONE_NORMAL, "Normal" },
	{ ZONE_HIGHMEM, "HighMem" },
	{ ZONE_MOVABLE, "Movable" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void phys_name_trace_values(void)
{
	trace_name_values(TRACE_NAMES_GFP, gfp, COUNT(gfp));
	trace_name_values(TRACE_NAMES_ZONE, zone_names, COUNT(zone_names));
}

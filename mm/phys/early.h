/*
 * Memory before there are zones: a list of RAM ranges, a list of what is taken, and a bump
 * allocator over the difference. Its frames stay reserved. Ends when phys_init hands the rest to
 * the zones.
 */
#ifndef MM_PHYS_EARLY_H
#define MM_PHYS_EARLY_H

#include "arch/addr.h"

#define EARLY_MAX_RESERVED 16u

struct early_range {
	paddr_t start;
	uint32_t pages;
};

/* The one range of RAM. Both page aligned. */
void early_set_ram(paddr_t start, uint32_t pages);

/*
 * [start, start + bytes) is taken: image, device tree, initrd. Returns 0, or -ENOMEM when the table
 * is full.
 */
int early_reserve(paddr_t start, uint32_t bytes);

/*
 * Zeroed bytes from the lowest free range of low memory, aligned to a power of two. Ends the run
 * when there is none.
 */
void *early_alloc(uint32_t bytes, uint32_t align);

/* Calls give for every range of whole frames of RAM that is not taken, in address order. */
void early_each_free(void (*give)(pfn_t start, pfn_t end));

/*
 * What a range is for, in words that live for ever; of a frame that two share the first label is
 * told. More than EARLY_MAX_LABELS are not kept. early_label_of: NULL without one.
 */
#define EARLY_MAX_LABELS 16u
void early_label(paddr_t start, uint32_t bytes, const char *what);
const char *early_label_of(pfn_t f);

struct early_range early_ram(void);
bool early_is_reserved(pfn_t f);

#endif

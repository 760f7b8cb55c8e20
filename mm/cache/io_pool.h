/*
 * Memory for what is under way: taken where there may be none, given back by interrupts.
 *
 * A pool of equal pieces. It takes a frame from the allocator when it is empty and never gives one
 * back, so that as many requests as were ever under way can be again, however low memory is.
 */
#ifndef MM_CACHE_IO_POOL_H
#define MM_CACHE_IO_POOL_H

#include "base/spinlock.h"

struct io_pool {
	const char *name;
	uint32_t piece_bytes;
	struct spinlock lock; /* LOCK_FIGURES, interrupts off */
	void *free;	      /* linked by their first word */
	uint32_t pieces, in_use;
};

#define IO_POOL_INIT(label, type)                                                                  \
	{                                                                                          \
		.name = label, .piece_bytes = sizeof(type)                                         \
	}

/* Room for what one frame has, before anybody is short of memory. */
void io_pool_reserve(struct io_pool *pool);

/* Zeroed. NULL: none free and no memory. Context: may sleep. */
void *io_pool_take(struct io_pool *pool);

/* Any context. */
void io_pool_give(struct io_pool *pool, void *piece);

#endif

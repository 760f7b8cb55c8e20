/*
 * What a frame, or a few of them, are: the classes that the display has colours for.
 *
 * Descriptors are read without a lock, one after the other: each answer was true at some moment, a
 * picture of many is of no single one.
 */
#ifndef CONSOLE_CELL_H
#define CONSOLE_CELL_H

#include "mm/phys/page.h"

/* In the order in which they are asked for; the first five stand in the way of a large block. */
enum cell {
	CELL_IN_FLIGHT, /* taken off its list to be moved, or locked */
	CELL_REFUSED,	/* held by more than its mappings and its object, or found so by a mover */
	CELL_TABLE,	/* second-level tables */
	CELL_UNMOVABLE, /* the kernel's, in use */
	CELL_RESERVED,	/* the image, descriptors, what was never given to the allocator */
	CELL_TAKEN,	/* out of the free lists, to be filled: the free scanner's stock, and large
			   blocks that can move */
	CELL_ANON,
	CELL_SHARED, /* in the tree of an object */
	CELL_PCP,    /* free, on a cpu's list */
	CELL_FREE0,  /* free, in a block of order 0..2 */
	CELL_FREE3,  /* 3..5 */
	CELL_FREE6,  /* 6, 7 */
	CELL_FREE8,  /* a pageblock or more */
	CELLS
};

/* As in the legend. */
const char *cell_name(enum cell c);

/* A walk over frames in address order; inside a free block the descriptors say nothing. */
struct cell_walk {
	uint32_t pfn, free_end;
	enum cell free_as; /* of the free block that ends at free_end */
};

/*
 * What the next `count` frames are, at most to `end`, as one cell: what stands in the way of a
 * large block if one frame is that, the first such class in the order above; else what most frames
 * are, in a draw the first.
 */
enum cell cell_next(struct cell_walk *w, uint32_t count, uint32_t end);

#endif

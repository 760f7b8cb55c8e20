/*
 * The picture of physical memory on the display.
 *
 * A cell is a small square that stands for 1, 4 or 16 frames (console/cell.h says how several
 * become one colour); the cells of a pageblock form a tile, row by row, framed by the grid. Tiles
 * stand in address order, each zone begins a line. The tiles at which the two scanners of a
 * compaction are have coloured frames, with an arrow at the side. A cell that a page has just been
 * moved to glows for GLOW_REFRESHES refreshes.
 *
 * What a cell shows is its pixels: only cells that changed are drawn.
 */
#ifndef CONSOLE_PICTURE_H
#define CONSOLE_PICTURE_H

#include "console/cell.h"
#include "mm/move/compaction.h"

#define GLOW_REFRESHES 12u

/* Memory that a picture needs, as one block from alloc_kernel_pages. */
#define PICTURE_ORDER PAGEBLOCK_ORDER

enum picture_colour {
	COLOUR_MOVED = CELLS, /* a cell's own colour is its enum cell */
	COLOUR_MOVED_LATELY,
	COLOUR_MOVED_BEFORE,
	COLOUR_BACKGROUND,
	COLOUR_GRID,
	COLOUR_TEXT,
	COLOUR_FAINT,
	COLOUR_MIGRATE_SCANNER,
	COLOUR_FREE_SCANNER,
	COLOURS
};

/* 0xRRGGBB by enum picture_colour, for pl111_start. */
extern const uint32_t picture_colours[COLOURS];

/*
 * Lays out and draws everything. `block` is low memory of PICTURE_ORDER and the picture's until
 * picture_end. Returns false if there is too much memory for the display: more than 2 GiB.
 */
bool picture_begin(void *block);
void picture_end(void);

/* Draws what has changed. Context: one thread at a time, between picture_begin and picture_end. */
void picture_refresh(void);

/* A page is about to be moved: the first one of a run begins it. In the thread that moves. */
void picture_note_start(const struct page *from);

/* After a batch of a run: where its scanners are and what it has done. Any thread. */
void picture_note_run(const struct compaction *run);

/* A page has been moved to this frame. Any thread. */
void picture_note_moved(const struct page *to);

/*
 * The end of a refresh, where a debugger or tools/picture stops: what it showed of the run that is
 * under way, or 0, 0; and how many cells are in flight.
 */
void picture_shown(uint32_t migrate_pfn, uint32_t free_pfn, uint32_t in_flight);

#endif

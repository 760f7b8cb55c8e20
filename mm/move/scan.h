/*
 * The two scanners: one upward for pages to move, one downward for frames to move them to.
 * They go pageblock by pageblock, never past each other, never outside the zone. CO-2
 */
#ifndef MM_MOVE_SCAN_H
#define MM_MOVE_SCAN_H

#include "mm/move/compaction.h"

enum scan_result {
	SCAN_NONE,  /* the scanners have met: nothing is left to look at */
	SCAN_FOUND, /* run->sources has pages */
	SCAN_STOP,  /* contended, or a fatal signal */
};

/* Isolates up to MOVE_BATCH pages of the next suitable block onto run->sources. CO-3 */
enum scan_result scan_for_pages(struct compaction *run);

/* The migration's take_target and give_back: frames from the free scanner's stock. CO-4, CO-5 */
struct page *scan_take_target(struct migration *m, struct page *from);
void scan_give_back(struct migration *m, struct page *target);

/* Returns what is left of the stock to the buddy. */
void scan_release_stock(struct compaction *run);

#endif

/*
 * What a run of compaction for one block would do, without doing any of it.
 *
 * The plan looks at frames as the scanners do: from where the next run would go on, upwards, block
 * by block of the wanted order. The first block in which every frame is free or could move, with
 * frames above it for what is in it, is the one the run would make. Of the blocks before it that
 * have frames in the way, those with the fewest are remembered, each with the first of its frames.
 * Nothing is locked, isolated or moved; so what it says is true of the moment, and others may
 * change it before anybody acts.
 */
#ifndef MM_MOVE_PLAN_H
#define MM_MOVE_PLAN_H

#include "mm/move/reason.h"
#include "mm/phys/zone.h"

#define PLAN_BLOCKED 8u /* blocks with something in the way that are told of */

/*
 * Instructions for a page where no run has moved one yet: what one costs in the demo, all in
 * (docs/measuring.md).
 */
#define PLAN_INSNS_A_PAGE 2000u

/* A block that could not become free, and the first frame that keeps it. */
struct plan_blocked {
	pfn_t block, frame;
	enum move_reason reason;
	uint32_t frames; /* in the way, of the block */
};

enum plan_answer {
	PLAN_FREE_ALREADY, /* the zone has such a block: `block`, nothing would move */
	PLAN_MOVES,	   /* `pages` of `block` would move */
	PLAN_NONE,	   /* no block could be made */
};

struct plan {
	enum plan_answer answer;
	pfn_t block;
	uint32_t pages;		/* in use in the block, that would move */
	uint32_t on_the_way;	/* that the scanner would move from lower blocks before */
	uint32_t targets;	/* free frames above the block that pages could go to */
	uint64_t insns;		/* what all of that would cost, by what pages cost so far */
	uint32_t looked_at;	/* blocks of that order, this one included */
	uint32_t blocked_count; /* of them with a frame in the way */
	struct plan_blocked blocked[PLAN_BLOCKED]; /* fewest frames first */
};

/* Order 0 to MAX_ORDER. Context: any; racy. */
void plan_block(const struct zone *z, unsigned order, struct plan *plan);

#endif

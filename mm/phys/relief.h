/*
 * Who is asked when memory is short. Helpers live in rooms above (compaction, reclaim) and register
 * here at start; the allocator's slow path asks them in the order they registered.
 *
 *   free pages
 *        |            above the high mark: background work has nothing to do
 *   high +----------- zonelist_is_balanced: where it ends
 *        |
 *    low +----------- a request that finds its zones below this, or no block of its order, calls
 *        |            `wake` of every helper, then goes on down to the min mark
 *    min +----------- a request that may sleep calls `help`, round after round: round 0 asks each
 *        |            helper for what costs nobody else anything, later rounds for more. After
 *        |            every helper that made progress the request is tried again.
 *      0 +
 *
 * Both are told of every such request, whatever its order: a helper that is not concerned answers
 * RELIEF_NOTHING. Rounds go on only while some helper made progress, at most four. Compaction
 * registers before reclaim, so that for a block the first thing tried is to move what is there
 * (CO-9); for single pages compaction has nothing to say and reclaim is asked at once.
 */
#ifndef MM_PHYS_RELIEF_H
#define MM_PHYS_RELIEF_H

#include "mm/phys/alloc.h"

enum relief_answer {
	RELIEF_NOTHING,	 /* could not help */
	RELIEF_PROGRESS, /* something became free: try again */
	RELIEF_CAPTURED, /* request->page is the block that was asked for (CO-11) */
};

struct relief {
	const char *name;
	/*
	 * Memory is getting low: start work in the background. Called by requests that may not
	 * sleep as well, with spinlocks up to LOCK_TABLE_TO held: does not sleep, does not
	 * allocate. May be NULL.
	 */
	void (*wake)(const struct alloc_request *r);
	/*
	 * Help now. May sleep. `attempt` counts the slow path's rounds from 0: async first, then
	 * light. Ends soon when the thread is to die or request->until_insns is over. May be NULL.
	 */
	enum relief_answer (*help)(struct alloc_request *r, unsigned attempt);
	struct list node;
};

void relief_register(struct relief *r);

#endif

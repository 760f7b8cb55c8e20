/*
 * Who is asked when memory is short. Helpers live in rooms above (compaction, reclaim) and register
 * here at start; the allocator's slow path asks them in the order they registered.
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
	/* Memory is getting low: start work in the background. Does not sleep. May be NULL. */
	void (*wake)(const struct alloc_request *r);
	/*
	 * Help now. May sleep. `attempt` counts the slow path's rounds from 0: async first, then
	 * light.
	 */
	enum relief_answer (*help)(struct alloc_request *r, unsigned attempt);
	struct list node;
};

void relief_register(struct relief *r);

#endif

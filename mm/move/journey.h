/*
 * The journey of a batch of pages: what migrate.c hands to stages.c. Nobody else looks.
 */
#ifndef MM_MOVE_JOURNEY_H
#define MM_MOVE_JOURNEY_H

#include "mm/move/migrate.h"

struct journey {
	struct migration *migration;
	struct tlb_batch tlb;  /* what "unmap" took away, until the barrier */
	uint32_t count;	       /* moves in the batch */
	bool may_wait;	       /* for page locks: only a journey of one page (MP-12) */
	bool dry;	       /* take_target said there is no more */
	bool watched;	       /* trace, failpoints, the probe or the bill look at every stage */
	struct bill_run *bill; /* NULL, or the one that looks: then nobody else does */
	struct move moves[MOVE_BATCH];
};

/*
 * A journey for `m`, empty. `force`: locks may be waited for, as far as the mode lets it; then at
 * most one page.
 */
void journey_init(struct journey *j, struct migration *m, bool force);

/*
 * Takes every page of the batch through all stages, or back again. Afterwards each move has error 0
 * (moved or gone: nothing of it is left with the caller), or an error and a reason (isolated and
 * mapped as before).
 */
void journey_run(struct journey *j);

#endif

/*
 * migrate_pages: moves pages that are in use, in passes and batches.
 */
#ifndef MM_MOVE_MIGRATE_H
#define MM_MOVE_MIGRATE_H

#include "arch/tlb.h"
#include "mm/move/bill.h"
#include "mm/move/move.h"

/* How long a mover may wait: not at all; for locks; for locks and I/O. */
enum migrate_mode { MIGRATE_ASYNC, MIGRATE_SYNC_LIGHT, MIGRATE_SYNC };

enum migrate_why { WHY_COMPACTION, WHY_REQUEST, WHY_CONTIG };

/* Who wants pages to move, for the record of those that would not (refusal.h). */
enum mover {
	MOVER_REQUEST,	 /* somebody names the page: migrate_frame, a test */
	MOVER_DIRECT,	 /* compaction for an allocation that waits for it */
	MOVER_KCOMPACTD, /* compaction in the background */
	MOVER_WHOLE,	 /* compaction of everything: the console, /proc/sys/vm/compact_memory */
	MOVERS
};

#define MIGRATE_PASSES	   10u /* MP-1 */
#define MIGRATE_FORCE_PASS 3u  /* from the fourth pass on, locks are waited for */
#define MOVE_BATCH	   32u /* pages unmapped together, one TLB wait; = TLB_BATCH_PAGES */

/* One call of migrate_pages: what to move, where to, and what became of it. */
struct migration {
	struct list *pages; /* isolated pages, linked by lru */
	enum migrate_mode mode;
	enum migrate_why why;
	enum mover mover;

	/* A fresh frame for this page, refs 1, no flags; NULL ends the call. No lock held. UM-1 */
	struct page *(*take_target)(struct migration *m, struct page *from);

	/* Takes an unused target back, as it was given; NULL: it is freed. UM-6 */
	void (*give_back)(struct migration *m, struct page *target);

	/* Told of each page that will not be tried again in this call; may be NULL. UM-9 */
	void (*settled)(struct migration *m, const struct move *move);

	struct bill_run *bill; /* NULL, or who pays: bill.h */

	/* Results. */
	uint32_t moved, failed, retried, passes;
	struct move last_refused; /* the last page that stayed, and why */
};

/*
 * Moves every page on m->pages. A page that moved has left the list and its old frame is free. One
 * that can not move now stays on the list; one that failed for good has been put back to its LRU
 * list. Locks:   none held. Context: may sleep, how long says m->mode; yields between batches.
 * Returns: pages not moved, or -ENOMEM when targets ran out (the rest is still on the list). MP-9
 */
int migrate_pages(struct migration *m);

/* Moves one page that may be on an LRU list. Returns 0, or -errno with the reason in *what. UM-9 */
int migrate_frame(pfn_t f, enum migrate_mode mode, struct move *what);

/*
 * Watching. Every stage of every page is shown to `probe` after it succeeded; "unmap" after the
 * barrier, when no TLB knows the page any more. Tests look at the half-moved state here. NULL turns
 * it off. A debugger sets migrate_watched, so that pages travel one by one, and stops in
 * migrate_stage_done.
 */
typedef void (*migrate_probe)(const struct move *m, enum move_stage passed);
void migrate_set_probe(migrate_probe probe);
void migrate_stage_done(const struct move *m, enum move_stage passed);
extern bool migrate_watched;

/* Migrations that run now: a migration entry is legal only while this is not 0. */
extern uint32_t migrations_running;

#endif

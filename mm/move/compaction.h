/*
 * Compaction: one run over a zone, and when to start one.
 */
#ifndef MM_MOVE_COMPACTION_H
#define MM_MOVE_COMPACTION_H

#include "mm/move/migrate.h"
#include "mm/phys/alloc.h"

enum compact_status {
	COMPACT_SKIPPED,  /* not suitable: enough blocks already, or too little memory (CO-6) */
	COMPACT_DEFERRED, /* failed lately, not tried (CO-7) */
	COMPACT_CONTINUE,
	COMPACT_COMPLETE,    /* the scanners met (CO-8) */
	COMPACT_PARTIAL,     /* stopped because a block of the wanted order is free */
	COMPACT_CONTENDED,   /* async, and somebody else wants the cpu or a lock */
	COMPACT_INTERRUPTED, /* a fatal signal */
	COMPACT_SPENT,	     /* its budget is used up (CO-12, CO-16) */
	COMPACT_STATUSES
};

const char *compact_status_name(enum compact_status s);

#define COMPACT_WHOLE_ZONE ORDERS /* as an order: do not stop before the scanners meet */

/* What a run did; sums over zones where a request covers several. */
struct compact_counts {
	uint32_t migrate_scanned, free_scanned; /* frames looked at, by scanner */
	uint32_t isolated, moved, failed;	/* pages */
	uint32_t blocks_visited,
		blocks_passed; /* pageblocks: looked into, known hopeless or done */
	uint64_t insns;
	uint64_t isolate_insns, migrate_insns; /* of them */
};

struct compaction {
	struct migration migration; /* first: the target functions find the run through it */
	struct zone *zone;
	unsigned order;	       /* wanted, or COMPACT_WHOLE_ZONE */
	enum migratetype type; /* who wants it */
	enum migrate_mode mode;
	bool ignore_hints; /* look into blocks that gave nothing lately */
	bool whole_range;  /* both scanners began at the zone's ends */

	/* What it is worth; 0 for no limit. Stops within a batch of it. */
	uint64_t until_insns;  /* cpu_insns that end it */
	uint32_t budget_pages; /* pages isolated */
	bool gives_way;	       /* stops when another run waits for the zone */

	/* Instead of an order: stop at or below this score (compaction_score), 0 for no such goal.
	 */
	uint32_t target_score;

	struct capture *capture; /* NULL, or where the block goes as soon as it is whole */

	uint32_t migrate_pfn; /* next frame the migrate scanner looks at */
	uint32_t free_pfn;    /* frames at or above this were given out or passed */
	struct list sources;  /* isolated pages, not yet moved */
	uint32_t source_pages;

	/* The free scanner's stock. */
	struct list blocks;    /* free blocks taken from the buddy, `order` each, refs 0 */
	struct list returned;  /* single frames given back unused, refs 0 */
	struct page *run_next; /* the block that is being handed out, frame by frame */
	uint32_t run_left;
	uint32_t stock_pages; /* in all three */

	struct compact_counts counts;
	enum compact_status status;
};

/*
 * Empties the low end of a zone into its high end until status is not COMPACT_CONTINUE. One run at
 * a time owns a zone: two would isolate each other's pages and read each other's marks in the
 * pageblocks. Another one waits, or in async mode, which waits for nothing, is CONTENDED.
 * Locks: none held. Context: may sleep as `mode` allows; yields.
 */
enum compact_status compact_zone(struct compaction *run);

/* On whose behalf the run is. */
enum mover compaction_mover(const struct compaction *run);

/*
 * Everything of one zone, or of all (zone NULL), hints ignored, synchronous by `mode`. Adds to
 * *counts.
 */
enum compact_status compact_memory(struct zone *zone, enum migrate_mode mode,
				   struct compact_counts *counts);

/* Whether a run for this order could help in this zone now. CO-6 */
enum compact_status compaction_suitable(const struct zone *z, unsigned order);

/* Of the zone's free pages, how many in a hundred are in blocks smaller than a pageblock. */
uint32_t compaction_score(const struct zone *z);

/*
 * What is learned from how a run ended: a whole synchronous one that did not give the block will
 * not give it the next time either. CO-7
 */
void compaction_learn(const struct compaction *run);

/*
 * What an administrator may set, under Linux's names (/proc/sys/vm). Each is one word, read when it
 * matters: a change holds from the next decision on.
 */
struct compaction_tunables {
	uint32_t
		extfrag_threshold; /* thousandths: below it a failure is for lack of memory. CO-6 */
	uint32_t proactiveness;	   /* 0..100: how early compaction starts unasked; 0: never */
	uint32_t unevictable_allowed; /* 1: locked memory (mlock) is moved too */
};

extern struct compaction_tunables compaction_tunables;

/*
 * Calls progress after every batch (for lines on the console); NULL turns it off. The observer is a
 * second one that lives beside it: the display's. Both run in the compacting thread, no lock held.
 */
void compaction_set_progress(void (*progress)(const struct compaction *run));
void compaction_set_observer(void (*observer)(const struct compaction *run));

/*
 * The least number of pages that had to move to end with as many free pageblocks as there are now,
 * had the pageblocks been filled as `used` says (frames in use in each, a histogram over
 * 0..PAGEBLOCK_PAGES): the emptiest ones emptied. Take the snapshot before, ask after.
 */
struct block_snapshot {
	uint16_t blocks_with[PAGEBLOCK_PAGES +
			     1]; /* pageblocks by frames in use, unmovable-free ones only */
	uint32_t free_blocks;
};

void compaction_snapshot(struct block_snapshot *s);
uint32_t compaction_least_moves(const struct block_snapshot *before,
				const struct block_snapshot *after);

/* Registers direct compaction as relief (CO-9). Once at start. */
void compaction_init(void);

#endif

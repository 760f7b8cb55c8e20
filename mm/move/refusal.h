/*
 * The last refusals, by frame: what `why` tells, and a debugger reads.
 *
 * A bounded table, one record a frame, found by the frame's number; where two frames want the same
 * record the newer refusal has it. Written only where a page is refused, never on the way of one
 * that moves.
 *
 * A record is of a page, not of a frame: PG_REMEMBERED on the frame says that the page the record
 * is of still is there. The flag goes with the page (a freed frame loses its flags, a moved page
 * does not carry it), so nothing has to be done when a page ends, and a record is never told of
 * another page.
 */
#ifndef MM_MOVE_REFUSAL_H
#define MM_MOVE_REFUSAL_H

#include "mm/move/migrate.h"

#define REFUSALS 256u

enum refusal_where {
	REFUSED_BY_SCAN,      /* a scanner passed over it, for what it saw from outside */
	REFUSED_AT_ISOLATION, /* it could not be taken off its list */
	REFUSED_AT_STAGE,     /* of the journey: `stage` */
};

/* By letter: (A) atomic (B) by who has `busy`. */
struct refusal {
	uint32_t busy;		  /* (A) 1: being written or copied */
	pfn_t frame;		  /* (B) */
	enum page_kind_id kind;	  /* (B) of the page */
	uintptr_t mapping;	  /* (B) its family or object */
	uint32_t index;		  /* (B) its offset there */
	enum refusal_where where; /* (B) */
	enum move_stage stage;	  /* (B) that refused, where REFUSED_AT_STAGE */
	enum move_reason reason;  /* (B) */
	enum mover mover;	  /* (B) who wanted it to move */
	uint32_t expected, found; /* (B) holds, where reason is MOVE_PINNED */
	uint32_t times;		  /* (B) refusals of this page; 0: the record is empty */
	uint32_t thread_id;	  /* (B) the mover's thread */
	char thread_name[16];	  /* (B) */
	uint64_t when_insns;	  /* (B) the last time */
};

extern struct refusal refusals[REFUSALS];

/*
 * Remembers that this page stayed: reason, holds and stage as `m` has them. The page is held, or on
 * an LRU list whose lock is held. Race: where two write one record at once, one of them is lost.
 */
void refusal_note(const struct move *m, enum refusal_where where, enum mover mover);

enum refusal_known {
	REFUSAL_NONE,
	REFUSAL_OF_PAGE,   /* of the page that is there now */
	REFUSAL_OF_FORMER, /* of a page that was there once */
	REFUSAL_FORGOTTEN, /* there was one of this page; its record is another frame's now */
};

/* What is remembered of a frame. *copy is filled in for OF_PAGE and OF_FORMER. */
enum refusal_known refusal_find(const struct page *p, struct refusal *copy);

const char *mover_name(enum mover m); /* in words: "direct compaction" */

#endif

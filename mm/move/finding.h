/*
 * Why a page would not move now: who holds it, what stands in the way, and what migrate_frame would
 * say. The words are the console's (console/cmd_why.c).
 *
 * The answer is that of one look. While it looks it pins the page, and leaves its own pin out; so a
 * move of the same page that runs just then is refused once more for it.
 */
#ifndef MM_MOVE_FINDING_H
#define MM_MOVE_FINDING_H

#include "mm/move/refusal.h"
#include "mm/phys/pin.h"
#include "mm/phys/zone.h"

/* What the frame is. */
enum frame_state {
	FRAME_RESERVED,	 /* never handed out */
	FRAME_FREE,	 /* in a free block of the buddy's */
	FRAME_ON_CPU,	 /* free, on a cpu's own list */
	FRAME_INSIDE,	 /* handed out, without a hold of its own: a later frame of a block, or on
			    its way between the lists */
	FRAME_KERNEL,	 /* the kernel's */
	FRAME_ZERO_PAGE, /* the one of zeroes */
	FRAME_TABLE,	 /* second-level tables of an address space */
	FRAME_USERS,	 /* of tasks: it can move, if nobody holds it */
	FRAME_STATES
};

enum verdict {
	VERDICT_MOVABLE,   /* nothing in the way */
	VERDICT_PINNED,	   /* held by somebody beside its mappings and its object */
	VERDICT_BUSY,	   /* somebody is at work on it, or another cpu has it in a batch: later */
	VERDICT_UNMOVABLE, /* this kind does not move, as long as it is in use */
	VERDICT_ORPHAN,	   /* nobody maps it any more: it will be free with its last hold */
	VERDICT_FREE,	   /* nothing to move */
	VERDICTS
};

enum holder_kind {
	HOLDER_MAPPING,	  /* an entry of a task */
	HOLDER_MIGRATION, /* an entry that stands for the page while a mover has it */
	HOLDER_OBJECT,	  /* the tree of an object */
	HOLDER_LRU_BATCH, /* a cpu's batch of pages on their way to an LRU list */
	HOLDER_MOVER,	  /* who has taken it off its LRU list */
	HOLDER_PIN,	  /* mm/phys/pin.h */
	HOLDER_OWNER,	  /* of a kernel page, or of a table */
	HOLDER_UNKNOWN,	  /* what is left over */
	HOLDER_KINDS
};

struct holder {
	enum holder_kind kind;
	uint32_t holds;
	union {
		struct {
			const struct mm *mm; /* to be compared, not followed */
			char name[16];	     /* of the address space */
			uint32_t address;
		} mapping; /* HOLDER_MAPPING, HOLDER_MIGRATION; HOLDER_OWNER of a table */
		struct {
			uint32_t serial, offset;
		} object;	/* HOLDER_OBJECT */
		int cpu;	/* HOLDER_LRU_BATCH; -1: not found in any */
		struct pin pin; /* HOLDER_PIN */
	};
};

#define FINDING_HOLDERS 40u

struct finding {
	const struct page *page;
	enum frame_state state;
	enum verdict verdict;
	enum move_reason reason; /* what a move would be refused for; MOVE_NONE: it would not be */

	/* The page, as it was. */
	enum page_kind_id kind;
	uint32_t flags, refs, mapcount;
	bool walked; /* its mappings were looked for; else somebody had the page lock */

	/* FRAME_FREE: its block. FRAME_ON_CPU: the cpu, -1 if it has left the list. */
	unsigned order;
	pfn_t block;
	int cpu;

	uint32_t holder_count; /* kept below */
	uint32_t holders_more; /* that found no room */
	struct holder holder[FINDING_HOLDERS];
	uint32_t named_holds; /* sum of all but HOLDER_UNKNOWN */

	enum refusal_known known;
	struct refusal refusal;
};

/*
 * Looks at a frame from all sides. Context: may yield, does not wait; no lock held. The structure
 * is large: not for a stack.
 */
void finding_look(struct page *p, struct finding *f);

#endif

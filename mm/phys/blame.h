/*
 * Who allocated the frames that can not move: a byte a frame, the number of a place in the code.
 *
 * The byte is written when an unmovable frame is handed out, and never taken back: it means
 * something only while the frame is in use and PG_UNMOVABLE, which is what every reader asks first.
 * Nothing is written, and nothing asked, for frames that can move. A place is the return address of
 * whoever asked the allocator (mm/phys/alloc.h), or the name of a cache of small objects. There are
 * 254 places; those that come later share the last number.
 *
 * No lock: a place is claimed by a word and stays for ever. Race: who meets one that is just being
 * claimed takes the next, so that a place may have two numbers; no frame is counted twice for that.
 */
#ifndef MM_PHYS_BLAME_H
#define MM_PHYS_BLAME_H

#include "mm/phys/zone.h"

#define BLAME_NOBODY 0u	  /* never handed out as unmovable */
#define BLAME_OTHERS 255u /* places beyond the table */
#define BLAME_SITES  256u

struct blame_site {
	uint32_t claimed; /* (A) */
	bool is_name;	  /* `place` is the address of a string */
	uintptr_t place;  /* return address, or const char *; 0: free */
};

extern struct blame_site blame_sites[BLAME_SITES];
extern uint8_t *blame_map; /* one a frame, as page_map has them */

/* The frame, which was just handed out, is of this place. Any context. */
void blame_note(const struct page *p, uintptr_t place);
void blame_note_name(const struct page *p, const char *name);

/* The place of a frame in use that is PG_UNMOVABLE; NULL: not known, or of the others. */
const struct blame_site *blame_of(const struct page *p);

enum blame_class {
	BLAME_SITE,	 /* frames of one place */
	BLAME_CPU_LISTS, /* free, on a cpu's list of frames for what can not move */
	BLAME_RESERVED,	 /* taken before there was an allocator; `name` says for what */
	BLAME_CLASSES
};

struct blame_line {
	enum blame_class class;
	const struct blame_site *site; /* BLAME_SITE; NULL: the others, or nobody */
	const char *name;	       /* BLAME_RESERVED */
	uint32_t frames;
	uint32_t blocks;	 /* pageblocks with at least one of them */
	uint32_t movable_blocks; /* of these, those of a type for what moves: spoiled */
	uint32_t last_block;	 /* blame_collect's own */
};

#define BLAME_LINES (BLAME_SITES + 1u + 24u)

/* Every unmovable frame of all zones, by who has it. */
struct blame {
	struct blame_line line[BLAME_LINES]; /* `count` of them, most frames first */
	uint32_t count;
	uint32_t frames;  /* sum: PG_UNMOVABLE frames of all zones */
	uint32_t unknown; /* of them, in use without a place: a bug */
};

/* Looks at every frame. Racy while others allocate. */
void blame_collect(struct blame *b);

struct blame_blocks {
	uint32_t blocks;	 /* whole or in part in the zone */
	uint32_t with_unmovable; /* with at least one frame in use that can not move */
	uint32_t spoiled;	 /* of these, of type MOVABLE or CMA */
	uint32_t frames;	 /* unmovable, as the pageblocks count them */
};

void blame_zone(const struct zone *z, struct blame_blocks *b);

#endif

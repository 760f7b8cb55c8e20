/*
 * One page in flight.
 *
 * All that a migration knows of a page between its first stage and its last is in here, not in bits
 * of the page: a debugger prints it, a batch is an array of it.
 */
#ifndef MM_MOVE_MOVE_H
#define MM_MOVE_MOVE_H

#include "mm/move/reason.h"
#include "mm/phys/page.h"

/* The stages of the journey, in order; stages.c has the table. */
enum move_stage {
	STAGE_TARGET,
	STAGE_LOCK,
	STAGE_QUIET,
	STAGE_CLEAN,
	STAGE_UNMAP,
	STAGE_PRIVATE,
	STAGE_COUNT,
	STAGE_COPY,
	STAGE_FREEZE,
	/* ---- point of no return ---- */
	STAGE_SWITCH,
	STAGE_REMAP,
	STAGE_FINISH,
	MOVE_STAGES
};

struct move {
	struct page *from; /* isolated: one hold, which is the mover's */
	struct page *to;   /* one hold; NULL before STAGE_TARGET and after it was given back */
	uint8_t stage;	   /* enum move_stage: passed so far = index of the next one */
	uint8_t was_mapped;
	uint8_t reason;		  /* enum move_reason */
	int8_t error;		  /* 0, or -EAGAIN, -EBUSY, -ENOMEM, -EIO */
	uint16_t expected, found; /* holds, where reason is MOVE_PINNED */
};

const char *move_stage_name(enum move_stage s);

#endif

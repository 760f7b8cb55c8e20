/* Names and counts of refusals. */
#include "mm/move/reason.h"

uint32_t move_reason_counts[MOVE_REASONS];

static const char *const names[MOVE_REASONS] = {
#define R(id, text) #id,
	MOVE_REASON_LIST(R)
#undef R
};

static const char *const texts[MOVE_REASONS] = {
#define R(id, text) text,
	MOVE_REASON_LIST(R)
#undef R
};

const char *move_reason_name(enum move_reason r)
{
	return names[r];
}

const char *move_reason_text(enum move_reason r)
{
	return texts[r];
}

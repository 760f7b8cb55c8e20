/*
 * Why a page did not move. Every refusal names one of these; all are counted. MP-10
 */
#ifndef MM_MOVE_REASON_H
#define MM_MOVE_REASON_H

#include <stdint.h>

/* clang-format off: one a line */
#define MOVE_REASON_LIST(R)                                                                        \
	R(NONE, "moved")                                                                           \
	R(GONE, "freed by its owner meanwhile")                                                    \
	R(NO_TARGET, "no free frame to move to")                                                   \
	R(LOCKED, "page lock taken by somebody else")                                              \
	R(NO_RMAP, "anonymous, but nothing maps it")                                               \
	R(UNMAP_FAILED, "a mapping stayed")                                                        \
	R(PINNED, "held by somebody beside its mappings")                                          \
	R(UNSUPPORTED, "this kind of page does not move")                                          \
	R(NOT_ON_LRU, "not on an LRU list")                                                        \
	R(INJECTED, "failure injected by a failpoint")                                             \
	R(UNEVICTABLE, "locked in memory, and compact_unevictable_allowed is 0")                   \
	R(WRITEBACK, "on its way to the disk")                                                     \
	R(DIRTY, "its file system writes it out before it moves")                                  \
	R(BUFFERS_BUSY, "one of its blocks is being read or written")                              \
	R(IO_ERROR, "it could not be written out")
/* clang-format on */

enum move_reason {
#define R(id, text) MOVE_##id,
	MOVE_REASON_LIST(R)
#undef R
		MOVE_REASONS
};

const char *move_reason_name(enum move_reason r); /* "PINNED" */
const char *move_reason_text(enum move_reason r); /* in words */

/* Refusals since boot: each try of each pass counts. */
extern uint32_t move_reason_counts[MOVE_REASONS];

#endif

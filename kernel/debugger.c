/*
 * Constants that headers have as macros, kept in the debug information for tools/gdb: KEEP_x is x.
 * The one word that is kept of this file keeps its types described.
 */
#include "arch/kstack.h"
#include "arch/pte.h"
#include "mm/move/compaction.h"
#include "mm/phys/zone.h"

const enum kept_for_the_debugger {
	KEEP_PAGE_SHIFT = PAGE_SHIFT,
	KEEP_USER_END = USER_END,
	KEEP_MAX_ORDER = MAX_ORDER,
	KEEP_PAGEBLOCK_ORDER = PAGEBLOCK_ORDER,
	KEEP_COMPACT_WHOLE_ZONE = COMPACT_WHOLE_ZONE,
	KEEP_PAGEBLOCK_SKIP_MIGRATE = PAGEBLOCK_SKIP_MIGRATE,
	KEEP_PG_KIND_SHIFT = PG_KIND_SHIFT,
	KEEP_PG_KIND_MASK = PG_KIND_MASK,
	KEEP_PG_ZONE_SHIFT = PG_ZONE_SHIFT,
	KEEP_PG_ZONE_MASK = PG_ZONE_MASK,
	KEEP_PG_KEPT_WHEN_FREE = PG_KEPT_WHEN_FREE,
	KEEP_PTES_PER_TABLE = PTES_PER_TABLE,
	KEEP_TABLE_SPAN = TABLE_SPAN,
	KEEP_L1E_SPAN = L1E_SPAN,
	KEEP_KSTACK_PAGES = KSTACK_PAGES,
	KEEP_MOVE_BATCH = MOVE_BATCH,
} kept_for_the_debugger = KEEP_PAGE_SHIFT;

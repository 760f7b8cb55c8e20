/*
 * The pageblock array, filled by phys_init, and the names of the types.
 */
#include "mm/phys/pageblock.h"

struct pageblock *pageblock_map;

const char *migratetype_name(enum migratetype t)
{
	static const char *const names[MIGRATE_TYPES] = {
		[MIGRATE_UNMOVABLE] = "Unmovable",     [MIGRATE_MOVABLE] = "Movable",
		[MIGRATE_RECLAIMABLE] = "Reclaimable", [MIGRATE_CMA] = "CMA",
		[MIGRATE_ISOLATE] = "Isolate",
	};

	return t < MIGRATE_TYPES ? names[t] : "?";
}

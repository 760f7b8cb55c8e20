/*
 * The physical room as a whole: its start, and its invariants.
 */
#ifndef MM_PHYS_PHYS_H
#define MM_PHYS_PHYS_H

#include "mm/phys/zone.h"

/*
 * Builds page_map and pageblock_map with early_alloc, lays out zones, and hands every frame that
 * is not reserved to the buddy. After this alloc_pages works and early_alloc does not.
 */
void phys_init(const struct zone_borders *wish);

struct check; /* mm/check.h */

/*
 * Recounts free lists, types, per-cpu lists and counters from the descriptors and says what
 * differs.
 */
void phys_check(struct check *c);

#endif

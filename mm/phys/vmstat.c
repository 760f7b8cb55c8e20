/*
 * The counters' names, and the counters that belong to no zone.
 */
#include "mm/phys/vmstat.h"

#include "mm/phys/zone.h"

uint32_t vm_events[VM_EVENTS];

const char *const zone_stat_names[ZONE_STATS] = {
#define S(id, name) [NR_##id] = name,
	ZONE_STAT_LIST(S)
#undef S
};

const char *const vm_event_names[VM_EVENTS] = {
#define E(id, name) [id] = name,
	EVENT_LIST(E)
#undef E
};

void zone_stat_add(struct zone *z, enum zone_stat s, int32_t n)
{
	atomic_add_relaxed(&z->stat[s], (uint32_t)n);
}

/*
 * vmstat: the sums of all zones, then events since boot; one `name value` a line.
 */
#include "base/log.h"
#include "mm/phys/zone.h"
#include "mm/views/views.h"

static uint32_t sum_of_zones(enum zone_stat s)
{
	const struct zone *z;
	uint32_t sum = 0;

	for_each_zone(z)
		sum += atomic_load_relaxed(&z->stat[s]);
	return sum;
}

static uint32_t free_of_zones(void)
{
	const struct zone *z;
	uint32_t sum = 0;

	for_each_zone(z)
		sum += z->free_pages;
	return sum;
}

void view_vmstat(void)
{
	print("nr_free_pages %u\n", (unsigned)free_of_zones());
	for (unsigned s = 0; s < ZONE_STATS; s++)
		print("%s %u\n", zone_stat_names[s], (unsigned)sum_of_zones((enum zone_stat)s));
	for (unsigned e = 0; e < VM_EVENTS; e++)
		print("%s %u\n", vm_event_names[e], (unsigned)vm_event_read((enum vm_event)e));
}

/*
 * vmstat: the sums of all zones, then events since boot; one `name value` a line.
 */
#include "base/log.h"
#include "mm/phys/zone.h"
#include "mm/views/views.h"

void view_vmstat(void)
{
	print("nr_free_pages %u\n", (unsigned)zones_free_pages());
	for (unsigned s = 0; s < ZONE_STATS; s++)
		print("%s %u\n", zone_stat_names[s], (unsigned)zones_stat((enum zone_stat)s));
	for (unsigned e = 0; e < VM_EVENTS; e++)
		print("%s %u\n", vm_event_names[e], (unsigned)vm_event_read((enum vm_event)e));
}

/*
 * buddyinfo: free blocks by zone and order.
 */
#include "base/log.h"
#include "mm/phys/zone.h"
#include "mm/views/views.h"

void view_buddyinfo(void)
{
	struct zone *z;

	for_each_zone(z) {
		print("Node 0, zone %8s ", z->name);
		for (unsigned order = 0; order < ORDERS; order++)
			print("%6u ", (unsigned)z->area[order].blocks);
		print("\n");
	}
}

/*
 * buddyinfo: free blocks by zone and order.
 */
#include "mm/phys/zone.h"
#include "mm/views/views.h"

void view_buddyinfo(struct text *out)
{
	struct zone *z;

	for_each_zone(z) {
		text_printf(out, "Node 0, zone %8s ", z->name);
		for (unsigned order = 0; order < ORDERS; order++)
			text_printf(out, "%6u ", (unsigned)z->area[order].blocks);
		text_printf(out, "\n");
	}
}

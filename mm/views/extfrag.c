/*
 * extfrag_index and unusable_index: how far free memory is in pieces, by zone and order, as
 * Linux's debugfs files under extfrag show it. Both are thousandths with three decimals.
 */
#include "mm/phys/zone.h"
#include "mm/views/views.h"

/* The share of free pages that are in blocks too small for the order. All, where none is free. */
static int unusable(const struct zone *z, unsigned order)
{
	uint32_t all = 0, usable = 0;

	for (unsigned o = 0; o < ORDERS; o++) {
		uint32_t pages = z->area[o].blocks << o;

		all += pages;
		usable += o >= order ? pages : 0;
	}
	return all ? (int)((uint64_t)(all - usable) * 1000 / all) : 1000;
}

static void show_zone_name(struct text *out, const struct zone *z)
{
	text_printf(out, "Node 0, zone %8s ", z->name);
}

/* -1.000: a request of this order would not fail. */
void view_extfrag_index(struct text *out)
{
	const struct zone *z;

	for_each_zone(z) {
		show_zone_name(out, z);
		for (unsigned order = 0; order < ORDERS; order++) {
			int index = zone_fragmentation_index(z, order);

			text_printf(out, "%2d.%03d ", index / 1000, index % 1000);
		}
		text_printf(out, "\n");
	}
}

void view_unusable_index(struct text *out)
{
	const struct zone *z;

	for_each_zone(z) {
		show_zone_name(out, z);
		for (unsigned order = 0; order < ORDERS; order++)
			text_printf(out, "%d.%03d ", unusable(z, order) / 1000,
				    unusable(z, order) % 1000);
		text_printf(out, "\n");
	}
}

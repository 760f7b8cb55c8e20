/*
 * zoneinfo: marks, sizes and statistics of each zone, the node's once, in the first zone's part.
 */
#include "mm/phys/pcp.h"
#include "mm/views/statistics.h"
#include "mm/views/views.h"

static void show_statistic(const char *name, uint32_t value, void *out)
{
	text_printf(out, "\n      %-12s %u", name, (unsigned)value);
}

static uint32_t cma_pages(const struct zone *z)
{
	uint32_t pages = 0;

	for (uint32_t f = z->start.n; f < z->end.n; f += PAGEBLOCK_PAGES)
		pages += pageblock_type(pfn(f)) == MIGRATE_CMA ? PAGEBLOCK_PAGES : 0;
	return pages;
}

static void show_sizes(struct text *out, const struct zone *z)
{
	text_printf(out, "\n  pages free     %u", (unsigned)z->free_pages);
	text_printf(out, "\n        min      %u", (unsigned)z->watermark[WMARK_MIN]);
	text_printf(out, "\n        low      %u", (unsigned)z->watermark[WMARK_LOW]);
	text_printf(out, "\n        high     %u", (unsigned)z->watermark[WMARK_HIGH]);
	text_printf(out, "\n        spanned  %u", (unsigned)(z->end.n - z->start.n));
	text_printf(out, "\n        present  %u", (unsigned)z->present_pages);
	text_printf(out, "\n        managed  %u", (unsigned)z->managed_pages);
	text_printf(out, "\n        cma      %u", (unsigned)cma_pages(z));
}

static void show_protection(struct text *out, const struct zone *z)
{
	for (unsigned highest = 0; highest < ZONE_COUNT; highest++)
		text_printf(out, highest ? ", %u" : "\n        protection: (%u",
			    (unsigned)z->reserve[highest]);
	text_printf(out, ")");
}

static void show_pageset(struct text *out, const struct zone *z, unsigned cpu)
{
	text_printf(out, "\n    cpu: %u", cpu);
	text_printf(out, "\n              count: %u",
		    (unsigned)atomic_load_relaxed(&z->pcp[cpu].pages));
	text_printf(out, "\n              high:  %u", PCP_HIGH);
	text_printf(out, "\n              batch: %u", PCP_BATCH);
}

static void show_zone(struct text *out, const struct zone *z)
{
	show_sizes(out, z);
	show_protection(out, z);
	statistics_of_zone(z, show_statistic, out);
	text_printf(out, "\n  pagesets");
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		show_pageset(out, z, cpu);
	text_printf(out, "\n  start_pfn:           %u\n", (unsigned)z->start.n);
}

void view_zoneinfo(struct text *out)
{
	const struct zone *z;
	bool first = true;

	for_each_zone(z) {
		text_printf(out, "Node 0, zone %8s", z->name);
		if (first) {
			text_printf(out, "\n  per-node stats");
			statistics_of_node(show_statistic, out);
			first = false;
		}
		show_zone(out, z);
	}
}

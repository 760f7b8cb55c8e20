/*
 * zoneinfo: marks, sizes and statistics of each zone.
 */
#include "base/log.h"
#include "mm/phys/pcp.h"
#include "mm/phys/zone.h"
#include "mm/views/views.h"

static void print_sizes(const struct zone *z)
{
	print("  pages free     %u\n", (unsigned)z->free_pages);
	print("        min      %u\n", (unsigned)z->watermark[WMARK_MIN]);
	print("        low      %u\n", (unsigned)z->watermark[WMARK_LOW]);
	print("        high     %u\n", (unsigned)z->watermark[WMARK_HIGH]);
	print("        spanned  %u\n", (unsigned)(z->end.n - z->start.n));
	print("        present  %u\n", (unsigned)z->present_pages);
	print("        managed  %u\n", (unsigned)z->managed_pages);
}

static void print_statistics(const struct zone *z)
{
	print("      nr_free_pages %u\n", (unsigned)z->free_pages);
	for (unsigned s = 0; s < ZONE_STATS; s++)
		print("      %-12s %u\n", zone_stat_names[s],
		      (unsigned)atomic_load_relaxed(&z->stat[s]));
	print("      nr_free_cma  %u\n", (unsigned)z->free_cma_pages);
}

/* The per-cpu lists are counted together: one cpu's share can not be read from another. */
static void print_pagesets(const struct zone *z)
{
	print("  pagesets\n");
	print("    cpu: all\n");
	print("              count: %u\n", (unsigned)pcp_pages(z));
	print("              high:  %u\n", PCP_HIGH);
	print("              batch: %u\n", PCP_BATCH);
}

void view_zoneinfo(void)
{
	struct zone *z;

	for_each_zone(z) {
		print("Node 0, zone %8s\n", z->name);
		print_sizes(z);
		print_statistics(z);
		print_pagesets(z);
		print("  start_pfn:           %u\n", (unsigned)z->start.n);
	}
}

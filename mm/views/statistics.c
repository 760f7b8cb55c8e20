/*
 * The statistics by group. ZONE_STAT_LIST is in Linux's order: up to NR_MLOCK what belongs to a
 * zone, and after it what belongs to the node.
 */
#include "mm/views/statistics.h"

#define KB_PER_PAGE (PAGE_SIZE / 1024u)

/* nr_zone_active_anon is a zone's; the same of the node is nr_active_anon. */
static const char *const node_lru_names[] = {
	[NR_INACTIVE_ANON] = "nr_inactive_anon", [NR_ACTIVE_ANON] = "nr_active_anon",
	[NR_INACTIVE_FILE] = "nr_inactive_file", [NR_ACTIVE_FILE] = "nr_active_file",
	[NR_UNEVICTABLE] = "nr_unevictable",
};

_Static_assert(NR_UNEVICTABLE + 1 == NR_MLOCK, "the zone's statistics end with nr_mlock");

static uint32_t value_of(const struct zone *z, enum zone_stat s)
{
	return z ? atomic_load_relaxed(&z->stat[s]) : zones_stat(s);
}

static uint32_t free_cma_pages(const struct zone *only)
{
	const struct zone *z;
	uint32_t sum = 0;

	for_each_zone(z)
		if (!only || z == only)
			sum += z->free_cma_pages;
	return sum;
}

void statistics_of_zone(const struct zone *z, statistic_show show, void *arg)
{
	show("nr_free_pages", z ? z->free_pages : zones_free_pages(), arg);
	for (unsigned s = 0; s <= NR_MLOCK; s++)
		show(zone_stat_names[s], value_of(z, (enum zone_stat)s), arg);
	show("nr_free_cma", free_cma_pages(z), arg);
}

void statistics_of_node(statistic_show show, void *arg)
{
	for (unsigned s = 0; s <= NR_UNEVICTABLE; s++)
		show(node_lru_names[s], zones_stat((enum zone_stat)s), arg);
	for (unsigned s = NR_MLOCK + 1; s < ZONE_STATS; s++) {
		uint32_t n = zones_stat((enum zone_stat)s);

		show(zone_stat_names[s], s == NR_KERNEL_STACK_PAGES ? n * KB_PER_PAGE : n, arg);
	}
}

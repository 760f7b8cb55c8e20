/*
 * meminfo: memory by use, in kB. What has no page yet (files, swap) is not listed.
 */
#include "base/log.h"
#include "mm/phys/zone.h"
#include "mm/views/views.h"

/* Sums over zones, in pages. */
struct totals {
	uint32_t managed, free, high_managed, high_free, cma_free;
	uint32_t stat[ZONE_STATS];
};

static void add_zone(struct totals *t, const struct zone *z)
{
	t->managed += z->managed_pages;
	t->free += z->free_pages;
	t->cma_free += z->free_cma_pages;
	if (z->id == ZONE_HIGHMEM) {
		t->high_managed += z->managed_pages;
		t->high_free += z->free_pages;
	}
	for (unsigned s = 0; s < ZONE_STATS; s++)
		t->stat[s] += atomic_load_relaxed(&z->stat[s]);
}

static void print_kb(const char *label, uint32_t pages)
{
	print("%-16s%8u kB\n", label, (unsigned)(pages * (PAGE_SIZE / 1024u)));
}

static void print_lru(const struct totals *t)
{
	uint32_t active = t->stat[NR_ACTIVE_ANON], inactive = t->stat[NR_INACTIVE_ANON];

	print_kb("Active:", active + t->stat[NR_ACTIVE_FILE]);
	print_kb("Inactive:", inactive + t->stat[NR_INACTIVE_FILE]);
	print_kb("Active(anon):", active);
	print_kb("Inactive(anon):", inactive);
	print_kb("Unevictable:", t->stat[NR_UNEVICTABLE]);
	print_kb("Mlocked:", t->stat[NR_MLOCK]);
}

void view_meminfo(void)
{
	struct totals t = { 0 };
	const struct zone *z;

	for_each_zone(z)
		add_zone(&t, z);
	print_kb("MemTotal:", t.managed);
	print_kb("MemFree:", t.free);
	print_lru(&t);
	print_kb("HighTotal:", t.high_managed);
	print_kb("HighFree:", t.high_free);
	print_kb("LowTotal:", t.managed - t.high_managed);
	print_kb("LowFree:", t.free - t.high_free);
	print_kb("AnonPages:", t.stat[NR_ANON_PAGES]);
	print_kb("KernelStack:", t.stat[NR_KERNEL_STACK_PAGES]);
	print_kb("PageTables:", t.stat[NR_PAGE_TABLES]);
	print_kb("CmaFree:", t.cma_free);
}

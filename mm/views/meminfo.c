/*
 * meminfo: memory by use, in kB. There is no swap and no block device yet, so what they would hold
 * is 0; programs expect those lines. What is not counted (slab, commit, vmalloc) is not listed.
 */
#include "mm/phys/zone.h"
#include "mm/views/views.h"

/* Sums over zones, in pages. */
struct totals {
	uint32_t managed, free, high_managed, high_free, cma, cma_free;
	uint32_t low_marks, reserved; /* reserved: what the allocator keeps from user memory */
	uint32_t stat[ZONE_STATS];
};

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The largest reserve and the high mark, but no more than there is. */
static uint32_t zone_reserved(const struct zone *z)
{
	uint32_t most = 0;

	for (unsigned highest = 0; highest < ZONE_COUNT; highest++)
		most = z->reserve[highest] > most ? z->reserve[highest] : most;
	return min_u32(most + z->watermark[WMARK_HIGH], z->managed_pages);
}

static void add_cma(struct totals *t, const struct zone *z)
{
	for (uint32_t f = z->start.n; f < z->end.n; f += PAGEBLOCK_PAGES)
		t->cma += pageblock_type(pfn(f)) == MIGRATE_CMA ? PAGEBLOCK_PAGES : 0;
	t->cma_free += z->free_cma_pages;
}

static void add_zone(struct totals *t, const struct zone *z)
{
	t->managed += z->managed_pages;
	t->free += z->free_pages;
	t->low_marks += z->watermark[WMARK_LOW];
	t->reserved += zone_reserved(z);
	if (z->id == ZONE_HIGHMEM) {
		t->high_managed += z->managed_pages;
		t->high_free += z->free_pages;
	}
	for (unsigned s = 0; s < ZONE_STATS; s++)
		t->stat[s] += atomic_load_relaxed(&z->stat[s]);
	add_cma(t, z);
}

/*
 * Linux's estimate (si_mem_available, mm/page_alloc.c): what is free above the reserves, and the
 * file pages that could go without the low mark being reached.
 */
static uint32_t available_pages(const struct totals *t)
{
	uint32_t cache = t->stat[NR_ACTIVE_FILE] + t->stat[NR_INACTIVE_FILE];

	cache -= min_u32(cache / 2, t->low_marks);
	return t->free + cache > t->reserved ? t->free + cache - t->reserved : 0;
}

static void show_kb(struct text *out, const char *label, uint32_t pages)
{
	text_printf(out, "%-16s%8u kB\n", label, (unsigned)(pages * (PAGE_SIZE / 1024u)));
}

/* Shared memory is swap-backed and so on the lists of anonymous pages, but counts as cache. */
static void show_lru(struct text *out, const struct totals *t)
{
	uint32_t active = t->stat[NR_ACTIVE_ANON], inactive = t->stat[NR_INACTIVE_ANON];

	show_kb(out, "Buffers:", 0);
	show_kb(out, "Cached:", t->stat[NR_FILE_PAGES]);
	show_kb(out, "SwapCached:", 0);
	show_kb(out, "Active:", active + t->stat[NR_ACTIVE_FILE]);
	show_kb(out, "Inactive:", inactive + t->stat[NR_INACTIVE_FILE]);
	show_kb(out, "Active(anon):", active);
	show_kb(out, "Inactive(anon):", inactive);
	show_kb(out, "Active(file):", t->stat[NR_ACTIVE_FILE]);
	show_kb(out, "Inactive(file):", t->stat[NR_INACTIVE_FILE]);
	show_kb(out, "Unevictable:", t->stat[NR_UNEVICTABLE]);
	show_kb(out, "Mlocked:", t->stat[NR_MLOCK]);
}

static void show_zones(struct text *out, const struct totals *t)
{
	show_kb(out, "HighTotal:", t->high_managed);
	show_kb(out, "HighFree:", t->high_free);
	show_kb(out, "LowTotal:", t->managed - t->high_managed);
	show_kb(out, "LowFree:", t->free - t->high_free);
	show_kb(out, "SwapTotal:", 0);
	show_kb(out, "SwapFree:", 0);
}

static void show_uses(struct text *out, const struct totals *t)
{
	show_kb(out, "Dirty:", t->stat[NR_FILE_DIRTY]);
	show_kb(out, "Writeback:", t->stat[NR_WRITEBACK]);
	show_kb(out, "AnonPages:", t->stat[NR_ANON_PAGES]);
	show_kb(out, "Mapped:", t->stat[NR_FILE_MAPPED]);
	show_kb(out, "Shmem:", t->stat[NR_SHMEM]);
	show_kb(out, "KernelStack:", t->stat[NR_KERNEL_STACK_PAGES]);
	show_kb(out, "PageTables:", t->stat[NR_PAGE_TABLES]);
	show_kb(out, "CmaTotal:", t->cma);
	show_kb(out, "CmaFree:", t->cma_free);
}

void view_meminfo(struct text *out)
{
	struct totals t = { 0 };
	const struct zone *z;

	for_each_zone(z)
		add_zone(&t, z);
	show_kb(out, "MemTotal:", t.managed);
	show_kb(out, "MemFree:", t.free);
	show_kb(out, "MemAvailable:", available_pages(&t));
	show_lru(out, &t);
	show_zones(out, &t);
	show_uses(out, &t);
}

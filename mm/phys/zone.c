/*
 * Zones: their borders, their marks, and the two questions asked of them without a lock.
 */
#include "mm/phys/zone.h"

#include <errno.h>

#include "mm/phys/early.h"

/* Of the higher zones' pages, what a request that may use them leaves here. */
#define DMA_RESERVE_RATIO    32u
#define NORMAL_RESERVE_RATIO 256u

struct zone zones[ZONE_COUNT];

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t clamp_u32(uint32_t n, uint32_t low, uint32_t high)
{
	return max_u32(low, min_u32(n, high));
}

static void zone_init(enum zone_id id, uint32_t start, uint32_t end)
{
	static const char *const names[ZONE_COUNT] = { "DMA", "Normal", "HighMem", "Movable" };
	struct early_range ram = early_ram();
	uint32_t ram_start = paddr_to_pfn(ram.start).n;
	struct zone *z = &zones[id];

	*z = (struct zone){ .id = id, .name = names[id], .start = pfn(start), .end = pfn(end) };
	if (end > start)
		z->present_pages = end - max_u32(start, ram_start);
	for (unsigned order = 0; order < ORDERS; order++) {
		for (unsigned type = 0; type < MIGRATE_TYPES; type++)
			list_init(&z->area[order].free[type]);
	}
	for (unsigned i = 0; i < LRU_LISTS; i++)
		list_init(&z->lru[i]);
	z->compact_migrate[0] = z->compact_migrate[1] = z->start;
	z->compact_free = z->end;
	z->defer.order_failed = MAX_ORDER + 1;
}

/* MOVABLE may take three quarters of RAM at most: the kernel itself lives in the rest. */
static uint32_t movable_start(uint32_t ram_start, uint32_t ram_end, uint32_t wish)
{
	uint32_t most = (ram_end - ram_start) / 4 * 3;

	return wish ? pageblock_start(ram_end - min_u32(wish, most)) : ram_end;
}

void zones_init(const struct zone_borders *wish)
{
	struct early_range ram = early_ram();
	uint32_t start = paddr_to_pfn(ram.start).n, end = start + ram.pages;
	uint32_t first = pageblock_start(start);
	uint32_t movable = movable_start(start, end, wish->movable_pages);
	uint32_t dma_end = min_u32(first + round_up(wish->dma_pages, PAGEBLOCK_PAGES), movable);
	uint32_t high = end;

	if (wish->high_start.n < end)
		high = pageblock_start(wish->high_start.n);
	high = clamp_u32(high, dma_end, movable);
	zone_init(ZONE_DMA, first, dma_end);
	zone_init(ZONE_NORMAL, dma_end, high);
	zone_init(ZONE_HIGHMEM, high, movable);
	zone_init(ZONE_MOVABLE, movable, end);
}

uint32_t zones_free_pages(void)
{
	const struct zone *z;
	uint32_t sum = 0;

	for_each_zone(z)
		sum += z->free_pages;
	return sum;
}

uint32_t zones_stat(enum zone_stat s)
{
	const struct zone *z;
	uint32_t sum = 0;

	for_each_zone(z)
		sum += z->stat[s];
	return sum;
}

/* The largest root whose square is not above n. */
static uint32_t square_root(uint32_t n)
{
	uint32_t root = 0;

	for (uint32_t bit = 1u << 15; bit; bit >>= 1) {
		if ((root + bit) * (root + bit) <= n)
			root += bit;
	}
	return root;
}

static bool zone_is_low(const struct zone *z)
{
	return z->id <= ZONE_NORMAL;
}

static uint32_t low_pages(void)
{
	return zones[ZONE_DMA].managed_pages + zones[ZONE_NORMAL].managed_pages;
}

#define PAGE_KB (PAGE_SIZE / 1024)

static uint32_t min_free_kbytes;

static uint32_t zone_min_pages(const struct zone *z)
{
	if (!zone_is_low(z))
		return clamp_u32(z->managed_pages / 1024, 32, 128);
	return (uint32_t)((uint64_t)(min_free_kbytes / PAGE_KB) * z->managed_pages / low_pages());
}

static void set_reserves(struct zone *z)
{
	uint32_t ratio = z->id == ZONE_DMA ? DMA_RESERVE_RATIO : NORMAL_RESERVE_RATIO;
	uint32_t higher_pages = 0;

	for (unsigned highest = 0; highest < ZONE_COUNT; highest++) {
		if (highest > (unsigned)z->id)
			higher_pages += zones[highest].managed_pages;
		z->reserve[highest] =
			zone_is_low(z) ? min_u32(higher_pages / ratio, z->managed_pages / 4) : 0;
	}
}

/*
 * Race: who reads without the lock may see one mark of before and one of after; each of them is one
 * that held, and the next request sees both.
 */
static void set_marks(struct zone *z)
{
	uint32_t min_pages = zone_min_pages(z);
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);

	z->watermark[WMARK_MIN] = min_pages;
	z->watermark[WMARK_LOW] = min_pages + min_pages / 4;
	z->watermark[WMARK_HIGH] = min_pages + min_pages / 2;
	spin_unlock_irq(&z->lock, saved);
}

static void set_all_marks(uint32_t kbytes)
{
	struct zone *z;

	min_free_kbytes = kbytes;
	for_each_zone(z)
		set_marks(z);
}

void zone_watermarks_init(void)
{
	struct zone *z;

	set_all_marks(4 * square_root(low_pages() * PAGE_KB));
	for_each_zone(z)
		set_reserves(z);
}

int zone_set_min_free_kbytes(uint32_t kbytes)
{
	if (kbytes > low_pages() * PAGE_KB / 4)
		return -EINVAL;
	set_all_marks(kbytes);
	return 0;
}

uint32_t zone_min_free_kbytes(void)
{
	return min_free_kbytes;
}

static bool area_has_usable(const struct free_area *area, bool may_use_cma)
{
	return area->blocks != 0 && (!list_is_empty(&area->free[MIGRATE_UNMOVABLE]) ||
				     !list_is_empty(&area->free[MIGRATE_MOVABLE]) ||
				     !list_is_empty(&area->free[MIGRATE_RECLAIMABLE]) ||
				     (may_use_cma && !list_is_empty(&area->free[MIGRATE_CMA])));
}

bool zone_watermark_ok(const struct zone *z, unsigned order, uint32_t mark, bool may_use_cma)
{
	if (!zone_has_pages(z, order, mark, may_use_cma))
		return false;
	if (order == 0)
		return true;
	for (unsigned o = order; o < ORDERS; o++) {
		if (area_has_usable(&z->area[o], may_use_cma))
			return true;
	}
	return false;
}

int zone_fragmentation_index(const struct zone *z, unsigned order)
{
	uint32_t requested = 1u << order;
	uint32_t free_pages = 0, blocks = 0;

	for (unsigned o = 0; o < ORDERS; o++) {
		uint32_t here = z->area[o].blocks;

		if (o >= order && here)
			return -1000;
		free_pages += here << o;
		blocks += here;
	}
	if (!blocks)
		return 0;
	return 1000 - (int)((1000 + free_pages * 1000 / requested) / blocks);
}

/*
 * The caches of the simulated machine, so far as counting goes: each operation is counted, none has
 * lines to work on yet.
 */
#include "arch/cache.h"

#include "arch/sim/sim.h"

static enum cache_type type = CACHE_PIPT;
static unsigned colours = 1;
static struct cache_counts counts;

void sim_set_cache(enum cache_type to, unsigned page_colours)
{
	type = to;
	colours = page_colours;
	counts = (struct cache_counts){ 0 };
}

enum cache_type cache_type(void)
{
	return type;
}

unsigned cache_colours(void)
{
	return colours;
}

bool cache_ops_broadcast(void)
{
	return true;
}

void cache_flush_kernel_page(pfn_t frame)
{
	(void)frame;
	counts.kernel_pages++;
}

void cache_flush_user_page(const struct arch_mm *as, vaddr_t page, pfn_t frame)
{
	(void)as;
	(void)page;
	(void)frame;
	counts.user_pages++;
}

void cache_sync_instructions(pfn_t frame)
{
	(void)frame;
	counts.instruction_syncs++;
}

struct cache_counts cache_counts(void)
{
	return counts;
}

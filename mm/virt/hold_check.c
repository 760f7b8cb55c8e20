/*
 * Adds up holds. A page does not say who pins it, so pins are compared as a sum: what is left over
 * on all pages must be the number of pins. A single page may have more holds than names, never
 * fewer.
 */
#include "mm/virt/hold_check.h"

#include "mm/check.h"
#include "mm/phys/pin.h"
#include "mm/virt/fault.h"
#include "mm/virt/rmap.h"

static bool is_shared_kind(const struct page *p)
{
	return page_is_users(p) && !page_has(p, PG_BUDDY | PG_PCP | PG_RESERVED);
}

static uint32_t named_holds(const struct page *p)
{
	return p->mapcount + page_cache_holds(p) + (page_has(p, PG_LRU_BATCH) ? 1 : 0) +
	       (page_has(p, PG_ISOLATED) ? 1 : 0);
}

/* Returns the holds of one page that have no name on it. */
static uint32_t check_page(struct check *c, const struct page *p)
{
	uint32_t named = named_holds(p);

	if (p->refs >= named)
		return p->refs - named;
	check_broken(c, "holds: pfn 0x%x: %u holds, but %u mapped, cached, batched or isolated",
		     page_to_pfn(p).n, p->refs, named);
	return 0;
}

/* A table has one owner; one that is held twice would outlive its address space. */
static void check_table_page(struct check *c, const struct page *p)
{
	if (p->refs != 1)
		check_broken(c, "holds: table pfn 0x%x is held %u times", page_to_pfn(p).n,
			     p->refs);
}

void hold_check(struct check *c)
{
	uint32_t left_over = 0;

	for (uint32_t n = page_map_start.n; n < page_map_end.n; n++) {
		const struct page *p = pfn_to_page(pfn(n));

		if (is_shared_kind(p))
			left_over += check_page(c, p);
		else if (page_kind(p) == KIND_TABLE)
			check_table_page(c, p);
	}
	left_over += zero_page->refs - 1; /* who reads where nothing was ever written pins that */
	if (migrations_running == 0)
		check_equal(c, "holds without a name", left_over, page_pins());
}

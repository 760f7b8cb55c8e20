/*
 * Frames by number, in Linux's bits.
 */
#include "mm/views/frames.h"

#include "mm/phys/buddy.h"
#include "mm/virt/fault.h"

static const struct {
	uint32_t ours;
	enum kpage_flag linux_bit;
} same_meaning[] = {
	{ PG_LOCKED, KPF_LOCKED },
	{ PG_ERROR, KPF_ERROR },
	{ PG_REFERENCED, KPF_REFERENCED },
	{ PG_UPTODATE, KPF_UPTODATE },
	{ PG_DIRTY, KPF_DIRTY },
	{ PG_LRU, KPF_LRU },
	{ PG_ACTIVE, KPF_ACTIVE },
	{ PG_SWAPBACKED, KPF_SWAPBACKED },
	{ PG_UNEVICTABLE, KPF_UNEVICTABLE },
	{ PG_RESERVED, KPF_RESERVED },
	{ PG_MLOCKED, KPF_MLOCKED },
};

/* Every frame of a free block, not its first alone. */
static bool is_free(const struct page *p)
{
	struct zone *z = page_zone(p);
	uint32_t saved;
	bool found;

	if (page_refs(p) != 0)
		return false;
	saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	found = buddy_find_free(z, page_to_pfn(p)) != NULL;
	spin_unlock_irq(&z->lock, saved);
	return found;
}

static uint64_t kind_flags(const struct page *p)
{
	if (p == zero_page)
		return 1ull << KPF_ZERO_PAGE;
	if (page_kind(p) == KIND_TABLE)
		return 1ull << KPF_PGTABLE;
	return page_kind(p) == KIND_ANON ? 1ull << KPF_ANON : 0;
}

uint64_t view_kpageflags(pfn_t f)
{
	const struct page *p;
	uint64_t word = 0;

	if (!pfn_is_valid(f))
		return 1ull << KPF_NOPAGE;
	p = pfn_to_page(f);
	for (unsigned n = 0; n < sizeof(same_meaning) / sizeof(same_meaning[0]); n++)
		if (page_has(p, same_meaning[n].ours))
			word |= 1ull << same_meaning[n].linux_bit;
	if (is_free(p))
		return word | 1ull << KPF_BUDDY;
	return word | kind_flags(p) | (uint64_t)page_is_mapped(p) << KPF_MMAP;
}

/* A table's word in that place is not a count of entries. */
uint64_t view_kpagecount(pfn_t f)
{
	const struct page *p;

	if (!pfn_is_valid(f))
		return 0;
	p = pfn_to_page(f);
	return page_kind(p) == KIND_TABLE ? 0 : atomic_load_relaxed(&p->mapcount);
}

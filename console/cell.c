/*
 * Classes of frames, from descriptors.
 */
#include "console/cell.h"

#include "mm/cache/mapping.h"

#define LAST_IN_THE_WAY CELL_RESERVED

static const char *const names[CELLS] = {
	[CELL_IN_FLIGHT] = "in flight", [CELL_REFUSED] = "pinned, refused",
	[CELL_TABLE] = "table",		[CELL_UNMOVABLE] = "unmovable",
	[CELL_RESERVED] = "reserved",	[CELL_TAKEN] = "taken as target",
	[CELL_ANON] = "anon",		[CELL_SHARED] = "shared",
	[CELL_PCP] = "per cpu",		[CELL_FREE0] = "free 4-16K",
	[CELL_FREE3] = "32-128K",	[CELL_FREE6] = "256-512K",
	[CELL_FREE8] = "1M and more",
};

const char *cell_name(enum cell c)
{
	return names[c];
}

static enum cell free_class(uint32_t order)
{
	if (order >= PAGEBLOCK_ORDER)
		return CELL_FREE8;
	if (order >= 6)
		return CELL_FREE6;
	return order >= 3 ? CELL_FREE3 : CELL_FREE0;
}

/*
 * Race: the block may be split or taken meanwhile; then a few frames look free for one refresh, and
 * a word that is no order any more starts no block.
 */
static void enter_free_block(struct cell_walk *w, const struct page *p)
{
	uint32_t order = atomic_load_relaxed(&p->order);

	if (!page_has(p, PG_BUDDY) || order > MAX_ORDER)
		return;
	w->free_end = w->pfn + (1u << order);
	w->free_as = free_class(order);
}

/* Mappings, the object's tree, a cpu's batch: whoever holds it beside them keeps it where it is. */
static bool is_held_by_others(const struct page *p, uint32_t flags)
{
	uint32_t known = atomic_load_relaxed(&p->mapcount) + page_cache_holds(p) +
			 (flags & PG_LRU_BATCH ? 1 : 0);

	return atomic_load_relaxed(&p->refs) > known;
}

static enum cell users_class(const struct page *p, uint32_t flags)
{
	if (flags & (PG_ISOLATED | PG_LOCKED))
		return CELL_IN_FLIGHT;
	if (flags & PG_REFUSED || is_held_by_others(p, flags))
		return CELL_REFUSED;
	return page_kind(p) == KIND_ANON ? CELL_ANON : CELL_SHARED;
}

static enum cell used_class(const struct page *p)
{
	uint32_t flags = page_flags(p);

	if (page_is_users(p))
		return users_class(p, flags);
	if (flags & PG_RESERVED)
		return CELL_RESERVED;
	if (flags & PG_PCP)
		return CELL_PCP;
	if (page_kind(p) == KIND_TABLE)
		return CELL_TABLE;
	return flags & PG_UNMOVABLE ? CELL_UNMOVABLE : CELL_TAKEN;
}

static enum cell next_frame(struct cell_walk *w)
{
	const struct page *p = pfn_to_page(pfn(w->pfn));
	enum cell c;

	if (w->pfn >= w->free_end)
		enter_free_block(w, p);
	c = w->pfn < w->free_end ? w->free_as : used_class(p);
	w->pfn++;
	return c;
}

static enum cell choose(const uint32_t frames[CELLS])
{
	enum cell most = LAST_IN_THE_WAY + 1;

	for (enum cell c = 0; c <= LAST_IN_THE_WAY; c++)
		if (frames[c])
			return c;
	for (enum cell c = most; c < CELLS; c++)
		if (frames[c] > frames[most])
			most = c;
	return most;
}

enum cell cell_next(struct cell_walk *w, uint32_t count, uint32_t end)
{
	uint32_t frames[CELLS] = { 0 };

	if (count == 1)
		return next_frame(w);
	for (; count && w->pfn < end; count--)
		frames[next_frame(w)]++;
	return choose(frames);
}

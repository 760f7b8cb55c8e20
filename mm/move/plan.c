/*
 * A dry run: the frames of each block judged one by one, from the descriptors alone.
 */
#include "mm/move/plan.h"

#include "mm/move/bill.h"
#include "mm/move/compaction.h"
#include "mm/phys/buddy.h"

/* One block on its way to a verdict. */
struct look {
	uint32_t movable, in_the_way;
	pfn_t first; /* of those in the way */
	enum move_reason reason;
};

/* Holds that a page of users has of itself, as the scanner counts them: CO-15, MG-3. */
static bool is_held_beside(const struct page *p, uint32_t flags)
{
	uint32_t own = page_kind(p) == KIND_ANON ? 0 : 1;

	own += (flags & PG_PRIVATE ? 1 : 0) + (flags & PG_LRU_BATCH ? 1 : 0) +
	       (flags & PG_ISOLATED ? 1 : 0);
	return page_refs(p) > atomic_load_relaxed(&p->mapcount) + own;
}

/* Why a frame that is in use would stay; MOVE_NONE: it would move. */
static enum move_reason reason_to_stay(const struct page *p, uint32_t flags)
{
	if (!page_is_users(p))
		return MOVE_UNSUPPORTED;
	if (!(flags & (PG_LRU | PG_LRU_BATCH | PG_ISOLATED)))
		return MOVE_NOT_ON_LRU;
	if (flags & PG_UNEVICTABLE && !compaction_tunables.unevictable_allowed)
		return MOVE_UNEVICTABLE;
	return is_held_beside(p, flags) ? MOVE_PINNED : MOVE_NONE;
}

/* Looks at one frame; returns how many it stands for. */
static uint32_t look_at_frame(struct look *l, pfn_t f)
{
	const struct page *p = pfn_to_page(f);
	uint32_t flags = page_flags(p), order = atomic_load_relaxed(&p->order);
	enum move_reason why;

	if (flags & PG_BUDDY && order <= MAX_ORDER)
		return 1u << order;
	if (flags & PG_PCP)
		return 1;
	why = reason_to_stay(p, flags);
	if (why == MOVE_NONE) {
		l->movable++;
	} else if (l->in_the_way++ == 0) {
		l->first = f;
		l->reason = why;
	}
	return 1;
}

/* CO-14: one load a pageblock tells a block that is all the kernel's. */
static struct look look_at_block(uint32_t start, uint32_t pages)
{
	struct look l = { 0 };

	for (uint32_t n = start; n < start + pages;)
		n += look_at_frame(&l, pfn(n));
	return l;
}

/* Those with the fewest frames in the way are kept, in that order: they are nearest to being free.
 */
static void remember_blocked(struct plan *plan, uint32_t start, const struct look *l)
{
	uint32_t kept = plan->blocked_count < PLAN_BLOCKED ? plan->blocked_count : PLAN_BLOCKED;
	uint32_t n = kept;

	plan->blocked_count++;
	while (n && plan->blocked[n - 1].frames > l->in_the_way) {
		if (n < PLAN_BLOCKED)
			plan->blocked[n] = plan->blocked[n - 1];
		n--;
	}
	if (n < PLAN_BLOCKED)
		plan->blocked[n] =
			(struct plan_blocked){ pfn(start), l->first, l->reason, l->in_the_way };
}

/* Frames that the free scanner would give out above here: it takes from blocks that are partly
 * full. */
static uint32_t targets_above(const struct zone *z, uint32_t end)
{
	uint32_t n = round_up(end, PAGEBLOCK_PAGES), targets = 0;

	for (; n < z->end.n; n += PAGEBLOCK_PAGES) {
		const struct pageblock *b = pageblock_of(pfn(n));

		if (b->free_pages < PAGEBLOCK_PAGES &&
		    (b->type == MIGRATE_MOVABLE || b->type == MIGRATE_CMA))
			targets += b->free_pages;
	}
	return targets;
}

/* The lowest free block that is large enough; false: there is none. */
static bool find_free(const struct zone *z, unsigned order, pfn_t *block)
{
	for (uint32_t n = z->start.n; n < z->end.n;) {
		const struct page *p = pfn_to_page(pfn(n));
		uint32_t its = atomic_load_relaxed(&p->order);
		bool is_block = page_has(p, PG_BUDDY) && its <= MAX_ORDER;

		if (is_block && its >= order) {
			*block = pfn(n);
			return true;
		}
		n += is_block ? 1u << its : 1u;
	}
	return false;
}

static uint64_t insns_for(uint32_t pages)
{
	struct bill_runs so_far = bill_runs();

	return pages * (so_far.moved ? so_far.insns / so_far.moved : PLAN_INSNS_A_PAGE);
}

/* Where a request's first run, an async one, would begin: mm/move/compaction.c, place_scanners. */
static uint32_t scan_from(const struct zone *z)
{
	uint32_t migrate = z->compact_migrate[0].n;

	return migrate < z->compact_free.n ? migrate : z->start.n;
}

static bool try_block(const struct zone *z, struct plan *plan, uint32_t start, uint32_t pages)
{
	struct look l = look_at_block(start, pages);

	plan->looked_at++;
	if (l.in_the_way) {
		remember_blocked(plan, start, &l);
		plan->on_the_way += l.movable;
		return false;
	}
	plan->targets = targets_above(z, start + pages);
	if (plan->targets < plan->on_the_way + l.movable)
		return false;
	plan->answer = PLAN_MOVES;
	plan->block = pfn(start);
	plan->pages = l.movable;
	plan->insns = insns_for(plan->on_the_way + l.movable);
	return true;
}

void plan_block(const struct zone *z, unsigned order, struct plan *plan)
{
	uint32_t pages = 1u << order, n = round_up(scan_from(z), pages);

	*plan = (struct plan){ .answer = PLAN_NONE };
	if (find_free(z, order, &plan->block)) {
		plan->answer = PLAN_FREE_ALREADY;
		return;
	}
	while (n + pages <= z->end.n && !try_block(z, plan, n, pages))
		n += pages;
}

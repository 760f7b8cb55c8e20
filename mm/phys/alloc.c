/*
 * alloc_pages: from a request to a block of frames, and back.
 *
 * The order of attempts: the low mark; the min mark, or deeper for who may; then, for who may
 * sleep, rounds of relief with a retry after each helper that got something done; at last the
 * per-cpu caches are emptied and one more try is made. A thread that is inside relief already
 * (THREAD_MEMALLOC) asks for none. Rounds end early for a thread that is to die, and for a request
 * that has spent what it would (CO-16).
 */
#include "mm/phys/alloc.h"

#include <stdio.h>

#include "arch/frame.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/trace.h"
#include "mm/phys/blame.h"
#include "mm/phys/buddy.h"
#include "mm/phys/pcp.h"
#include "mm/phys/relief.h"

FAILPOINT_AS(fail_alloc_pages, "alloc_pages");

#define RELIEF_ROUNDS 4u
#define MAX_DRAINS    4u

/* How far down a request may take a zone. */
enum depth { TO_LOW_MARK, TO_MIN_MARK, TO_HALF_MIN, TO_NOTHING };

static struct {
	struct zone
		*at_or_below[ZONE_COUNT]; /* the first zone with memory, looking down; or NULL */
	struct list relief;		  /* helpers, in the order in which they are asked */
	void (*drains[MAX_DRAINS])(void);
	unsigned drain_count;
	void (*drain_others)(void);
} alloc = { .relief = LIST_INIT(alloc.relief) };

struct spread alloc_waits;

void alloc_init(void)
{
	struct zone *found = NULL;

	for (unsigned id = 0; id < ZONE_COUNT; id++) {
		if (!zone_is_empty(&zones[id]))
			found = &zones[id];
		alloc.at_or_below[id] = found;
	}
}

static inline struct zone *first_zone(enum zone_id highest)
{
	return alloc.at_or_below[highest];
}

static inline struct zone *next_zone(const struct zone *z)
{
	return z->id == ZONE_DMA ? NULL : alloc.at_or_below[z->id - 1];
}

struct zone *zonelist_first(enum zone_id highest)
{
	return first_zone(highest);
}

struct zone *zonelist_next(struct zone *z)
{
	return next_zone(z);
}

/* Indexed by the flags themselves, so that the fast path has no branches here. */
static const uint8_t type_of_gfp[] = {
	[0] = MIGRATE_UNMOVABLE,
	[GFP_MOVE >> 2] = MIGRATE_MOVABLE,
	[GFP_RECLAIM >> 2] = MIGRATE_RECLAIMABLE,
	[(GFP_MOVE | GFP_RECLAIM) >> 2] = MIGRATE_MOVABLE,
};

static const uint8_t zone_of_gfp[] = {
	[0] = ZONE_NORMAL,
	[GFP_ZONE_DMA] = ZONE_DMA,
	[GFP_ZONE_HIGHMEM] = ZONE_HIGHMEM,
	[GFP_ZONE_HIGHMEM | GFP_ZONE_DMA] = ZONE_DMA,
	[GFP_MOVE] = ZONE_NORMAL,
	[GFP_MOVE | GFP_ZONE_DMA] = ZONE_DMA,
	[GFP_MOVE | GFP_ZONE_HIGHMEM] = ZONE_MOVABLE,
	[GFP_MOVE | GFP_ZONE_HIGHMEM | GFP_ZONE_DMA] = ZONE_DMA,
};

_Static_assert(sizeof(type_of_gfp) == 4 && sizeof(zone_of_gfp) == 8, "the flags are the low bits");

bool zonelist_is_balanced(enum zone_id highest, unsigned order)
{
	for (struct zone *z = first_zone(highest); z; z = next_zone(z)) {
		if (zone_watermark_ok(z, order, z->watermark[WMARK_HIGH] + z->reserve[highest],
				      false))
			return true;
	}
	return false;
}

enum migratetype gfp_migratetype(gfp_t gfp)
{
	return (enum migratetype)type_of_gfp[gfp >> 2 & 3u];
}

enum zone_id gfp_highest_zone(gfp_t gfp)
{
	return (enum zone_id)zone_of_gfp[gfp & 7u];
}

void relief_register(struct relief *r)
{
	list_add_tail(&alloc.relief, &r->node);
}

void alloc_add_drain(void (*drain)(void))
{
	assert_that(alloc.drain_count < MAX_DRAINS);
	alloc.drains[alloc.drain_count++] = drain;
}

void alloc_set_drain_others(void (*others)(void))
{
	alloc.drain_others = others;
}

/* The newest first: a batch of LRU pages that is given up may free pages into the per-cpu lists. */
void alloc_drain_local(void)
{
	for (unsigned i = alloc.drain_count; i-- > 0;)
		alloc.drains[i]();
}

void alloc_drain_all(void)
{
	alloc_drain_local();
	if (alloc.drain_others)
		alloc.drain_others();
}

static void bad_page(const struct page *p, const char *when) __attribute__((cold));
static void bad_page(const struct page *p, const char *when)
{
	char text[200];

	page_describe(p, text, sizeof(text));
	log_error("bad page at %s: %s", when, text);
	assert_that(!"bad page");
}

/* One that can not move, whose place is noted; or one that is not as a free frame is. */
static void __attribute__((noinline)) prepare_unusual(struct page *p, uintptr_t place)
{
	if (p->refs | p->mapcount | (p->flags & ~(PG_ZONE_MASK | PG_UNMOVABLE)))
		bad_page(p, "allocation");
	blame_note(p, place);
}

/* A frame that can move has no flag but its zone's, so the test that it is sound sorts out both. */
static inline void prepare_frame(struct page *p, uintptr_t place)
{
	if (__builtin_expect((p->refs | p->mapcount | (p->flags & ~PG_ZONE_MASK)) != 0, 0))
		prepare_unusual(p, place);
	p->index = 0;
	p->mapping = 0;
	p->private = 0;
}

/* Linux counts by zone. */
static inline enum vm_event pgalloc_event(const struct page *p)
{
	return (enum vm_event)(PGALLOC_DMA + page_zone_id(p));
}

_Static_assert(PGALLOC_MOVABLE - PGALLOC_DMA == (int)ZONE_MOVABLE, "an event a zone, in its order");

/* A block fresh from the lists becomes the caller's, who is at `place`. */
static inline struct page *hand_out(struct page *p, unsigned order, gfp_t gfp, uintptr_t place)
{
	uint32_t i = 0;

	do
		prepare_frame(p + i, place);
	while (++i < 1u << order);
	atomic_store_relaxed(&p->refs, 1);
	while ((gfp & GFP_ZERO) && i > 0)
		frame_clear(page_to_pfn(p + --i));
	vm_event_add(pgalloc_event(p), 1u << order);
	TRACE(MM_PAGE_ALLOC, TRACE_ADDRESS(p), page_to_pfn(p).n, order, gfp_migratetype(gfp), gfp);
	return p;
}

static inline bool zone_may_give(const struct zone *z, const struct alloc_request *r,
				 enum depth depth)
{
	uint32_t mark;

	if (depth == TO_NOTHING)
		return true;
	if (depth == TO_LOW_MARK)
		mark = z->watermark[WMARK_LOW];
	else
		mark = z->watermark[WMARK_MIN] >> (depth == TO_HALF_MIN);
	return zone_watermark_ok(z, r->order, mark + z->reserve[r->highest],
				 r->type == MIGRATE_MOVABLE);
}

static struct page *take_block(struct zone *z, unsigned order, enum migratetype type)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	struct page *p = buddy_alloc(z, order, type);

	if (p && type != MIGRATE_MOVABLE)
		buddy_mark_unmovable(z, p, order);
	spin_unlock_irq(&z->lock, saved);
	return p;
}

static inline struct page *take(const struct alloc_request *r, enum depth depth)
{
	for (struct zone *z = first_zone(r->highest); z; z = next_zone(z)) {
		struct page *p;

		if (!zone_may_give(z, r, depth))
			continue;
		p = r->order ? take_block(z, r->order, r->type) : pcp_alloc(z, r->type);
		if (p)
			return p;
	}
	return NULL;
}

static enum depth deepest(const struct alloc_request *r)
{
	if ((r->gfp & GFP_MEMALLOC) || (cpu_current()->flags & THREAD_MEMALLOC))
		return TO_NOTHING;
	return r->gfp & GFP_HIGH ? TO_HALF_MIN : TO_MIN_MARK;
}

static void wake_helpers(const struct alloc_request *r)
{
	struct relief *helper;

	list_for_each_entry(helper, &alloc.relief, node) {
		if (helper->wake)
			helper->wake(r);
	}
}

/*
 * A block that a helper made for this very request has been on no list since; the helper has seen
 * to it that the zone keeps its mark. It is counted here as what it is now.
 */
static struct page *accept_captured(struct alloc_request *r)
{
	struct page *p = r->page;
	struct zone *z = page_zone(p);
	uint32_t saved;

	assert_eq(page_to_pfn(p).n % (1u << r->order), 0);
	if (r->type == MIGRATE_MOVABLE)
		return p;
	saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	buddy_mark_unmovable(z, p, r->order);
	spin_unlock_irq(&z->lock, saved);
	return p;
}

/* A helper allocates for itself without asking for help again, and without marks: it frees more. */
static enum relief_answer ask(const struct relief *helper, struct alloc_request *r,
			      unsigned attempt)
{
	uint32_t before = thread_set_flags(THREAD_MEMALLOC);
	enum relief_answer answer = helper->help(r, attempt);

	thread_restore_flags(before, THREAD_MEMALLOC);
	return answer;
}

static bool limit_is_reached(const struct alloc_request *r)
{
	return r->until_insns && cpu_insns() >= r->until_insns;
}

static bool must_give_up(const struct alloc_request *r)
{
	return thread_is_dying() || limit_is_reached(r);
}

/* Asks every helper once, trying again after each that got something done. */
static struct page *relief_round(struct alloc_request *r, unsigned attempt, bool *progress)
{
	struct relief *helper;

	list_for_each_entry(helper, &alloc.relief, node) {
		enum relief_answer answer;
		struct page *p = NULL;

		if (!helper->help || must_give_up(r))
			continue;
		answer = ask(helper, r, attempt);
		if (answer == RELIEF_CAPTURED)
			return accept_captured(r);
		if (answer == RELIEF_PROGRESS) {
			*progress = true;
			p = take(r, deepest(r));
		}
		if (p)
			return p;
	}
	return NULL;
}

static struct page *take_with_relief(struct alloc_request *r)
{
	unsigned rounds = r->gfp & GFP_NORETRY ? 1 : RELIEF_ROUNDS;
	enum depth depth = deepest(r);
	struct page *p = NULL;
	bool progress = true;

	for (unsigned attempt = 0; attempt < rounds && progress && !p; attempt++) {
		progress = false;
		p = relief_round(r, attempt, &progress);
	}
	if (p)
		return p;
	alloc_drain_all();
	return take(r, depth);
}

/*
 * Says why in the request, in words: too little memory, or memory in pieces. An index below 0 says
 * that a block is there, so it was a mark that forbade it and not fragmentation.
 */
static void explain(struct alloc_request *r)
{
	uint32_t free_pages = 0, needed = 1u << r->order;
	int index;
	enum depth depth = deepest(r);
	struct zone *best = first_zone(r->highest);

	for (struct zone *z = best; z; z = next_zone(z)) {
		free_pages += z->free_pages;
		if (depth != TO_NOTHING)
			needed += z->watermark[WMARK_MIN] + z->reserve[r->highest];
		if (z->free_pages > best->free_pages)
			best = z;
	}
	index = best ? zone_fragmentation_index(best, r->order) : 0;
	if (!best)
		snprintf(r->why_failed, sizeof(r->why_failed), "no zone has memory for it");
	else if ((r->gfp & GFP_WAIT) && thread_is_dying())
		snprintf(r->why_failed, sizeof(r->why_failed), "the thread is to die");
	else if (limit_is_reached(r))
		snprintf(r->why_failed, sizeof(r->why_failed),
			 "it has spent what it would: %u of %u thousand instructions",
			 (unsigned)(r->spent_insns / 1000), (unsigned)(r->limit_insns / 1000));
	else if (free_pages < needed)
		snprintf(r->why_failed, sizeof(r->why_failed),
			 "not enough free memory: %u pages free of %u needed", (unsigned)free_pages,
			 (unsigned)needed);
	else if (index < 0)
		snprintf(r->why_failed, sizeof(r->why_failed),
			 "blocks are free, but kept: CMA, being emptied, or below a mark");
	else
		snprintf(r->why_failed, sizeof(r->why_failed), "fragmented: index %d", index);
}

static void report_failure(const struct alloc_request *r)
{
	vm_event_add(ALLOC_FAIL, 1);
	if (!(r->gfp & GFP_NOWARN))
		log_warn("%s: allocation of order %u failed, gfp 0x%x: %s", cpu_current()->name,
			 r->order, (unsigned)r->gfp, r->why_failed);
}

static struct page *alloc_slow(struct alloc_request *r) __attribute__((noinline));
static struct page *alloc_slow(struct alloc_request *r)
{
	bool may_sleep = (r->gfp & GFP_WAIT) && !(r->gfp & GFP_MEMALLOC) &&
			 !(cpu_current()->flags & THREAD_MEMALLOC);
	uint64_t started = cpu_insns();
	struct page *p;

	r->until_insns = r->limit_insns ? started + r->limit_insns : 0;
	wake_helpers(r);
	p = take(r, deepest(r));
	if (!p && may_sleep)
		p = take_with_relief(r);
	r->spent_insns = cpu_insns() - started;
	spread_add(&alloc_waits, r->spent_insns);
	if (!p) {
		explain(r);
		report_failure(r);
	}
	return p;
}

static struct page *alloc_injected_failure(struct alloc_request *r) __attribute__((noinline));
static struct page *alloc_injected_failure(struct alloc_request *r)
{
	snprintf(r->why_failed, sizeof(r->why_failed), "told to fail: failpoint alloc_pages");
	report_failure(r);
	return NULL;
}

static struct page *refuse_order(struct alloc_request *r) __attribute__((cold));
static struct page *refuse_order(struct alloc_request *r)
{
	snprintf(r->why_failed, sizeof(r->why_failed), "no block is larger than order %u",
		 MAX_ORDER);
	report_failure(r);
	return NULL;
}

static struct page *serve(struct alloc_request *r, uintptr_t place)
{
	struct page *p;

	r->type = gfp_migratetype(r->gfp);
	r->highest = gfp_highest_zone(r->gfp);
	r->page = NULL;
	r->spent_insns = 0;
	r->why_failed[0] = 0;
	if (r->order > MAX_ORDER)
		return refuse_order(r);
	if (failpoint_hit(&fail_alloc_pages))
		return alloc_injected_failure(r);
	p = take(r, TO_LOW_MARK);
	if (__builtin_expect(!p, 0))
		p = alloc_slow(r);
	return p ? hand_out(p, r->order, r->gfp, place) : NULL;
}

/* Who called the function that this stands in. */
#define CALLER ((uintptr_t)__builtin_return_address(0))

struct page *alloc_pages_request(struct alloc_request *r)
{
	return serve(r, CALLER);
}

/* Out of line, so that the fast path needs no room for a request. */
static struct page *alloc_by_request(gfp_t gfp, unsigned order, uintptr_t place)
	__attribute__((noinline));
static struct page *alloc_by_request(gfp_t gfp, unsigned order, uintptr_t place)
{
	struct alloc_request r;

	r.gfp = gfp;
	r.order = order;
	r.limit_insns = 0;
	return serve(&r, place);
}

/* What nearly every call is: one frame, and the best zone is above its low mark. */
static inline struct page *take_one(gfp_t gfp, enum migratetype type)
{
	enum zone_id highest = gfp_highest_zone(gfp);
	struct zone *z = first_zone(highest);

	if (!z || !zone_has_pages(z, 0, z->watermark[WMARK_LOW] + z->reserve[highest],
				  type == MIGRATE_MOVABLE))
		return NULL;
	return pcp_alloc(z, type);
}

static struct page *alloc_for(gfp_t gfp, unsigned order, uintptr_t place) __attribute__((noinline));
static struct page *alloc_for(gfp_t gfp, unsigned order, uintptr_t place)
{
	struct page *p = NULL;

	if (order == 0 && __builtin_expect(!failpoints_active, 1))
		p = take_one(gfp, gfp_migratetype(gfp));
	return p ? hand_out(p, 0, gfp, place) : alloc_by_request(gfp, order, place);
}

/* One frame that can move goes ahead: nobody will ask for its place. */
struct page *alloc_pages(gfp_t gfp, unsigned order)
{
	struct page *p = NULL;

	if (order || !(gfp & GFP_MOVE) || __builtin_expect(failpoints_active, 0))
		return alloc_for(gfp, order, CALLER);
	p = take_one(gfp, MIGRATE_MOVABLE);
	return p ? hand_out(p, 0, gfp, 0) : alloc_by_request(gfp, 0, 0);
}

/* What a page was is over; what it may not be any more is a bug. */
static inline void retire_frame(struct page *p)
{
	if (__builtin_expect((p->refs | p->mapcount | (p->flags & PG_BUG_WHEN_FREED)) != 0, 0))
		bad_page(p, "free");
	p->flags &= PG_ZONE_MASK | PG_UNMOVABLE;
}

void free_frozen_page(struct page *p)
{
	TRACE(MM_PAGE_FREE, TRACE_ADDRESS(p), page_to_pfn(p).n, 0);
	retire_frame(p);
	vm_event_add(PGFREE, 1);
	pcp_free(p);
}

void free_pages(struct page *first, unsigned order)
{
	struct zone *z = page_zone(first);
	uint32_t saved;

	if (!page_freeze(first, 1))
		bad_page(first, "free with other holds");
	if (order == 0) {
		free_frozen_page(first);
		return;
	}
	TRACE(MM_PAGE_FREE, TRACE_ADDRESS(first), page_to_pfn(first).n, order);
	for (uint32_t i = 0; i < 1u << order; i++)
		retire_frame(first + i);
	vm_event_add(PGFREE, 1u << order);
	saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	buddy_free(z, first, order);
	spin_unlock_irq(&z->lock, saved);
}

void *alloc_kernel_pages(gfp_t gfp, unsigned order)
{
	struct page *p = alloc_for(gfp & ~(gfp_t)(GFP_ZONE_HIGHMEM | GFP_MOVE), order, CALLER);

	return p ? frame_address(page_to_pfn(p)) : NULL;
}

void free_kernel_pages(void *address, unsigned order)
{
	free_pages(pfn_to_page(frame_of_address(address)), order);
}

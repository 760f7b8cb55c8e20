/*
 * Free blocks of a zone: split, merge, steal.
 *
 * Three levels. link and unlink move a block to and from its list and know nothing of counts; give
 * and take keep the counts (zone, pageblock, CMA) when frames enter or leave the lists for good;
 * above them are the operations of the header. A split or a merge of blocks that stay free
 * therefore costs no counting.
 *
 * Locks: zone->lock, interrupts off, everywhere in this file.
 */
#include "mm/phys/buddy.h"

#include "base/trace.h"

static bool type_is_plain(enum migratetype t)
{
	return t <= MIGRATE_RECLAIMABLE;
}

static bool types_merge(enum migratetype a, enum migratetype b)
{
	return a == b || (type_is_plain(a) && type_is_plain(b));
}

/* A block that is free throughout carries no type of consequence: then it is better movable. */
static enum migratetype merged_type(enum migratetype a, enum migratetype b)
{
	if (a == b)
		return a;
	return a == MIGRATE_MOVABLE || b == MIGRATE_MOVABLE ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE;
}

/*
 * Puts a block on its list. Blocks of whole pageblocks are few and stand in address order, so that
 * what can not move is taken at one end of memory and what can at the other; the walk begins at the
 * high end, where boot and compaction add theirs. Smaller blocks: the lower ones come first,
 * roughly.
 */
static void enlist(struct zone *z, struct page *p, unsigned order, enum migratetype type)
{
	struct list *head = &z->area[order].free[type], *at = head->prev;

	if (order < PAGEBLOCK_ORDER)
		at = list_is_empty(head) || p > list_first(head, struct page, lru) ? at : head;
	else
		while (at != head && list_entry(at, struct page, lru) > p)
			at = at->prev;
	list_add(at, &p->lru);
}

static void link_block(struct zone *z, struct page *p, unsigned order, enum migratetype type)
{
	p->flags |= PG_BUDDY;
	p->order = order;
	z->area[order].blocks++;
	enlist(z, p, order, type);
}

static void unlink_block(struct zone *z, struct page *p, unsigned order)
{
	p->flags &= ~(uint32_t)PG_BUDDY;
	z->area[order].blocks--;
	list_del(&p->lru);
}

/* Frames enter (pages = 1 << order) or leave (the negative) the lists for good. */
static void count_free(struct zone *z, const struct page *first, unsigned order, uint32_t pages)
{
	struct pageblock *block = pageblock_of(page_to_pfn(first));

	z->free_pages += pages;
	if (block->type == MIGRATE_CMA)
		z->free_cma_pages += pages;
	if (order <= PAGEBLOCK_ORDER) {
		block->free_pages = (uint16_t)(block->free_pages + pages);
		return;
	}
	for (unsigned i = 0; i < 1u << (order - PAGEBLOCK_ORDER); i++)
		block[i].free_pages = pages >> 31 ? 0 : PAGEBLOCK_PAGES;
}

static void set_types(struct page *first, unsigned order, enum migratetype type)
{
	struct pageblock *block = pageblock_of(page_to_pfn(first));

	for (unsigned i = 0; i < 1u << (order - PAGEBLOCK_ORDER); i++)
		block[i].type = (uint8_t)type;
}

/* A block that is on no list while it is joined with its buddies. */
struct loose {
	uint32_t n;
	unsigned order;
	enum migratetype type;
	bool mixed; /* its pageblocks differ in type */
};

/*
 * Joins with free buddies up to an order.
 * Race: a buddy that is in use may change its flags meanwhile, but not PG_BUDDY and not its zone.
 */
static inline __attribute__((always_inline)) void join_buddies(struct zone *z, struct loose *b,
							       unsigned up_to)
{
	const uint32_t mask = PG_BUDDY | PG_ZONE_MASK;
	const uint32_t free_here = PG_BUDDY | (uint32_t)z->id << PG_ZONE_SHIFT;

	while (b->order < up_to) {
		struct page *buddy = pfn_to_page(pfn(buddy_pfn(b->n, b->order)));

		if ((buddy->flags & mask) != free_here || buddy->order != b->order)
			return;
		if (b->order >= PAGEBLOCK_ORDER) {
			enum migratetype other = pageblock_type(page_to_pfn(buddy));

			if (!types_merge(b->type, other))
				return;
			b->mixed |= b->type != other;
			b->type = merged_type(b->type, other);
		}
		unlink_block(z, buddy, b->order);
		b->n &= ~(1u << b->order);
		b->order++;
	}
}

/* May this block, free and counted, go to who waits: its type would do, and the zone keeps enough.
 */
static bool capture_wants(const struct zone *z, const struct loose *b)
{
	const struct capture *c = z->capture;

	if (c->page || b->order != c->order)
		return false;
	if (b->type != c->type && !(b->order >= PAGEBLOCK_ORDER && type_is_plain(b->type)))
		return false;
	return zone_has_pages(z, b->order, c->leave, c->type == MIGRATE_MOVABLE);
}

/* Whole pageblocks become the request's own, as when one is stolen for it. */
static void give_to_capture(struct zone *z, const struct loose *b)
{
	struct page *first = pfn_to_page(pfn(b->n));

	if (b->mixed || b->type != z->capture->type) {
		set_types(first, b->order, z->capture->type);
		vm_event_add(ALLOC_STEAL_BLOCK, 1);
	}
	count_free(z, first, b->order, -(1u << b->order));
	z->capture->page = first;
}

static inline __attribute__((always_inline)) void link_loose(struct zone *z, const struct loose *b)
{
	struct page *first = pfn_to_page(pfn(b->n));

	if (b->mixed)
		set_types(first, b->order, b->type);
	link_block(z, first, b->order, b->type);
}

/* Puts a block on its list, joined with its buddies. Its frames are counted already. */
static void merge_and_link(struct zone *z, struct page *first, unsigned order)
{
	pfn_t f = page_to_pfn(first);
	struct loose b = { f.n, order, pageblock_type(f), false };

	join_buddies(z, &b, MAX_ORDER);
	link_loose(z, &b);
}

/* The same while somebody waits for a block: joined as far as he wants it, he is asked first. */
static void merge_for_capture(struct zone *z, struct page *first, unsigned order)
{
	pfn_t f = page_to_pfn(first);
	struct loose b = { f.n, order, pageblock_type(f), false };

	join_buddies(z, &b, z->capture->order);
	if (capture_wants(z, &b)) {
		give_to_capture(z, &b);
		return;
	}
	join_buddies(z, &b, MAX_ORDER);
	link_loose(z, &b);
}

void buddy_set_capture(struct zone *z, struct capture *c)
{
	assert_held(&z->lock);
	assert_that(!c || !z->capture);
	z->capture = c;
}

/*
 * Cuts an unlinked block of `order` down to the part of order `wanted` that holds `target`; the
 * other parts go on the lists of their own pageblock's type.
 */
static struct page *split_towards(struct zone *z, struct page *first, unsigned order,
				  unsigned wanted, const struct page *target)
{
	enum migratetype type = pageblock_type(page_to_pfn(first));

	while (order > wanted) {
		struct page *upper = first + (1u << --order);

		if (target < upper) {
			link_block(z, upper, order, type);
		} else {
			link_block(z, first, order, type);
			first = upper;
		}
	}
	return first;
}

/* Takes the lowest 1 << wanted frames of a free block. */
static struct page *take_front(struct zone *z, struct page *p, unsigned order, unsigned wanted)
{
	unlink_block(z, p, order);
	split_towards(z, p, order, wanted, p);
	count_free(z, p, wanted, -(1u << wanted));
	return p;
}

/*
 * Of blocks that would do as well, the one nearest to its type's end of memory. The list is not
 * empty.
 */
static struct page *pick(struct list *head, enum migratetype wanted_for)
{
	return wanted_for == MIGRATE_MOVABLE ? list_last(head, struct page, lru)
					     : list_first(head, struct page, lru);
}

/* A block from the type's own lists: the smallest that is large enough. */
static struct page *take_own(struct zone *z, unsigned order, enum migratetype list,
			     enum migratetype wanted_for)
{
	for (unsigned o = order; o < ORDERS; o++) {
		struct list *head = &z->area[o].free[list];

		if (list_is_empty(head))
			continue;
		if (o < PAGEBLOCK_ORDER)
			return take_front(z, list_first(head, struct page, lru), o, order);
		return take_front(z, pick(head, wanted_for), o, order);
	}
	return NULL;
}

/* Where a type looks when it has nothing of its own, best first. */
#define FALLBACKS 2u
static const enum migratetype fallbacks[][FALLBACKS] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

/* A block of exactly this order on another type's list. */
static struct page *find_foreign(struct zone *z, unsigned order, enum migratetype type)
{
	for (unsigned i = 0; i < FALLBACKS; i++) {
		struct list *head = &z->area[order].free[fallbacks[type][i]];

		if (!list_is_empty(head))
			return pick(head, type);
	}
	return NULL;
}

static struct page *find_largest_foreign(struct zone *z, unsigned order, enum migratetype type)
{
	struct page *p = NULL;

	for (unsigned o = ORDERS; o-- > order && !p;)
		p = find_foreign(z, o, type);
	return p;
}

/* Of the foreign blocks that are whole pageblocks, whatever their order, the lowest. */
static struct page *find_lowest_foreign(struct zone *z, unsigned order, enum migratetype type)
{
	unsigned from = order > PAGEBLOCK_ORDER ? order : PAGEBLOCK_ORDER;
	struct page *lowest = NULL;

	for (unsigned o = from; o < ORDERS; o++) {
		struct page *p = find_foreign(z, o, type);

		if (p && (!lowest || p < lowest))
			lowest = p;
	}
	return lowest;
}

static struct page *find_smallest_foreign(struct zone *z, unsigned order, enum migratetype type)
{
	struct page *p = NULL;

	for (unsigned o = order; o < ORDERS && !p; o++)
		p = find_foreign(z, o, type);
	return p;
}

/*
 * Moves the free blocks of a pageblock, none larger than it, to the type's lists. Returns their
 * pages.
 */
static uint32_t move_free_blocks(struct zone *z, pfn_t block, enum migratetype type)
{
	struct page *first = pfn_to_page(block);
	uint32_t total = pageblock_of(block)->free_pages;
	uint32_t moved = 0;

	for (uint32_t i = 0; moved < total;) {
		unsigned order;

		assert_that(i < PAGEBLOCK_PAGES);
		if (!(first[i].flags & PG_BUDDY)) {
			i++;
			continue;
		}
		order = first[i].order;
		list_del(&first[i].lru);
		enlist(z, &first[i], order, type);
		moved += 1u << order;
		i += 1u << order;
	}
	pageblock_of(block)->type = (uint8_t)type;
	return moved;
}

/*
 * Whether a request of this type should own the whole pageblock, seen from a free block in it that
 * is smaller. What can not move always takes it when the block is worth it: one spoiled pageblock
 * is better than two. Otherwise half of it must be free, or in use by pages of the same character.
 */
static bool worth_claiming(const struct page *p, unsigned order, enum migratetype type)
{
	const struct pageblock *block = pageblock_of(page_to_pfn(p));
	uint32_t alike;

	if (type == MIGRATE_MOVABLE)
		alike = PAGEBLOCK_PAGES - block->unmovable_pages;
	else
		alike = block->free_pages + block->unmovable_pages;
	if (order >= PAGEBLOCK_ORDER / 2)
		return type == MIGRATE_UNMOVABLE || alike >= PAGEBLOCK_PAGES / 2;
	return type != MIGRATE_MOVABLE && alike >= PAGEBLOCK_PAGES / 2;
}

/* Makes the pageblocks that the free block covers, or the one it lies in, the type's own. */
static bool claim(struct zone *z, struct page *p, unsigned order, enum migratetype type)
{
	if (order >= PAGEBLOCK_ORDER) {
		set_types(p, order, type);
		list_del(&p->lru);
		enlist(z, p, order, type);
	} else if (worth_claiming(p, order, type)) {
		move_free_blocks(z, pfn(pageblock_start(page_to_pfn(p).n)), type);
	} else {
		return false;
	}
	vm_event_add(ALLOC_STEAL_BLOCK, 1);
	return true;
}

/*
 * Takes what another type has. What can not move takes whole pageblocks at the low end if there are
 * any; otherwise it is the largest block with its pageblock, and where the pageblock may not be
 * claimed the smallest, to break as little as possible.
 */
static struct page *steal(struct zone *z, unsigned order, enum migratetype type)
{
	struct page *p = NULL;
	enum migratetype was;
	unsigned found_order;
	bool claimed;

	if (type != MIGRATE_MOVABLE)
		p = find_lowest_foreign(z, order, type);
	if (!p)
		p = find_largest_foreign(z, order, type);
	if (!p)
		return NULL;
	was = pageblock_type(page_to_pfn(p));
	found_order = p->order;
	claimed = claim(z, p, found_order, type);
	if (!claimed) {
		p = find_smallest_foreign(z, order, type);
		found_order = p->order;
	}
	vm_event_add(ALLOC_FALLBACK, 1);
	_Static_assert(PAGEBLOCK_ORDER == 8, "as the trace's table prints it");
	TRACE(MM_PAGE_ALLOC_EXTFRAG, TRACE_ADDRESS(p), page_to_pfn(p).n, order, found_order, type,
	      was, found_order < PAGEBLOCK_ORDER, claimed);
	return take_front(z, p, found_order, order);
}

struct page *buddy_alloc(struct zone *z, unsigned order, enum migratetype type)
{
	struct page *p;

	assert_held(&z->lock);
	assert_that(order <= MAX_ORDER && type != MIGRATE_ISOLATE);
	p = take_own(z, order, type, type);
	if (p || type == MIGRATE_CMA)
		return p;
	if (type == MIGRATE_MOVABLE)
		p = take_own(z, order, MIGRATE_CMA, type);
	return p ? p : steal(z, order, type);
}

static void unmark_unmovable(struct page *first, unsigned order)
{
	for (uint32_t i = 0; i < 1u << order; i++) {
		assert_that(first[i].flags & PG_UNMOVABLE);
		first[i].flags &= ~(uint32_t)PG_UNMOVABLE;
		pageblock_of(page_to_pfn(first + i))->unmovable_pages--;
	}
}

void buddy_mark_unmovable(struct zone *z, struct page *first, unsigned order)
{
	assert_held(&z->lock);
	for (uint32_t i = 0; i < 1u << order; i++) {
		assert_that(!(first[i].flags & PG_UNMOVABLE));
		first[i].flags |= PG_UNMOVABLE;
		pageblock_of(page_to_pfn(first + i))->unmovable_pages++;
	}
}

static bool has_one_type(const struct page *first, unsigned order)
{
	const struct pageblock *block = pageblock_of(page_to_pfn(first));

	for (unsigned i = 1; i < 1u << (order - PAGEBLOCK_ORDER); i++) {
		if (block[i].type != block[0].type)
			return false;
	}
	return true;
}

void buddy_free(struct zone *z, struct page *first, unsigned order)
{
	assert_held(&z->lock);
	if (order > PAGEBLOCK_ORDER && !has_one_type(first, order)) {
		buddy_free(z, first, order - 1);
		buddy_free(z, first + (1u << (order - 1)), order - 1);
		return;
	}
	if (first->flags & PG_UNMOVABLE)
		unmark_unmovable(first, order);
	count_free(z, first, order, 1u << order);
	if (__builtin_expect(z->capture != NULL, 0))
		merge_for_capture(z, first, order);
	else
		merge_and_link(z, first, order);
}

unsigned buddy_take(struct zone *z, struct page *first)
{
	unsigned order = first->order;

	assert_held(&z->lock);
	assert_that(first->flags & PG_BUDDY);
	unlink_block(z, first, order);
	count_free(z, first, order, -(1u << order));
	return order;
}

/* Makes a pageblock that is inside a larger free block a free block of its own. */
static void cut_out(struct zone *z, pfn_t block)
{
	struct page *p = buddy_find_free(z, block);
	unsigned order;

	if (!p || p->order <= PAGEBLOCK_ORDER)
		return;
	order = p->order;
	unlink_block(z, p, order);
	p = split_towards(z, p, order, PAGEBLOCK_ORDER, pfn_to_page(block));
	link_block(z, p, PAGEBLOCK_ORDER, pageblock_type(block));
}

uint32_t buddy_set_type(struct zone *z, pfn_t block, enum migratetype type)
{
	struct page *first = pfn_to_page(block);
	enum migratetype was = pageblock_type(block);
	uint32_t moved;

	assert_held(&z->lock);
	assert_eq(block.n % PAGEBLOCK_PAGES, 0);
	if (was == type)
		return 0;
	cut_out(z, block);
	moved = move_free_blocks(z, block, type);
	if (was == MIGRATE_CMA)
		z->free_cma_pages -= moved;
	if (type == MIGRATE_CMA)
		z->free_cma_pages += moved;
	if (moved == PAGEBLOCK_PAGES) {
		unlink_block(z, first, PAGEBLOCK_ORDER);
		merge_and_link(z, first, PAGEBLOCK_ORDER);
	}
	return moved;
}

struct page *buddy_find_free(const struct zone *z, pfn_t f)
{
	for (unsigned order = 0; order < ORDERS; order++) {
		struct page *p = pfn_to_page(pfn(round_down(f.n, 1u << order)));

		if (page_has(p, PG_BUDDY))
			return p->order >= order && page_zone_id(p) == z->id ? p : NULL;
	}
	return NULL;
}

bool buddy_has_block(const struct zone *z, unsigned order, enum migratetype type)
{
	for (unsigned o = order; o < ORDERS; o++) {
		if (!list_is_empty(&z->area[o].free[type]))
			return true;
		if (type == MIGRATE_MOVABLE && !list_is_empty(&z->area[o].free[MIGRATE_CMA]))
			return true;
	}
	return false;
}

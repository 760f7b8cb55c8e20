/*
 * Threads of the kernel that make trouble: memory taken at every order and given back, compaction
 * in every mode, frames moved by number, pins, isolations, kills.
 */
#include <errno.h>

#include "mm/move/kcompactd.h"
#include "mm/phys/lru.h"
#include "mm/phys/pin.h"
#include "mm/virt/pgtable.h"
#include "mm/virt/fault.h"
#include "mm/virt/gup.h"
#include "tests/sim/oracle.h"

/* Blocks that somebody holds; each frame of one carries a word that nobody else may change. */
struct held {
	struct page *first;
	unsigned order;
	uint32_t word;
};

static struct {
	struct held held[MAX_HELD];
	unsigned most;
	uint32_t words;
} blocks;

static uint32_t mark_offset(uint32_t word)
{
	return word * 68u % (PAGE_SIZE / 4) * 4;
}

static void mark(const struct held *h)
{
	for (uint32_t i = 0; i < 1u << h->order; i++)
		sim_kernel_store(page_to_pfn(h->first + i), mark_offset(h->word), h->word + i);
}

static void expect_mark(const struct held *h)
{
	for (uint32_t i = 0; i < 1u << h->order; i++) {
		pfn_t f = page_to_pfn(h->first + i);
		uint32_t found = sim_kernel_load(f, mark_offset(h->word));

		if (found != h->word + i)
			world_fail("frame 0x%x is held by the kernel and was overwritten: 0x%x, "
				   "not 0x%x",
				   f.n, found, h->word + i);
	}
}

static const gfp_t kinds_of_request[] = {
	GFP_KERNEL | GFP_NOWARN,
	GFP_ATOMIC | GFP_NOWARN,
	GFP_USER | GFP_NOWARN,
	GFP_KERNEL | GFP_RECLAIM | GFP_NOWARN,
	GFP_KERNEL | GFP_ZERO | GFP_NOWARN,
	GFP_USER | GFP_NORETRY | GFP_NOWARN,
	GFP_KERNEL | GFP_ZONE_DMA | GFP_NOWARN,
	GFP_KERNEL | GFP_NOCOMPACT | GFP_NOWARN,
};

static unsigned choose_order(void)
{
	return world_one_in(3) ? world_below(MAX_ORDER + 1) : world_below(4);
}

static void expect_zeroes(const struct page *first, unsigned order)
{
	for (uint32_t i = 0; i < 1u << order; i++) {
		uint32_t offset = world_below(PAGE_SIZE / 4) * 4;

		if (sim_kernel_load(page_to_pfn(first + i), offset))
			world_fail("frame 0x%x was asked for zeroed and is not",
				   page_to_pfn(first + i).n);
	}
}

static void take_block(struct held *h)
{
	gfp_t gfp = kinds_of_request[world_below(8)];

	h->order = choose_order();
	h->word = ++blocks.words << 12;
	world_note("alloc order %u gfp 0x%x", h->order, (unsigned)gfp);
	h->first = alloc_pages(gfp, h->order);
	if (!h->first) {
		world_counts.block_refusals++;
		return;
	}
	world_counts.blocks_held++;
	if (gfp & GFP_ZERO)
		expect_zeroes(h->first, h->order);
	mark(h);
}

static void give_block(struct held *h)
{
	struct held was = *h;

	h->first = NULL;
	expect_mark(&was);
	free_pages(was.first, was.order);
}

static void hog_turn(void)
{
	struct held mine = { 0 };
	unsigned i = world_below(blocks.most);

	if (blocks.held[i].first) {
		give_block(&blocks.held[i]);
		return;
	}
	take_block(&mine);
	if (!mine.first)
		return;
	if (blocks.held[i].first)
		give_block(&mine);
	else
		blocks.held[i] = mine;
}

/* ---- memory in pieces: frames taken one by one, most of them given back out of order */

static struct {
	struct page *page[4096];
	uint32_t count;
} pieces;

static void give_some_piece(void)
{
	uint32_t i = world_below(pieces.count);
	struct page *p = pieces.page[i];

	pieces.page[i] = pieces.page[--pieces.count];
	free_pages(p, 0);
}

/* From next to nothing to nearly all of memory taken; then half to nearly all of that given back.
 */
void trouble_fragment(void)
{
	static const unsigned char taken[] = { 0, 40, 80, 97 }, kept[] = { 2, 10, 30, 50 };
	uint32_t all = page_map_end.n - page_map_start.n, left;
	uint32_t wanted = all * taken[world_below(4)] / 100;

	pieces.count = 0;
	while (pieces.count < wanted && pieces.count < 4096) {
		struct page *p = alloc_pages(GFP_USER | GFP_NOWARN | GFP_NOCOMPACT, 0);

		if (!p)
			break;
		pieces.page[pieces.count++] = p;
	}
	left = pieces.count * kept[world_below(4)] / 100;
	while (pieces.count > left)
		give_some_piece();
}

static void melter_turn(void)
{
	for (unsigned n = 8; n && pieces.count; n--)
		give_some_piece();
}

void trouble_give_back(void)
{
	while (pieces.count)
		give_some_piece();
	for (unsigned i = 0; i < MAX_HELD; i++)
		if (blocks.held[i].first)
			give_block(&blocks.held[i]);
}

static struct zone *some_zone(void)
{
	struct zone *z = &zones[world_below(ZONE_COUNT)];

	return zone_is_empty(z) ? NULL : z;
}

static void compact_some_order(void)
{
	struct zone *z = some_zone();
	struct compaction run = { .zone = z,
				  .order = 1 + world_below(MAX_ORDER),
				  .type = world_below(2) ? MIGRATE_MOVABLE : MIGRATE_UNMOVABLE,
				  .mode = (enum migrate_mode)world_below(3),
				  .ignore_hints = world_below(2) };

	if (z)
		compact_zone(&run);
}

static void compactor_turn(void)
{
	struct compact_counts counts = { 0 };

	world_note("compact");
	world_counts.compactions++;
	if (world_below(2))
		compact_memory(world_below(2) ? some_zone() : NULL,
			       (enum migrate_mode)world_below(3), &counts);
	else
		compact_some_order();
}

/* The one thread that steps; its clock goes as fast as chance will have it. */
static void background_turn(void)
{
	static uint64_t now_ns;

	world_note("background step");
	compaction_tunables.proactiveness = world_below(101);
	now_ns += world_below(2) ? KCOMPACTD_LOOK_NS : 0;
	kcompactd_step(now_ns);
}

static pfn_t some_frame(void)
{
	return pfn(page_map_start.n + world_below(page_map_end.n - page_map_start.n));
}

static struct mm *hold_space(const struct space *s)
{
	struct mm *mm = NULL;

	sim_points_off();
	if (s && s->in_use) {
		mm = s->mm;
		mm_get(mm);
	}
	sim_points_on();
	return mm;
}

static uint32_t some_written_page(const struct space *s)
{
	unsigned slice = world_below(SLICES), page = world_below(SLICE_PAGES);

	for (unsigned tries = SLICES * SLICE_PAGES; tries; tries--) {
		const struct known_page *p = &s->slice[slice].page[page];
		const uint32_t *value = p->object ? p->object->contents.value : p->own.value;

		if (p->mapped && value[0] + value[1] + value[2])
			break;
		page = (page + 1) % SLICE_PAGES;
		slice = page ? slice : (slice + 1) % SLICES;
	}
	return oracle_address(&s->slice[slice], page);
}

/* A page that some task has mapped, held for its entry's sake; NULL if there is none at hand. */
static struct page *pin_some_page(void)
{
	struct space *s = oracle_some_space();
	struct pte_place place = { NULL, NULL };
	struct page *p = NULL;
	struct mm *mm = hold_space(s);
	uint32_t a;

	if (!mm)
		return NULL;
	a = some_written_page(s);
	rwsem_read_lock(&mm->lock);
	if (vma_find(mm, vaddr(a)))
		place = pte_lock(mm, vaddr(a));
	if (place.entry) {
		pte_t e = pte_read(place.entry);

		if (pte_is_present(e) && pfn_to_page(pte_pfn(e)) != zero_page) {
			p = pfn_to_page(pte_pfn(e));
			page_try_pin(p, "pinner");
		}
		pte_unlock(place);
	}
	rwsem_read_unlock(&mm->lock);
	mm_put(mm);
	return p;
}

static pfn_t frame_in_use(void)
{
	for (unsigned tries = 20; tries; tries--) {
		pfn_t f = some_frame();

		if (page_refs(pfn_to_page(f)) && page_is_users(pfn_to_page(f)))
			return f;
	}
	return some_frame();
}

static void mover_turn(void)
{
	struct move what;
	pfn_t f = frame_in_use();
	int error;

	world_note("move frame 0x%x", f.n);
	world_counts.frames_sent++;
	error = migrate_frame(f, (enum migrate_mode)world_below(3), &what);
	world_counts.frames_moved += error == 0;
}

static void rest(unsigned turns)
{
	while (turns-- && world_between_operations())
		sched_yield_now();
}

/* One that may be on its way just now, if there is any. */
static pfn_t isolated_frame(void)
{
	uint32_t all = page_map_end.n - page_map_start.n, first = world_below(all);

	for (uint32_t i = 0; i < all; i++)
		if (page_has(&page_map[(first + i) % all], PG_ISOLATED))
			return page_to_pfn(&page_map[(first + i) % all]);
	return pfn(page_map_start.n + first);
}

/* Not one that is new and may yet turn out not to be needed. */
static bool is_settled(const struct page *p)
{
	return page_kind(p) == KIND_ANON || page_has(p, PG_LRU | PG_LRU_BATCH | PG_ISOLATED);
}

/* A page that belongs to some task, found by its number, wherever it is just now; in one step. */
static struct page *pin_by_number(void)
{
	struct page *found = NULL;

	sim_points_off();
	for (unsigned tries = 40; tries && !found; tries--) {
		struct page *p = pfn_to_page(world_below(2) ? some_frame() : isolated_frame());

		if (page_is_users(p) && p->refs && p->mapping && is_settled(p) &&
		    page_try_pin(p, "pinner"))
			found = p;
	}
	sim_points_on();
	return found;
}

/* As somebody who reads or writes another's memory: the page is faulted in, a copy broken. */
static struct page *pin_by_address(void)
{
	struct space *s = oracle_some_space();
	struct mm *mm = hold_space(s);
	struct gup g = { 0 };
	bool write = world_below(2);
	uint32_t a;
	int error;

	if (!mm)
		return NULL;
	a = some_written_page(s);
	error = gup_pin(&g, mm, vaddr(a), write);
	world_note("gup 0x%x %s -> %d", a, write ? "write" : "read", error);
	if (error && error != -EFAULT && error != -ENOMEM)
		world_fail("gup_pin says %d", error);
	world_counts.address_pins += error == 0;
	mm_put(mm);
	return error ? NULL : g.frame;
}

static struct page *pin_somehow(void)
{
	switch (world_below(3)) {
	case 0:
		return pin_by_address();
	case 1:
		return pin_some_page();
	default:
		return pin_by_number();
	}
}

/*
 * While it is held, a page stays the page it is: same frame, same place in its family or object. It
 * may lose its object, but get no other.
 */
static bool is_same(const struct page *p, enum page_kind_id kind, uintptr_t mapping, uint32_t index)
{
	bool gone = kind == KIND_SHMEM && !p->mapping;

	return page_kind(p) == kind && p->index == index && (p->mapping == mapping || gone);
}

static void pinner_turn(void)
{
	struct page *p = pin_somehow();
	enum page_kind_id kind;
	uintptr_t mapping;
	uint32_t index;

	if (!p)
		return;
	world_counts.pins++;
	kind = page_kind(p);
	mapping = p->mapping;
	index = p->index;
	world_note("pin 0x%x", page_to_pfn(p).n);
	rest(1 + world_below(6));
	if (!is_same(p, kind, mapping, index))
		world_fail("pinned frame 0x%x has become something else", page_to_pfn(p).n);
	world_note("unpin 0x%x", page_to_pfn(p).n);
	page_unpin(p);
}

static void isolator_turn(void)
{
	struct page *taken[3];
	unsigned count = 0;

	for (unsigned tries = 12; tries && count < 3; tries--) {
		struct page *p = pfn_to_page(some_frame());

		if (page_has(p, PG_LRU) && lru_isolate(p) == 0)
			taken[count++] = p;
	}
	world_counts.isolations += count;
	if (count)
		rest(1 + world_below(3));
	while (count)
		lru_putback(taken[--count]);
}

/* Somebody who takes the page lock for a while: reclaim, write-back. */
static void lock_for_a_while(struct page *p)
{
	if (world_below(2))
		page_lock(p);
	else if (!page_try_lock(p))
		return;
	sched_yield_now();
	page_unlock(p);
}

static void locker_turn(void)
{
	struct page *p = pin_some_page();

	if (!p)
		return;
	lock_for_a_while(p);
	page_unpin(p);
}

static void visit(struct mm *mm, void *arg)
{
	(void)arg;
	assert_that(mm->refs != 0);
	sched_yield_now();
}

static void onlooker_turn(void)
{
	if (world_below(3))
		mm_for_each(visit, NULL);
	else
		alloc_drain_all();
}

static const struct {
	const char *name;
	void (*turn)(void);
	unsigned one_in, turns;
} troubles[] = {
	{ "hog", hog_turn, 1, 40 },
	{ "hog", hog_turn, 2, 60 },
	{ "compactor", compactor_turn, 1, 6 },
	{ "kcompactd", background_turn, 2, 30 },
	{ "compactor", compactor_turn, 3, 4 },
	{ "mover", mover_turn, 1, 40 },
	{ "mover", mover_turn, 2, 30 },
	{ "pinner", pinner_turn, 2, 12 },
	{ "isolator", isolator_turn, 2, 12 },
	{ "locker", locker_turn, 3, 16 },
	{ "onlooker", onlooker_turn, 3, 8 },
	{ "killer", task_kill_some, 5, 2 },
	{ "melter", melter_turn, 3, 40 },
};

#define TROUBLES (sizeof(troubles) / sizeof(troubles[0]))

static void trouble_main(void *arg)
{
	void (*turn)(void) = (void (*)(void))arg;
	struct actor *me = world_me();

	while (me->left && world_between_operations()) {
		me->left--;
		world_maybe_arm();
		turn();
		sched_yield_now();
	}
}

void trouble_start(void)
{
	static const unsigned most[] = { 4, 12, 32, MAX_HELD };

	blocks.most = most[world_below(4)];
	for (unsigned i = 0; i < TROUBLES; i++)
		if (world_one_in(troubles[i].one_in))
			world_spawn_trouble(troubles[i].name, trouble_main,
					    (void *)troubles[i].turn,
					    1 + world_below(3 * troubles[i].turns));
}

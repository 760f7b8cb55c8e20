/*
 * mm_fork on the host: what is shared and how, refusals, stories against a model, and a mover beside
 * it at every step.
 */
#include "tests/unit/space.h"

#define BASE  0x203f0000u /* 16 pages below a table's border */
#define PAGES 32u

static uint32_t nth(uint32_t i)
{
	return BASE + i * PAGE_SIZE;
}

static struct mm *given_child(struct mm *parent)
{
	struct mm *child = given_mm();

	expect_eq(mm_fork(parent, child), 0);
	expect_eq(all_findings(), 0);
	return child;
}

static void then_both_go(struct mm *a, struct mm *b)
{
	mm_put(a);
	expect_eq(all_findings(), 0);
	mm_put(b);
	then_nothing_is_left();
}

TEST(fork_shares_pages_read_only, "covers: BS-5")
{
	struct mm *parent = given_mm(), *child;
	struct page *p;

	given_area(parent, BASE, PAGES, RW);
	user_write(parent, nth(3), 7);
	user_read(parent, nth(4));
	p = page_at(parent, nth(3));
	child = given_child(parent);
	expect(page_at(child, nth(3)) == p && page_at(parent, nth(3)) == p);
	expect_eq(p->mapcount, 2);
	expect_eq(entry_at(child, nth(3)).bits, entry_at(parent, nth(3)).bits);
	expect(!pte_is_writable(entry_at(parent, nth(3))));
	expect(pte_is_dirty(entry_at(child, nth(3))) && pte_is_soft_dirty(entry_at(child, nth(3))));
	expect(page_at(child, nth(4)) == zero_page);
	expect_eq(child->anon_pages, 1);
	expect(vma_find(child, vaddr(BASE))->anon == vma_find(parent, vaddr(BASE))->anon);
	expect_eq(user_write(parent, nth(3), 8), 0);
	expect_eq(user_read(child, nth(3)), 7);
	expect_eq(user_write(child, nth(3), 9), 0);
	expect(page_at(child, nth(3)) == p); /* alone again: no copy */
	expect_eq(user_read(parent, nth(3)), 8);
	then_both_go(parent, child);
}

TEST(fork_copies_areas_and_limits)
{
	struct mm *parent = given_mm(), *child;

	parent->brk_start = 0x10000;
	parent->brk = 0x12345;
	parent->stack_limit = 0x7f000000;
	given_area(parent, 0x7fffe000, 2, RW | VMA_GROWSDOWN);
	given_area(parent, BASE, 4, VMA_READ | VMA_EXEC);
	given_area(parent, BASE + 0x10000, 4, 0);
	child = given_child(parent);
	expect_eq(child->area_count, 3);
	expect_eq(child->table_pages, 0);
	expect_eq(child->brk_start, 0x10000);
	expect_eq(child->brk, 0x12345);
	expect_eq(vma_find(child, vaddr(BASE))->flags, VMA_READ | VMA_EXEC);
	expect_eq(user_write(child, 0x7fffd000, 1), 0); /* the stack grows to its limit */
	expect_eq(user_write(child, BASE, 1), -EACCES);
	expect_eq(user_read(parent, 0x7fffd000), 0);
	then_both_go(parent, child);
}

TEST(fork_keeps_offsets_of_cut_areas)
{
	struct mm *parent = given_mm(), *child;
	uint32_t at;

	given_area(parent, BASE, PAGES, RW);
	for (uint32_t i = 0; i < PAGES; i++)
		user_write(parent, nth(i), (uint8_t)(i + 1));
	expect_eq(mm_unmap(parent, nth(5), 3 * PAGE_SIZE), 0);
	expect_eq(mm_protect(parent, nth(20), PAGE_SIZE, VMA_READ), 0);
	expect_eq(mm_remap(parent, nth(24), PAGE_SIZE, PAGE_SIZE, true, true, 0x30000000, &at), 0);
	child = given_child(parent);
	expect_eq(move_page_at(child, 0x30000000), 0);
	expect_eq(page_at(parent, 0x30000000)->mapcount, 2);
	expect_eq(user_read(child, 0x30000000), 25);
	expect_eq(user_read(child, nth(21)), 22);
	expect_eq(user_read(child, nth(5)), -EFAULT);
	expect_eq(user_write(child, nth(20), 1), -EACCES);
	then_both_go(parent, child);
}

TEST(fork_makes_the_parent_fault_before_it_writes, "covers: BS-17")
{
	struct mm *parent = given_mm(), *child;
	struct tlb_counts before;

	given_area(parent, BASE, PAGES, RW);
	for (uint32_t i = 0; i < 10; i++)
		user_write(parent, nth(i), 1);
	user_read(parent, nth(12));
	before = tlb_counts();
	child = given_child(parent);
	expect_eq(tlb_counts().page_ops - before.page_ops, 10);
	expect_eq(tlb_counts().waits - before.waits, 1);
	then_both_go(parent, child);
}

TEST(fork_cleans_what_a_virtual_cache_holds)
{
	struct mm *parent = given_mm(), *child;
	uint32_t before;

	given_area(parent, BASE, PAGES, RW);
	sim_set_cache(CACHE_VIVT, 1);
	user_write(parent, nth(1), 1);
	user_read(parent, nth(2));
	before = cache_counts().user_pages;
	child = given_child(parent);
	expect_eq(cache_counts().user_pages - before, 1);
	then_both_go(parent, child);
	sim_set_cache(CACHE_PIPT, 1);
}

/* ---- mlock */

TEST(fork_does_not_inherit_mlock)
{
	struct mm *parent = given_mm(), *child;
	struct page *p;

	given_area(parent, BASE, 2, RW);
	expect_eq(mm_lock_range(parent, BASE, 2 * PAGE_SIZE, true), 0);
	child = given_child(parent);
	expect(!(vma_find(child, vaddr(BASE))->flags & VMA_LOCKED));
	p = page_at(parent, BASE);
	expect_eq(user_write(parent, BASE, 1), 0);
	expect(page_has(page_at(parent, BASE), PG_MLOCKED));
	expect(page_at(child, BASE) == p && !page_has(p, PG_MLOCKED));
	expect_eq(mm_unmap(parent, nth(1), PAGE_SIZE), 0);
	expect(!page_has(page_at(child, nth(1)), PG_MLOCKED));
	then_both_go(parent, child);
}

TEST(fork_shared_page_stays_locked_for_the_other)
{
	struct mm *parent = given_mm(), *child;
	struct page *p;

	given_area(parent, BASE, 1, RW);
	user_write(parent, BASE, 5);
	expect_eq(mm_protect(parent, BASE, PAGE_SIZE, VMA_READ), 0);
	expect_eq(mm_lock_range(parent, BASE, PAGE_SIZE, true), 0);
	child = given_child(parent);
	expect_eq(mm_lock_range(child, BASE, PAGE_SIZE, true), 0);
	p = page_at(child, BASE);
	expect_eq(p->mapcount, 2);
	expect_eq(mm_lock_range(parent, BASE, PAGE_SIZE, false), 0);
	expect(page_has(p, PG_MLOCKED));
	lru_drain();
	expect_eq(all_findings(), 0);
	expect_eq(mm_lock_range(parent, BASE, PAGE_SIZE, true), 0);
	expect_eq(mm_unmap(child, BASE, PAGE_SIZE), 0);
	expect(page_has(p, PG_MLOCKED));
	expect_eq(mm_lock_range(parent, BASE, PAGE_SIZE, false), 0);
	expect(!page_has(p, PG_MLOCKED));
	then_both_go(parent, child);
}

/* ---- refusals */

static void fork_that_may_fail(uint32_t n)
{
	struct mm *parent = given_mm(), *child = given_mm();
	int err;

	(void)n;
	failpoints_off();
	given_area(parent, BASE, PAGES, RW);
	given_area(parent, 0x30000000, 2, RW);
	user_write(parent, nth(1), 1);
	user_write(parent, nth(30), 2);
	user_write(parent, 0x30000000, 3);
	if (n)
		failpoint_arm(n >> 16 ? "pgtable_alloc" : "vma_alloc", n & 0xffff);
	err = mm_fork(parent, child);
	failpoints_off();
	expect(err == 0 || err == -ENOMEM);
	if (err) {
		expect_eq(child->area_count, 0);
		expect_eq(child->anon_pages, 0);
		expect_eq(child->table_pages, 0);
		expect(list_is_empty(&child->areas) && !child->brk_start);
	}
	expect_eq(user_read(parent, nth(30)), 2);
	expect_eq(user_write(parent, nth(30), 4), 0);
	expect_eq(all_findings(), 0);
	if (!err)
		expect_eq(user_read(child, nth(30)), 2);
	else
		expect_eq(mm_fork(parent, child), 0);
	expect_eq(user_read(child, 0x30000000), 3);
	then_both_go(parent, child);
}

TEST(fork_refused_leaves_an_empty_child)
{
	for (uint32_t n = 1; n <= 3; n++)
		fork_that_may_fail(n);
	for (uint32_t n = 1; n <= 4; n++)
		fork_that_may_fail(1u << 16 | n);
}

/* ---- while a page moves: at each stage */

static struct {
	struct mm *parent, *child;
	enum move_stage at;
	unsigned calls;
} meanwhile;

static void fork_at_stage(const struct move *m, enum move_stage passed)
{
	pte_t e;

	(void)m;
	if (passed != meanwhile.at || meanwhile.calls++)
		return;
	expect_eq(mm_fork(meanwhile.parent, meanwhile.child), 0);
	e = entry_at(meanwhile.parent, nth(2));
	expect_eq(entry_at(meanwhile.child, nth(2)).bits, e.bits);
	expect_eq(pte_is_migration(e), passed >= STAGE_UNMAP && passed < STAGE_REMAP);
	expect(pte_is_present(e) ? !pte_is_writable(e) : !leaf_is_write(e));
	expect_eq(meanwhile.child->anon_pages, meanwhile.parent->anon_pages);
	if (passed != STAGE_SWITCH) /* mapcounts of a page between two frames are none */
		expect_eq(all_findings(), 0);
}

static void fork_in_flight(enum move_stage at, const char *refused_at)
{
	struct mm *parent = given_mm(), *child = given_mm();

	given_area(parent, BASE, PAGES, RW);
	user_write(parent, nth(2), 5);
	lru_drain();
	meanwhile.parent = parent;
	meanwhile.child = child;
	meanwhile.at = at;
	meanwhile.calls = 0;
	if (refused_at)
		failpoint_arm(refused_at, 1);
	migrate_set_probe(fork_at_stage);
	move_page_at(parent, nth(2));
	migrate_set_probe(NULL);
	failpoints_off();
	expect(meanwhile.calls != 0); /* a refused move is tried again */
	expect_eq(migration_entries(parent, BASE, PAGES) + migration_entries(child, BASE, PAGES), 0);
	expect_eq(page_at(parent, nth(2))->mapcount, 2);
	expect(!pte_is_writable(entry_at(parent, nth(2))));
	expect(!pte_is_writable(entry_at(child, nth(2))));
	expect_eq(all_findings(), 0);
	expect_eq(user_write(parent, nth(2), 6), 0);
	expect_eq(user_read(child, nth(2)), 5);
	expect_eq(user_write(child, nth(2), 7), 0);
	expect_eq(user_read(parent, nth(2)), 6);
	then_both_go(parent, child);
}

TEST(fork_at_every_stage_of_a_move, "covers: BS-5, TU-1, RM-3")
{
	for (unsigned at = STAGE_TARGET; at < MOVE_STAGES; at++)
		fork_in_flight((enum move_stage)at, NULL);
}

TEST(fork_during_a_move_that_is_refused, "covers: BS-5, UN-15")
{
	fork_in_flight(STAGE_UNMAP, "migrate_count");
	fork_in_flight(STAGE_UNMAP, "migrate_copy");
	fork_in_flight(STAGE_COPY, "migrate_freeze");
}

/* ---- a mover on another cpu, switched to and from by chance at every atomic */

struct beside {
	struct mm *parent, *elder, *child; /* the elder shares the parent's pages already */
	int result;
};

static void do_fork(void *arg)
{
	struct beside *b = arg;

	b->result = mm_fork(b->parent, b->child);
}

static void do_moves(void *arg)
{
	struct beside *b = arg;

	for (uint32_t i = 0; i < 12; i += 3)
		move_page_at(i & 1 ? b->elder : b->parent, nth(12 + i));
}

static void then_contents_are_apart(struct beside *b)
{
	struct mm *all[] = { b->parent, b->elder, b->child };

	for (unsigned k = 0; k < 3; k++) {
		expect_eq(migration_entries(all[k], BASE, PAGES), 0);
		for (uint32_t i = 0; i < 12; i++)
			expect_eq(user_write(all[k], nth(12 + i) + k, (uint8_t)(100 + k)), 0);
	}
	for (unsigned k = 0; k < 3; k++)
		for (uint32_t i = 0; i < 12; i++) {
			expect_eq(user_read(all[k], nth(12 + i) + 9), (int)i + 1);
			expect_eq(user_read(all[k], nth(12 + i) + k), 100 + (int)k);
			expect_eq(user_read(all[k], nth(12 + i) + (k + 1) % 3), 0);
		}
}

static void fork_beside_moves(uint32_t seed)
{
	struct beside b = { given_mm(), given_mm(), given_mm(), -1 };

	given_area(b.parent, BASE, PAGES, RW);
	for (uint32_t i = 0; i < 12; i++)
		user_write(b.parent, nth(12 + i) + 9, (uint8_t)(i + 1));
	expect_eq(mm_fork(b.parent, b.elder), 0);
	user_write(b.parent, nth(12) + 9, 1); /* one that only the parent has */
	lru_drain();
	run_side_by_side(seed, seed & 1 ? do_fork : do_moves, seed & 1 ? do_moves : do_fork, &b);
	expect_eq(b.result, 0);
	drain_both_cpus();
	if (all_findings())
		unit_fail(__FILE__, __LINE__, "seed %u", seed);
	then_contents_are_apart(&b);
	mm_put(b.elder);
	then_both_go(b.parent, b.child);
}

TEST(fork_beside_a_mover, "covers: BS-5, RM-1")
{
	for (uint32_t seed = 1; seed <= 300; seed++)
		fork_beside_moves(seed);
}

/* ---- stories: up to six spaces that fork, write, move and end, against a model */

#define SPACES 6u

struct story {
	struct rng rng;
	struct mm *mm[SPACES];
	uint8_t value[SPACES][PAGES];
};

static void story_fork(struct story *s, uint32_t from, uint32_t to)
{
	if (s->mm[to] || !s->mm[from])
		return;
	s->mm[to] = given_mm();
	if (mm_fork(s->mm[from], s->mm[to]) == 0) {
		memcpy(s->value[to], s->value[from], PAGES);
		return;
	}
	expect(failpoints_active);
	expect_eq(s->mm[to]->area_count, 0);
	mm_put(s->mm[to]);
	s->mm[to] = NULL;
}

static void story_end(struct story *s, uint32_t k)
{
	unsigned alive = 0;

	for (uint32_t i = 0; i < SPACES; i++)
		alive += s->mm[i] != NULL;
	if (alive < 2)
		return;
	mm_put(s->mm[k]);
	s->mm[k] = NULL;
}

static void story_access(struct story *s, uint32_t k, uint32_t page)
{
	uint8_t value = (uint8_t)rng_next(&s->rng);
	int got;

	if (rng_below(&s->rng, 2) && user_write(s->mm[k], nth(page), value) == 0)
		s->value[k][page] = value;
	got = user_read(s->mm[k], nth(page));
	expect(got == s->value[k][page] || (failpoints_active && got == -ENOMEM));
}

static void story_request(struct story *s, uint32_t k, uint32_t page)
{
	uint32_t pages = 1 + rng_below(&s->rng, PAGES - page);

	switch (rng_below(&s->rng, 4)) {
	case 0:
		if (mm_discard(s->mm[k], nth(page), pages * PAGE_SIZE) == 0)
			memset(s->value[k] + page, 0, pages);
		break;
	case 1: mm_lock_range(s->mm[k], nth(page), pages * PAGE_SIZE, true); break;
	case 2: mm_lock_range(s->mm[k], nth(page), pages * PAGE_SIZE, false); break;
	default: mm_lock_range(s->mm[k], nth(0), PAGES * PAGE_SIZE, false);
	}
}

static void story_step(struct story *s)
{
	uint32_t k = rng_below(&s->rng, SPACES), page = rng_below(&s->rng, PAGES);
	uint32_t what = rng_below(&s->rng, 16);

	if (!s->mm[k])
		return;
	if (what == 0)
		story_end(s, k);
	else if (what <= 2)
		story_fork(s, k, rng_below(&s->rng, SPACES));
	else if (what <= 4)
		story_request(s, k, page);
	else if (what <= 7)
		move_page_at(s->mm[k], nth(page));
	else
		story_access(s, k, page);
}

static void story_run(uint32_t seed, unsigned steps)
{
	struct story s = { .mm = { given_mm() } };

	rng_seed(&s.rng, seed);
	given_area(s.mm[0], BASE, PAGES, RW);
	for (unsigned i = 0; i < steps; i++) {
		story_step(&s);
		if (all_findings())
			unit_fail(__FILE__, __LINE__, "seed %u, step %u", seed, i);
	}
	for (uint32_t k = 0; k < SPACES; k++)
		if (s.mm[k])
			mm_put(s.mm[k]);
	then_nothing_is_left();
}

TEST(fork_random_stories)
{
	given_machine();
	for (uint32_t seed = 1; seed <= 25; seed++)
		story_run(seed, 500);
}

static void short_story(uint32_t n)
{
	story_run(5 + n % 3, 80);
}

TEST(fork_every_allocation_fails_once)
{
	static const char *const sites[] = { "pgtable_alloc", "anon_fault_alloc", "vma_alloc",
					     "alloc_pages" };

	given_machine();
	for (unsigned i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
		expect(fail_each_pass(sites[i], short_story) > 0);
}

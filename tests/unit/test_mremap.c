/*
 * mm_remap on the host: in place and away, refusals, stories against a model, and a mover beside it
 * at every step.
 */
#include "tests/unit/space.h"

#define BASE  0x203f0000u /* 16 pages below a table's border */
#define FAR   0x303fa000u /* another distance from a border */
#define PAGES 32u

static uint32_t at(uint32_t base, uint32_t page)
{
	return base + page * PAGE_SIZE;
}

static uint32_t bytes(uint32_t pages)
{
	return pages * PAGE_SIZE;
}

/* An area in which page i, but for every fifth, holds i + 1. */
static struct mm *given_filled(uint32_t flags)
{
	struct mm *mm = given_mm();

	given_area(mm, BASE, PAGES, RW);
	for (uint32_t i = 0; i < PAGES; i++)
		if (i % 5)
			user_write(mm, at(BASE, i), (uint8_t)(i + 1));
	if (flags != RW)
		expect_eq(mm_protect(mm, BASE, bytes(PAGES), flags), 0);
	lru_drain();
	return mm;
}

static void then_filled(struct mm *mm, uint32_t base, uint32_t first, uint32_t pages)
{
	for (uint32_t i = first; i < first + pages; i++)
		expect_eq(user_read(mm, at(base, i - first)), i % 5 ? (int)i + 1 : 0);
}

static void then_all_is_given_back(struct mm *mm)
{
	expect_eq(all_findings(), 0);
	mm_put(mm);
	then_nothing_is_left();
}

static int move_to(struct mm *mm, uint32_t from, uint32_t old, uint32_t new, uint32_t to)
{
	uint32_t address = 0;
	int err = mm_remap(mm, from, bytes(old), bytes(new), true, true, to, &address);

	expect(err || address == to);
	return err;
}

static int resize(struct mm *mm, uint32_t from, uint32_t old, uint32_t new, bool may_move,
		  uint32_t *address)
{
	return mm_remap(mm, from, bytes(old), bytes(new), may_move, false, 0, address);
}

TEST(mremap_shrinks_in_place)
{
	struct mm *mm = given_filled(RW);
	uint32_t address;

	expect_eq(resize(mm, BASE, PAGES, 10, false, &address), 0);
	expect_eq(address, BASE);
	expect_eq(user_read(mm, at(BASE, 10)), -EFAULT);
	then_filled(mm, BASE, 0, 10);
	expect_eq(mm->anon_pages, 8);
	expect_eq(resize(mm, BASE, 4, 4, false, &address), 0);
	expect_eq(mm->area_count, 1);
	expect_eq(resize(mm, at(BASE, 2), 4, 2, false, &address), 0); /* a hole in the middle */
	expect_eq(mm->area_count, 2);
	expect_eq(user_read(mm, at(BASE, 4)), -EFAULT);
	then_all_is_given_back(mm);
}

TEST(mremap_grows_in_place)
{
	struct mm *mm = given_filled(RW);
	uint32_t address;

	given_area(mm, at(BASE, PAGES + 4), 1, VMA_READ);
	expect_eq(resize(mm, at(BASE, 8), PAGES - 8, PAGES - 4, false, &address), 0);
	expect_eq(address, at(BASE, 8));
	expect_eq(mm->area_count, 2);
	then_filled(mm, BASE, 0, PAGES);
	expect_eq(user_read(mm, at(BASE, PAGES + 3)), 0);
	expect_eq(resize(mm, BASE, PAGES + 4, PAGES + 5, false, &address), -ENOMEM);
	expect_eq(resize(mm, BASE, 4, 5, false, &address), -ENOMEM); /* its own area is in the way */
	expect_eq(user_read(mm, at(BASE, 4)), 5);
	then_all_is_given_back(mm);
}

TEST(mremap_grows_into_the_neighbour_like_it)
{
	struct mm *mm = given_mm();
	uint32_t address;

	given_area(mm, BASE, 2, RW);
	user_write(mm, BASE, 1);
	given_area(mm, at(BASE, 3), 2, RW);
	expect_eq(resize(mm, BASE, 2, 3, false, &address), 0);
	expect_eq(mm->area_count, 1);
	expect_eq(user_write(mm, at(BASE, 4), 1), 0);
	then_all_is_given_back(mm);
}

TEST(mremap_moves_where_there_is_room)
{
	struct mm *mm = given_filled(RW);
	uint32_t address, anon = mm->anon_pages;
	struct page *p = page_at(mm, at(BASE, 7));
	pte_t e = entry_at(mm, at(BASE, 7));

	given_area(mm, at(BASE, PAGES), 1, VMA_READ);
	expect_eq(resize(mm, at(BASE, 4), 20, 40, true, &address), 0);
	expect_eq(address, MMAP_BASE);
	then_filled(mm, address, 4, 20);
	expect_eq(user_read(mm, at(address, 39)), 0);
	expect_eq(entry_at(mm, at(address, 3)).bits, e.bits);
	expect_eq(vma_pgoff(vma_find(mm, vaddr(address)), vaddr(at(address, 3))), p->index);
	expect_eq(user_read(mm, at(BASE, 4)), -EFAULT);
	expect_eq(user_read(mm, at(BASE, 23)), -EFAULT);
	expect_eq(user_read(mm, at(BASE, 24)), 25);
	expect_eq(mm->anon_pages, anon);
	expect_eq(p->mapcount, 1);
	then_all_is_given_back(mm);
}

TEST(mremap_fixed_replaces_what_is_there)
{
	struct mm *mm = given_filled(RW);

	given_area(mm, FAR, 8, RW);
	user_write(mm, at(FAR, 2), 99);
	expect_eq(move_to(mm, at(BASE, 6), 8, 4, at(FAR, 1)), 0); /* and shrinks */
	then_filled(mm, at(FAR, 1), 6, 4);
	expect_eq(user_read(mm, at(FAR, 5)), 0);
	expect_eq(user_read(mm, at(BASE, 13)), -EFAULT);
	expect_eq(user_read(mm, at(BASE, 14)), 15);
	expect_eq(all_findings(), 0);
	/* Over another part of the same area, and back into its old place. */
	expect_eq(move_to(mm, at(BASE, 20), 4, 4, at(BASE, 0)), 0);
	then_filled(mm, BASE, 20, 4);
	expect_eq(move_to(mm, at(FAR, 1), 4, 4, at(BASE, 6)), 0);
	then_filled(mm, at(BASE, 6), 6, 4);
	expect_eq(vma_find(mm, vaddr(at(BASE, 5))), vma_find(mm, vaddr(at(BASE, 6))));
	then_all_is_given_back(mm);
}

TEST(mremap_within_one_table)
{
	struct mm *mm = given_filled(RW);

	expect_eq(move_to(mm, at(BASE, 8), 8, 8, at(BASE, 0)), 0);
	then_filled(mm, BASE, 8, 8);
	expect_eq(pgtable_find(mm, vaddr(BASE))->used, 8);
	then_all_is_given_back(mm);
}

TEST(mremap_tables_come_and_go)
{
	struct mm *mm = given_filled(RW);

	expect_eq(mm->table_pages, 2);
	expect_eq(move_to(mm, BASE, PAGES, PAGES, FAR), 0);
	expect_eq(mm->table_pages, 2);
	expect(pgtable_find(mm, vaddr(BASE)) == NULL);
	expect_eq(move_to(mm, FAR, PAGES, 1024 * PAGES, FAR + 0x8000000), 0);
	expect_eq(mm->table_pages, 2);
	then_filled(mm, FAR + 0x8000000, 0, PAGES);
	then_all_is_given_back(mm);
}

TEST(mremap_of_an_area_without_pages)
{
	struct mm *mm = given_mm();
	uint32_t address;

	given_area(mm, BASE, 4, RW);
	user_read(mm, BASE);
	expect_eq(move_to(mm, BASE, 4, 4, at(BASE, 4)), 0);
	expect_eq(user_read(mm, at(BASE, 4)), 0);
	expect_eq(user_read(mm, at(BASE, 3)), -EFAULT);
	given_area(mm, BASE, 4, RW);
	expect_eq(mm->area_count, 1);
	expect_eq(resize(mm, at(BASE, 1), 2, 1, true, &address), 0);
	then_all_is_given_back(mm);
}

TEST(mremap_bad_arguments)
{
	struct mm *mm = given_filled(RW);
	uint32_t a;

	expect_eq(mm_remap(mm, BASE + 1, 1, 1, true, false, 0, &a), -EINVAL);
	expect_eq(mm_remap(mm, BASE, 0, 1, true, false, 0, &a), -EINVAL);
	expect_eq(mm_remap(mm, BASE, 1, 0, true, false, 0, &a), -EINVAL);
	expect_eq(mm_remap(mm, BASE, 1, 0xfffff001, true, false, 0, &a), -EINVAL);
	expect_eq(mm_remap(mm, BASE, 1, 1, false, true, FAR, &a), -EINVAL);
	expect_eq(mm_remap(mm, BASE, 1, 1, true, true, FAR + 1, &a), -EINVAL);
	expect_eq(mm_remap(mm, BASE, 1, 1, true, true, 0, &a), -EINVAL);
	expect_eq(mm_remap(mm, BASE, 1, 8193, true, true, 0x7fffe000, &a), -EINVAL);
	expect_eq(mm_remap(mm, BASE, 1, 0x90000000, true, true, FAR, &a), -EINVAL);
	expect_eq(move_to(mm, at(BASE, 4), 4, 4, at(BASE, 7)), -EINVAL);
	expect_eq(move_to(mm, at(BASE, 4), 4, 4, at(BASE, 1)), -EINVAL);
	expect_eq(move_to(mm, at(BASE, 4), 1, 9, at(BASE, 0)), -EINVAL);
	expect_eq(mm_remap(mm, BASE, 1, 0xffffe000, true, false, 0, &a), -ENOMEM);
	expect_eq(resize(mm, BASE, PAGES + 1, 1, true, &a), -EFAULT);
	expect_eq(resize(mm, FAR, 1, 1, true, &a), -EFAULT);
	expect_eq(mm_remap(mm, BASE, 0xfffff000, 1, true, false, 0, &a), -EFAULT);
	expect_eq(mm_remap(mm, 0x90000000, 1, 1, true, false, 0, &a), -EFAULT);
	expect_eq(mm_protect(mm, at(BASE, 3), PAGE_SIZE, VMA_READ), 0);
	expect_eq(resize(mm, at(BASE, 2), 2, 1, true, &a), -EFAULT);
	expect_eq(move_to(mm, at(BASE, 2), 2, 2, FAR), -EFAULT);
	then_filled(mm, BASE, 0, PAGES);
	then_all_is_given_back(mm);
}

TEST(mremap_of_locked_memory_is_there_at_once)
{
	struct mm *mm = given_filled(RW);
	uint32_t address;

	expect_eq(mm_lock_range(mm, BASE, bytes(PAGES), true), 0);
	expect_eq(resize(mm, BASE, PAGES, PAGES + 2, false, &address), 0);
	expect_eq(mm->anon_pages, PAGES + 2);
	expect(page_has(page_at(mm, at(BASE, PAGES + 1)), PG_MLOCKED));
	expect_eq(move_to(mm, BASE, PAGES + 2, PAGES + 4, FAR), 0);
	expect_eq(mm->anon_pages, PAGES + 4);
	expect(page_has(page_at(mm, FAR), PG_MLOCKED));
	then_filled(mm, FAR, 0, PAGES);
	lru_drain();
	expect_eq(all_findings(), 0);
	expect_eq(resize(mm, FAR, PAGES + 4, 1, false, &address), 0);
	expect_eq(page_zone(page_at(mm, FAR))->stat[NR_MLOCK], 1);
	then_all_is_given_back(mm);
}

TEST(mremap_forgets_the_old_place, "covers: BS-18")
{
	struct mm *mm = given_filled(RW);
	struct tlb_counts before = tlb_counts();

	user_read(mm, at(BASE, 5));
	expect_eq(move_to(mm, at(BASE, 4), 6, 6, FAR), 0);
	expect_eq(tlb_counts().page_ops - before.page_ops, 6);
	then_all_is_given_back(mm);
}

TEST(mremap_cleans_what_a_virtual_cache_holds)
{
	struct mm *mm = given_filled(RW);
	uint32_t before;

	sim_set_cache(CACHE_VIVT, 1);
	before = cache_counts().user_pages;
	expect_eq(move_to(mm, at(BASE, 6), 4, 4, FAR), 0);
	expect_eq(cache_counts().user_pages - before, 4);
	sim_set_cache(CACHE_PIPT, 1);
	then_all_is_given_back(mm);
}

/* ---- refusals */

static void move_that_may_fail(const char *site, uint32_t n, bool fixed)
{
	struct mm *mm = given_filled(RW);
	uint32_t areas, address = 0;
	int err;

	given_area(mm, at(BASE, PAGES), 1, VMA_READ);
	areas = mm->area_count;
	failpoint_arm(site, n);
	err = mm_remap(mm, at(BASE, 4), bytes(20), bytes(30), true, fixed, FAR, &address);
	failpoints_off();
	expect(err == 0 || err == -ENOMEM);
	if (err) {
		then_filled(mm, BASE, 0, PAGES);
		expect_eq(mm->area_count, areas);
		expect_eq(mm->table_pages, 2);
	} else {
		then_filled(mm, address, 4, 20);
	}
	then_all_is_given_back(mm);
}

TEST(mremap_refused_changes_nothing)
{
	static const char *const sites[] = { "vma_alloc", "pgtable_alloc", "alloc_pages" };

	given_machine();
	for (unsigned i = 0; i < 3; i++)
		for (uint32_t n = 1; n <= 5; n++) {
			move_that_may_fail(sites[i], n, false);
			move_that_may_fail(sites[i], n, true);
		}
}

/* ---- while a page moves: at each stage */

static struct {
	struct mm *mm;
	enum move_stage at;
	unsigned calls;
} meanwhile;

static void remap_at_stage(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed != meanwhile.at || meanwhile.calls++)
		return;
	expect_eq(move_to(meanwhile.mm, at(BASE, 4), 8, 8, at(FAR, 3)), 0);
	expect_eq(pte_is_migration(entry_at(meanwhile.mm, at(FAR, 5))),
		  passed >= STAGE_UNMAP && passed < STAGE_REMAP);
	expect_eq(meanwhile.mm->anon_pages, PAGES - PAGES / 5 - 1);
	if (passed != STAGE_SWITCH)
		expect_eq(all_findings(), 0);
}

static void remap_in_flight(enum move_stage stage, const char *refused_at)
{
	struct mm *mm = given_filled(RW);

	meanwhile.mm = mm;
	meanwhile.at = stage;
	meanwhile.calls = 0;
	if (refused_at)
		failpoint_arm(refused_at, 1);
	migrate_set_probe(remap_at_stage);
	move_page_at(mm, at(BASE, 6));
	migrate_set_probe(NULL);
	failpoints_off();
	expect(meanwhile.calls != 0); /* a refused move is tried again */
	expect_eq(migration_entries(mm, FAR, PAGES), 0);
	then_filled(mm, at(FAR, 3), 4, 8);
	expect(pte_is_writable(entry_at(mm, at(FAR, 5))));
	then_all_is_given_back(mm);
}

TEST(mremap_at_every_stage_of_a_move, "covers: BS-2, TU-1")
{
	for (unsigned stage = STAGE_TARGET; stage < MOVE_STAGES; stage++)
		remap_in_flight((enum move_stage)stage, NULL);
}

TEST(mremap_during_a_move_that_is_refused, "covers: BS-2, UN-15")
{
	remap_in_flight(STAGE_UNMAP, "migrate_count");
	remap_in_flight(STAGE_UNMAP, "migrate_copy");
	remap_in_flight(STAGE_COPY, "migrate_freeze");
}

/* ---- a mover on another cpu, switched to and from by chance at every atomic */

static void do_remaps(void *arg)
{
	struct mm *mm = arg;

	expect_eq(move_to(mm, at(BASE, 4), 20, 20, at(FAR, 3)), 0);
	expect_eq(move_to(mm, at(FAR, 8), 5, 5, at(BASE, 12)), 0);
	expect_eq(move_to(mm, at(FAR, 3), 5, 5, at(FAR, 30)), 0);
}

static void do_moves(void *arg)
{
	struct mm *mm = arg;

	for (uint32_t i = 6; i < 20; i += 3) {
		move_page_at(mm, at(BASE, i));
		move_page_at(mm, at(FAR, i));
	}
}

static void remap_beside_moves(uint32_t seed)
{
	struct mm *mm = given_filled(RW);

	run_side_by_side(seed, seed & 1 ? do_remaps : do_moves, seed & 1 ? do_moves : do_remaps,
			 mm);
	drain_both_cpus();
	if (all_findings())
		unit_fail(__FILE__, __LINE__, "seed %u", seed);
	then_filled(mm, at(FAR, 30), 4, 5);
	then_filled(mm, at(BASE, 12), 9, 5);
	then_filled(mm, at(FAR, 13), 14, 10);
	then_filled(mm, at(BASE, 24), 24, 8);
	then_all_is_given_back(mm);
}

TEST(mremap_beside_a_mover, "covers: BS-2, RM-1")
{
	for (uint32_t seed = 1; seed <= 300; seed++)
		remap_beside_moves(seed);
}

/* ---- stories against a model */

#define WINDOW 96u /* pages from BASE on */

struct story_page {
	bool mapped;
	uint8_t value;
};

struct story {
	struct mm *mm;
	struct rng rng;
	struct story_page page[WINDOW];
};

static bool in_window(uint32_t address)
{
	return address - BASE < bytes(WINDOW);
}

static struct story_page *page_of(struct story *s, uint32_t address)
{
	return &s->page[(address - BASE) / PAGE_SIZE];
}

static bool is_one_area(struct story *s, uint32_t from, uint32_t pages)
{
	struct vma *v = vma_find(s->mm, vaddr(from));

	return v && from + bytes(pages) <= v->end;
}

/* What a success means: the first pages went along, the others are new, the old ones are gone. */
static void model_remap(struct story *s, uint32_t from, uint32_t old, uint32_t new, uint32_t to)
{
	struct story_page kept[WINDOW] = { 0 };

	memcpy(kept, page_of(s, from), (old < new ? old : new) * sizeof(kept[0]));
	memset(page_of(s, from), 0, old * sizeof(kept[0]));
	for (uint32_t i = 0; i < new; i++) {
		kept[i].mapped = true;
		*page_of(s, at(to, i)) = kept[i];
	}
}

static void story_remap(struct story *s, uint32_t from, uint32_t old)
{
	uint32_t new = 1 + rng_below(&s->rng, 12), to = at(BASE, rng_below(&s->rng, WINDOW - 12));
	bool fixed = rng_below(&s->rng, 4) != 0;
	bool one_area = is_one_area(s, from, old);
	uint32_t address;
	int err = mm_remap(s->mm, from, bytes(old), bytes(new), fixed, fixed, to, &address);

	if (err == 0 && !in_window(at(address, new - 1)))
		unit_fail(__FILE__, __LINE__, "out of the window");
	if (!one_area)
		expect(err == -EFAULT || err == -EINVAL || (failpoints_active && err == -ENOMEM));
	else if (fixed && (to - from < bytes(old) || from - to < bytes(new)))
		expect_eq(err, -EINVAL);
	else if (fixed && err)
		expect(failpoints_active && err == -ENOMEM);
	if (!err)
		model_remap(s, from, old, new, address);
	for (uint32_t i = 0; err == -ENOMEM && fixed && i < new; i++)
		if (!vma_find(s->mm, vaddr(at(to, i)))) /* gone already */
			*page_of(s, at(to, i)) = (struct story_page){ 0 };
}

static void story_map(struct story *s, uint32_t from, uint32_t pages)
{
	uint32_t address;

	if (mm_map(s->mm, from, bytes(pages), RW, true, &address) != 0) {
		expect(failpoints_active);
		return;
	}
	for (uint32_t i = 0; i < pages; i++)
		*page_of(s, at(from, i)) = (struct story_page){ .mapped = true };
}

static void story_access(struct story *s, uint32_t a)
{
	struct story_page *page = page_of(s, a);
	uint8_t value = (uint8_t)rng_next(&s->rng);
	int got;

	if (rng_below(&s->rng, 2) && user_write(s->mm, a, value) == 0) {
		expect(page->mapped);
		page->value = value;
	}
	got = user_read(s->mm, a);
	expect(got == (page->mapped ? page->value : -EFAULT) ||
	       (failpoints_active && got == -ENOMEM));
}

static void story_step(struct story *s)
{
	uint32_t first = rng_below(&s->rng, WINDOW - 12), pages = 1 + rng_below(&s->rng, 12);
	uint32_t a = at(BASE, first);

	switch (rng_below(&s->rng, 12)) {
	case 0: story_map(s, a, pages); break;
	case 1: mm_lock_range(s->mm, a, bytes(pages), rng_below(&s->rng, 2)); break;
	case 2: case 3: case 4: story_remap(s, a, pages); break;
	case 5: case 6: move_page_at(s->mm, a); break;
	default: story_access(s, a);
	}
}

static void story_run(uint32_t seed, unsigned steps)
{
	struct story s = { .mm = given_mm() };

	rng_seed(&s.rng, seed);
	given_area(s.mm, at(BASE, WINDOW), 1, VMA_READ); /* nothing grows beyond */
	story_map(&s, BASE, WINDOW - 12);
	for (unsigned i = 0; i < steps; i++) {
		story_step(&s);
		if (all_findings())
			unit_fail(__FILE__, __LINE__, "seed %u, step %u", seed, i);
	}
	failpoints_off();
	for (uint32_t i = 0; i < WINDOW; i++)
		story_access(&s, at(BASE, i));
	then_all_is_given_back(s.mm);
}

TEST(mremap_random_stories)
{
	for (uint32_t seed = 1; seed <= 30; seed++)
		story_run(seed, 600);
}

static void short_story(uint32_t n)
{
	story_run(3 + n % 3, 60);
}

TEST(mremap_every_allocation_fails_once)
{
	static const char *const sites[] = { "pgtable_alloc", "anon_fault_alloc", "vma_alloc",
					     "alloc_pages" };

	given_machine();
	for (unsigned i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
		expect(fail_each_pass(sites[i], short_story) > 0);
}

/*
 * Shared memory on the host, under the sanitizers: one object, several address spaces, a second cpu
 * that moves its pages, and every allocation failed once.
 */
#include "mm/cache/mapping.h"
#include "mm/phys/pin.h"
#include "tests/unit/space.h"

#define BASE  0x20000000u
#define OTHER 0x30000000u
#define PAGES 8u

static uint32_t nth(uint32_t n)
{
	return BASE + n * PAGE_SIZE;
}

static struct mm *given_shared(uint32_t pages)
{
	struct mm *mm = given_mm();

	given_area(mm, BASE, pages, RW | VMA_SHARED);
	return mm;
}

static struct mm *given_child(struct mm *parent)
{
	struct mm *child = given_mm();

	expect_eq(mm_fork(parent, child), 0);
	return child;
}

static uint32_t stat_of(enum zone_stat s)
{
	uint32_t sum = 0;
	struct zone *z;

	for_each_zone(z)
		sum += z->stat[s];
	return sum;
}

static void then_all_is_gone(void)
{
	expect_eq(mapping_count(), 0);
	expect_eq(stat_of(NR_SHMEM), 0);
	expect_eq(stat_of(NR_FILE_PAGES), 0);
	expect_eq(stat_of(NR_FILE_MAPPED), 0);
	then_nothing_is_left();
}

static void findings_are_none(void)
{
	struct check c = { 0 };

	drain_both_cpus();
	mapping_check(&c);
	expect_eq(c.broken + all_findings(), 0);
}

TEST(shared_is_seen_by_parent_and_child, "covers: MG-3, MG-8")
{
	struct mm *parent = given_shared(PAGES), *child;

	expect_eq(user_read(parent, nth(1)), 0); /* zeroes at first */
	expect_eq(user_write(parent, nth(2), 22), 0);
	child = given_child(parent);
	expect_eq(user_read(child, nth(2)), 22);
	expect_eq(user_write(child, nth(2), 33), 0);
	expect_eq(user_write(child, nth(5), 55), 0);
	expect_eq(user_read(parent, nth(2)), 33);
	expect_eq(user_read(parent, nth(5)), 55);
	expect(page_at(parent, nth(5)) == page_at(child, nth(5)));
	expect_eq(page_at(parent, nth(5))->mapcount, 2);
	expect_eq(stat_of(NR_SHMEM), 3);
	expect_eq(stat_of(NR_FILE_MAPPED), 3);
	expect_eq(stat_of(NR_ANON_PAGES), 0);
	findings_are_none();
	mm_put(parent);
	expect_eq(user_read(child, nth(2)), 33);
	mm_put(child);
	then_all_is_gone();
}

TEST(shared_stays_when_entries_go, "covers: MG-3")
{
	struct mm *mm = given_shared(PAGES);

	expect_eq(user_write(mm, nth(3), 7), 0);
	expect_eq(mm_discard(mm, BASE, PAGES * PAGE_SIZE), 0);
	expect(pte_is_none(entry_at(mm, nth(3))));
	expect_eq(stat_of(NR_SHMEM), 1);
	expect_eq(stat_of(NR_FILE_MAPPED), 0);
	expect_eq(user_read(mm, nth(3)), 7);
	mm_put(mm);
	then_all_is_gone();
}

TEST(shared_pages_are_removed_from_everybody, "covers: MG-3")
{
	struct mm *mm = given_shared(PAGES), *child;

	for (uint32_t n = 0; n < PAGES; n++)
		expect_eq(user_write(mm, nth(n), (uint8_t)(n + 1)), 0);
	child = given_child(mm);
	expect_eq(user_read(child, nth(3)), 4);
	expect_eq(mm_remove(child, nth(2), 3 * PAGE_SIZE), 0);
	expect(pte_is_none(entry_at(mm, nth(3))) && pte_is_none(entry_at(child, nth(3))));
	for (uint32_t n = 0; n < PAGES; n++)
		expect_eq(user_read(mm, nth(n)), n >= 2 && n < 5 ? 0 : n + 1);
	findings_are_none();
	expect_eq(mm_protect(mm, BASE, PAGE_SIZE, VMA_READ), 0);
	expect_eq(mm_remove(mm, BASE, PAGE_SIZE), -EACCES);
	expect_eq(mm_lock_range(mm, nth(1), PAGE_SIZE, true), 0);
	expect_eq(mm_remove(mm, nth(1), PAGE_SIZE), -EINVAL);
	expect_eq(mm_remove(mm, OTHER, PAGE_SIZE), -ENOMEM);
	given_area(mm, OTHER, 1, RW);
	expect_eq(mm_remove(mm, OTHER, PAGE_SIZE), -EINVAL);
	mm_put(mm);
	mm_put(child);
	then_all_is_gone();
}

TEST(shared_area_is_split_and_ends_page_by_page, "covers: MG-3")
{
	struct mm *mm = given_shared(PAGES);
	struct vma *v;

	for (uint32_t n = 0; n < PAGES; n++)
		expect_eq(user_write(mm, nth(n), (uint8_t)n), 0);
	expect_eq(mm_protect(mm, nth(2), 2 * PAGE_SIZE, VMA_READ), 0);
	expect_eq(mm->area_count, 3);
	expect_eq(mm_protect(mm, nth(2), 2 * PAGE_SIZE, RW), 0);
	expect_eq(mm->area_count, 1);
	v = vma_find(mm, vaddr(BASE));
	expect_eq(v->mapping->refs, 1);
	expect_eq(mm_unmap(mm, nth(2), 2 * PAGE_SIZE), 0);
	expect_eq(stat_of(NR_SHMEM), PAGES); /* the object has them still */
	expect_eq(user_write(mm, nth(1), 9), 0);
	expect_eq(user_read(mm, nth(2)), -EFAULT);
	findings_are_none();
	expect_eq(mm_unmap(mm, BASE, PAGES * PAGE_SIZE), 0);
	expect_eq(stat_of(NR_SHMEM), 0);
	mm_put(mm);
	then_all_is_gone();
}

TEST(shared_two_objects_do_not_become_one_area, "covers: MG-3")
{
	struct mm *mm = given_shared(1);

	given_area(mm, nth(1), 1, RW | VMA_SHARED);
	expect_eq(mm->area_count, 2);
	expect_eq(user_write(mm, nth(0), 1), 0);
	expect_eq(user_read(mm, nth(1)), 0);
	mm_put(mm);
	then_all_is_gone();
}

TEST(shared_moves_with_mremap_and_ends_at_its_end, "covers: BS-2")
{
	struct mm *mm = given_shared(2);
	uint32_t address;

	expect_eq(user_write(mm, nth(1), 9), 0);
	expect_eq(mm_remap(mm, BASE, 2 * PAGE_SIZE, 4 * PAGE_SIZE, true, true, OTHER, &address), 0);
	expect_eq(user_read(mm, OTHER + PAGE_SIZE), 9);
	expect_eq(user_read(mm, OTHER + 2 * PAGE_SIZE),
		  -ENXIO); /* there is no more of the object */
	expect_eq(user_read(mm, nth(1)), -EFAULT);
	expect_eq(address, OTHER);
	mm_put(mm);
	then_all_is_gone();
}

/* ---- moves */

TEST(shared_page_moves_mapped_by_many, "covers: MG-3, MG-7, MG-8, MG-9, RM-1, CP-5")
{
	struct mm *mm[8] = { given_shared(PAGES) };
	struct page *from, *to;

	expect_eq(user_write(mm[0], nth(4), 44), 0);
	for (unsigned i = 1; i < 8; i++) {
		mm[i] = given_child(mm[i / 2]);
		expect_eq(user_read(mm[i], nth(4)), 44);
	}
	drain_both_cpus();
	from = page_at(mm[0], nth(4));
	expect_eq(page_refs(from), 9);
	expect_eq(move_page_at(mm[3], nth(4)), 0);
	to = page_at(mm[0], nth(4));
	expect(to != from && page_refs(from) == 0 && from->mapping == 0);
	expect_eq(page_refs(to), 9);
	expect_eq(to->mapcount, 8);
	expect(page_has(to, PG_DIRTY) && page_has(to, PG_SWAPBACKED) && page_has(to, PG_LRU));
	expect(mapping_look(to->cache, to->index) == to);
	for (unsigned i = 0; i < 8; i++)
		expect(page_at(mm[i], nth(4)) == to);
	expect(pte_is_writable(entry_at(mm[0], nth(4))));
	expect(!pte_is_writable(entry_at(mm[5], nth(4))));
	expect_eq(user_write(mm[5], nth(4), 55), 0);
	expect_eq(user_read(mm[7], nth(4)), 55);
	findings_are_none();
	for (unsigned i = 0; i < 8; i++)
		mm_put(mm[i]);
	then_all_is_gone();
}

TEST(shared_page_moves_while_nobody_maps_it, "covers: UN-12, MG-3, DC-2")
{
	struct mm *mm = given_shared(PAGES);
	struct move what;
	pfn_t frame;

	expect_eq(user_write(mm, nth(4), 44), 0);
	drain_both_cpus();
	frame = page_to_pfn(page_at(mm, nth(4)));
	expect_eq(mm_discard(mm, nth(4), PAGE_SIZE), 0);
	expect_eq(page_refs(pfn_to_page(frame)), 1); /* the cache's */
	expect_eq(migrate_frame(frame, MIGRATE_SYNC, &what), 0);
	expect_eq(page_refs(what.to), 1);
	expect_eq(what.to->mapcount, 0);
	expect_eq(user_read(mm, nth(4)), 44);
	expect(page_at(mm, nth(4)) == what.to);
	findings_are_none();
	mm_put(mm);
	then_all_is_gone();
}

TEST(shared_pinned_page_stays_and_says_why, "covers: MG-4, MP-10")
{
	struct mm *mm = given_shared(PAGES);
	struct move what;
	struct page *p;

	expect_eq(user_write(mm, nth(4), 44), 0);
	drain_both_cpus();
	p = page_at(mm, nth(4));
	expect(page_try_pin(p, "test"));
	expect_eq(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), -EAGAIN);
	expect_eq(what.reason, MOVE_PINNED);
	expect_eq(what.expected, 3); /* an entry, the isolation, the cache */
	expect_eq(what.found, 4);
	expect(page_at(mm, nth(4)) == p);
	page_unpin(p);
	expect_eq(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
	expect_eq(user_read(mm, nth(4)), 44);
	mm_put(mm);
	then_all_is_gone();
}

/* ---- a mover on the other cpu */

static struct {
	struct mm *mm[2];
	uint32_t turns, moved;
	bool over;
} race;

static void move_all_the_time(void *arg)
{
	(void)arg;
	for (uint32_t turn = 0; !race.over; turn++) {
		struct move what;
		pte_t e = entry_at(race.mm[0], nth(turn % PAGES));

		if (pte_is_present(e) && migrate_frame(pte_pfn(e), MIGRATE_SYNC, &what) == 0)
			race.moved++;
		lru_drain();
		turn_by_chance(); /* where there is nothing to move there is no atomic either */
	}
}

/* Writes by one, reads by the other; entries go, areas are cut, pages are removed. */
static void use_all_the_time(void *arg)
{
	(void)arg;
	for (uint32_t turn = 0; turn < race.turns; turn++) {
		uint32_t a = nth(turn * 5 % PAGES);
		uint8_t value = (uint8_t)(turn % 200 + 1);

		expect_eq(access_as(race.mm[0], a, ACCESS_WRITE), 0);
		if (hardware_allows(entry_at(race.mm[0], a), ACCESS_WRITE)) {
			*user_byte(race.mm[0], a) = value;
			expect_eq(access_as(race.mm[1], a, ACCESS_READ), 0);
		}
		if (turn % 3 == 0)
			expect_eq(mm_discard(race.mm[1], a, PAGE_SIZE), 0);
		if (turn % 7 == 0)
			expect_eq(mm_remove(race.mm[1], a, PAGE_SIZE), 0);
		if (turn % 5 == 0)
			expect_eq(mm_protect(race.mm[0], a, PAGE_SIZE, turn % 2 ? RW : VMA_READ),
				  0);
		expect_eq(mm_protect(race.mm[0], a, PAGE_SIZE, RW), 0);
		lru_drain();
	}
	race.over = true;
}

/* The other cpu may give the turn back by chance before it has woken us. */
static void take_turns_until_woken(void)
{
	const struct thread *t = cpu_current();

	while (atomic_load_relaxed(&t->state) == THREAD_BLOCKED)
		take_turns();
}

TEST(shared_use_and_moves_side_by_side, "covers: TU-5, MG-4, MG-9")
{
	uint32_t moved = 0;

	given_machine();
	while_blocked = take_turns_until_woken;
	for (uint32_t seed = 1; seed <= 60; seed++) {
		race.mm[0] = given_shared(PAGES);
		race.mm[1] = given_child(race.mm[0]);
		race.turns = 40;
		race.moved = 0;
		race.over = false;
		run_side_by_side(seed, use_all_the_time, move_all_the_time, NULL);
		findings_are_none();
		expect_eq(migrations_running, 0);
		mm_put(race.mm[0]);
		mm_put(race.mm[1]);
		then_all_is_gone();
		moved += race.moved;
	}
	while_blocked = take_turns;
	expect(moved > 100);
}

/* ---- no memory */

static void story(uint32_t n)
{
	struct mm *mm = given_mm(), *child = given_mm();
	uint32_t address;

	(void)n;
	if (mm_map(mm, BASE, PAGES * PAGE_SIZE, RW | VMA_SHARED, true, &address) == 0) {
		if (user_write(mm, nth(3), 3) == 0)
			expect_eq(user_read(mm, nth(3)), 3);
		expect_eq(user_write(mm, nth(3), 4), 0); /* a site fails once */
		if (mm_fork(mm, child) == 0)
			expect(user_read(child, nth(3)) == 4 || failpoints_active);
		mm_protect(mm, nth(2), PAGE_SIZE, VMA_READ);
	}
	findings_are_none();
	mm_put(mm);
	mm_put(child);
	then_all_is_gone();
}

TEST(shared_without_memory_nothing_is_lost, "covers: MG-12")
{
	expect(fail_each_pass("mapping_alloc", story) > 0);
	expect(fail_each_pass("mapping_node_alloc", story) > 0);
	expect(fail_each_pass("shared_fault_alloc", story) > 0);
	expect(fail_each_pass("vma_alloc", story) > 0);
	expect(fail_each_pass("pgtable_alloc", story) > 0);
}

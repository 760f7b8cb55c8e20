/*
 * An address space on the host, played on by a user and by a second cpu.
 *
 * A user access is played: the entry is looked up as the hardware would, mm_fault is called where
 * the hardware would fault, and the bytes of the frame are read or written.
 * The second cpu is a coroutine; who goes on is decided by chance at every atomic, so that a seed is
 * one interleaving.
 */
#ifndef TESTS_UNIT_SPACE_H
#define TESTS_UNIT_SPACE_H

#include <errno.h>
#include <ucontext.h>
#include "arch/frame.h"
#include "arch/tlb.h"
#include "base/failpoint.h"
#include "base/rng.h"
#include "mm/check.h"
#include "mm/init.h"
#include "mm/move/migrate.h"
#include "mm/phys/lru.h"
#include "mm/virt/fault.h"
#include "mm/virt/rmap.h"
#include "mm/virt/virt_check.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

#define MAYBE_UNUSED static inline __attribute__((unused))
#define RW	     (VMA_READ | VMA_WRITE)

/* ---- the second cpu */

static struct {
	struct thread thread, *first;
	ucontext_t context, main;
	void (*run)(void *arg);
	void *arg;
	struct rng rng;
	uint32_t odds; /* it is the other's turn after one atomic in so many */
	bool running, done;
	char stack[262144];
} second;

MAYBE_UNUSED void second_leaves(void)
{
	second.running = false;
	sim_set_cpu(0, second.first);
	swapcontext(&second.context, &second.main);
}

MAYBE_UNUSED void second_goes_on(void)
{
	second.first = cpu_current();
	second.running = true;
	sim_set_cpu(1, &second.thread);
	swapcontext(&second.main, &second.context);
}

MAYBE_UNUSED void take_turns(void)
{
	if (second.running)
		second_leaves();
	else if (!second.done)
		second_goes_on();
}

MAYBE_UNUSED void turn_by_chance(void)
{
	if (rng_below(&second.rng, second.odds) == 0)
		take_turns();
}

MAYBE_UNUSED void second_main(void)
{
	second.run(second.arg);
	second.done = true;
	second_leaves();
}

/* Runs `first` here and `other` on the second cpu, both to their ends. */
MAYBE_UNUSED void run_side_by_side(uint32_t seed, void (*first)(void *), void (*other)(void *),
				   void *arg)
{
	memset(&second.thread, 0, sizeof(second.thread));
	strcpy(second.thread.name, "second");
	second.run = other;
	second.arg = arg;
	second.done = false;
	rng_seed(&second.rng, seed);
	second.odds = 2 + rng_below(&second.rng, 60);
	getcontext(&second.context);
	second.context.uc_stack.ss_sp = second.stack;
	second.context.uc_stack.ss_size = sizeof(second.stack);
	makecontext(&second.context, second_main, 0);
	sim_wait_hook = take_turns;
	sim_atomic_hook = turn_by_chance;
	first(arg);
	while (!second.done)
		second_goes_on();
	sim_atomic_hook = NULL;
	sim_wait_hook = NULL;
}

/* ---- given */

MAYBE_UNUSED void given_machine(void)
{
	static bool up;

	if (up)
		return;
	up = true;
	given_ram((struct given_ram){ .pages = 16 * MIB_PAGES, .low_pages = 8 * MIB_PAGES });
	mm_init();
	while_blocked = take_turns;
}

MAYBE_UNUSED struct mm *given_mm(void)
{
	struct mm *mm;

	given_machine();
	mm = mm_create("test");
	if (!mm && failpoints_active) /* a site fails once */
		mm = mm_create("test");
	expect(mm != NULL);
	return mm;
}

MAYBE_UNUSED void given_area(struct mm *mm, uint32_t at, uint32_t pages, uint32_t flags)
{
	uint32_t address;
	int err = mm_map(mm, at, pages * PAGE_SIZE, flags, true, &address);

	if (err && failpoints_active)
		err = mm_map(mm, at, pages * PAGE_SIZE, flags, true, &address);
	expect_eq(err, 0);
}

MAYBE_UNUSED uint32_t all_findings(void)
{
	struct check c = { 0 };

	virt_check(&c);
	lru_check(&c);
	return c.broken;
}

MAYBE_UNUSED void drain_both_cpus(void)
{
	struct thread *t = cpu_current();

	sim_set_cpu(1, t);
	lru_drain();
	sim_set_cpu(0, t);
	lru_drain();
}

/* All spaces are gone. */
MAYBE_UNUSED void then_nothing_is_left(void)
{
	drain_both_cpus();
	expect_eq(anon_vma_count(), 0);
	expect_eq(all_findings(), 0);
	expect_sound();
}

/* ---- what a user does */

MAYBE_UNUSED pte_t entry_at(struct mm *mm, uint32_t a)
{
	struct page *table = pgtable_find(mm, vaddr(a));

	return table ? pte_read(table_entry(table, vaddr(a))) : pte_none();
}

MAYBE_UNUSED void set_entry(struct mm *mm, uint32_t a, pte_t e)
{
	struct pte_place place = pte_lock(mm, vaddr(a));

	expect(place.entry != NULL);
	pte_replace(place, e);
	pte_unlock(place);
}

MAYBE_UNUSED struct page *page_at(struct mm *mm, uint32_t a)
{
	return pfn_to_page(pte_pfn(entry_at(mm, a)));
}

MAYBE_UNUSED bool hardware_allows(pte_t e, enum fault_access access)
{
	if (!pte_is_present(e) || !pte_is_user(e) || !pte_is_young(e))
		return false;
	return access == ACCESS_WRITE ? pte_is_writable(e) : true;
}

MAYBE_UNUSED uint8_t *user_byte(struct mm *mm, uint32_t a)
{
	return (uint8_t *)sim_frame_bytes(pte_pfn(entry_at(mm, a))) + a % PAGE_SIZE;
}

MAYBE_UNUSED int access_as(struct mm *mm, uint32_t a, enum fault_access access)
{
	for (unsigned tries = 0; tries < 9; tries++) {
		int err;

		if (hardware_allows(entry_at(mm, a), access))
			return 0;
		err = mm_fault(mm, vaddr(a), access);
		if (err)
			return err;
	}
	return -EIO;
}

MAYBE_UNUSED int user_write(struct mm *mm, uint32_t a, uint8_t value)
{
	int err = access_as(mm, a, ACCESS_WRITE);

	if (!err)
		*user_byte(mm, a) = value;
	return err;
}

/* The byte, or -errno. */
MAYBE_UNUSED int user_read(struct mm *mm, uint32_t a)
{
	int err = access_as(mm, a, ACCESS_READ);

	return err ? err : *user_byte(mm, a);
}

/* Moves the page that `a` leads to; nothing where there is none. */
MAYBE_UNUSED int move_page_at(struct mm *mm, uint32_t a)
{
	pte_t e = entry_at(mm, a);
	struct move what;

	if (!pte_is_present(e) || pfn_to_page(pte_pfn(e)) == zero_page)
		return -ENOENT;
	return migrate_frame(pte_pfn(e), MIGRATE_SYNC, &what);
}

MAYBE_UNUSED uint32_t migration_entries(struct mm *mm, uint32_t start, uint32_t pages)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < pages; i++)
		n += pte_is_migration(entry_at(mm, start + i * PAGE_SIZE));
	return n;
}

/* ---- every allocation failed in turn */

struct site_failures {
	const char *name;
	uint32_t failures;
};

MAYBE_UNUSED void find_site(const struct failpoint *f, void *arg)
{
	struct site_failures *s = arg;

	if (!strcmp(f->name, s->name))
		s->failures = f->failures;
}

MAYBE_UNUSED uint32_t failures_of(const char *name)
{
	struct site_failures s = { .name = name };

	failpoints_each(find_site, &s);
	return s.failures;
}

/* Runs a story with the site failing at its first pass, its second, ... until it is not reached. */
MAYBE_UNUSED unsigned fail_each_pass(const char *site, void (*story)(uint32_t n))
{
	uint32_t before, n = 0;

	do {
		before = failures_of(site);
		expect_eq(failpoint_arm(site, ++n), 0);
		story(n);
		failpoints_off();
	} while (failures_of(site) != before);
	return n - 1;
}

#endif

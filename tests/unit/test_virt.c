/*
 * mm/virt on the host: areas, tables, faults, and what a fault does while a page moves.
 *
 * A user access is played: the entry is looked up as the hardware would, mm_fault is called where the hardware would
 * fault, and the bytes of the frame are read or written. A second thread is a coroutine, so that a fault can sleep.
 */
#include <errno.h>
#include <ucontext.h>

#include "arch/cache.h"
#include "arch/frame.h"
#include "arch/tlb.h"
#include "base/failpoint.h"
#include "base/rng.h"
#include "base/waitq.h"
#include "mm/check.h"
#include "mm/init.h"
#include "mm/move/migrate.h"
#include "mm/phys/alloc.h"
#include "mm/phys/lru.h"
#include "mm/virt/dcache.h"
#include "mm/virt/fault.h"
#include "mm/virt/mlock.h"
#include "mm/virt/rmap.h"
#include "mm/virt/virt_check.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

#define RW  (VMA_READ | VMA_WRITE)

/* ---- given */

static void leave_when_blocked(void);

static void given_machine(void)
{
	static bool up;
	if (up)
		return;
	up = true;
	given_ram((struct given_ram){ .pages = 16 * MIB_PAGES, .low_pages = 8 * MIB_PAGES });
	mm_init();
	while_blocked = leave_when_blocked;
}

static struct mm *given_mm(void)
{
	struct mm *mm;

	given_machine();
	mm = mm_create("test");
	if (!mm && failpoints_active) /* a site fails once */
		mm = mm_create("test");
	expect(mm != NULL);
	return mm;
}

static void given_area(struct mm *mm, uint32_t at, uint32_t pages, uint32_t flags)
{
	uint32_t address;

	expect_eq(mm_map(mm, at, pages * PAGE_SIZE, flags, true, &address), 0);
	expect_eq(address, at);
}

static uint32_t all_findings(void)
{
	struct check c = { 0 };

	virt_check(&c);
	lru_check(&c);
	return c.broken;
}

static uint32_t virt_findings_quiet(void)
{
	struct check c = { .quiet = true };

	virt_check(&c);
	return c.broken;
}

static uint32_t free_frames(void)
{
	alloc_drain_all();
	return zones_free_pages();
}

static void then_all_is_given_back(struct mm *mm)
{
	mm_put(mm);
	lru_drain();
	expect_eq(anon_vma_count(), 0);
	expect_eq(all_findings(), 0);
	expect_sound();
}

/* ---- what a user does */

static pte_t entry_at(struct mm *mm, uint32_t a)
{
	struct page *table = pgtable_find(mm, vaddr(a));

	return table ? pte_read(table_entry(table, vaddr(a))) : pte_none();
}

static void set_entry(struct mm *mm, uint32_t a, pte_t e)
{
	struct pte_place place = pte_lock(mm, vaddr(a));

	expect(place.entry != NULL);
	pte_replace(place, e);
	pte_unlock(place);
}

static struct page *page_at(struct mm *mm, uint32_t a)
{
	return pfn_to_page(pte_pfn(entry_at(mm, a)));
}

static bool hardware_allows(pte_t e, enum fault_access access)
{
	if (!pte_is_present(e) || !pte_is_user(e) || !pte_is_young(e))
		return false;
	if (access == ACCESS_WRITE)
		return pte_is_writable(e);
	return access == ACCESS_READ || pte_is_exec(e);
}

static uint8_t *user_byte(struct mm *mm, uint32_t a)
{
	return (uint8_t *)sim_frame_bytes(pte_pfn(entry_at(mm, a))) + a % PAGE_SIZE;
}

static int access_as(struct mm *mm, uint32_t a, enum fault_access access)
{
	for (unsigned tries = 0; tries < 5; tries++) {
		int err;

		if (hardware_allows(entry_at(mm, a), access))
			return 0;
		err = mm_fault(mm, vaddr(a), access);
		if (err)
			return err;
	}
	return -EIO;
}

static int user_write(struct mm *mm, uint32_t a, uint8_t value)
{
	int err = access_as(mm, a, ACCESS_WRITE);

	if (!err)
		*user_byte(mm, a) = value;
	return err;
}

/* The byte, or -errno. */
static int user_read(struct mm *mm, uint32_t a)
{
	int err = access_as(mm, a, ACCESS_READ);

	return err ? err : *user_byte(mm, a);
}

/* ---- a second thread */

static struct {
	struct thread thread;
	ucontext_t context, main;
	struct thread *main_thread;
	struct mm *mm;
	uint32_t address;
	int result;
	unsigned blocks;
	bool running, done;
	char stack[65536];
} other;

static void other_leaves(void)
{
	other.running = false;
	cpu_set_current(other.main_thread);
	swapcontext(&other.context, &other.main);
}

static void other_main(void)
{
	other.result = user_write(other.mm, other.address, 77);
	other.done = true;
	other_leaves();
}

static void other_goes_on(void)
{
	other.main_thread = cpu_current();
	other.running = true;
	cpu_set_current(&other.thread);
	swapcontext(&other.main, &other.context);
}

static void given_other_writes(struct mm *mm, uint32_t a)
{
	memset(&other.thread, 0, sizeof(other.thread));
	strcpy(other.thread.name, "other");
	other.mm = mm;
	other.address = a;
	other.done = false;
	other.blocks = 0;
	getcontext(&other.context);
	other.context.uc_stack.ss_sp = other.stack;
	other.context.uc_stack.ss_size = sizeof(other.stack);
	makecontext(&other.context, other_main, 0);
}

static void leave_when_blocked(void)
{
	expect(other.running && cpu_current() == &other.thread);
	other.blocks++;
	other_leaves();
}

/* ---- entries that are not present */

static void one_leaf(unsigned bits, unsigned rights)
{
	pte_t e = pte_make(pfn(0x80123), rights), leaf, back;

	e = bits & 1 ? pte_mkdirty(e) : e;
	e = bits & 2 && rights & PTE_WRITE ? pte_mkwritable(e) : e;
	e = bits & 4 ? pte_mkold(e) : e;
	e = bits & 8 ? pte_mksoft_dirty(e) : pte_clear_soft_dirty(e);
	leaf = leaf_make_migration(e);
	expect(!pte_is_present(leaf) && pte_is_migration(leaf) && !pte_is_none(leaf));
	expect_eq(leaf_type(leaf), LEAF_MIGRATION);
	expect_eq(leaf_migration_pfn(leaf).n, 0x80123);
	expect_eq(leaf_restore(leaf, pfn(0x80123), rights).bits, e.bits);
	back = leaf_restore(leaf, pfn(0x80456), rights & ~(unsigned)PTE_WRITE);
	expect_eq(pte_pfn(back).n, 0x80456);
	expect(!pte_is_writable(back));
	expect_eq(pte_is_dirty(back), pte_is_dirty(e));
	expect_eq(pte_is_young(back), pte_is_young(e));
	expect(!pte_is_writable(leaf_restore(leaf_make_read(leaf), pfn(0x80456), rights)));
}

TEST(virt_leaf_keeps_all, "covers: TU-1, TU-3, RM-3, RM-4, RM-5")
{
	for (unsigned bits = 0; bits < 16; bits++)
		for (unsigned rights = 0; rights < 8; rights++)
			one_leaf(bits, rights);
}

/* ---- faults */

TEST(virt_first_read_maps_zeroes_then_write_makes_a_page)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 4, RW);
	expect_eq(user_read(mm, 0x20001004), 0);
	expect(page_at(mm, 0x20001000) == zero_page);
	expect(!pte_is_writable(entry_at(mm, 0x20001000)));
	expect_eq(mm->anon_pages, 0);
	expect_eq(user_write(mm, 0x20001004, 9), 0);
	expect(page_at(mm, 0x20001000) != zero_page);
	expect_eq(user_read(mm, 0x20001004), 9);
	expect_eq(mm->anon_pages, 1);
	expect_eq(*(uint8_t *)sim_frame_bytes(page_to_pfn(zero_page)), 0);
	expect_eq(all_findings(), 0);
	then_all_is_given_back(mm);
}

TEST(virt_old_becomes_young_and_clean_becomes_dirty)
{
	struct mm *mm = given_mm();
	pte_t e;

	given_area(mm, 0x20000000, 1, RW);
	user_write(mm, 0x20000000, 1);
	e = entry_at(mm, 0x20000000);
	expect(pte_is_young(e) && pte_is_dirty(e) && pte_is_soft_dirty(e) && pte_is_writable(e));
	set_entry(mm, 0x20000000, pte_clear_soft_dirty(pte_mkclean(pte_mkold(e))));
	expect_eq(user_read(mm, 0x20000000), 1);
	expect(pte_is_young(entry_at(mm, 0x20000000)));
	expect(!pte_is_dirty(entry_at(mm, 0x20000000)));
	expect_eq(user_write(mm, 0x20000000, 2), 0);
	expect_eq(entry_at(mm, 0x20000000).bits, e.bits);
	then_all_is_given_back(mm);
}

TEST(virt_forbidden_accesses)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 1, VMA_READ);
	given_area(mm, 0x20001000, 1, 0);
	expect_eq(user_write(mm, 0x20000000, 1), -EACCES);
	expect_eq(access_as(mm, 0x20000000, ACCESS_EXEC), -EACCES);
	expect_eq(user_read(mm, 0x20001000), -EACCES);
	expect_eq(user_read(mm, 0x20002000), -EFAULT);
	expect_eq(mm_fault(mm, vaddr(0), ACCESS_READ), -EFAULT);
	expect_eq(mm_fault(mm, vaddr(0x90000000), ACCESS_READ), -EFAULT);
	then_all_is_given_back(mm);
}

/* As fork would: the page at `a` of `from` is mapped read-only there and in `to`. */
static void given_shared(struct mm *from, struct mm *to, uint32_t a)
{
	struct vma *v = vma_find(from, vaddr(a)), *w = vma_find(to, vaddr(a));
	struct page *p = page_at(from, a);

	anon_vma_join(w, v->anon);
	expect(pgtable_get(to, vaddr(a)) != NULL);
	set_entry(from, a, pte_wrprotect(entry_at(from, a)));
	set_entry(to, a, entry_at(from, a));
	page_get(p);
	rmap_add(p);
	to->anon_pages++;
}

TEST(virt_write_to_shared_page_copies_then_last_one_reuses)
{
	struct mm *a = given_mm(), *b = given_mm();
	struct page *p;

	given_area(a, 0x20000000, 1, RW);
	given_area(b, 0x20000000, 1, RW);
	user_write(a, 0x20000010, 5);
	given_shared(a, b, 0x20000000);
	p = page_at(a, 0x20000000);
	expect_eq(all_findings(), 0);
	expect_eq(user_write(a, 0x20000010, 6), 0);
	expect(page_at(a, 0x20000000) != p);
	expect_eq(user_read(b, 0x20000010), 5);
	expect_eq(p->mapcount, 1);
	expect_eq(all_findings(), 0);
	expect_eq(user_write(b, 0x20000010, 7), 0);
	expect(page_at(b, 0x20000000) == p);
	expect_eq(user_read(a, 0x20000010), 6);
	mm_put(a);
	then_all_is_given_back(b);
}

TEST(virt_executable_page_is_synced_before_it_is_seen)
{
	struct mm *mm = given_mm();
	uint32_t before = cache_counts().instruction_syncs;

	given_area(mm, 0x20000000, 2, RW | VMA_EXEC);
	user_write(mm, 0x20000000, 1);
	expect_eq(cache_counts().instruction_syncs, before + 1);
	expect_eq(access_as(mm, 0x20000000, ACCESS_EXEC), 0);
	expect_eq(mm_protect(mm, 0x20000000, PAGE_SIZE, RW), 0);
	expect_eq(access_as(mm, 0x20000000, ACCESS_EXEC), -EACCES);
	expect_eq(mm_protect(mm, 0x20000000, PAGE_SIZE, VMA_READ | VMA_EXEC), 0);
	expect_eq(cache_counts().instruction_syncs, before + 2);
	then_all_is_given_back(mm);
}

TEST(virt_cache_types_cost_what_they_need, "covers: DC-1, DC-3, DC-6")
{
	static const struct {
		enum cache_type type;
		unsigned filled, zapped, flushed_kernel, flushed_user;
	} want[] = { { CACHE_PIPT, 0, 0, 0, 0 },
		     { CACHE_VIPT_ALIASING, 1, 1, 1, 1 },
		     { CACHE_VIVT, 1, 1, 1, 0 } };

	for (unsigned i = 0; i < 3; i++) {
		struct mm *mm = given_mm();
		struct cache_counts c;

		given_area(mm, 0x20000000, 1, RW);
		sim_set_cache(want[i].type, 1);
		user_write(mm, 0x20000000, 1);
		expect_eq(cache_counts().kernel_pages, want[i].filled);
		c = cache_counts();
		flush_dcache_page(page_at(mm, 0x20000000));
		flush_dcache_page(zero_page);
		expect_eq(cache_counts().kernel_pages - c.kernel_pages, want[i].flushed_kernel);
		expect_eq(cache_counts().user_pages - c.user_pages, want[i].flushed_user);
		c = cache_counts();
		mm_discard(mm, 0x20000000, PAGE_SIZE);
		expect_eq(cache_counts().user_pages - c.user_pages, want[i].zapped);
		then_all_is_given_back(mm);
	}
	sim_set_cache(CACHE_PIPT, 1);
}

/* Operations issued since the last call. */
static struct tlb_counts tlb_work(void)
{
	static struct tlb_counts before;
	struct tlb_counts now = tlb_counts(), work;

	work.page_ops = now.page_ops - before.page_ops;
	work.mm_ops = now.mm_ops - before.mm_ops;
	work.all_ops = now.all_ops - before.all_ops;
	work.waits = now.waits - before.waits;
	before = now;
	return work;
}

TEST(virt_every_change_of_a_present_entry_reaches_the_tlb)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 4, RW);
	for (uint32_t i = 0; i < 3; i++)
		user_write(mm, 0x20000000 + i * PAGE_SIZE, 1);
	user_read(mm, 0x20003000);
	tlb_work();
	user_write(mm, 0x20003000, 1);
	expect_eq(tlb_work().page_ops, 1);
	set_entry(mm, 0x20003000, pte_mkclean(entry_at(mm, 0x20003000)));
	user_write(mm, 0x20003000, 1);
	expect_eq(tlb_work().page_ops, 1);
	mm_protect(mm, 0x20000000, 4 * PAGE_SIZE, VMA_READ);
	expect_eq(tlb_work().page_ops, 4);
	mm_discard(mm, 0x20000000, 3 * PAGE_SIZE);
	expect_eq(tlb_work().page_ops, 3);
	mm_unmap(mm, 0x20000000, 4 * PAGE_SIZE);
	expect_eq(tlb_work().mm_ops, 1);
	then_all_is_given_back(mm);
}

TEST(virt_fresh_entries_cost_no_tlb_work)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 2, RW);
	tlb_work();
	user_write(mm, 0x20000000, 1);
	user_read(mm, 0x20001000);
	set_entry(mm, 0x20000000, pte_mkold(entry_at(mm, 0x20000000)));
	user_read(mm, 0x20000000);
	expect_eq(tlb_work().waits, 0);
	then_all_is_given_back(mm);
}

/* ---- areas */

TEST(virt_refused_split_changes_nothing)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 8, RW);
	for (uint32_t n = 1; n <= 2; n++) {
		failpoint_arm("vma_alloc", n);
		expect_eq(mm_protect(mm, 0x20002000, PAGE_SIZE, VMA_READ), -ENOMEM);
		expect_eq(mm->area_count, 1);
		failpoint_arm("vma_alloc", n);
		expect_eq(mm_unmap(mm, 0x20002000, PAGE_SIZE), -ENOMEM);
		expect_eq(mm->area_count, 1);
	}
	failpoints_off();
	then_all_is_given_back(mm);
}

TEST(virt_split_and_merge)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 8, RW);
	user_write(mm, 0x20002000, 3);
	expect_eq(mm_protect(mm, 0x20002000, 2 * PAGE_SIZE, VMA_READ), 0);
	expect_eq(mm->area_count, 3);
	expect(vma_find(mm, vaddr(0x20002000))->anon == vma_find(mm, vaddr(0x20004000))->anon);
	expect_eq(all_findings(), 0);
	expect_eq(mm_protect(mm, 0x20002000, 2 * PAGE_SIZE, RW), 0);
	expect_eq(mm->area_count, 1);
	given_area(mm, 0x20008000, 2, RW);
	expect_eq(mm->area_count, 1);
	expect_eq(user_read(mm, 0x20002000), 3);
	expect_eq(all_findings(), 0);
	expect_eq(mm_unmap(mm, 0x20002000, PAGE_SIZE), 0);
	expect_eq(mm->area_count, 2);
	then_all_is_given_back(mm);
}

TEST(virt_tables_go_when_nothing_is_left_in_them)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x203ff000, 2, RW);
	user_write(mm, 0x203ff000, 1);
	user_write(mm, 0x20400000, 1);
	expect_eq(mm->table_pages, 2);
	expect_eq(mm_unmap(mm, 0x203ff000, PAGE_SIZE), 0);
	expect_eq(mm->table_pages, 1);
	expect_eq(all_findings(), 0);
	expect_eq(mm_unmap(mm, 0x20400000, PAGE_SIZE), 0);
	expect_eq(mm->table_pages, 0);
	then_all_is_given_back(mm);
}

TEST(virt_gaps_and_hints)
{
	struct mm *mm = given_mm();
	uint32_t a, b, c;

	expect_eq(mm_map(mm, 0, 3 * PAGE_SIZE, RW, false, &a), 0);
	expect_eq(a, MMAP_BASE);
	expect_eq(mm_map(mm, 0, PAGE_SIZE, VMA_READ, false, &b), 0);
	expect_eq(b, MMAP_BASE + 3 * PAGE_SIZE);
	expect_eq(mm_unmap(mm, a + PAGE_SIZE, PAGE_SIZE), 0);
	expect_eq(mm_map(mm, 0, PAGE_SIZE, VMA_READ, false, &c), 0);
	expect_eq(c, a + PAGE_SIZE);
	expect_eq(mm_map(mm, 0x30000123, PAGE_SIZE, RW, false, &c), 0);
	expect_eq(c, 0x30000000);
	expect_eq(mm_map(mm, 0, USER_END - MMAP_BASE, RW, false, &c), -ENOMEM);
	then_all_is_given_back(mm);
}

TEST(virt_bad_ranges)
{
	struct mm *mm = given_mm();
	uint32_t a;

	expect_eq(mm_map(mm, 0, 0, RW, false, &a), -EINVAL);
	expect_eq(mm_map(mm, 0, 0xffffffff, RW, false, &a), -ENOMEM);
	expect_eq(mm_map(mm, 0x20000001, PAGE_SIZE, RW, true, &a), -EINVAL);
	expect_eq(mm_map(mm, 0, PAGE_SIZE, RW, true, &a), -EINVAL);
	expect_eq(mm_map(mm, 0x7ffff000, 2 * PAGE_SIZE, RW, true, &a), -ENOMEM);
	expect_eq(mm_map(mm, 0xfffff000, PAGE_SIZE, RW, true, &a), -ENOMEM);
	expect_eq(mm_unmap(mm, 0x20000001, PAGE_SIZE), -EINVAL);
	expect_eq(mm_unmap(mm, 0x20000000, 0), -EINVAL);
	expect_eq(mm_unmap(mm, 0x7ffff000, 0xfffff000), -EINVAL);
	expect_eq(mm_unmap(mm, 0x20000000, PAGE_SIZE), 0);
	expect_eq(mm_protect(mm, 0x20000000, PAGE_SIZE, VMA_READ), -ENOMEM);
	expect_eq(mm_protect(mm, 0x20000000, PAGE_SIZE, 8), -EINVAL);
	expect_eq(mm_protect(mm, 0x20000000, 0, VMA_READ), 0);
	expect_eq(mm_discard(mm, 0x20000000, PAGE_SIZE), -ENOMEM);
	expect_eq(mm_discard(mm, 0x20000000, 0xffffffff), -EINVAL);
	expect_eq(mm_lock_range(mm, 0x20000000, PAGE_SIZE, true), -ENOMEM);
	expect_eq(mm->area_count, 0);
	then_all_is_given_back(mm);
}

TEST(virt_heap)
{
	struct mm *mm = given_mm();

	mm->brk_start = mm->brk = 0x10800;
	expect_eq(mm_set_brk(mm, 0x100), 0x10800);
	expect_eq(mm_set_brk(mm, 0x12345), 0x12345);
	expect_eq(user_write(mm, 0x12fff, 1), 0);
	expect_eq(mm_set_brk(mm, 0x12400), 0x12400);
	expect_eq(user_read(mm, 0x12fff), 1);
	given_area(mm, 0x20000, 1, RW);
	expect_eq(mm_set_brk(mm, 0x21000), 0x12400);
	expect_eq(mm_set_brk(mm, 0x20000), 0x20000);
	expect_eq(mm_set_brk(mm, 0x11000), 0x11000);
	expect_eq(user_read(mm, 0x12fff), -EFAULT);
	expect_eq(all_findings(), 0);
	then_all_is_given_back(mm);
}

TEST(virt_stack_grows_to_its_limit)
{
	struct mm *mm = given_mm();
	uint32_t room;

	mm->stack_limit = 0x7ff00000;
	given_area(mm, 0x7fffe000, 2, RW | VMA_GROWSDOWN);
	expect_eq(user_write(mm, 0x7fffd004, 4), 0);
	expect_eq(user_write(mm, 0x7fff0000, 5), 0);
	expect_eq(vma_find(mm, vaddr(0x7fffffff))->start, 0x7fff0000);
	expect_eq(user_read(mm, 0x7fffd004), 4);
	expect_eq(user_write(mm, 0x7fefff00, 1), -EFAULT);
	expect_eq(user_write(mm, 0x7ff00000, 1), 0);
	expect_eq(all_findings(), 0);
	expect_eq(mm_map(mm, 0x7fe00000, 0x100000, RW, false, &room), 0);
	expect_eq(room, 0x7fe00000);
	then_all_is_given_back(mm);
}

TEST(virt_stack_keeps_away_from_its_neighbour)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x70000000, 1, RW);
	given_area(mm, 0x70020000, 1, RW | VMA_GROWSDOWN);
	expect_eq(user_write(mm, 0x70010000, 1), -EFAULT);
	expect_eq(user_write(mm, 0x70011000, 1), 0);
	then_all_is_given_back(mm);
}

TEST(virt_locked_pages_are_counted_and_listed)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 4, RW);
	user_write(mm, 0x20001000, 1);
	expect_eq(mm_lock_range(mm, 0x20000000, 3 * PAGE_SIZE, true), 0);
	expect_eq(mm->anon_pages, 3);
	expect(page_has(page_at(mm, 0x20001000), PG_MLOCKED));
	expect(page_has(page_at(mm, 0x20001000), PG_UNEVICTABLE));
	expect(page_has(page_at(mm, 0x20002000), PG_UNEVICTABLE));
	lru_drain();
	expect_eq(all_findings(), 0);
	expect_eq(mm_discard(mm, 0x20000000, PAGE_SIZE), -EINVAL);
	expect_eq(mm_lock_range(mm, 0x20001000, PAGE_SIZE, false), 0);
	expect(!page_has(page_at(mm, 0x20001000), PG_MLOCKED | PG_UNEVICTABLE));
	expect_eq(all_findings(), 0);
	expect_eq(mm_unmap(mm, 0x20000000, PAGE_SIZE), 0);
	expect_eq(all_findings(), 0);
	then_all_is_given_back(mm);
}

TEST(virt_page_that_outlives_its_locked_area_is_not_locked)
{
	struct mm *mm = given_mm();
	struct page *p;

	given_area(mm, 0x20000000, 1, RW | VMA_LOCKED);
	p = page_at(mm, 0x20000000);
	lru_drain();
	page_get(p);
	mm_unmap(mm, 0x20000000, PAGE_SIZE);
	expect(!page_has(p, PG_MLOCKED | PG_UNEVICTABLE));
	expect_eq(all_findings(), 0);
	page_put(p);
	then_all_is_given_back(mm);
}

/* ---- while a page moves */

static struct {
	struct mm *mm;
	uint32_t address;
	int (*act)(struct mm *mm, uint32_t a);
} meanwhile;

static void act_after_unmap(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed == STAGE_UNMAP)
		meanwhile.act(meanwhile.mm, meanwhile.address);
}

static int move_while(struct mm *mm, uint32_t a, int (*act)(struct mm *, uint32_t))
{
	struct move what;
	int err;

	meanwhile.mm = mm;
	meanwhile.address = a;
	meanwhile.act = act;
	migrate_set_probe(act_after_unmap);
	err = migrate_frame(pte_pfn(entry_at(mm, a)), MIGRATE_SYNC, &what);
	migrate_set_probe(NULL);
	return err;
}

/* Once: a refused move is tried again. */
static int other_faults(struct mm *mm, uint32_t a)
{
	if (other.blocks)
		return 0;
	expect(pte_is_migration(entry_at(mm, a)));
	expect_eq(mm->anon_pages, 1);
	expect_eq(all_findings(), 0);
	other_goes_on();
	return 0;
}

static void fault_meets_move(bool refused)
{
	struct mm *mm = given_mm();
	uint32_t waits = vm_event_read(MIGRATION_WAIT);
	struct page *p;

	given_area(mm, 0x20000000, 1, RW);
	user_write(mm, 0x20000008, 1);
	p = page_at(mm, 0x20000000);
	given_other_writes(mm, 0x20000010);
	if (refused)
		failpoint_arm("migrate_copy", 1);
	move_while(mm, 0x20000000, other_faults);
	failpoints_off();
	expect_eq(other.blocks, 1);
	expect(!other.done);
	expect_eq(vm_event_read(MIGRATION_WAIT), waits + 1);
	expect_eq(other.thread.state, THREAD_RUNNABLE);
	expect_eq(waitq_count(p), 0);
	other_goes_on();
	expect(other.done);
	expect_eq(other.result, 0);
	expect_eq(user_read(mm, 0x20000008), 1);
	expect_eq(user_read(mm, 0x20000010), 77);
	expect_eq(mm->anon_pages, 1);
	expect(!rwsem_is_held(&mm->lock));
	then_all_is_given_back(mm);
}

TEST(virt_fault_on_migration_entry_waits, "covers: TU-4, TU-5")
{
	fault_meets_move(false);
}

TEST(virt_fault_on_migration_entry_of_refused_move_waits)
{
	fault_meets_move(true);
}

static int dying_faults(struct mm *mm, uint32_t a)
{
	thread_mark(cpu_current(), THREAD_FATAL);

	expect_eq(mm_fault(mm, vaddr(a), ACCESS_READ), 0);
	thread_unmark(cpu_current(), THREAD_FATAL);
	expect(pte_is_migration(entry_at(mm, a)));
	return 0;
}

TEST(virt_dying_thread_does_not_wait_for_a_move)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 1, RW);
	user_write(mm, 0x20000000, 1);
	expect_eq(move_while(mm, 0x20000000, dying_faults), 0);
	then_all_is_given_back(mm);
}

static int protect_read(struct mm *mm, uint32_t a)
{
	expect(leaf_is_write(entry_at(mm, a)));
	expect_eq(mm_protect(mm, a, PAGE_SIZE, VMA_READ), 0);
	expect(!leaf_is_write(entry_at(mm, a)));
	return 0;
}

TEST(virt_rights_lost_during_a_move_stay_lost, "covers: RM-5")
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 1, RW);
	user_write(mm, 0x20000000, 1);
	expect_eq(move_while(mm, 0x20000000, protect_read), 0);
	expect(!pte_is_writable(entry_at(mm, 0x20000000)));
	expect(pte_is_dirty(entry_at(mm, 0x20000000)));
	expect_eq(all_findings(), 0);
	expect_eq(user_write(mm, 0x20000000, 2), -EACCES);
	then_all_is_given_back(mm);
}

static int unmap_page(struct mm *mm, uint32_t a)
{
	int err = mm_unmap(mm, a, PAGE_SIZE);

	expect_eq(mm->anon_pages, 0);
	return err;
}

static int discard_page(struct mm *mm, uint32_t a)
{
	return mm_discard(mm, a, PAGE_SIZE);
}

TEST(virt_unmap_during_a_move)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 1, RW);
	user_write(mm, 0x20000000, 1);
	move_while(mm, 0x20000000, unmap_page);
	expect_eq(all_findings(), 0);
	expect_eq(user_read(mm, 0x20000000), -EFAULT);
	then_all_is_given_back(mm);
}

TEST(virt_discard_during_a_move)
{
	struct mm *mm = given_mm();

	given_area(mm, 0x20000000, 1, RW);
	user_write(mm, 0x20000000, 1);
	move_while(mm, 0x20000000, discard_page);
	expect_eq(all_findings(), 0);
	expect_eq(user_read(mm, 0x20000000), 0);
	then_all_is_given_back(mm);
}

TEST(virt_first_write_waits_for_the_page_lock)
{
	struct mm *a = given_mm(), *b = given_mm();
	struct page *p;

	given_area(a, 0x20000000, 1, RW);
	given_area(b, 0x20000000, 1, RW);
	user_write(a, 0x20000000, 5);
	given_shared(a, b, 0x20000000);
	p = page_at(a, 0x20000000);
	given_other_writes(b, 0x20000000);
	expect(page_try_lock(p));
	other_goes_on();
	expect_eq(other.blocks, 1);
	expect_eq(page_refs(p), 3);
	page_unlock(p);
	other_goes_on();
	expect(other.done);
	expect_eq(user_read(a, 0x20000000), 5);
	expect_eq(user_read(b, 0x20000000), 77);
	mm_put(a);
	then_all_is_given_back(b);
}

/* ---- two cpus fault at once: the second gets in at each atomic of the first in turn */

static unsigned atomics_left; /* of the first until the second comes; 0: it came */

static void second_cpu_runs(void)
{
	struct thread *first = cpu_current();

	other.main_thread = first;
	other.running = true;
	sim_set_cpu(1, &other.thread);
	swapcontext(&other.main, &other.context);
	sim_set_cpu(0, first);
}

static void at_atomic(void)
{
	if (other.running || other.done || (atomics_left && --atomics_left))
		return;
	second_cpu_runs();
}

/* One waits for a lock: the other's turn. */
static void at_wait(void)
{
	if (other.running)
		other_leaves();
	else
		second_cpu_runs();
}

/* Returns false if the first was done before the second's turn came. */
static bool race(unsigned nth, enum fault_access first_access, bool zeroes_before)
{
	struct mm *mm = given_mm();
	bool came;

	given_area(mm, 0x20000000, 1, RW);
	if (zeroes_before)
		user_read(mm, 0x20000000);
	given_other_writes(mm, 0x20000020);
	atomics_left = nth;
	sim_wait_hook = at_wait;
	sim_atomic_hook = at_atomic;
	expect_eq(access_as(mm, 0x20000000, first_access), 0);
	came = atomics_left == 0;
	while (came && !other.done)
		second_cpu_runs();
	sim_atomic_hook = NULL;
	sim_wait_hook = NULL;
	expect_eq(user_read(mm, 0x20000020), came ? 77 : 0);
	expect_eq(all_findings(), 0);
	sim_set_cpu(1, cpu_current());
	lru_drain();
	sim_set_cpu(0, cpu_current());
	then_all_is_given_back(mm);
	return came;
}

TEST(virt_two_cpus_fault_at_one_address)
{
	uint32_t frames = (given_machine(), all_free_pages());

	for (unsigned story = 0; story < 4; story++) {
		unsigned nth = 1;

		while (race(nth, story & 1 ? ACCESS_WRITE : ACCESS_READ, story & 2))
			nth++;
		/* A read of what is there already has no fault for the second to meet. */
		expect(nth > 3 || story == 2);
	}
	/* Where both grew the same cache of small objects, that keeps one frame. */
	expect(frames - all_free_pages() <= 1);
}

/* ---- the check itself: every break it names is found */

TEST(virt_check_sees_breaks)
{
	struct mm *mm = given_mm();
	struct page *p;
	pte_t e;

	given_area(mm, 0x20000000, 2, RW);
	user_write(mm, 0x20000000, 1);
	user_read(mm, 0x20001000);
	p = page_at(mm, 0x20000000);
	e = entry_at(mm, 0x20000000);
	expect_eq(virt_findings_quiet(), 0);
	p->mapcount = 2;
	expect_eq(virt_findings_quiet(), 1);
	p->mapcount = 1;
	set_entry(mm, 0x20000000, leaf_make_migration(e));
	expect(virt_findings_quiet() > 0);
	set_entry(mm, 0x20000000, pte_from_bits(e.bits & ~(uint32_t)PTE_DIRTY));
	expect_eq(virt_findings_quiet(), 1);
	set_entry(mm, 0x20000000, e);
	set_entry(mm, 0x20001000, pte_mkwritable(entry_at(mm, 0x20001000)));
	expect_eq(virt_findings_quiet(), 1);
	set_entry(mm, 0x20001000, pte_wrprotect(entry_at(mm, 0x20001000)));
	set_entry(mm, 0x20002000, entry_at(mm, 0x20001000));
	expect_eq(virt_findings_quiet(), 1);
	set_entry(mm, 0x20002000, pte_none());
	mm->anon_pages++;
	expect_eq(virt_findings_quiet(), 1);
	mm->anon_pages--;
	pgtable_find(mm, vaddr(0x20000000))->used++;
	expect_eq(virt_findings_quiet(), 1);
	pgtable_find(mm, vaddr(0x20000000))->used--;
	vma_find(mm, vaddr(0x20000000))->flags = VMA_READ;
	expect_eq(virt_findings_quiet(), 1);
	vma_find(mm, vaddr(0x20000000))->flags = RW;
	then_all_is_given_back(mm);
}

/* ---- random stories against a model of one byte a page */

#define MODEL_BASE  0x203e0000u /* 32 pages below a table's border, 32 above */
#define MODEL_PAGES 64u

struct model_page {
	bool mapped, locked;
	uint8_t rights, value;
};

struct story {
	struct mm *mm;
	struct rng rng;
	struct model_page page[MODEL_PAGES];
};

static uint32_t model_address(uint32_t page)
{
	return MODEL_BASE + page * PAGE_SIZE;
}

static bool all_mapped(const struct story *s, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		if (!s->page[from].mapped)
			return false;
	return true;
}

static bool any_locked(const struct story *s, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		if (s->page[from].mapped && s->page[from].locked)
			return true;
	return false;
}

static void story_map(struct story *s, uint32_t from, uint32_t to, uint8_t rights)
{
	uint32_t at;
	int err = mm_map(s->mm, model_address(from), (to - from) * PAGE_SIZE, rights, true, &at);

	for (; !err && from < to; from++)
		s->page[from] = (struct model_page){ .mapped = true, .rights = rights };
	expect(!err || failpoints_active);
}

static void story_unmap(struct story *s, uint32_t from, uint32_t to)
{
	int err = mm_unmap(s->mm, model_address(from), (to - from) * PAGE_SIZE);

	for (; !err && from < to; from++)
		s->page[from] = (struct model_page){ 0 };
	expect(!err || failpoints_active);
}

static void story_protect(struct story *s, uint32_t from, uint32_t to)
{
	uint8_t rights = (uint8_t)rng_below(&s->rng, 8);
	int err = mm_protect(s->mm, model_address(from), (to - from) * PAGE_SIZE, rights);

	expect(failpoints_active || (err == 0) == all_mapped(s, from, to));
	for (; !err && from < to; from++)
		s->page[from].rights = rights;
}

static void story_discard(struct story *s, uint32_t from, uint32_t to)
{
	int err = mm_discard(s->mm, model_address(from), (to - from) * PAGE_SIZE);
	int want = any_locked(s, from, to) ? -EINVAL : all_mapped(s, from, to) ? 0 : -ENOMEM;

	expect_eq(err, want);
	for (; err != -EINVAL && from < to; from++)
		s->page[from].value = 0;
}

static void story_lock(struct story *s, uint32_t from, uint32_t to)
{
	bool lock = rng_below(&s->rng, 2);
	int err = mm_lock_range(s->mm, model_address(from), (to - from) * PAGE_SIZE, lock);

	expect(failpoints_active || (err == 0) == all_mapped(s, from, to));
	/* As mlock does: the areas are locked even if not every page could be had. */
	for (; all_mapped(s, from, to) && from < to; from++)
		s->page[from].locked = vma_find(s->mm, vaddr(model_address(from)))->flags & VMA_LOCKED;
	expect(err || s->page[to - 1].locked == lock);
}

static void story_write(struct story *s, uint32_t page)
{
	uint8_t value = (uint8_t)rng_next(&s->rng);
	int err = user_write(s->mm, model_address(page) + 40, value);

	if (!err)
		s->page[page].value = value;
	if (!s->page[page].mapped)
		expect_eq(err, -EFAULT);
	else if (!(s->page[page].rights & VMA_WRITE))
		expect_eq(err, -EACCES);
	else
		expect(err == 0 || (failpoints_active && err == -ENOMEM));
}

static void story_read(struct story *s, uint32_t page)
{
	int got = user_read(s->mm, model_address(page) + 40);

	if (!s->page[page].mapped)
		expect_eq(got, -EFAULT);
	else if (!s->page[page].rights)
		expect_eq(got, -EACCES);
	else
		expect(got == s->page[page].value || (failpoints_active && got == -ENOMEM));
}

static void story_move(struct story *s, uint32_t page)
{
	pte_t e = entry_at(s->mm, model_address(page));
	struct move what;

	if (pte_is_present(e) && pfn_to_page(pte_pfn(e)) != zero_page)
		migrate_frame(pte_pfn(e), MIGRATE_SYNC, &what);
}

static void story_step(struct story *s)
{
	uint32_t from = rng_below(&s->rng, MODEL_PAGES);
	uint32_t to = from + 1 + rng_below(&s->rng, 10);

	to = to < MODEL_PAGES ? to : MODEL_PAGES;
	switch (rng_below(&s->rng, 12)) {
	case 0: story_map(s, from, to, (uint8_t)rng_below(&s->rng, 8)); break;
	case 1: story_unmap(s, from, to); break;
	case 2: story_protect(s, from, to); break;
	case 3: story_discard(s, from, to); break;
	case 4: story_lock(s, from, to); break;
	case 5: case 6: story_move(s, from); break;
	case 7: case 8: case 9: story_write(s, from); break;
	default: story_read(s, from);
	}
}

static void story_run(uint32_t seed, unsigned steps)
{
	struct story s = { .mm = given_mm() };

	rng_seed(&s.rng, seed);
	story_map(&s, 8, 56, RW);
	for (unsigned i = 0; i < steps; i++) {
		story_step(&s);
		if (all_findings())
			unit_fail(__FILE__, __LINE__, "seed %u, step %u", seed, i);
	}
	failpoints_off();
	for (uint32_t page = 0; page < MODEL_PAGES; page++)
		story_read(&s, page);
	then_all_is_given_back(s.mm);
}

TEST(virt_random_stories)
{
	for (uint32_t seed = 1; seed <= 30; seed++)
		story_run(seed, 600);
}

struct wanted {
	const char *name;
	uint32_t failures;
};

static void find_failures(const struct failpoint *f, void *arg)
{
	struct wanted *w = arg;

	if (!strcmp(f->name, w->name))
		w->failures = f->failures;
}

static uint32_t failures_of(const char *name)
{
	struct wanted w = { .name = name };

	failpoints_each(find_failures, &w);
	return w.failures;
}

/* Fails the site at its first pass, its second, ... until a whole story passes without a hit. */
static void fail_each_pass(const char *site)
{
	uint32_t before, n = 0;

	do {
		before = failures_of(site);
		expect_eq(failpoint_arm(site, ++n), 0);
		story_run(3, 60);
	} while (failures_of(site) != before);
	if (n == 1)
		unit_fail(__FILE__, __LINE__, "no pass through %s", site);
}

TEST(virt_every_allocation_fails_once)
{
	static const char *const sites[] = { "pgtable_alloc", "anon_fault_alloc", "vma_alloc",
					     "alloc_pages" };

	given_machine();
	for (unsigned i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
		fail_each_pass(sites[i]);
}

TEST(virt_many_spaces_leave_nothing_behind)
{
	uint32_t before;

	story_run(11, 100);
	before = free_frames();
	for (uint32_t seed = 20; seed < 30; seed++)
		story_run(seed, 100);
	expect_eq(free_frames(), before);
}

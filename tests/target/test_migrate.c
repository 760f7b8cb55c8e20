/*
 * One page, many pages, moved under every condition that anonymous memory can meet. The half-moved
 * state is looked at through migrate_set_probe: the probe runs in the mover, after the stage it
 * names.
 */
#include <errno.h>

#include "arch/cache.h"
#include "arch/frame.h"
#include "arch/uaccess.h"
#include "base/failpoint.h"
#include "kernel/sched.h"
#include "mm/move/migrate.h"
#include "mm/phys/alloc.h"
#include "mm/phys/lru.h"
#include "mm/virt/rmap.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define MAX_PAGES 48u

/* ---- given */

static const unsigned RW = VMA_READ | VMA_WRITE;

static uint32_t signature(unsigned n, unsigned word)
{
	return n * 2654435761u + word;
}

static bool write_word(vaddr_t a, uint32_t value)
{
	return copy_to_user(a, &value, sizeof(value)) == 0;
}

/* ~0 where it can not be read. */
static uint32_t read_word(vaddr_t a)
{
	uint32_t value;

	return copy_from_user(&value, a, sizeof(value)) ? ~0u : value;
}

static vaddr_t nth(vaddr_t a, unsigned n)
{
	return vaddr(a.a + n * PAGE_SIZE);
}

static void write_signature(vaddr_t page, unsigned n)
{
	for (unsigned word = 0; word < PAGE_SIZE / 4; word++)
		write_word(vaddr(page.a + word * 4), signature(n, word));
}

static unsigned wrong_words(vaddr_t page, unsigned n)
{
	unsigned wrong = 0;

	for (unsigned word = 0; word < PAGE_SIZE / 4; word++)
		wrong += read_word(vaddr(page.a + word * 4)) != signature(n, word);
	return wrong;
}

static struct page *page_at(struct mm *mm, vaddr_t a)
{
	pte_t e = entry_at(mm, a);

	return pte_is_present(e) ? pfn_to_page(pte_pfn(e)) : NULL;
}

/* A page on its LRU list: held by its mappings and by nothing else. */
static struct page *given_settled_page(struct mm *mm, vaddr_t *a)
{
	struct page *p = given_page_mapped(mm, a);

	lru_drain();
	return p;
}

/* An area of `count` pages, each with its signature, all on the LRU lists. */
static vaddr_t given_pages(struct mm *mm, unsigned count)
{
	vaddr_t a = given_area(mm, count, RW);

	for (unsigned n = 0; n < count; n++)
		write_signature(nth(a, n), n);
	lru_drain();
	return a;
}

/* ---- a migration of a list, with targets that are looked at when they come back */

struct planned {
	struct migration migration;
	struct list pages;
	unsigned targets_left; /* take_target says no after so many */
	unsigned taken, given_back, settled, stale_targets;
};

static struct page *plan_take(struct migration *m, struct page *from)
{
	struct planned *plan = container_of(m, struct planned, migration);

	(void)from;
	if (!plan->targets_left)
		return NULL;
	plan->targets_left--;
	plan->taken++;
	return alloc_pages(GFP_USER, 0);
}

/* UM-6, MG-12: a target that comes back is as it was given. */
static void plan_give_back(struct migration *m, struct page *target)
{
	struct planned *plan = container_of(m, struct planned, migration);

	plan->given_back++;
	plan->stale_targets += page_flags(target) & ~(uint32_t)PG_ZONE_MASK || target->anon ||
			       page_refs(target) != 1 || page_is_mapped(target);
	free_pages(target, 0);
}

static void plan_settled(struct migration *m, const struct move *move)
{
	(void)move;
	container_of(m, struct planned, migration)->settled++;
}

static void given_plan(struct planned *plan, enum migrate_mode mode)
{
	*plan = (struct planned){ .migration = { .mode = mode,
						 .why = WHY_REQUEST,
						 .take_target = plan_take,
						 .give_back = plan_give_back,
						 .settled = plan_settled },
				  .targets_left = ~0u };
	list_init(&plan->pages);
	plan->migration.pages = &plan->pages;
}

static void plan_add(struct planned *plan, struct page *p)
{
	if (EXPECT_EQ(lru_isolate(p), 0))
		list_add_tail(&plan->pages, &p->lru);
}

static void plan_add_area(struct planned *plan, struct mm *mm, vaddr_t a, unsigned count)
{
	for (unsigned n = 0; n < count; n++)
		plan_add(plan, page_at(mm, nth(a, n)));
}

static unsigned length(const struct list *l)
{
	unsigned n = 0;

	for (const struct list *i = l->next; i != l; i = i->next)
		n++;
	return n;
}

/* ---- the ordinary move */

TEST(migrate, moves_a_page,
     "UM-4, UM-5, UM-8, UM-9, UN-13, UN-16, MV-2, MV-3, MV-7, CP-1, CP-10, RM-1, RM-8, TU-4, MP-6")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *from = given_settled_page(mm, &a), *to;
	uint32_t resident = mm->anon_pages;
	struct move what;

	REQUIRE_TRUE(from != NULL);
	write_signature(a, 7);
	REQUIRE_EQ(migrate_frame(page_to_pfn(from), MIGRATE_SYNC, &what), 0);
	to = page_at(mm, a);
	EXPECT_TRUE(to == what.to && to != from);
	EXPECT_EQ(wrong_words(a, 7), 0);
	EXPECT_EQ(word_in_frame(page_to_pfn(to), 5), signature(7, 5));
	EXPECT_EQ(mm->anon_pages, resident);
	EXPECT_EQ(to->mapcount, 1);
	EXPECT_EQ(page_refs(to), 1);
	EXPECT_TRUE(page_has(to, PG_LRU) && !page_has(to, PG_LOCKED));
	EXPECT_EQ(page_refs(from), 0);
	EXPECT_EQ(page_flags(from) & ~(uint32_t)(PG_ZONE_MASK | PG_KEPT_WHEN_FREE), 0);
	EXPECT_EQ(from->private, 0);
	EXPECT_TRUE(from->anon == NULL);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
}

TEST(migrate, keeps_what_the_entry_knew, "TU-1, TU-3, RM-3, RM-4, BS-13, BS-15")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *p = given_settled_page(mm, &a);
	struct move what;

	REQUIRE_TRUE(p != NULL);
	for (unsigned bits = 0; bits < 16; bits++) {
		pte_t e = pte_make(page_to_pfn(p), VMA_READ | VMA_WRITE);

		e = bits & 1 ? pte_mkdirty(e) : e;
		e = bits & 2 ? pte_mkwritable(e) : e;
		e = bits & 4 ? pte_mksoft_dirty(e) : pte_clear_soft_dirty(e);
		e = bits & 8 ? pte_mkold(e) : e;
		set_entry(mm, a, e);
		REQUIRE_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
		EXPECT_EQ(entry_at(mm, a).bits & ~PAGE_MASK, e.bits & ~PAGE_MASK);
		p = page_at(mm, a);
	}
}

TEST(migrate, costs_no_fault_afterwards, "BS-5b")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *p = given_settled_page(mm, &a);
	struct move what;
	uint32_t faults;

	REQUIRE_TRUE(p != NULL);
	REQUIRE_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
	faults = mm->faults;
	EXPECT_TRUE(write_word(a, 1) && read_word(a) == 1);
	EXPECT_EQ(mm->faults, faults);
}

TEST(migrate, dirty_goes_over, "TU-2, CP-2, CP-5")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *p = given_settled_page(mm, &a);
	struct move what;

	REQUIRE_TRUE(p != NULL);
	page_clear(p, PG_DIRTY);
	page_set(p, PG_REFERENCED | PG_CHECKED);
	REQUIRE_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
	EXPECT_TRUE(page_has(what.to, PG_DIRTY));
	EXPECT_TRUE(page_has(what.to, PG_REFERENCED) && page_has(what.to, PG_CHECKED));
	EXPECT_TRUE(page_has(what.to, PG_UPTODATE) && page_has(what.to, PG_SWAPBACKED));
}

TEST(migrate, active_goes_over, "CP-3")
{
	struct mm *mm = given_mm();
	vaddr_t a;
	struct page *p = given_settled_page(mm, &a);
	struct move what;

	REQUIRE_TRUE(p != NULL);
	REQUIRE_EQ(lru_isolate(p), 0);
	page_set(p, PG_ACTIVE);
	lru_putback(p);
	REQUIRE_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
	EXPECT_TRUE(page_has(what.to, PG_ACTIVE));
	EXPECT_EQ(page_zone(what.to)->stat[NR_ACTIVE_ANON], 1);
}

TEST(migrate, mlocked_page_moves_and_stays_mlocked, "CP-4, CP-8, RM-9, UN-13")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 1, RW);
	struct move what;

	REQUIRE_EQ(mm_lock_range(mm, a.a, PAGE_SIZE, true), 0);
	lru_drain();
	REQUIRE_TRUE(page_at(mm, a) != NULL);
	REQUIRE_EQ(migrate_frame(page_to_pfn(page_at(mm, a)), MIGRATE_SYNC, &what), 0);
	EXPECT_TRUE(page_has(what.to, PG_MLOCKED) && page_has(what.to, PG_UNEVICTABLE));
	EXPECT_EQ(page_zone(what.to)->stat[NR_MLOCK], 1);
	EXPECT_EQ(page_zone(what.to)->stat[NR_UNEVICTABLE], 1);
}

TEST(migrate, executable_page_syncs_instructions, "DC-7, BS-21, RM-7")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 1, RW | VMA_EXEC);
	struct move what;
	uint32_t syncs;

	syncs = cache_counts().instruction_syncs;
	REQUIRE_TRUE(write_word(a, 0xe12fff1eu));
	EXPECT_EQ(cache_counts().instruction_syncs, syncs + 1);
	lru_drain();
	syncs = cache_counts().instruction_syncs;
	REQUIRE_EQ(migrate_frame(page_to_pfn(page_at(mm, a)), MIGRATE_SYNC, &what), 0);
	EXPECT_EQ(cache_counts().instruction_syncs, syncs + 1);
}

/* ---- many mappings */

/*
 * Maps the page of `a` in another address space too, as a fork would: same family, same offset,
 * read-only.
 */
static void share_with(struct mm *mm, vaddr_t a, struct mm *other)
{
	struct vma *v = vma_find(mm, a), *copy;
	struct page *p = page_at(mm, a);
	struct pte_place place;

	rwsem_write_lock(&other->lock);
	copy = vma_create(other, v->start, v->end, v->flags);
	REQUIRE_TRUE(copy != NULL);
	copy->pgoff = v->pgoff;
	anon_vma_join(copy, v->anon);
	REQUIRE_TRUE(pgtable_get(other, a) != NULL);
	place = pte_lock(other, a);
	page_get(p);
	rmap_add(p);
	pte_replace(place, pte_make(page_to_pfn(p), vma_rights(copy)));
	pte_unlock(place);
	atomic_add_relaxed(&other->anon_pages, 1);
	rwsem_write_unlock(&other->lock);
}

TEST(migrate, page_mapped_eight_times, "RM-1, TU-1, TU-4")
{
	struct mm *mm = given_mm(), *others[7];
	struct page *p, *to;
	struct move what;
	vaddr_t a;

	p = given_settled_page(mm, &a);
	REQUIRE_TRUE(p != NULL);
	write_signature(a, 3);
	set_entry(mm, a, pte_wrprotect(entry_at(mm, a)));
	for (unsigned i = 0; i < 7; i++) {
		others[i] = given_mm();
		REQUIRE_TRUE(others[i] != NULL);
		share_with(mm, a, others[i]);
	}
	EXPECT_EQ(p->mapcount, 8);
	REQUIRE_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
	to = page_at(mm, a);
	EXPECT_EQ(to->mapcount, 8);
	EXPECT_EQ(page_refs(to), 8);
	for (unsigned i = 0; i < 7; i++) {
		EXPECT_TRUE(page_at(others[i], a) == to);
		EXPECT_EQ(others[i]->anon_pages, 1);
	}
	/*
	 * The last given address space is current: a write there copies, and nobody else sees it.
	 */
	EXPECT_TRUE(write_word(a, 42));
	EXPECT_EQ(word_in_frame(page_to_pfn(to), 0), signature(3, 0));
	EXPECT_EQ(to->mapcount, 7);
}

/* ---- in flight */

static struct {
	struct mm *mm;
	vaddr_t a;
	enum move_stage at;
	unsigned calls;
	uint32_t value[4];
	struct page *held;
	struct task *task;
} probe;

static void probe_at(enum move_stage at, struct mm *mm, vaddr_t a, migrate_probe function)
{
	probe.mm = mm;
	probe.a = a;
	probe.at = at;
	probe.calls = 0;
	probe.held = NULL;
	migrate_set_probe(function);
}

/* Moves the page of probe.a with the probe in place. */
static int move_probed(struct move *what)
{
	int error = migrate_frame(page_to_pfn(page_at(probe.mm, probe.a)), MIGRATE_SYNC, what);

	migrate_set_probe(NULL);
	return error;
}

static void look_through_mmu(const struct move *m, enum move_stage passed)
{
	uint32_t word;

	if (passed < STAGE_UNMAP || passed >= STAGE_REMAP)
		return;
	probe.calls++;
	probe.value[0] += probe_user_read(probe.a, &word) == 0;
	probe.value[1] += probe_user_write(probe.a, 99) == 0;
	probe.value[2] += !pte_is_migration(entry_at(probe.mm, probe.a));
	probe.value[3] +=
		leaf_migration_pfn(entry_at(probe.mm, probe.a)).n != page_to_pfn(m->from).n;
}

TEST(migrate, nobody_reaches_a_page_in_flight, "TU-1, TU-6, BS-1, BS-23, MP-11")
{
	struct mm *mm = given_mm();
	struct move what;
	uint32_t word;
	vaddr_t a;

	REQUIRE_TRUE(given_settled_page(mm, &a) != NULL);
	write_signature(a, 1);
	/* The TLB knows the entry, for reading and writing. */
	REQUIRE_EQ(probe_user_read(a, &word), 0);
	REQUIRE_EQ(probe_user_write(a, word), 0);
	for (unsigned i = 0; i < 4; i++)
		probe.value[i] = 0;
	probe_at(STAGE_UNMAP, mm, a, look_through_mmu);
	REQUIRE_EQ(move_probed(&what), 0);
	EXPECT_EQ(probe.calls, STAGE_REMAP - STAGE_UNMAP);
	EXPECT_EQ(probe.value[0], 0); /* reads that went through */
	EXPECT_EQ(probe.value[1], 0); /* writes that went through */
	EXPECT_EQ(probe.value[2], 0); /* looks that found no migration entry */
	EXPECT_EQ(probe.value[3], 0); /* migration entries of another frame */
	EXPECT_EQ(wrong_words(a, 1), 0);
}

static void count_tlb_work(const struct move *m, enum move_stage passed)
{
	struct tlb_counts c = tlb_counts();

	(void)m;
	if (passed >= STAGE_UNMAP)
		probe.value[passed == STAGE_UNMAP] = c.page_ops + c.mm_ops + c.all_ops + c.waits;
}

TEST(migrate, mapping_again_needs_no_tlb_work, "RM-10")
{
	struct mm *mm = given_mm();
	struct move what;
	vaddr_t a;

	REQUIRE_TRUE(given_settled_page(mm, &a) != NULL);
	probe_at(STAGE_UNMAP, mm, a, count_tlb_work);
	REQUIRE_EQ(move_probed(&what), 0);
	EXPECT_EQ(probe.value[0], probe.value[1]); /* after "finish", after "unmap" */
}

static uint32_t touched;

static void toucher(void *arg)
{
	struct mm *before = sched_borrow_mm(arg);

	touched = read_word(probe.a);
	sched_borrow_mm(before);
}

static void start_toucher(const struct move *m, enum move_stage passed)
{
	if (passed != STAGE_UNMAP)
		return;
	probe.task = task_create_kernel("toucher", toucher, probe.mm);
	REQUIRE_TRUE(probe.task != NULL);
	task_get(probe.task);
	sched_start(probe.task);
	for (unsigned i = 0; i < 5; i++)
		sched_yield_now();
	EXPECT_EQ(probe.task->thread.state, THREAD_BLOCKED);
	EXPECT_EQ(touched, 0);
	EXPECT_EQ(page_refs(m->from), 1); /* BS-10: waiting holds nothing */
}

TEST(migrate, a_fault_meanwhile_waits, "TU-5, BS-10")
{
	struct mm *mm = given_mm();
	uint32_t waits = vm_event_read(MIGRATION_WAIT);
	struct move what;
	vaddr_t a;

	test_on_one_cpu();
	REQUIRE_TRUE(given_settled_page(mm, &a) != NULL);
	write_signature(a, 5);
	touched = 0;
	probe_at(STAGE_UNMAP, mm, a, start_toucher);
	EXPECT_EQ(move_probed(&what), 0);
	task_wait(probe.task);
	task_put(probe.task);
	EXPECT_EQ(touched, signature(5, 0));
	EXPECT_EQ(vm_event_read(MIGRATION_WAIT), waits + 1);
	EXPECT_TRUE(page_at(mm, a) == what.to);
}

static void munlocker(void *arg)
{
	touched = mm_lock_range(arg, probe.a.a, PAGE_SIZE, false) == 0;
}

static void start_munlocker(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed != STAGE_UNMAP)
		return;
	probe.task = task_create_kernel("munlocker", munlocker, probe.mm);
	REQUIRE_TRUE(probe.task != NULL);
	task_get(probe.task);
	sched_start(probe.task);
	for (unsigned i = 0; i < 5; i++)
		sched_yield_now();
	EXPECT_EQ(probe.task->thread.state, THREAD_BLOCKED);
}

/* It waits with mm->lock held, and the mover, who never takes that, goes on. */
TEST(migrate, munlock_waits_for_the_mover, "TS-8, CP-8")
{
	struct mm *mm = given_mm();
	struct move what;
	vaddr_t a;

	test_on_one_cpu();
	REQUIRE_TRUE(given_settled_page(mm, &a) != NULL);
	REQUIRE_EQ(mm_lock_range(mm, a.a, PAGE_SIZE, true), 0);
	touched = 0;
	probe_at(STAGE_UNMAP, mm, a, start_munlocker);
	EXPECT_EQ(move_probed(&what), 0);
	task_wait(probe.task);
	task_put(probe.task);
	EXPECT_EQ(touched, 1);
	EXPECT_TRUE(!page_has(page_at(mm, a), PG_MLOCKED | PG_UNEVICTABLE));
	EXPECT_EQ(zones_stat(NR_MLOCK), 0);
}

static void protect_now(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed == probe.at)
		EXPECT_EQ(mm_protect(probe.mm, probe.a.a, PAGE_SIZE, VMA_READ), 0);
}

TEST(migrate, protection_is_looked_at_again, "RM-5, BS-7")
{
	for (unsigned at = STAGE_UNMAP; at < STAGE_REMAP; at++) {
		struct mm *mm = given_mm();
		struct move what;
		vaddr_t a;

		REQUIRE_TRUE(given_settled_page(mm, &a) != NULL);
		write_signature(a, 2);
		probe_at((enum move_stage)at, mm, a, protect_now);
		REQUIRE_EQ(move_probed(&what), 0);
		EXPECT_TRUE(!pte_is_writable(entry_at(mm, a)));
		EXPECT_TRUE(!write_word(a, 1));
		EXPECT_EQ(wrong_words(a, 2), 0);
	}
}

/* What is seen between a change of the area and the change of its entries. */
static void forbid_writing(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed == probe.at)
		vma_find(probe.mm, probe.a)->flags &= ~(uint32_t)VMA_WRITE;
}

TEST(migrate, the_area_decides_not_the_entry, "RM-5")
{
	struct mm *mm = given_mm();
	struct move what;
	vaddr_t a;

	REQUIRE_TRUE(given_settled_page(mm, &a) != NULL);
	probe_at(STAGE_UNMAP, mm, a, forbid_writing);
	REQUIRE_EQ(move_probed(&what), 0);
	EXPECT_TRUE(!pte_is_writable(entry_at(mm, a)));
	EXPECT_TRUE(!write_word(a, 1));
}

static void unmap_now(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed == probe.at)
		EXPECT_EQ(mm_unmap(probe.mm, probe.a.a, PAGE_SIZE), 0);
}

TEST(migrate, owner_unmaps_meanwhile, "RM-2, BS-6, UN-7, BS-9")
{
	for (unsigned at = STAGE_TARGET; at < STAGE_FINISH; at++) {
		struct mm *mm = given_mm();
		struct page *from;
		struct move what;
		vaddr_t a;

		from = given_settled_page(mm, &a);
		REQUIRE_TRUE(from != NULL);
		probe_at((enum move_stage)at, mm, a, unmap_now);
		move_probed(&what);
		EXPECT_EQ(mm->anon_pages, 0);
		EXPECT_EQ(page_refs(from), 0);
		EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
	}
}

static void replace_now(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed != probe.at)
		return;
	EXPECT_EQ(mm_discard(probe.mm, probe.a.a, PAGE_SIZE), 0);
	EXPECT_TRUE(write_word(probe.a, 77));
}

TEST(migrate, an_entry_that_changed_is_left_alone, "RM-2")
{
	struct mm *mm = given_mm();
	struct move what;
	vaddr_t a;

	REQUIRE_TRUE(given_settled_page(mm, &a) != NULL);
	probe_at(STAGE_COPY, mm, a, replace_now);
	EXPECT_EQ(move_probed(&what), 0);
	EXPECT_EQ(read_word(a), 77);
	EXPECT_EQ(mm->anon_pages, 1);
	EXPECT_TRUE(page_at(mm, a) != what.to);
}

/* ---- refusals */

TEST(migrate, a_pinned_page_stays, "MG-2, MP-1, MP-5, MP-9, MP-10")
{
	struct mm *mm = given_mm();
	struct planned plan;
	struct page *p;
	pte_t before;
	vaddr_t a;

	p = given_settled_page(mm, &a);
	REQUIRE_TRUE(p != NULL);
	before = entry_at(mm, a);
	page_get(p); /* the pin */
	given_plan(&plan, MIGRATE_SYNC);
	plan_add(&plan, p);
	EXPECT_EQ(migrate_pages(&plan.migration), 1);
	EXPECT_EQ(plan.migration.passes, MIGRATE_PASSES);
	EXPECT_EQ(plan.migration.last_refused.reason, MOVE_PINNED);
	EXPECT_EQ(plan.migration.last_refused.expected, 2);
	EXPECT_EQ(plan.migration.last_refused.found, 3);
	EXPECT_EQ(entry_at(mm, a).bits, before.bits);
	EXPECT_EQ(length(&plan.pages), 1);
	EXPECT_EQ(plan.stale_targets, 0);
	lru_putback_list(&plan.pages);
	page_put(p);
	EXPECT_EQ(page_refs(p), 1);
}

static void pin_once(const struct move *m, enum move_stage passed)
{
	if (passed != probe.at || probe.calls++)
		return;
	page_get(m->from);
	probe.held = m->from;
}

/*
 * The next pass begins: the pin goes, so it succeeds. A page pinned before "count" is not copied
 * (MG-2).
 */
static void pin_then_let_go(const struct move *m, enum move_stage passed)
{
	probe.value[0] += passed == STAGE_COPY && probe.held && probe.at < STAGE_COUNT;
	if (passed == STAGE_TARGET && probe.held) {
		page_put(probe.held);
		probe.held = NULL;
	}
	pin_once(m, passed);
}

TEST(migrate, a_pin_on_the_way_is_noticed, "MG-2, MG-5, MG-10, UN-15, BS-25")
{
	for (unsigned at = STAGE_UNMAP; at < STAGE_FREEZE; at++) {
		struct mm *mm = given_mm();
		struct planned plan;
		vaddr_t a;

		REQUIRE_TRUE(given_settled_page(mm, &a) != NULL);
		write_signature(a, 4);
		given_plan(&plan, MIGRATE_SYNC);
		plan_add(&plan, page_at(mm, a));
		probe.value[0] = 0;
		probe_at((enum move_stage)at, mm, a, pin_then_let_go);
		EXPECT_EQ(migrate_pages(&plan.migration), 0);
		migrate_set_probe(NULL);
		EXPECT_EQ(plan.migration.passes, 2);
		EXPECT_EQ(plan.given_back, 1);
		EXPECT_EQ(plan.stale_targets, 0);
		EXPECT_EQ(probe.value[0], 0);
		EXPECT_EQ(wrong_words(a, 4), 0);
	}
}

TEST(migrate, a_locked_page_is_not_waited_for, "UN-1, UN-2, MP-10, BS-36")
{
	struct mm *mm = given_mm();
	struct move what;
	struct page *p;
	uint32_t flags;
	vaddr_t a;

	p = given_settled_page(mm, &a);
	REQUIRE_TRUE(p && page_try_lock(p));
	EXPECT_EQ(migrate_frame(page_to_pfn(p), MIGRATE_ASYNC, &what), -EAGAIN);
	EXPECT_EQ(what.reason, MOVE_LOCKED);
	flags = thread_set_flags(THREAD_MEMALLOC);
	EXPECT_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), -EAGAIN);
	EXPECT_EQ(what.reason, MOVE_LOCKED);
	thread_restore_flags(flags, THREAD_MEMALLOC);
	page_unlock(p);
	EXPECT_EQ(migrate_frame(page_to_pfn(p), MIGRATE_ASYNC, &what), 0);
}

static void unlock_later(void *arg)
{
	for (unsigned i = 0; i < 20; i++)
		sched_yield_now();
	page_unlock(arg);
}

TEST(migrate, a_synchronous_mover_waits_for_the_lock, "UN-3, MP-1")
{
	struct mm *mm = given_mm();
	struct task *locker;
	struct move what;
	struct page *p;
	vaddr_t a;

	p = given_settled_page(mm, &a);
	REQUIRE_TRUE(p && page_try_lock(p));
	locker = task_create_kernel("locker", unlock_later, p);
	REQUIRE_TRUE(locker != NULL);
	sched_start(locker);
	EXPECT_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC_LIGHT, &what), 0);
}

/* The mover gave way to its batch: whoever it waits for, it holds no other page's lock. */
static void watch_the_mover(void *arg)
{
	struct thread *mover = arg;

	for (unsigned i = 0; i < 40 && mover->state != THREAD_BLOCKED; i++)
		sched_yield_now();
	probe.calls += mover->state == THREAD_BLOCKED;
	for (unsigned n = 0; n < 4; n++)
		probe.value[0] += page_has(page_at(probe.mm, nth(probe.a, n)), PG_LOCKED) != 0;
	page_unlock(probe.held);
}

TEST(migrate, waits_with_no_other_page_locked, "MP-12, UN-3, MP-1")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_pages(mm, 5);
	struct planned plan;
	struct task *watcher;

	test_on_one_cpu();
	given_plan(&plan, MIGRATE_SYNC);
	plan_add_area(&plan, mm, a, 5);
	probe.mm = mm;
	probe.a = a;
	probe.calls = probe.value[0] = 0;
	probe.held = page_at(mm, nth(a, 4));
	REQUIRE_TRUE(page_try_lock(probe.held));
	watcher = task_create_kernel("watcher", watch_the_mover, cpu_current());
	REQUIRE_TRUE(watcher != NULL);
	sched_start(watcher);
	EXPECT_EQ(migrate_pages(&plan.migration), 0);
	EXPECT_EQ(probe.calls, 1);
	EXPECT_EQ(probe.value[0], 0);
	EXPECT_TRUE(plan.migration.passes > MIGRATE_FORCE_PASS);
}

/*
 * A mapping that the reverse map does not find: nothing in the kernel does this, so the test breaks
 * the family.
 */
TEST(migrate, a_mapping_that_stays, "UN-14, UN-15, MP-10")
{
	struct mm *mm = given_mm(), *other;
	struct vma *hidden;
	struct move what;
	struct page *p;
	pte_t before;
	vaddr_t a;

	p = given_settled_page(mm, &a);
	REQUIRE_TRUE(p != NULL);
	set_entry(mm, a, pte_wrprotect(entry_at(mm, a)));
	before = entry_at(mm, a);
	other = given_mm();
	share_with(mm, a, other);
	hidden = vma_find(other, a);
	list_del(&hidden->family);
	EXPECT_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), -EAGAIN);
	EXPECT_EQ(what.reason, MOVE_UNMAP_FAILED);
	EXPECT_EQ(entry_at(mm, a).bits, before.bits);
	EXPECT_EQ(p->mapcount, 2);
	list_add_tail(&hidden->anon->areas, &hidden->family);
	EXPECT_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
}

/* On an LRU list, but of no kind that moves: refused for good, put back, not tried again. */
TEST(migrate, refused_for_good, "MP-7, MP-10")
{
	struct page *p = alloc_pages(GFP_USER, 0);
	uint32_t failed = vm_event_read(PGMIGRATE_FAIL);
	struct planned plan;

	REQUIRE_TRUE(p != NULL);
	page_init_flags(p, 0, PG_SWAPBACKED);
	lru_add(p);
	lru_drain();
	given_plan(&plan, MIGRATE_SYNC);
	plan_add(&plan, p);
	EXPECT_EQ(migrate_pages(&plan.migration), 1);
	EXPECT_EQ(plan.migration.failed, 1);
	EXPECT_EQ(plan.migration.passes, 1);
	EXPECT_EQ(plan.settled, 1);
	EXPECT_EQ(plan.migration.last_refused.reason, MOVE_UNSUPPORTED);
	EXPECT_EQ(length(&plan.pages), 0);
	EXPECT_TRUE(page_has(p, PG_LRU));
	EXPECT_EQ(vm_event_read(PGMIGRATE_FAIL), failed + 1);
	EXPECT_EQ(lru_isolate(p), 0);
	lru_unaccount_isolated(p);
	page_put(p);
	free_pages(p, 0);
}

TEST(migrate, what_does_not_move_says_why, "MP-10, UM-9")
{
	struct page *kernel = given_block(GFP_KERNEL, 0);
	struct move what;

	REQUIRE_TRUE(kernel != NULL);
	EXPECT_EQ(migrate_frame(page_to_pfn(kernel), MIGRATE_SYNC, &what), -EBUSY);
	EXPECT_EQ(what.reason, MOVE_UNSUPPORTED);
	EXPECT_EQ(migrate_frame(pfn(1), MIGRATE_SYNC, &what), -EINVAL);
}

TEST(migrate, owner_let_go_before, "UM-2, BS-31")
{
	struct mm *mm = given_mm();
	struct planned plan;
	struct page *p;
	vaddr_t a;

	p = given_settled_page(mm, &a);
	REQUIRE_TRUE(p != NULL);
	given_plan(&plan, MIGRATE_SYNC);
	plan_add(&plan, p);
	EXPECT_EQ(mm_unmap(mm, a.a, PAGE_SIZE), 0);
	EXPECT_EQ(page_refs(p), 1);
	EXPECT_EQ(migrate_pages(&plan.migration), 0);
	EXPECT_EQ(plan.migration.moved, 1);
	EXPECT_EQ(plan.given_back, 1);
	EXPECT_EQ(page_refs(p), 0);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
}

/* Nothing maps it, but somebody holds it: there is no place to find it by. */
TEST(migrate, unmapped_and_held, "UN-9")
{
	struct mm *mm = given_mm();
	struct planned plan;
	struct page *p;
	vaddr_t a;

	p = given_settled_page(mm, &a);
	REQUIRE_TRUE(p != NULL);
	given_plan(&plan, MIGRATE_SYNC);
	plan_add(&plan, p);
	page_get(p);
	EXPECT_EQ(mm_unmap(mm, a.a, PAGE_SIZE), 0);
	EXPECT_EQ(migrate_pages(&plan.migration), 1);
	EXPECT_EQ(plan.migration.last_refused.reason, MOVE_NO_RMAP);
	lru_putback_list(&plan.pages);
	page_put(p);
	EXPECT_EQ(page_refs(p), 0);
}

/* ---- batches */

TEST(migrate, a_batch_waits_once, "MP-11, MP-8, MP-6")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_pages(mm, MAX_PAGES);
	uint32_t moved = vm_event_read(PGMIGRATE_SUCCESS), waits;
	struct planned plan;

	given_plan(&plan, MIGRATE_ASYNC);
	plan_add_area(&plan, mm, a, MAX_PAGES);
	waits = tlb_counts().waits;
	EXPECT_EQ(migrate_pages(&plan.migration), 0);
	EXPECT_EQ(tlb_counts().waits - waits, (MAX_PAGES + MOVE_BATCH - 1) / MOVE_BATCH);
	EXPECT_EQ(plan.settled, MAX_PAGES);
	EXPECT_EQ(vm_event_read(PGMIGRATE_SUCCESS), moved + MAX_PAGES);
	for (unsigned n = 0; n < MAX_PAGES; n++)
		EXPECT_EQ(wrong_words(nth(a, n), n), 0);
}

TEST(migrate, targets_run_out, "UM-1, MP-4, MP-9, BS-54")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_pages(mm, 10);
	struct planned plan;
	unsigned in_place = 0;
	struct page *was[10];

	given_plan(&plan, MIGRATE_SYNC);
	plan.targets_left = 4;
	for (unsigned n = 0; n < 10; n++)
		was[n] = page_at(mm, nth(a, n));
	plan_add_area(&plan, mm, a, 10);
	EXPECT_EQ(migrate_pages(&plan.migration), -ENOMEM);
	EXPECT_EQ(plan.migration.moved, 4);
	EXPECT_EQ(length(&plan.pages), 6);
	lru_putback_list(&plan.pages);
	for (unsigned n = 0; n < 10; n++) {
		in_place += page_at(mm, nth(a, n)) == was[n];
		EXPECT_EQ(wrong_words(nth(a, n), n), 0);
	}
	EXPECT_EQ(in_place, 6);
	EXPECT_EQ(zones_stat(NR_ISOLATED_ANON), 0);
}

static const char *const sites[] = { "migrate_target", "migrate_lock", "migrate_unmap",
				     "migrate_count",  "migrate_copy", "migrate_freeze" };

/*
 * Every stage that can fail, failed at every position of a batch: all pages still arrive, or stay
 * as they were.
 */
TEST(migrate, every_way_back, "UN-15, UM-6, MG-12, MV-6, MP-4, MP-5, BS-29")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_pages(mm, 5);

	for (unsigned site = 0; site < sizeof(sites) / sizeof(sites[0]); site++) {
		for (unsigned position = 1; position <= 5; position++) {
			struct planned plan;
			int left;

			given_plan(&plan, MIGRATE_SYNC);
			plan_add_area(&plan, mm, a, 5);
			REQUIRE_EQ(failpoint_arm(sites[site], position), 0);
			left = migrate_pages(&plan.migration);
			failpoints_off();
			if (site == 0)
				EXPECT_EQ(left, -ENOMEM);
			else
				EXPECT_EQ(left, 0);
			EXPECT_EQ(plan.migration.moved, site ? 5 : position - 1 + 5 - position);
			EXPECT_EQ(plan.stale_targets, 0);
			EXPECT_EQ(plan.given_back, site ? 1 : 0);
			lru_putback_list(&plan.pages);
			for (unsigned n = 0; n < 5; n++)
				EXPECT_EQ(wrong_words(nth(a, n), n), 0);
			EXPECT_EQ(mm->anon_pages, 5);
		}
	}
}

static void see_flags(const struct move *m, enum move_stage passed)
{
	(void)m;
	(void)passed;
	probe.calls += !(cpu_current()->flags & THREAD_SWAPWRITE);
}

TEST(migrate, the_mark_is_put_back, "MP-2")
{
	struct mm *mm = given_mm();
	uint32_t before = cpu_current()->flags & THREAD_SWAPWRITE;
	struct planned plan;
	struct move what;
	vaddr_t a;

	REQUIRE_TRUE(given_settled_page(mm, &a) != NULL);
	probe_at(STAGE_TARGET, mm, a, see_flags);
	EXPECT_EQ(move_probed(&what), 0);
	EXPECT_EQ(probe.calls, 0);
	EXPECT_EQ(cpu_current()->flags & THREAD_SWAPWRITE, before);
	given_plan(&plan, MIGRATE_SYNC);
	plan.targets_left = 0;
	plan_add(&plan, page_at(mm, a));
	EXPECT_EQ(migrate_pages(&plan.migration), -ENOMEM);
	EXPECT_EQ(cpu_current()->flags & THREAD_SWAPWRITE, before);
	lru_putback_list(&plan.pages);
}

/* ---- across zones, and outside the direct map (boots with lowmem= and movable=) */

static struct page *take_low(struct migration *m, struct page *from)
{
	(void)m;
	(void)from;
	return alloc_pages(GFP_KERNEL, 0);
}

TEST(migrate, from_zone_to_zone, "MG-8, CP-1, CP-8")
{
	struct mm *mm = given_mm();
	struct planned plan;
	struct page *p, *to;
	vaddr_t a;

	p = given_settled_page(mm, &a);
	REQUIRE_TRUE(p != NULL);
	if (page_zone(p)->id <= ZONE_NORMAL) {
		test_skip("one zone: boot with lowmem= or movable=");
		return;
	}
	REQUIRE_EQ(mm_lock_range(mm, a.a, PAGE_SIZE, true), 0);
	write_signature(a, 9);
	given_plan(&plan, MIGRATE_SYNC);
	plan.migration.take_target = take_low;
	plan_add(&plan, p);
	EXPECT_EQ(migrate_pages(&plan.migration), 0);
	to = page_at(mm, a);
	EXPECT_EQ(page_zone(to)->id, ZONE_NORMAL);
	EXPECT_EQ(page_zone(p)->stat[NR_ANON_PAGES], 0);
	EXPECT_EQ(page_zone(to)->stat[NR_ANON_PAGES], 1);
	EXPECT_EQ(page_zone(p)->stat[NR_MLOCK], 0);
	EXPECT_EQ(page_zone(to)->stat[NR_MLOCK], 1);
	EXPECT_EQ(wrong_words(a, 9), 0);
}

/* ---- what an assertion guards can at least be seen to hold */

TEST(migrate, holds_are_counted_from_one, "MG-10, MG-11")
{
	struct page *p = given_block(GFP_KERNEL, 0);

	REQUIRE_TRUE(p != NULL);
	EXPECT_TRUE(!page_freeze(p, 2));
	EXPECT_TRUE(page_freeze(p, 1));
	EXPECT_EQ(page_refs(p), 0);
	EXPECT_TRUE(!page_try_get(p));
	page_unfreeze(p, 1);
	EXPECT_TRUE(page_try_get(p));
	page_put(p);
}

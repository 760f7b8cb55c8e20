/*
 * Shared memory on the board: one object's page under many tables, moved while it is used, and the
 * calls that make, pin and describe it.
 */
#include <errno.h>

#include "arch/uaccess.h"
#include "base/failpoint.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/cache/mapping.h"
#include "mm/move/migrate.h"
#include "mm/phys/lru.h"
#include "mm/virt/fault.h"
#include "mm/virt/gup.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define RW   (VMA_READ | VMA_WRITE)
#define MANY 64u

/* ---- given, and what a task does in one of several address spaces */

static int write_word(struct mm *mm, vaddr_t a, uint32_t value)
{
	struct mm *before = sched_borrow_mm(mm);
	size_t left = copy_to_user(a, &value, sizeof(value));

	sched_borrow_mm(before);
	return left ? -EFAULT : 0;
}

/* ~0 where it can not be read. */
static uint32_t read_word(struct mm *mm, vaddr_t a)
{
	struct mm *before = sched_borrow_mm(mm);
	uint32_t value, left = copy_from_user(&value, a, sizeof(value));

	sched_borrow_mm(before);
	return left ? ~0u : value;
}

static struct page *page_at(struct mm *mm, vaddr_t a)
{
	pte_t e = entry_at(mm, a);

	return pte_is_present(e) ? pfn_to_page(pte_pfn(e)) : NULL;
}

/* A shared area of one page, written; the page is on its list. */
static vaddr_t given_shared_page(struct mm *mm, uint32_t value)
{
	vaddr_t a = given_area(mm, 1, RW | VMA_SHARED);

	EXPECT_EQ(write_word(mm, a, value), 0);
	lru_drain();
	return a;
}

static struct mm *sharers[MANY];

/* Children of sharers[0], each with the page mapped. */
static void given_sharers(unsigned count, vaddr_t a)
{
	for (unsigned i = 1; i < count; i++) {
		sharers[i] = mm_create("sharer");
		REQUIRE_TRUE(sharers[i] != NULL);
		EXPECT_EQ(mm_fork(sharers[i / 2], sharers[i]), 0);
		EXPECT_EQ(read_word(sharers[i], a), 5);
	}
}

static void end_sharers(unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		mm_put(sharers[i]);
}

static void then_all_see_each_other(unsigned count, vaddr_t a)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < count; i++) {
		EXPECT_EQ(write_word(sharers[i], a, 100 + i), 0);
		wrong += read_word(sharers[(i + 1) % count], a) != 100 + i;
		wrong += page_at(sharers[i], a) != page_at(sharers[0], a);
	}
	EXPECT_EQ(wrong, 0);
}

static void moves_with(unsigned count)
{
	struct page *from;
	struct move what;
	vaddr_t a;

	sharers[0] = given_mm();
	a = given_shared_page(sharers[0], 5);
	given_sharers(count, a);
	from = page_at(sharers[0], a);
	EXPECT_EQ(from->mapcount, count);
	EXPECT_EQ(page_refs(from), count + 1);
	EXPECT_EQ(migrate_frame(page_to_pfn(from), MIGRATE_SYNC, &what), 0);
	EXPECT_TRUE(page_at(sharers[count - 1], a) == what.to && what.to != from);
	EXPECT_EQ(what.to->mapcount, count);
	EXPECT_EQ(page_refs(what.to), count + 1);
	EXPECT_EQ(page_refs(from), 0);
	EXPECT_TRUE(mapping_look(what.to->cache, what.to->index) == what.to);
	then_all_see_each_other(count, a);
	end_sharers(count);
}

TEST(shared, moves_mapped_by_1_8_and_64, "MG-3, MG-7, MG-9, RM-1, TU-1")
{
	moves_with(1);
	moves_with(8);
	moves_with(64);
}

TEST(shared, counts_follow_the_page, "MG-8")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_shared_page(mm, 5);
	struct move what;

	EXPECT_EQ(zones_stat(NR_SHMEM), 1);
	EXPECT_EQ(zones_stat(NR_FILE_PAGES), 1);
	EXPECT_EQ(zones_stat(NR_FILE_MAPPED), 1);
	EXPECT_EQ(mm->shared_pages, 1);
	REQUIRE_EQ(migrate_frame(page_to_pfn(page_at(mm, a)), MIGRATE_SYNC, &what), 0);
	EXPECT_EQ(page_zone(what.to)->stat[NR_SHMEM], 1);
	EXPECT_EQ(page_zone(what.to)->stat[NR_FILE_MAPPED], 1);
	EXPECT_EQ(mm_unmap(mm, a.a, PAGE_SIZE), 0);
	EXPECT_EQ(zones_stat(NR_SHMEM) + zones_stat(NR_FILE_PAGES) + zones_stat(NR_FILE_MAPPED), 0);
	EXPECT_EQ(mapping_count(), 0);
}

TEST(shared, moves_while_nobody_maps_it, "UN-12, MG-3, CP-5")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_shared_page(mm, 77);
	struct page *from = page_at(mm, a);
	struct move what;

	REQUIRE_EQ(mm_discard(mm, a.a, PAGE_SIZE), 0);
	EXPECT_EQ(page_refs(from), 1);
	EXPECT_TRUE(page_has(from, PG_DIRTY));
	REQUIRE_EQ(migrate_frame(page_to_pfn(from), MIGRATE_ASYNC, &what), 0);
	EXPECT_EQ(page_refs(what.to), 1);
	EXPECT_TRUE(page_has(what.to, PG_DIRTY));
	EXPECT_EQ(read_word(mm, a), 77);
	EXPECT_TRUE(page_at(mm, a) == what.to);
}

/* ---- in flight */

static struct {
	struct mm *mm;
	vaddr_t a;
	enum move_stage at;
	struct task *task;
	uint32_t found;
} flight;

/* Its own table has nothing yet, so it looks in the object. */
static void reader(void *arg)
{
	(void)arg;
	flight.found = read_word(flight.mm, flight.a);
}

static void start_reader(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed != flight.at)
		return;
	flight.task = task_create_kernel("reader", reader, NULL);
	REQUIRE_TRUE(flight.task != NULL);
	task_get(flight.task);
	sched_start(flight.task);
	for (unsigned i = 0; i < 5; i++)
		sched_yield_now();
	EXPECT_EQ(flight.task->thread.state, THREAD_BLOCKED);
}

static void read_in_flight(enum move_stage at, const char *refused_at)
{
	struct mm *mm = given_mm();
	struct move what;

	flight.a = given_shared_page(mm, 31);
	flight.mm = mm_create("reader");
	flight.at = at;
	flight.found = 0;
	flight.task = NULL;
	EXPECT_EQ(mm_fork(mm, flight.mm), 0);
	if (refused_at)
		EXPECT_EQ(failpoint_arm(refused_at, 1), 0);
	migrate_set_probe(start_reader);
	EXPECT_EQ(migrate_frame(page_to_pfn(page_at(mm, flight.a)), MIGRATE_SYNC, &what), 0);
	migrate_set_probe(NULL);
	failpoints_off();
	REQUIRE_TRUE(flight.task != NULL);
	task_wait(flight.task);
	task_put(flight.task);
	EXPECT_EQ(flight.found, 31);
	EXPECT_TRUE(page_at(flight.mm, flight.a) == page_at(mm, flight.a));
	EXPECT_EQ(page_at(mm, flight.a)->mapcount, 2);
	mm_put(flight.mm);
}

TEST(shared, who_finds_it_on_its_way_waits, "TU-5, BS-10, MG-9")
{
	test_on_one_cpu();
	for (unsigned at = STAGE_LOCK; at <= STAGE_REMAP; at++)
		read_in_flight((enum move_stage)at, NULL);
}

static struct {
	struct mm *mm;
	vaddr_t a;
	uint32_t rounds, wrong;
	bool over;
} writing;

static void writer(void *arg)
{
	(void)arg;
	while (!writing.over) {
		uint32_t value = ++writing.rounds;

		writing.wrong += write_word(writing.mm, writing.a, value) != 0;
		sched_yield_now();
		writing.wrong += read_word(writing.mm, writing.a) != value;
	}
}

static void let_the_writer_run(const struct move *m, enum move_stage passed)
{
	(void)m;
	(void)passed;
	sched_yield_now();
}

TEST(shared, moves_while_it_is_written, "TU-1, TU-5, CP-1")
{
	struct mm *mm = given_mm();
	unsigned moved = 0;
	struct task *t;

	test_on_one_cpu();
	writing.a = given_shared_page(mm, 1);
	writing.mm = mm_create("writer");
	writing.over = false;
	writing.rounds = writing.wrong = 0;
	EXPECT_EQ(mm_fork(mm, writing.mm), 0);
	t = task_create_kernel("writer", writer, NULL);
	REQUIRE_TRUE(t != NULL);
	task_get(t);
	sched_start(t);
	migrate_set_probe(let_the_writer_run);
	for (unsigned i = 0; i < 60; i++) {
		struct move what;

		moved += migrate_frame(page_to_pfn(page_at(mm, writing.a)), MIGRATE_SYNC, &what) ==
			 0;
		EXPECT_TRUE(read_word(mm, writing.a) == writing.rounds);
	}
	migrate_set_probe(NULL);
	writing.over = true;
	task_wait(t);
	task_put(t);
	EXPECT_EQ(writing.wrong, 0);
	EXPECT_EQ(moved, 60);
	EXPECT_TRUE(writing.rounds > 60);
	mm_put(writing.mm);
}

/* ---- taken out of the object, or the object gone, while the page is on its way */

static void remove_now(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed == STAGE_TARGET)
		EXPECT_EQ(mm_remove(flight.mm, flight.a.a, PAGE_SIZE), 0);
}

TEST(shared, removed_between_isolation_and_lock, "BS-8, UN-12")
{
	struct move what;

	flight.mm = given_mm();
	flight.a = given_shared_page(flight.mm, 31);
	migrate_set_probe(remove_now);
	migrate_frame(page_to_pfn(page_at(flight.mm, flight.a)), MIGRATE_SYNC, &what);
	migrate_set_probe(NULL);
	EXPECT_EQ(zones_stat(NR_SHMEM), 0);
	EXPECT_EQ(read_word(flight.mm, flight.a), 0);
	EXPECT_EQ(zones_stat(NR_SHMEM), 1);
}

static void ender(void *arg)
{
	(void)arg;
	flight.found = mm_unmap(flight.mm, flight.a.a, PAGE_SIZE) == 0;
}

/* The last area goes; its object waits for the page. */
static void end_object(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed != flight.at)
		return;
	flight.task = task_create_kernel("ender", ender, NULL);
	REQUIRE_TRUE(flight.task != NULL);
	task_get(flight.task);
	sched_start(flight.task);
	for (unsigned i = 0; i < 5; i++)
		sched_yield_now();
	EXPECT_EQ(flight.task->thread.state, THREAD_BLOCKED);
	EXPECT_EQ(mapping_count(), 1);
}

TEST(shared, the_object_ends_while_its_page_moves, "BS-6, BS-8, MG-9")
{
	test_on_one_cpu();
	for (unsigned at = STAGE_LOCK; at <= STAGE_REMAP; at++) {
		struct move what;

		flight.mm = given_mm();
		flight.a = given_shared_page(flight.mm, 31);
		flight.at = (enum move_stage)at;
		flight.task = NULL;
		flight.found = 0;
		migrate_set_probe(end_object);
		migrate_frame(page_to_pfn(page_at(flight.mm, flight.a)), MIGRATE_SYNC, &what);
		migrate_set_probe(NULL);
		REQUIRE_TRUE(flight.task != NULL);
		task_wait(flight.task);
		task_put(flight.task);
		EXPECT_EQ(flight.found, 1);
		EXPECT_EQ(mapping_count(), 0);
		EXPECT_EQ(zones_stat(NR_SHMEM), 0);
	}
}

/* ---- pins */

TEST(shared, a_pinned_page_stays_and_says_so, "MG-4, MP-10")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_shared_page(mm, 9);
	struct move what;
	uint32_t word;
	struct gup g;

	REQUIRE_EQ(gup_pin(&g, mm, vaddr(a.a + 8), true), 0);
	EXPECT_EQ(migrate_frame(page_to_pfn(g.frame), MIGRATE_SYNC, &what), -EAGAIN);
	EXPECT_EQ(what.reason, MOVE_PINNED);
	EXPECT_EQ(what.expected, 3);
	EXPECT_EQ(what.found, 4);
	word = 10;
	gup_write(&g, 0, &word, sizeof(word));
	gup_unpin(&g);
	EXPECT_EQ(migrate_frame(page_to_pfn(g.frame), MIGRATE_SYNC, &what), 0);
	EXPECT_EQ(read_word(mm, a), 10);
}

TEST(shared, a_pin_for_writing_breaks_a_shared_copy, "MP-10")
{
	struct mm *mm = given_mm(), *child = given_mm();
	vaddr_t a;
	struct gup g;
	uint32_t word;

	sched_borrow_mm(mm);
	a = given_area(mm, 1, RW);
	REQUIRE_EQ(write_word(mm, a, 3), 0);
	REQUIRE_EQ(mm_fork(mm, child), 0);
	REQUIRE_EQ(gup_pin(&g, child, a, false), 0);
	EXPECT_TRUE(g.frame == page_at(mm, a));
	gup_read(&g, 0, &word, sizeof(word));
	EXPECT_EQ(word, 3);
	gup_unpin(&g);
	REQUIRE_EQ(gup_pin(&g, child, a, true), 0);
	EXPECT_TRUE(g.frame != page_at(mm, a) && g.frame == page_at(child, a));
	word = 4;
	gup_write(&g, 0, &word, sizeof(word));
	gup_unpin(&g);
	EXPECT_EQ(read_word(child, a), 4);
	EXPECT_EQ(read_word(mm, a), 3);
	EXPECT_EQ(mm_protect(mm, a.a, PAGE_SIZE, VMA_READ), 0);
	EXPECT_EQ(gup_pin(&g, mm, a, true), -EFAULT);
	EXPECT_EQ(gup_pin(&g, mm, vaddr(0x7000), false), -EFAULT);
}

/* ---- calls */

/* The arguments of a call, and room that a user reaches. */
struct user_block {
	uint32_t local[4], remote[4]; /* two parts each */
	uint32_t bytes[8];
};

static int32_t vm_call(bool write, uint32_t pid, vaddr_t block, uint32_t here, uint32_t there)
{
	const uint32_t arg[7] = { pid, block.a, here, block.a + 16, there, 0 };

	return write ? sys_process_vm_writev(arg) : sys_process_vm_readv(arg);
}

static int32_t vm_both(bool write, uint32_t pid, vaddr_t block, const struct user_block *b)
{
	EXPECT_EQ(copy_to_user(block, b, sizeof(*b)), 0);
	return vm_call(write, pid, block, 2, 2);
}

TEST(shared, memory_of_another_process_is_read_and_written, "MP-10")
{
	struct task *t = given_program("writer", NULL);
	struct mm *mm = given_mm(), *theirs;
	vaddr_t block = given_area(mm, 1, RW);
	uint32_t at = block.a + 32, there, word = 0;
	struct user_block b = { .local = { at, 4, at + 4, 12 } };

	REQUIRE_TRUE(t != NULL && t->process != NULL);
	theirs = process_mm(t->process);
	REQUIRE_TRUE(theirs != NULL);
	EXPECT_EQ(mm_map(theirs, 0, 2 * PAGE_SIZE, RW, false, &there), 0);
	EXPECT_EQ(write_word(theirs, vaddr(there + PAGE_SIZE), 0x5a5a), 0);
	b.remote[0] = there + PAGE_SIZE - 4; /* over a border, then a hole */
	b.remote[1] = 8;
	b.remote[2] = 0x7000;
	b.remote[3] = 8;
	EXPECT_EQ(vm_both(false, t->process->pid, block, &b), 8);
	EXPECT_EQ(copy_from_user(&word, vaddr(at + 4), 4), 0);
	EXPECT_EQ(word, 0x5a5a);
	b.bytes[0] = 0x11;
	b.bytes[1] = 0x22;
	EXPECT_EQ(vm_both(true, t->process->pid, block, &b), 8);
	EXPECT_EQ(read_word(theirs, vaddr(there + PAGE_SIZE - 4)), 0x11);
	EXPECT_EQ(read_word(theirs, vaddr(there + PAGE_SIZE)), 0x22);
	b.remote[0] = 0x7000;
	EXPECT_EQ(vm_both(false, t->process->pid, block, &b), -EFAULT);
	EXPECT_EQ(vm_both(false, 9999999, block, &b), -ESRCH);
	EXPECT_EQ(vm_call(false, t->process->pid, block, 1025, 1), -EINVAL);
	EXPECT_EQ(vm_call(false, t->process->pid, vaddr(0x7000), 1, 1), -EFAULT);
	mm_put(theirs);
}

static int32_t call6(syscall_function f, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const uint32_t arg[7] = { a, b, c, d, (uint32_t)-1, 0 };

	return f(arg);
}

TEST(shared, mmap_says_what_the_manual_says, "")
{
	struct mm *mm = given_mm();
	int32_t a = call6(sys_mmap2, 0, PAGE_SIZE, 3, 0x21), populated;

	REQUIRE_TRUE(a > 0);
	EXPECT_TRUE(vma_find(mm, vaddr((uint32_t)a))->flags & VMA_SHARED);
	EXPECT_EQ(call6(sys_mmap2, (uint32_t)a, PAGE_SIZE, 3, 0x100022), -EEXIST);
	EXPECT_EQ(call6(sys_mmap2, 0x30000000, PAGE_SIZE, 3, 0x100022), 0x30000000);
	EXPECT_EQ(call6(sys_mmap2, 0, PAGE_SIZE, 3, 0x2), -EBADF);
	EXPECT_EQ(call6(sys_mmap2, 0, PAGE_SIZE, 3, 0x23), -EINVAL);
	EXPECT_EQ(call6(sys_mmap2, 0, 0, 3, 0x21), -EINVAL);
	EXPECT_EQ(call6(sys_mmap2, 0, PAGE_SIZE, 3, 0x121), -EINVAL);
	populated = call6(sys_mmap2, 0, 4 * PAGE_SIZE, 3, 0x8021);
	REQUIRE_TRUE(populated > 0);
	EXPECT_TRUE(page_at(mm, vaddr((uint32_t)populated + 3 * PAGE_SIZE)) != NULL);
	EXPECT_EQ(mm->shared_pages, 4);
}

TEST(shared, msync_mincore_madvise_mlock_say_what_the_manual_says, "")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_area(mm, 4, RW | VMA_SHARED), vec = given_area(mm, 1, RW);
	uint8_t resident[4];

	EXPECT_EQ(write_word(mm, vaddr(a.a + PAGE_SIZE), 1), 0);
	EXPECT_EQ(mm_discard(mm, a.a, 4 * PAGE_SIZE), 0);
	EXPECT_EQ(call6(sys_mincore, a.a, 4 * PAGE_SIZE, vec.a, 0), 0);
	EXPECT_EQ(copy_from_user(resident, vec, 4), 0);
	EXPECT_TRUE(!resident[0] && resident[1] && !resident[2]);
	EXPECT_EQ(call6(sys_mincore, a.a + 1, 1, vec.a, 0), -EINVAL);
	EXPECT_EQ(call6(sys_mincore, 0x7000000, PAGE_SIZE, vec.a, 0), -ENOMEM);
	EXPECT_EQ(call6(sys_mincore, a.a, PAGE_SIZE, 0x7000, 0), -EFAULT);
	EXPECT_EQ(call6(sys_msync, a.a, PAGE_SIZE, 4, 0), 0);
	EXPECT_EQ(call6(sys_msync, a.a, PAGE_SIZE, 5, 0), -EINVAL);
	EXPECT_EQ(call6(sys_msync, 0x7000000, PAGE_SIZE, 4, 0), -ENOMEM);
	EXPECT_EQ(call6(sys_madvise, a.a, PAGE_SIZE, 12, 0), -EINVAL); /* MERGEABLE */
	EXPECT_EQ(call6(sys_madvise, a.a, PAGE_SIZE, 8, 0), -EINVAL);  /* FREE, of a shared one */
	EXPECT_EQ(call6(sys_madvise, a.a, 4 * PAGE_SIZE, 23, 0), 0);   /* POPULATE_WRITE */
	EXPECT_EQ(mm->shared_pages, 4);
	EXPECT_EQ(call6(sys_madvise, a.a, PAGE_SIZE, 9, 0), 0); /* REMOVE */
	EXPECT_EQ(mm->shared_pages, 3);
	EXPECT_EQ(call6(sys_mlock2, a.a, PAGE_SIZE, 2, 0), -EINVAL);
	EXPECT_EQ(call6(sys_mlock2, a.a, PAGE_SIZE, 1, 0), 0); /* ONFAULT */
	EXPECT_EQ(mm->shared_pages, 3);
	EXPECT_EQ(call6(sys_msync, a.a, PAGE_SIZE, 2, 0), -EBUSY);
	EXPECT_EQ(call6(sys_mlockall, 4, 0, 0, 0), -EINVAL);
	EXPECT_EQ(call6(sys_mlockall, 3, 0, 0, 0), 0);
	EXPECT_EQ(mm->shared_pages, 4);
	EXPECT_TRUE(zones_stat(NR_MLOCK) >= 5);
	given_area(mm, 1, RW);
	EXPECT_TRUE(zones_stat(NR_MLOCK) >= 6);
	EXPECT_EQ(call6(sys_munlockall, 0, 0, 0, 0), 0);
	EXPECT_EQ(zones_stat(NR_MLOCK), 0);
}

TEST(shared, dontfork_is_honoured, "")
{
	struct mm *mm = given_mm(), *child = given_mm();
	vaddr_t a;

	sched_borrow_mm(mm);
	a = given_area(mm, 3, RW);
	EXPECT_EQ(call6(sys_madvise, a.a + PAGE_SIZE, PAGE_SIZE, 10, 0), 0);
	EXPECT_EQ(mm_fork(mm, child), 0);
	EXPECT_TRUE(vma_find(child, a) != NULL);
	EXPECT_TRUE(vma_find(child, vaddr(a.a + PAGE_SIZE)) == NULL);
	EXPECT_EQ(call6(sys_madvise, a.a + PAGE_SIZE, PAGE_SIZE, 11, 0), 0);
	EXPECT_EQ(mm->area_count, 1);
}

/* Nothing is executable that was not asked to be, and nothing a user maps is the kernel's. */
TEST(shared, data_is_not_executable, "")
{
	struct mm *mm = given_mm();
	vaddr_t shared = given_shared_page(mm, 1), own = given_area(mm, 1, RW);

	EXPECT_EQ(write_word(mm, own, 1), 0);
	EXPECT_TRUE(!pte_is_exec(entry_at(mm, shared)) && !pte_is_exec(entry_at(mm, own)));
	EXPECT_EQ(mm_fault(mm, shared, ACCESS_EXEC), -EACCES);
	EXPECT_EQ(mm_fault(mm, own, ACCESS_EXEC), -EACCES);
	EXPECT_TRUE(page_is_users(page_at(mm, shared)) && page_is_users(page_at(mm, own)));
	EXPECT_EQ(call6(sys_mmap2, USER_END, PAGE_SIZE, 3, 0x32), -ENOMEM);
	EXPECT_EQ(call6(sys_mmap2, USER_END - PAGE_SIZE, 2 * PAGE_SIZE, 3, 0x32), -ENOMEM);
}

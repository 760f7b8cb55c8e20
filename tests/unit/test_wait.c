/* Sleeping: wait queues, rwsem, the page lock. One thread, and a fake world that acts while it is blocked. */
#include "base/rwsem.h"
#include "base/waitq.h"
#include "mm/phys/alloc.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

static int key, other_key;

TEST(waitq_wakes_who_waits_for_the_key)
{
	struct thread a, b;
	struct waiter wa, wb;

	given_pages(4 * MIB_PAGES);
	given_thread(&a, "a");
	waitq_prepare(&wa, &key, "a test");
	expect_eq(a.state, THREAD_BLOCKED);
	expect_text(a.wait_reason, "a test");
	given_thread(&b, "b");
	waitq_prepare(&wb, &other_key, "a test");
	expect_eq(waitq_count(&key), 1);
	waitq_wake(&key);
	expect_eq(a.state, THREAD_RUNNABLE);
	expect_eq(b.state, THREAD_BLOCKED);
	expect_eq(waitq_count(&key), 0);
	waitq_finish(&wa);
	expect(a.wait_reason == NULL);
	waitq_finish(&wb); /* gives up without having been woken */
	expect_eq(waitq_count(&other_key), 0);
	expect_eq(times_woken, 1);
}

TEST(waitq_wake_without_waiters_does_nothing)
{
	given_pages(4 * MIB_PAGES);
	waitq_wake(&key);
	expect_eq(times_woken, 0);
}

TEST(waitq_keys_of_one_bucket_are_told_apart)
{
	static char many[1024];
	struct thread t;
	struct waiter waiters[4];

	given_pages(4 * MIB_PAGES);
	given_thread(&t, "t");
	/* Byte addresses within 32 bytes share a bucket. */
	for (unsigned i = 0; i < 4; i++)
		waitq_prepare(&waiters[i], &many[i], "a test");
	for (unsigned i = 0; i < 4; i++)
		expect_eq(waitq_count(&many[i]), 1);
	waitq_wake(&many[2]);
	expect_eq(waitq_count(&many[2]), 0);
	expect_eq(waitq_count(&many[3]), 1);
	for (unsigned i = 0; i < 4; i++)
		waitq_finish(&waiters[i]);
}

static struct page *locked_page;

static void unlock_the_page(void)
{
	expect_text(cpu_current()->wait_reason, "page lock");
	page_unlock(locked_page);
}

TEST(page_lock_sleeps_until_unlocked, "covers: UN-1")
{
	struct thread t;

	given_pages(4 * MIB_PAGES);
	given_thread(&t, "t");
	locked_page = alloc_pages(GFP_KERNEL, 0);
	page_lock(locked_page);
	expect_eq(times_blocked, 0);
	expect(!page_try_lock(locked_page));
	while_blocked = unlock_the_page;
	page_lock(locked_page);
	expect_eq(times_blocked, 1);
	expect(page_has(locked_page, PG_LOCKED));
	expect_eq(waitq_count(locked_page), 0);
	expect_eq(t.state, THREAD_RUNNABLE);
	page_unlock(locked_page);
	page_put(locked_page);
	expect_sound();
}

static void unlock_unlocked(void)
{
	page_unlock(locked_page);
}

TEST(page_unlock_of_an_unlocked_page_asserts)
{
	given_pages(4 * MIB_PAGES);
	locked_page = alloc_pages(GFP_KERNEL, 0);
	expect(asserts(unlock_unlocked));
}

static struct rwsem sem;
static struct thread writer, reader;

static void writer_leaves(void)
{
	struct thread *sleeper = cpu_current();

	cpu_set_current(&writer);
	rwsem_write_unlock(&sem);
	cpu_set_current(sleeper);
}

static void reader_leaves(void)
{
	struct thread *sleeper = cpu_current();

	expect_eq(sem.writers_waiting, 1);
	expect(!rwsem_try_read_lock(&sem)); /* a waiting writer keeps new readers out */
	cpu_set_current(&reader);
	rwsem_read_unlock(&sem);
	cpu_set_current(sleeper);
}

TEST(rwsem_many_readers_or_one_writer)
{
	given_pages(4 * MIB_PAGES);
	given_thread(&reader, "reader");
	rwsem_init(&sem);
	rwsem_read_lock(&sem);
	expect(rwsem_try_read_lock(&sem));
	rwsem_read_unlock(&sem);
	given_thread(&writer, "writer");
	while_blocked = reader_leaves;
	rwsem_write_lock(&sem);
	expect_eq(times_blocked, 1);
	expect(sem.writer == &writer && rwsem_is_held(&sem));
	expect(!rwsem_try_read_lock(&sem));
	cpu_set_current(&reader);
	while_blocked = writer_leaves;
	rwsem_read_lock(&sem);
	expect_eq(times_blocked, 2);
	rwsem_read_unlock(&sem);
	expect(!rwsem_is_held(&sem));
	expect_eq(sem.writers_waiting, 0);
}

static void unlock_nobodys(void)
{
	rwsem_read_unlock(&sem);
}

static void unlock_anothers(void)
{
	rwsem_write_unlock(&sem);
}

TEST(rwsem_unlock_without_lock_asserts)
{
	given_pages(4 * MIB_PAGES);
	rwsem_init(&sem);
	expect(asserts(unlock_nobodys));
	rwsem_init(&sem);
	expect(asserts(unlock_anothers));
}

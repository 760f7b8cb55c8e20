/*
 * Readers or one writer, on top of wait queues: the lock's address is the key all of its waiters
 * sleep on.
 *
 * A reader that finds a writer waiting sleeps although nobody is inside yet: that writer will get
 * in, and its unlock wakes everybody.
 */
#include "base/rwsem.h"

#include "arch/atomic.h"
#include "base/assert.h"
#include "base/waitq.h"

void rwsem_init(struct rwsem *s)
{
	*s = (struct rwsem){ 0 };
}

bool rwsem_try_read_lock(struct rwsem *s)
{
	uint32_t readers = atomic_load(&s->readers);

	while (!(readers & RWSEM_WRITER) && !atomic_load_relaxed(&s->writers_waiting)) {
		if (atomic_cas(&s->readers, readers, readers + 1))
			return true;
		readers = atomic_load(&s->readers);
	}
	return false;
}

static bool try_write_lock(struct rwsem *s)
{
	if (!atomic_cas(&s->readers, 0, RWSEM_WRITER))
		return false;
	s->writer = cpu_current();
	return true;
}

static void lock_slow(struct rwsem *s, bool (*try_lock)(struct rwsem *), const char *reason)
{
	bool locked = false;

	while (!locked) {
		struct waiter w;

		waitq_prepare(&w, s, reason);
		locked = try_lock(s);
		if (!locked)
			sched_block();
		waitq_finish(&w);
	}
}

void rwsem_read_lock(struct rwsem *s)
{
	assert_that(s->writer != cpu_current());
	if (!rwsem_try_read_lock(s))
		lock_slow(s, rwsem_try_read_lock, "read lock");
}

void rwsem_read_unlock(struct rwsem *s)
{
	uint32_t before = atomic_fetch_add(&s->readers, (uint32_t)-1);

	assert_that(before != 0 && !(before & RWSEM_WRITER));
	if (before == 1)
		waitq_wake(s);
}

void rwsem_write_lock(struct rwsem *s)
{
	assert_that(s->writer != cpu_current());
	if (try_write_lock(s))
		return;
	atomic_fetch_add(&s->writers_waiting, 1);
	lock_slow(s, try_write_lock, "write lock");
	atomic_fetch_add(&s->writers_waiting, (uint32_t)-1);
}

void rwsem_write_unlock(struct rwsem *s)
{
	assert_that(s->writer == cpu_current());
	s->writer = NULL;
	atomic_store(&s->readers, 0);
	waitq_wake(s);
}

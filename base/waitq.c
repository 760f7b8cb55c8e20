/*
 * Wait queues: 256 buckets, each a list of waiters under a spinlock (LOCK_WAITQ, interrupts off).
 *
 * A waiter is on its bucket's list from waitq_prepare until a wake takes it off or waitq_finish
 * does. It lives on its thread's stack: it is touched by others only under the bucket's lock, and
 * waitq_finish takes that lock before the stack frame goes, so no wake can meet a dead waiter.
 */
#include "base/waitq.h"

#include "base/spinlock.h"

#define BUCKET_BITS 8u
#define BUCKETS	    (1u << BUCKET_BITS)

struct bucket {
	struct spinlock lock;
	struct list waiters;
};

static struct bucket buckets[BUCKETS];

/* Multiplicative hashing by the golden ratio; descriptors are 32 bytes apart, hence the shift. */
static struct bucket *bucket_of(const void *key)
{
	return &buckets[(uint32_t)((uintptr_t)key >> 5) * 2654435769u >> (32u - BUCKET_BITS)];
}

void waitq_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		spin_init(&buckets[i].lock);
		list_init(&buckets[i].waiters);
	}
}

void waitq_prepare(struct waiter *w, const void *key, const char *reason)
{
	struct bucket *b = bucket_of(key);
	uint32_t saved;

	w->key = key;
	w->thread = cpu_current();
	saved = spin_lock_irq(&b->lock, LOCK_WAITQ);
	/*
	 * Order: on the list before the state, and both before the caller looks again (the fence
	 * within).
	 */
	list_add_tail(&b->waiters, &w->node);
	thread_prepare_block(reason);
	spin_unlock_irq(&b->lock, saved);
}

void waitq_finish(struct waiter *w)
{
	struct bucket *b = bucket_of(w->key);
	uint32_t saved = spin_lock_irq(&b->lock, LOCK_WAITQ);

	list_del_init(&w->node);
	spin_unlock_irq(&b->lock, saved);
	w->thread->wait_reason = NULL;
	atomic_store(&w->thread->state, THREAD_RUNNABLE);
}

static void wake_bucket(struct bucket *b, const void *key)
{
	uint32_t saved = spin_lock_irq(&b->lock, LOCK_WAITQ);
	struct waiter *w, *next;

	list_for_each_entry_safe(w, next, &b->waiters, node) {
		if (w->key != key)
			continue;
		list_del_init(&w->node);
		sched_wake(w->thread);
	}
	spin_unlock_irq(&b->lock, saved);
}

void waitq_wake(const void *key)
{
	struct bucket *b = bucket_of(key);

	/*
	 * Race: who queues after this load has passed its own fence, so it sees the store before
	 * ours.
	 */
	atomic_fence();
	if (__atomic_load_n(&b->waiters.next, __ATOMIC_RELAXED) != &b->waiters)
		wake_bucket(b, key);
}

unsigned waitq_count(const void *key)
{
	struct bucket *b = bucket_of(key);
	uint32_t saved = spin_lock_irq(&b->lock, LOCK_WAITQ);
	struct waiter *w;
	unsigned count = 0;

	list_for_each_entry(w, &b->waiters, node) {
		if (w->key == key)
			count++;
	}
	spin_unlock_irq(&b->lock, saved);
	return count;
}

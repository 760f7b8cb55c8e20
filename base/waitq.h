/*
 * Wait queues: threads that sleep until something keyed by an address happens.
 *
 * A waiter is on its own stack. The queues are a fixed table hashed by key, so nothing that is
 * waited for carries a queue and waiting takes no hold on it: a page may be freed while a sleeper
 * that waited for its lock has not yet run. Wake-ups are hints; whoever wakes looks again at what
 * it waits for.
 *
 *   struct waiter w;
 *   waitq_prepare(&w, page, "page lock");      under the lock that makes the condition stable
 *   ... drop that lock ...
 *   if (still must wait) sched_block();
 *   waitq_finish(&w);
 */
#ifndef BASE_WAITQ_H
#define BASE_WAITQ_H

#include "base/thread.h"

struct waiter {
	struct list node;
	const void *key;
	struct thread *thread;
};

void waitq_init(void);

/* Queues the current thread for `key` and marks it as about to block. Does not sleep. */
void waitq_prepare(struct waiter *w, const void *key, const char *reason);

/* Off the queue, runnable again, whether woken or not. */
void waitq_finish(struct waiter *w);

/*
 * Wakes all who wait for `key`. Order: full barrier first, so the store that makes the condition
 * true is seen by whoever queues too late to be woken. Any context, one load when nobody waits.
 */
void waitq_wake(const void *key);

/* Threads that wait for `key` now. For check.c and views. */
unsigned waitq_count(const void *key);

#endif

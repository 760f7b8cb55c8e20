/*
 * Spinlocks: short, never slept under, ranked.
 *
 * A lock is one word, so that a page descriptor can carry one (a page of tables is locked through
 * its own descriptor). Ranks give the one order in which locks nest: with CHECK_LOCKS a lock taken
 * under one of an equal or higher rank asserts at once. Locks that an interrupt handler takes are
 * taken with interrupts off everywhere: the _irq forms.
 */
#ifndef BASE_SPINLOCK_H
#define BASE_SPINLOCK_H

#include "arch/atomic.h"
#include "arch/cpu.h"
#include "base/assert.h"
#include "base/thread.h"

/* The order, outermost first. docs/locks.md is the drawing. */
enum lock_rank {
	LOCK_RANK_NONE,
	LOCK_PROCESS,  /* the tree of processes */
	LOCK_SIGNAL,   /* signals of one process */
	LOCK_FILES,    /* open files of one process, a pipe, a terminal: one at a time */
	LOCK_MM_LIST,  /* the list of all address spaces */
	LOCK_MAPPING,  /* areas that map one file or shared object */
	LOCK_ANON_VMA, /* one family of areas */
	LOCK_TABLE,    /* one page of second-level tables */
	LOCK_TABLE_TO, /* a second one, that entries of the first go to (fork, mremap) */
	LOCK_CACHE,    /* the tree of pages of one file or shared object */
	LOCK_LRU,      /* the LRU lists of a zone */
	LOCK_OBJCACHE, /* one cache of small objects */
	LOCK_ZONE,     /* the free lists of a zone */
	LOCK_WAITQ,    /* a wait queue */
	LOCK_TASKS,    /* the table of tasks */
	LOCK_SLEEPERS, /* who sleeps for time */
	LOCK_RUNQUEUE, /* the run queue of one cpu */
	LOCK_ASID,     /* the tags of address spaces */
	LOCK_DEVICE,
	LOCK_FIGURES, /* what was measured: a leaf */
	LOCK_RANKS
};

struct spinlock {
	uint32_t word; /* 0 free; else rank << 8 | cpu + 1 */
};

/* Ranks held by this cpu, a bit each; kept in lock builds only. */
#ifdef CHECK_LOCKS
void lock_order_take(enum lock_rank rank);
void lock_order_drop(enum lock_rank rank);
#else
static inline void lock_order_take(enum lock_rank rank)
{
	(void)rank;
}
static inline void lock_order_drop(enum lock_rank rank)
{
	(void)rank;
}
#endif

static inline void spin_init(struct spinlock *l)
{
	l->word = 0;
}

static inline bool spin_try_lock(struct spinlock *l, enum lock_rank rank)
{
	if (!atomic_cas(&l->word, 0, (uint32_t)rank << 8 | (cpu_id() + 1)))
		return false;
	cpu_current()->spin_depth++;
	lock_order_take(rank);
	return true;
}

static inline void spin_lock(struct spinlock *l, enum lock_rank rank)
{
	while (!spin_try_lock(l, rank)) {
		assert_that((l->word & 0xffu) != cpu_id() + 1); /* taken twice by this cpu */
		cpu_wait_event();
	}
}

static inline void spin_unlock(struct spinlock *l)
{
	lock_order_drop((enum lock_rank)(l->word >> 8));
	cpu_current()->spin_depth--;
	atomic_store(&l->word, 0);
	cpu_signal();
}

static inline uint32_t spin_lock_irq(struct spinlock *l, enum lock_rank rank)
{
	uint32_t saved = cpu_irq_save();

	spin_lock(l, rank);
	return saved;
}

static inline void spin_unlock_irq(struct spinlock *l, uint32_t saved)
{
	spin_unlock(l);
	cpu_irq_restore(saved);
}

static inline bool spin_is_held(const struct spinlock *l)
{
	return (l->word & 0xffu) == cpu_id() + 1;
}

#define assert_held(l) assert_that(spin_is_held(l))

#endif

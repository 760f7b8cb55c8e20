/*
 * Who runs, as far as the rooms below kernel/ may know: a name, marks, and how to sleep and be
 * woken.
 *
 * The kernel's struct task embeds one as its first member; the simulation's coroutine does too. The
 * kernel does not preempt itself: a thread that is in the kernel runs until it blocks, yields at
 * thread_yield_if_due, or returns to user mode. Interrupt handlers do not switch.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include "arch/atomic.h"
#include "arch/cpu.h"
#include "base/list.h"

struct mm;

/* What waits to be looked at on the way back to user mode; anybody may set one. */
enum thread_marks {
	THREAD_FATAL = 1u << 0,	    /* a fatal signal is pending: long work gives up */
	THREAD_SIGNAL = 1u << 1,    /* a signal is pending: an interruptible sleep ends */
	THREAD_YIELD_DUE = 1u << 2, /* its time slice is over */
};

/* How the thread may be served just now; it alone reads and writes them. */
enum thread_flags {
	THREAD_MEMALLOC = 1u << 0,  /* inside reclaim or compaction: PF_MEMALLOC */
	THREAD_SWAPWRITE = 1u << 1, /* may write swap: PF_SWAPWRITE */
};

enum thread_state { THREAD_RUNNABLE, THREAD_BLOCKED, THREAD_DEAD };

struct thread {
	uint32_t marks;		 /* (A) enum thread_marks; first: the way to user mode reads it */
	uint32_t flags;		 /* enum thread_flags; the thread's own */
	uint32_t id;		 /* task number, 0 = the first kernel thread */
	uint32_t state;		 /* (A) enum thread_state */
	uint32_t spin_depth;	 /* spinlocks held: sleeping with one asserts */
	const char *wait_reason; /* what it sleeps for, NULL when it does not */
	struct mm *mm;		 /* address space, NULL for a kernel thread */
	char name[16];
	struct list run; /* kernel's run queue, or the simulation's */
};

/*
 * Sleeping: thread_prepare_block, then make yourself known to whoever will wake you, drop locks,
 * then sched_block. A wake in between is not lost: sched_block returns at once. sched_block and
 * sched_wake are defined by kernel/ or by the simulation.
 */
static inline void thread_prepare_block(const char *reason)
{
	struct thread *t = cpu_current();

	t->wait_reason = reason;
	*(volatile uint32_t *)&t->state = THREAD_BLOCKED;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Gives the cpu away while the state says blocked. No spinlock held, interrupts on. */
void sched_block(void);

/* Makes a blocked thread runnable; a runnable one is left alone. Any context. */
void sched_wake(struct thread *t);

/* Gives the cpu to the next runnable thread, if there is one. */
void sched_yield_now(void);

static inline bool thread_has_mark(const struct thread *t, uint32_t marks)
{
	return atomic_load_relaxed(&t->marks) & marks;
}

/* Any context. A mark wakes nobody by itself. */
static inline void thread_mark(struct thread *t, uint32_t marks)
{
	atomic_fetch_or(&t->marks, marks);
}

static inline void thread_unmark(struct thread *t, uint32_t marks)
{
	atomic_fetch_and(&t->marks, ~marks);
}

/* The point at which long work in the kernel lets others run. No spinlock held. */
static inline void thread_yield_if_due(void)
{
	if (thread_has_mark(cpu_current(), THREAD_YIELD_DUE))
		sched_yield_now();
}

/* Sets flags of the current thread; returns the flags as they were before. */
static inline uint32_t thread_set_flags(uint32_t set)
{
	struct thread *t = cpu_current();
	uint32_t before = t->flags;

	t->flags |= set;
	return before;
}

static inline void thread_restore_flags(uint32_t before, uint32_t which)
{
	struct thread *t = cpu_current();

	t->flags = (t->flags & ~which) | (before & which);
}

static inline bool thread_is_dying(void)
{
	return thread_has_mark(cpu_current(), THREAD_FATAL);
}

/* An interruptible sleep ends: there is a signal to handle, or to die of. */
static inline bool thread_is_interrupted(void)
{
	return thread_has_mark(cpu_current(), THREAD_FATAL | THREAD_SIGNAL);
}

#endif

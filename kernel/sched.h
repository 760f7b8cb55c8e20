/*
 * Who runs next: one round robin queue, a slice of one tick, a switch.
 *
 * A runnable task is on the queue or it is running; a blocked one is on none; the idle thread is
 * never queued and runs when the queue is empty. User mode is preempted by the tick; the kernel
 * gives way only where it says so (base/thread.h). The queue's lock is dropped before the switch;
 * interrupts stay off across it. sched_block, sched_wake and sched_yield_now are promised in
 * base/thread.h.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/task.h"

/* The running thread becomes task 0, the idle thread. Nothing else can run yet. */
void sched_init(void);

/* The first thing on a new task's stack: finishes the switch that led there, interrupts on. */
void sched_begin_thread(void);

/* A task that was made (stage NEW) becomes runnable. */
void sched_start(struct task *t);

/* The running task is over: gives the cpu away for good. */
void sched_leave(void) __attribute__((noreturn));

/* Task 0's life from here on. */
void sched_idle_loop(void) __attribute__((noreturn));

/* The tick, in its interrupt: the slice of who runs is over. */
void sched_tick(void);

/*
 * While one lives, user addresses of the running thread mean `mm`; gives back what they meant
 * before.
 */
struct mm *sched_borrow_mm(struct mm *mm);

/* A bit for each cpu that runs tasks. */
uint32_t sched_cpus_online(void);

/* Instructions that a task has run so far, the running one included. */
uint64_t sched_task_insns(const struct task *t);

#endif

/*
 * Who runs next, and where: a round robin queue a cpu, a slice of one tick, a switch.
 *
 * A runnable task is on the queue of one cpu, its home, or running there; a blocked one is on none.
 * The idle thread of a cpu is never queued and runs when the queue is empty and no other cpu has a
 * task to give. User mode is preempted by the tick; the kernel gives way only where it says so
 * (base/thread.h). No lock is held across the switch; interrupts stay off. sched_block, sched_wake
 * and sched_yield_now are promised in base/thread.h.
 *
 * Between giving up its cpu and having its registers saved a task still is on that cpu (on_cpu):
 * until then only that cpu may take it up again. Who wakes it meanwhile puts it on that cpu's
 * queue, so nobody ever waits for a switch to end.
 */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/task.h"

/* The running thread becomes task 0, the idle thread of cpu 0. Nothing else can run yet. */
void sched_init(void);

/* The calling cpu has nobody yet: it runs its idle thread from here on. Interrupts off. */
void sched_init_cpu(void);

/* The first thing on a new task's stack: finishes the switch that led there, interrupts on. */
void sched_begin_thread(void);

/* A task that was made (stage NEW) becomes runnable. */
void sched_start(struct task *t);

/* The running task is over: gives the cpu away for good. */
void sched_leave(void) __attribute__((noreturn));

/* The life of a cpu's idle thread. */
void sched_idle_loop(void) __attribute__((noreturn));

/* In the timer's interrupt: the slice of who runs is over, by the tick or for one who woke. */
void sched_tick(void);

/*
 * The running thread runs on these cpus alone from here on, a bit each, and is on one of them when
 * this returns. 0, or a set without a cpu that is there, means any. Context: may sleep. Returns the
 * set as it was.
 */
uint32_t sched_run_on(uint32_t cpus);

/*
 * From here on no other cpu runs a task: each goes on to where its task gives way, blocks or
 * returns to user mode, and idles there. So nothing is half changed, as on one cpu, and nothing
 * changes but in interrupts, until sched_release_others. Context: a thread, no lock held; sleeps
 * while somebody else holds them.
 */
void sched_hold_others(void);
void sched_release_others(void);

/*
 * While one lives, user addresses of the running thread mean `mm`; gives back what they meant
 * before.
 */
struct mm *sched_borrow_mm(struct mm *mm);

/* A bit for each cpu that runs tasks. */
uint32_t sched_cpus_online(void);

/* Instructions that a task has run so far, the running one included. */
uint64_t sched_task_insns(const struct task *t);

/*
 * The last so many instructions of the running thread were work for `t`: they go to its account.
 * Context: a thread that has not given way since.
 */
void sched_charge(struct task *t, uint64_t insns);

/* True while it has a cpu. Racy, for views. */
bool sched_is_running(const struct task *t);

#endif

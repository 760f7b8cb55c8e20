/*
 * Tasks: kernel threads and user programs, from birth to the last hold.
 *
 * A fixed table; the index of a task gives the slot of its kernel stack. Slot 0 is the thread that
 * booted: it becomes the idle thread and never blocks or ends. A user task belongs to a process
 * (process.h) from its birth to its last hold; what tasks share is there.
 *
 *   FREE -> NEW (being built) -> LIVE -> ZOMBIE (ended; the reaper takes its stack) -> GONE -> FREE
 *
 * A task holds itself until it is reaped; whoever keeps a pointer to one holds it too. GONE means
 * that only the exit status is left, for those holders.
 *
 * Locks, by letter: (T) the table's lock, LOCK_TASKS, interrupts off; (S) the scheduler's run queue
 * lock; (O) the task's own; (C) set before it runs, then constant; (A) atomic.
 */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include "arch/atomic.h"
#include "arch/context.h"
#include "arch/fpu.h"
#include "arch/kstack.h"
#include "base/thread.h"
#include "kernel/checkin.h"
#include "kernel/signal.h"

#define MAX_TASKS	  256u
#define TASK_INIT	  1u /* number of init's first task, and so of its process */
#define EXIT_BY_SIGNAL(n) (128 + (n))

/* Linux's numbers, for exit statuses. */
enum { SIG_ILL = 4, SIG_TRAP = 5, SIG_BUS = 7, SIG_KILL = 9, SIG_SEGV = 11 };

enum task_stage { TASK_FREE, TASK_NEW, TASK_LIVE, TASK_ZOMBIE, TASK_GONE };

struct task {
	struct thread thread;	    /* first: a struct thread of the kernel is a task */
	struct context context;	    /* (S) while it is not running */
	uint32_t stage;		    /* (A) enum task_stage */
	uint32_t refs;		    /* (T) holds: its own until reaped, and those who look at it */
	pfn_t stack[KSTACK_PAGES];  /* (C) frames of the kernel stack */
	void (*entry)(void *);	    /* (C) kernel threads */
	void *arg;		    /* (C) */
	struct trap_frame start;    /* (C) first registers in user mode */
	uint64_t insns;		    /* (S) instructions it has run, up to its last switch */
	uint32_t switches;	    /* (S) times it was given the cpu */
	uint32_t cpu;		    /* (A) its home: whose queue it is on, or where it ran last */
	uint32_t cpus;		    /* (O) where it may run, a bit each; 0: anywhere; as its maker */
	uint32_t on_cpu;	    /* (A) runs, or its registers are not saved yet */
	bool asleep;		    /* (S) left its cpu blocked: a wake puts it on a queue */
	bool moves;		    /* (S) leaves its cpu for one where it may run */
	uint32_t syscalls;	    /* (O) */
	uint32_t tls;		    /* (O) what user mode reads as its thread register */
	bool user;		    /* (C) a user program; else a kernel thread */
	struct process *process;    /* (C) whose it is; NULL: a kernel thread */
	struct list in_process;	    /* process.tasks */
	struct task_signals signal; /* its process's signals.lock */
	struct fpu_state fpu;	    /* (O) arch/fpu.h */
	uint32_t clear_tid;	/* (O) user word to clear and wake at the end: set_tid_address */
	uint32_t robust_list;	/* (O) user address: set_robust_list */
	int exit_status;	/* (O) until ZOMBIE, then constant */
	struct checker checker; /* (O) what it says of its memory */
	struct list reap;	/* (T) the reaper's list */
};

_Static_assert(offsetof(struct task, thread) == 0, "a thread is a task");

static inline struct task *task_of(struct thread *t)
{
	return (struct task *)t;
}

static inline struct task *task_current(void)
{
	return task_of(cpu_current());
}

static inline bool task_is_live(const struct task *t)
{
	return atomic_load(&t->stage) == TASK_LIVE;
}

/* The running thread becomes task 0. Once, before anything here. */
struct task *task_init_boot(void);

/* The idle thread of another cpu, which is in no table. */
void task_init_idle(struct task *t, unsigned cpu);

/*
 * A new task with a kernel stack, stage NEW, one hold: the task's own. It runs when sched_start
 * says so. Context: may sleep. Returns NULL when the table or memory is full.
 */
struct task *task_create(const char *name);

/* A kernel thread that runs entry(arg) and ends with status 0 when it returns. NULL as above. */
struct task *task_create_kernel(const char *name, void (*entry)(void *), void *arg);

/* Where its kernel stack begins: one past the highest byte. */
void *task_stack_top(const struct task *t);

/* Undoes task_create for one that was never started, and its process, if it has one by now. */
void task_discard(struct task *t);

/* The running task starts `t` with these registers in user mode, once it is given the cpu. */
void task_prepare_user(struct task *t, const struct trap_frame *regs);

/*
 * What the running user task will have in user mode: its frame at the end of its kernel stack.
 * Context: in a system call, a fault of user mode, or on the way back from either.
 */
struct trap_frame *task_user_regs(void);

/*
 * Ends the running task alone, with this exit code; the last one of a process ends that (process.h
 * ends all of them). Its stack goes with the reaper. May sleep; no lock held.
 */
void task_exit(int status) __attribute__((noreturn));

/*
 * The task's process ends at the next return to user mode, with EXIT_BY_SIGNAL(SIG_KILL). A kernel
 * thread: no effect.
 */
void task_kill(struct task *t);

/* Sleeps until the task has ended. The caller holds it. Returns its exit status. */
int task_wait(struct task *t);

/* Sleeps until the reaper has nothing left to do: the stacks of all that have ended are back. */
void task_wait_reaped(void);

/* The running thread does not block after thread_prepare_block after all. */
static inline void thread_cancel_block(void)
{
	cpu_current()->wait_reason = NULL;
	atomic_store(&cpu_current()->state, THREAD_RUNNABLE);
}

/*
 * Holds. task_find: by id, NULL if there is none. task_next: the one after `t` (NULL: the first),
 * drops `t`.
 */
void task_get(struct task *t);
void task_put(struct task *t);
struct task *task_find(uint32_t id);
struct task *task_next(struct task *t);

/* The reaper: called by the scheduler when it has left a dead task's stack. Interrupts off. */
void task_bury_irqoff(struct task *t);
void task_start_reaper(void);

/* Its first 15 characters. */
void task_set_name(struct task *t, const char *name);

/* One line for `ps`. */
void task_describe(const struct task *t, char *text, size_t room);

#endif

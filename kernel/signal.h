/*
 * Signals: who is told what, and when; Linux's numbers and meaning.
 *
 * A signal is pending for a task or for a process until a task that does not block it is on its way
 * to user mode (THREAD_SIGNAL says: look). There it is ignored, ends the process, or is delivered:
 * a frame on the user's stack (sigframe.h) and the handler's address as pc. One that is ignored and
 * blocked by nobody is dropped when it is sent. One that ends the process sets THREAD_FATAL on
 * every task at once, so that long work in the kernel gives up. Signals are counted once: a second
 * one of the same number before delivery is lost, as POSIX allows below SIGRTMIN; here it is so
 * above, too. Nothing stops a process: SIGSTOP and its like are ignored unless handled, and the
 * first one is said in the log.
 *
 * Of a process's own signals one task is told: the first that does not block it. If that one blocks
 * it before it looks, or ends, another is told.
 *
 * Locks: signals.lock (LOCK_SIGNAL, interrupts off) of the process guards actions, every pending
 * set of its tasks, and its list of tasks. What a task blocks it alone changes, under the lock, and
 * reads without.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "arch/context.h"
#include "base/list.h"
#include "base/spinlock.h"

struct process;
struct task;

/* Linux: uapi/asm/signal.h of ARM. */
enum signal_number {
	SIGNAL_HUP = 1,
	SIGNAL_INT = 2,
	SIGNAL_QUIT = 3,
	SIGNAL_ILL = 4,
	SIGNAL_TRAP = 5,
	SIGNAL_ABRT = 6,
	SIGNAL_BUS = 7,
	SIGNAL_FPE = 8,
	SIGNAL_KILL = 9,
	SIGNAL_USR1 = 10,
	SIGNAL_SEGV = 11,
	SIGNAL_USR2 = 12,
	SIGNAL_PIPE = 13,
	SIGNAL_ALRM = 14,
	SIGNAL_TERM = 15,
	SIGNAL_CHLD = 17,
	SIGNAL_CONT = 18,
	SIGNAL_STOP = 19,
	SIGNAL_TSTP = 20,
	SIGNAL_TTIN = 21,
	SIGNAL_TTOU = 22,
	SIGNAL_URG = 23,
	SIGNAL_WINCH = 28,
	SIGNAL_SYS = 31,
	SIGNAL_COUNT = 64,
};

/* Linux: uapi/asm-generic/siginfo.h. */
enum signal_code {
	SIGNAL_FROM_USER = 0,
	SIGNAL_FROM_KERNEL = 0x80,
	SIGNAL_FROM_QUEUE = -1,
	SIGNAL_FROM_TKILL = -6,
	SEGV_NOT_MAPPED = 1,
	SEGV_NOT_ALLOWED = 2,
	BUS_ALIGNMENT = 1,
	BUS_NO_MEMORY_THERE = 2,
	ILL_OPCODE = 1,
	TRAP_BREAKPOINT = 1,
};

/* Handlers that are none, and flags. Linux: uapi/asm-generic/signal-defs.h, uapi/asm/signal.h. */
enum { HANDLER_DEFAULT = 0, HANDLER_IGNORE = 1 };

enum action_flags {
	ACTION_NO_CHILD_STOP = 0x1,
	ACTION_NO_CHILD_WAIT = 0x2,
	ACTION_SIGINFO = 0x4,
	ACTION_RESTORER = 0x04000000,
	ACTION_ON_STACK = 0x08000000,
	ACTION_RESTART = 0x10000000,
	ACTION_NO_DEFER = 0x40000000,
	ACTION_RESET = 0x80000000u,
};

/* What a handler learns: the fields of siginfo_t that there is use for. */
struct signal_info {
	int32_t number, code; /* code: enum signal_code, or CLD_* of SIGCHLD */
	uint32_t pid;	      /* of the sender; SIGCHLD: of the child */
	uint32_t status;      /* SIGCHLD: of the child; sigqueue: the value */
	uint32_t address;     /* SIGSEGV, SIGBUS, SIGILL, SIGTRAP */
};

struct signal_action {
	uint32_t handler;  /* user address, 0 default, 1 ignore */
	uint32_t flags;	   /* SA_* */
	uint32_t restorer; /* user address */
	uint64_t mask;	   /* bit n - 1: signal n is blocked meanwhile */
};

/* More than so many at once, and the handler learns no more than the number. */
#define PENDING_INFOS 8u

struct pending_signals {
	uint64_t set;				/* bit n - 1: signal n */
	struct signal_info info[PENDING_INFOS]; /* number 0: free */
};

/* Of a process. */
struct signals {
	struct spinlock lock; /* LOCK_SIGNAL, interrupts off */
	struct signal_action action[SIGNAL_COUNT];
	struct pending_signals pending; /* for any task */
	struct list tasks;		/* task_signals.member: who can be told, oldest first */
	int fatal;			/* it dies of this one; 0: of none */
	uint64_t alarm_at, alarm_every; /* itimer.h: ns; 0: never, not again */
};

/* Calls that a signal broke off: what the handler's end finds. */
enum broken_call {
	CALL_NOT_BROKEN,
	CALL_BROKEN,	      /* made again if the handler has SA_RESTART, else -EINTR */
	CALL_BROKEN_FOR_GOOD, /* -EINTR after any handler */
};

/* Of a task. */
struct task_signals {
	struct list member; /* signals.tasks */
	struct pending_signals pending;
	uint64_t blocked;
	uint64_t waited;  /* rt_sigtimedwait waits for these: neither ignored nor fatal */
	uint64_t restore; /* blocked set to put back after sigsuspend and its like */
	bool restore_due;
	uint8_t broken;				  /* enum broken_call; pc is at its svc */
	uint32_t trap, trap_status, trap_address; /* of its last fault, for the frame */
	uint32_t stack, stack_bytes;		  /* sigaltstack; bytes 0: none */
};

static inline uint64_t signal_bit(int number)
{
	return 1ull << (number - 1);
}

/*
 * A call that was broken off by a signal answers -CALL_AGAIN: it is made again after the handler if
 * that asked for it (SA_RESTART), else it gives -EINTR; without a handler it is made again.
 * -CALL_AGAIN_UNHANDLED: after any handler it gives -EINTR. Linux's ERESTARTSYS, ERESTARTNOHAND,
 * seen by nobody outside.
 */
#define CALL_AGAIN	     512
#define CALL_AGAIN_UNHANDLED 514

/*
 * The dispatcher: a call answered one of the two; its registers are still those of its entry. Takes
 * pc back to the svc; what comes of it is seen on the way to user mode.
 */
void signal_call_broken(struct trap_frame *regs, int32_t answer);

/* Any context, interrupts too; no lock of rank LOCK_SIGNAL or above held. */
void signal_send(struct process *p, const struct signal_info *info);
void signal_send_task(struct task *t, const struct signal_info *info);

/*
 * The running task did it itself (a fault), so it can not wait. Returns true if a handler will run
 * on the way to user mode; false if the process must end: no handler, blocked, or a kernel thread.
 */
bool signal_force(const struct signal_info *info);

/* The running task's process ends by this signal; without a process the task alone does. */
void signal_end_process(int number) __attribute__((noreturn));

/* THREAD_FATAL on the way to user mode: ends the process by the signal that was fatal, or SIGKILL.
 */
void signal_die(void) __attribute__((noreturn));

/* On the way to user mode, THREAD_SIGNAL set, interrupts on. May end the process. */
void signal_deliver(struct trap_frame *regs);

/* A new process: defaults; fork: the parent's actions; exec: handlers go, ignored ones stay. */
void signals_init(struct signals *s);
void signals_copy(struct signals *to, struct signals *from);
void signals_exec(struct process *p, struct task *t);

/*
 * A task of t->process begins, before it runs: it blocks what the running task blocks and can be
 * told from here on; `keeps_stack`: it has the same sigaltstack, too (fork; not a thread). A task
 * ends: it can not be told any more.
 */
void signal_task_begins(struct task *t, bool keeps_stack);
void signal_task_ends(struct task *t);

/* The action of `number`; `set` NULL: only asks. Ignored from now on: what was pending goes. */
struct signal_action signal_action_swap(struct process *p, int number,
					const struct signal_action *set);

/* True if SIGCHLD and the like would be dropped: ignored, or SA_NOCLDWAIT for SIGCHLD. */
bool signal_leaves_no_zombie(struct process *p);

/* The running task. SIGKILL and SIGSTOP stay unblocked whatever is asked. */
void signal_set_blocked(uint64_t mask);
uint64_t signal_pending_blocked(void);

/*
 * A call blocks `mask` until its end only. signal_mask_back when it ends without -EINTR; with it,
 * the mask comes back on the way to user mode, after the handlers.
 */
void signal_mask_lend(uint64_t mask);
void signal_mask_back(void);

/* Sleeps until the running task is interrupted. */
void signal_wait(void);

/*
 * Sleeps until one of `wanted` is pending and takes it, at most until time_ns() says `until_ns`.
 * Returns its number, -EAGAIN when the time is over, -EINTR when another signal came.
 */
int signal_wait_for(uint64_t wanted, uint64_t until_ns, struct signal_info *info);

#endif

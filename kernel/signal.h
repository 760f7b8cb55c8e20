/*
 * Signals: who is told what, and when; Linux's numbers and meaning.
 *
 * A signal is pending for a task or for a process until a task that does not block it is on its way
 * to user mode (THREAD_SIGNAL says: look). There it is ignored, ends the process, or is delivered:
 * a frame on the user's stack, laid out as Linux does for ARM, and the handler's address as pc.
 * SIGKILL also sets THREAD_FATAL on every task, so that long work in the kernel gives up. Signals
 * are counted once: a second one of the same number before delivery is lost, as POSIX allows below
 * SIGRTMIN. Locks: signals.lock (LOCK_SIGNAL) of the process guards actions and every pending set
 * of its tasks.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "arch/context.h"
#include "base/spinlock.h"

struct process;
struct task;

/* Linux: uapi/asm-generic/signal.h */
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
	SIGNAL_COUNT = 64,
};

/* What a handler learns: the fields of siginfo_t that there is use for. */
struct signal_info {
	int32_t number, code; /* code: SI_USER 0, SI_TKILL -6, SEGV_MAPERR 1, SEGV_ACCERR 2 ... */
	uint32_t pid, status; /* of the sender; SIGCHLD: of the child */
	uint32_t address;     /* SIGSEGV, SIGBUS, SIGILL, SIGTRAP */
};

struct signal_action {
	uint32_t handler;  /* user address, 0 default, 1 ignore */
	uint32_t flags;	   /* SA_* */
	uint32_t restorer; /* user address */
	uint64_t mask;	   /* bit n - 1: signal n is blocked meanwhile */
};

/* Of a process. */
struct signals {
	struct spinlock lock; /* LOCK_SIGNAL */
	struct signal_action action[SIGNAL_COUNT];
	uint64_t pending; /* for any task */
	struct signal_info info[SIGNAL_COUNT];
};

/* Of a task. */
struct task_signals {
	uint64_t pending, blocked;
	uint64_t restore; /* blocked set to put back after sigsuspend and its like */
	bool restore_due;
	struct signal_info fault;    /* of the last one for this task alone */
	uint32_t stack, stack_bytes; /* sigaltstack; bytes 0: none */
};

/*
 * A call that was broken off by a signal answers -CALL_AGAIN: it is made again after the handler if
 * that asked for it (SA_RESTART), else it gives -EINTR. Linux's ERESTARTSYS, seen by nobody
 * outside.
 */
#define CALL_AGAIN 512

/* Any context but interrupts; no lock of rank LOCK_SIGNAL or above held. */
void signal_send(struct process *p, const struct signal_info *info);
void signal_send_task(struct task *t, const struct signal_info *info);

/* The running task did it itself (a fault): it can not be blocked or ignored. */
void signal_force(const struct signal_info *info);

/* On the way to user mode, THREAD_SIGNAL set, interrupts on. May end the task. */
void signal_deliver(struct trap_frame *regs);

/* A new process: defaults; fork: the parent's actions; exec: handlers go, ignored ones stay. */
void signals_init(struct signals *s);
void signals_copy(struct signals *to, struct signals *from);
void signals_exec(struct process *p, struct task *t);

#endif

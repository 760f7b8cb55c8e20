/*
 * Processes: tasks that share an address space, open files, signal actions and a number.
 *
 * A process lives until its last task has ended; then it is a zombie, which is a status for its
 * parent, until the parent waits for it. Children of a process that ends go to the first process;
 * nobody waits for the child of a kernel thread, and its zombie goes at once.
 *
 * Locks, by letter: (T) the tree's lock, LOCK_PROCESS, one for all; (A) atomic; (C) constant once
 * its first task runs; (O) the tasks of the process.
 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include "base/list.h"
#include "kernel/signal.h"
#include "kernel/task.h"

struct fd_table; /* kernel/fdtable.h */

struct process {
	uint32_t pid;  /* (C) the number of its first task */
	uint32_t refs; /* (A) each of its tasks; the tree while it is in it; who looks at it */
	struct process *parent;	 /* (T) NULL: a kernel thread started it */
	struct list children;	 /* (T) struct process.sibling, zombies too */
	struct list sibling;	 /* (T) */
	struct list all;	 /* (T) every process, oldest first */
	struct list tasks;	 /* (T) struct task.in_process, those that have not ended */
	uint32_t live_tasks;	 /* (T) */
	uint32_t group, session; /* (T) process group and session */
	bool zombie;		 /* (T) */
	bool leaving;		 /* (T) exit_group, or a fatal signal: every task ends */
	int status;		 /* (T) as wait4 gives it: code << 8, or a signal */
	struct fd_table *files;	 /* (C) gone with the last task */
	struct signals signals;	 /* signal.h: actions, and what is pending for any task */
	uint32_t mask;		 /* (O) umask */
	uint64_t ended_insns;	 /* (T) of tasks that have ended */
	uint64_t children_insns; /* (T) of children waited for */
	char path[64];		 /* (O) of the program */
};

/* The running task's, or NULL for a kernel thread. */
static inline struct process *process_current(void)
{
	return task_current()->process;
}

/* By number, with a hold; NULL: there is none (a zombie is one). */
struct process *process_find(uint32_t pid);
void process_get(struct process *p);
void process_put(struct process *p);

/* The one after `p` (NULL: the first) by age, held; drops `p`. */
struct process *process_next(struct process *p);

/* Its address space with a hold (mm_put), or NULL: it has ended or has none yet. */
struct mm *process_mm(struct process *p);

/* Every task of the running task's process ends; `status` is what the parent gets. */
void process_exit_group(int status) __attribute__((noreturn));

#endif

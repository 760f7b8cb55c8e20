/*
 * Processes: tasks that share an address space, open files, signal actions and a number.
 *
 * A process lives until its last task has ended; then it is a zombie, which is a status for its
 * parent, until the parent waits for it. Children of a process that ends go to the first process
 * (init); without one they have no parent. Nobody waits for a process without parent, and its
 * zombie goes at once; so does that of a child whose parent ignores SIGCHLD.
 *
 *   being built -> in the tree (tasks run) -> zombie (status only) -> out of the tree -> last hold
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

#define MAX_PROCESSES (4 * MAX_TASKS) /* zombies too: each is a frame of the kernel's */
#define PROCESS_PATH  64u

/* How a child has ended, in a siginfo_t: uapi/asm-generic/siginfo.h. */
enum { CHILD_EXITED = 1, CHILD_KILLED = 2 };

struct process {
	uint32_t pid;  /* (C) the number of its first task */
	uint32_t refs; /* (A) each of its tasks; the tree while it is in it; who looks at it */
	struct process *parent;	 /* (T) NULL: a kernel thread started it, or it is an orphan */
	struct list children;	 /* (T) struct process.sibling, zombies too */
	struct list sibling;	 /* (T) */
	struct list all;	 /* (T) every process */
	struct list tasks;	 /* (T) struct task.in_process, those that have not ended */
	uint32_t live_tasks;	 /* (T) */
	uint32_t group, session; /* (T) process group and session */
	uint32_t exit_signal;	 /* (T) what the parent is told its end with; 0: nothing */
	bool zombie;		 /* (T) */
	bool leaving;		 /* (T) exit_group, or a fatal signal: every task ends */
	bool has_run_exec;	 /* (T) its parent may not move it to another group any more */
	bool borrows_mm;	 /* (T) vfork: the parent sleeps until exec or the end */
	struct task *sole;	 /* (T) runs exec: the other tasks end */
	int status;		 /* (T) as wait4 gives it: code << 8, or a signal */
	struct mm *mm;		 /* (T) its own hold; NULL before it is built and after its end */
	struct fd_table *files;	 /* (C) gone with the last task */
	struct signals signals;	 /* signal.h: actions, and what is pending for any task */
	uint32_t mask;		 /* (O) umask */
	uint64_t ended_insns;	 /* (T) of tasks that have ended */
	uint64_t children_insns; /* (T) of children waited for, and of theirs */
	char path[PROCESS_PATH]; /* (O) of the program */
};

/* The running task's, or NULL for a kernel thread. */
static inline struct process *process_current(void)
{
	return task_current()->process;
}

/*
 * A process of which `t`, still NEW, is the first task; nobody finds it yet, and it has no address
 * space and no files. Group and session are the parent's, or its own without one. It goes with `t`
 * (task_discard) or enters the tree (process_start). Returns: 0, -EAGAIN there are too many,
 * -ENOMEM.
 */
int process_create(struct task *t, struct process *parent);

/* The process of `t`, its first task, is in the tree, and the task runs. */
void process_start(struct task *t);

/*
 * One more task of the running task's process runs: `t`, still NEW, which gets a hold on it.
 * Returns: 0, or -EAGAIN while the process ends or runs exec.
 */
int process_start_task(struct task *t);

/* Gives back what a process that never started was given so far. Its task still holds it. */
void process_discard(struct process *p);

/* By number, with a hold; NULL: there is none. A zombie is one. */
struct process *process_find(uint32_t pid);
void process_get(struct process *p);
void process_put(struct process *p);

/* The one with the next higher number after `p` (NULL: the first), held; drops `p`. */
struct process *process_next(struct process *p);

/* The one that orphans go to, from its start to its end. At most one. */
void process_set_first(struct process *p);

/* Its address space with a hold (mm_put), or NULL: it has ended or has none yet. */
struct mm *process_mm(struct process *p);

/* Number of its parent; 0: it has none. */
uint32_t process_parent_pid(struct process *p);

/* Instructions its tasks have run, ended ones included. */
uint64_t process_insns(struct process *p);

/* Every task of the running task's process ends; `status` is what the parent gets. */
void process_exit_group(int status) __attribute__((noreturn));

/* Every task of it ends at its next return to user mode, with SIGKILL as status. */
void process_kill(struct process *p);

/*
 * The running task, which ends, leaves its process and its address space. The last one to leave
 * ends the process. Called by task_exit alone. May sleep.
 */
void process_leave(void);

/*
 * exec: ends all other tasks of the running task's process and waits for that; the number of the
 * process is the running task's afterwards. Returns: 0, -EAGAIN when another task was first,
 * -EINTR when the running task is to die meanwhile.
 */
int process_make_sole(void);

/* exec: the running task, alone in its process, has another address space now (its hold goes over).
 */
void process_set_mm(struct process *p, struct mm *mm);

/* vfork: sleeps until `child` has run exec or ended, or the running task is to die. */
void process_wait_vfork(struct process *child);

/* Whom wait4 and waitid look for. */
struct process_wait {
	enum { WAIT_ANY, WAIT_PID, WAIT_GROUP } which;
	enum { WAIT_SIGNALLED, WAIT_SILENT, WAIT_BOTH } kinds; /* their end sends SIGCHLD or not */
	uint32_t id;
	bool no_hang;	/* answer 0 when there are such children and none has ended */
	bool leave;	/* it stays a zombie */
	int status;	/* found: process.status */
	uint64_t insns; /* found: of it and the children it has waited for */
};

/*
 * Waits for a child of the running task's process to end, and takes it out of the tree. Returns its
 * number, 0, -ECHILD, or -CALL_AGAIN.
 */
int32_t process_wait(struct process_wait *w);

/* Sleeps until `p`, held, has ended. Returns its status as a shell has it: code, or 128 + signal.
 */
int process_wait_end(struct process *p);

/* What a shell makes of a status of wait4. */
static inline int process_shell_status(int status)
{
	return status & 0x7f ? EXIT_BY_SIGNAL(status & 0x7f) : status >> 8 & 0xff;
}

/*
 * Process groups and sessions, of the running task's process or, with its number, another. As
 * setpgid(2), getpgid(2), getsid(2), setsid(2) say, -errno included; pid 0 is the own.
 */
int process_set_group(uint32_t pid, uint32_t group);
int32_t process_group(uint32_t pid);
int32_t process_session(uint32_t pid);
int32_t process_new_session(void);

#endif

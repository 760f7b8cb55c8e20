/*
 * What a new task inherits, and from whom.
 *
 * Everything that can fail comes before the task is in a process's list; until then nobody knows it
 * and it is taken back by task_discard.
 */
#include <errno.h>
#include <string.h>
#include "arch/fpu.h"
#include "arch/uaccess.h"
#include "kernel/clone.h"
#include "kernel/fdtable.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "mm/virt/mm.h"

#define SHARED_BY_THREADS (CLONE_VM | CLONE_SIGHAND | CLONE_FILES | CLONE_THREAD)

/* CLONE_FS, SYSVSEM, DETACHED: there is nothing here that they would say something of. */
#define KNOWN_FLAGS                                                                                \
	(CLONE_SIGNAL | SHARED_BY_THREADS | CLONE_FS | CLONE_VFORK | CLONE_SYSVSEM |               \
	 CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED |              \
	 CLONE_CHILD_SETTID)

static bool is_known(uint32_t flags)
{
	uint32_t shared = flags & SHARED_BY_THREADS;

	if (flags & ~(uint32_t)KNOWN_FLAGS || (flags & CLONE_SIGNAL) > SIGNAL_COUNT)
		return false;
	return shared == 0 || shared == CLONE_VM || shared == SHARED_BY_THREADS;
}

static int give_memory(struct process *p, uint32_t flags)
{
	struct mm *mine = cpu_current()->mm;

	if (flags & CLONE_VM) {
		mm_get(mine);
		p->mm = mine;
		return 0;
	}
	p->mm = mm_create(mine->name);
	return p->mm ? mm_fork(mine, p->mm) : -ENOMEM;
}

/* The process that `t` is the first task of, with copies of what the running one has. */
static int make_process(struct task *t, uint32_t flags)
{
	struct process *mine = process_current(), *p;
	int error = process_create(t, mine);

	if (error)
		return error;
	p = t->process;
	p->exit_signal = flags & CLONE_SIGNAL;
	p->borrows_mm = flags & CLONE_VFORK;
	memcpy(p->path, mine->path, sizeof(p->path));
	p->files = fd_table_copy(mine->files);
	return p->files ? give_memory(p, flags) : -ENOMEM;
}

/* Registers, thread register, floating point, name. */
static void inherit(struct task *t, const struct clone_request *r)
{
	struct task *me = task_current();
	struct trap_frame regs = *task_user_regs();

	fpu_save(&me->fpu);
	t->fpu = me->fpu;
	t->tls = r->flags & CLONE_SETTLS ? r->tls : me->tls;
	t->clear_tid = r->flags & CLONE_CHILD_CLEARTID ? r->child_tid : 0;
	regs.r[0] = 0;
	if (r->stack)
		regs.sp = r->stack;
	task_prepare_user(t, &regs);
}

static int make_task(const struct clone_request *r, struct task **made)
{
	struct task *t = task_create(cpu_current()->name);
	int error = 0;

	if (!t)
		return -EAGAIN;
	t->user = true;
	if (!(r->flags & CLONE_THREAD))
		error = make_process(t, r->flags);
	if (error) {
		task_discard(t);
		return error;
	}
	t->thread.mm = t->process ? t->process->mm : cpu_current()->mm;
	inherit(t, r);
	*made = t;
	return 0;
}

/* As Linux, who asked for a number at a bad address does not get one. */
static void tell_numbers(struct task *t, const struct clone_request *r)
{
	uint32_t id = t->thread.id;
	struct mm *mine;

	if (r->flags & CLONE_PARENT_SETTID)
		(void)copy_to_user(vaddr(r->parent_tid), &id, sizeof(id));
	if (!(r->flags & CLONE_CHILD_SETTID))
		return;
	mine = sched_borrow_mm(t->thread.mm);
	(void)copy_to_user(vaddr(r->child_tid), &id, sizeof(id));
	sched_borrow_mm(mine);
}

static int32_t start_thread(struct task *t)
{
	int32_t id = (int32_t)t->thread.id;
	int error = process_start_task(t);

	if (!error)
		return id;
	task_discard(t);
	return error;
}

static int32_t start_process(struct task *t, bool wait)
{
	struct process *p = t->process;
	int32_t id = (int32_t)p->pid;

	process_get(p);
	process_start(t);
	if (wait)
		process_wait_vfork(p);
	process_put(p);
	return id;
}

int32_t clone_task(const struct clone_request *r)
{
	struct task *t;
	int error;

	if (!is_known(r->flags))
		return -EINVAL;
	error = make_task(r, &t);
	if (error)
		return error;
	tell_numbers(t, r);
	if (r->flags & CLONE_THREAD)
		return start_thread(t);
	return start_process(t, r->flags & CLONE_VFORK);
}

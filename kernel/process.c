/*
 * The tree of processes: birth, death, and who is told.
 *
 * One spinlock guards every link, count and status; nothing is closed or unmapped under it. A
 * process ends in three steps: its last task takes itself off (from here on nobody adds one), gives
 * back files and memory without the lock, and only then makes the process a zombie, so that a
 * parent that has waited finds all of it given back but the kernel stack.
 */
#include <errno.h>
#include <string.h>
#include "base/waitq.h"
#include "kernel/fdtable.h"
#include "kernel/futex.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "mm/phys/objcache.h"
#include "mm/virt/mm.h"

static struct objcache process_cache = OBJCACHE_INIT(process_cache, "process", struct process);

static struct {
	struct spinlock lock;  /* LOCK_PROCESS */
	struct list all;       /* (T) struct process.all */
	uint32_t count;	       /* (T) */
	struct process *first; /* (T) whom orphans go to; it is in the tree */
} tree = { .all = LIST_INIT(tree.all) };

static void lock_tree(void)
{
	spin_lock(&tree.lock, LOCK_PROCESS);
}

static void unlock_tree(void)
{
	spin_unlock(&tree.lock);
}

void process_get(struct process *p)
{
	uint32_t before = atomic_fetch_add(&p->refs, 1);

	assert_that(before != 0);
}

void process_put(struct process *p)
{
	if (atomic_fetch_add(&p->refs, -1u) != 1)
		return;
	assert_that(!p->mm && !p->files);
	objcache_free(&process_cache, p);
}

static void init_process(struct process *p, struct task *t, struct process *parent)
{
	list_init(&p->children);
	list_init(&p->sibling);
	list_init(&p->all);
	list_init(&p->tasks);
	if (parent)
		signals_copy(&p->signals, &parent->signals);
	else
		signals_init(&p->signals);
	p->pid = t->thread.id;
	p->refs = 1;
	p->parent = parent;
	p->exit_signal = SIGNAL_CHLD;
	p->mask = parent ? parent->mask : 022;
}

int process_create(struct task *t, struct process *parent)
{
	struct process *p;

	if (atomic_load_relaxed(&tree.count) >= MAX_PROCESSES)
		return -EAGAIN;
	p = objcache_alloc(&process_cache, GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	init_process(p, t, parent);
	t->process = p;
	return 0;
}

/* Nobody finds the process any more, or nobody found it ever. */
static void release_memory(struct process *p, struct mm *mm)
{
	struct fd_table *files = p->files;

	p->files = NULL;
	if (files)
		fd_table_close_all(files);
	if (mm)
		mm_put(mm);
}

void process_discard(struct process *p)
{
	struct mm *mm = p->mm;

	assert_that(list_is_empty(&p->all));
	p->mm = NULL;
	release_memory(p, mm);
}

/* Locks: the tree's, as for all from here that end in _locked. */
static void link_to_parent_locked(struct process *p)
{
	p->group = p->parent ? p->parent->group : p->pid;
	p->session = p->parent ? p->parent->session : p->pid;
	if (p->parent)
		list_add_tail(&p->parent->children, &p->sibling);
}

static void link_task_locked(struct process *p, struct task *t)
{
	list_add_tail(&p->tasks, &t->in_process);
	p->live_tasks++;
}

void process_start(struct task *t)
{
	struct process *p = t->process;

	process_get(p);
	lock_tree();
	list_add_tail(&tree.all, &p->all);
	tree.count++;
	link_to_parent_locked(p);
	link_task_locked(p, t);
	unlock_tree();
	signal_task_begins(t, true);
	sched_start(t);
}

int process_start_task(struct task *t)
{
	struct process *p = process_current();
	bool closed;

	lock_tree();
	closed = p->leaving || p->sole;
	if (!closed)
		link_task_locked(p, t);
	unlock_tree();
	if (closed)
		return -EAGAIN;
	process_get(p);
	t->process = p;
	signal_task_begins(t, false);
	sched_start(t);
	return 0;
}

static struct process *find_locked(uint32_t pid)
{
	struct process *p;

	list_for_each_entry(p, &tree.all, all) {
		if (p->pid == pid)
			return p;
	}
	return NULL;
}

struct process *process_find(uint32_t pid)
{
	struct process *p;

	lock_tree();
	p = find_locked(pid);
	if (p)
		process_get(p);
	unlock_tree();
	return p;
}

/* The one with the lowest number above `pid`. */
static struct process *next_locked(uint32_t pid)
{
	struct process *p, *best = NULL;

	list_for_each_entry(p, &tree.all, all) {
		if (p->pid > pid && (!best || p->pid < best->pid))
			best = p;
	}
	return best;
}

struct process *process_next(struct process *before)
{
	struct process *p;

	lock_tree();
	p = next_locked(before ? before->pid : 0);
	if (p)
		process_get(p);
	unlock_tree();
	if (before)
		process_put(before);
	return p;
}

void process_set_first(struct process *p)
{
	lock_tree();
	if (!p->zombie && !list_is_empty(&p->all))
		tree.first = p;
	unlock_tree();
}

struct mm *process_mm(struct process *p)
{
	struct mm *mm;

	lock_tree();
	mm = p->mm;
	if (mm)
		mm_get(mm);
	unlock_tree();
	return mm;
}

uint32_t process_parent_pid(struct process *p)
{
	uint32_t pid;

	lock_tree();
	pid = p->parent ? p->parent->pid : 0;
	unlock_tree();
	return pid;
}

uint64_t process_insns(struct process *p)
{
	uint64_t insns;
	struct task *t;

	lock_tree();
	insns = p->ended_insns;
	list_for_each_entry(t, &p->tasks, in_process)
		insns += sched_task_insns(t);
	unlock_tree();
	return insns;
}

/* Every task but `spared` ends at its next return to user mode. */
static void kill_tasks_locked(struct process *p, const struct task *spared)
{
	struct task *t;

	list_for_each_entry(t, &p->tasks, in_process) {
		if (t == spared)
			continue;
		thread_mark(&t->thread, THREAD_FATAL);
		sched_wake(&t->thread);
	}
}

void process_kill(struct process *p)
{
	lock_tree();
	kill_tasks_locked(p, NULL);
	unlock_tree();
}

/* The first reason to end counts; a task that exec ends takes nobody with it. */
void process_exit_group(int status)
{
	struct process *p = process_current();
	struct task *me = task_current();

	lock_tree();
	if (!p->leaving && (!p->sole || p->sole == me)) {
		p->leaving = true;
		p->status = status;
		kill_tasks_locked(p, me);
	}
	unlock_tree();
	task_exit(process_shell_status(status));
}

/* Returns true if it was the last task. */
static bool unlink_task(struct process *p, struct task *t)
{
	bool last;

	lock_tree();
	if (p->leaving)
		t->exit_status = process_shell_status(p->status);
	else if (t->thread.id == p->pid)
		p->status = (t->exit_status & 0xff) << 8;
	list_del_init(&t->in_process);
	p->ended_insns += sched_task_insns(t);
	last = --p->live_tasks == 0;
	p->leaving |= last;
	unlock_tree();
	waitq_wake(&p->live_tasks);
	return last;
}

static void take_out_locked(struct process *p)
{
	list_del_init(&p->all);
	list_del_init(&p->sibling);
	tree.count--;
	process_put(p);
}

static bool is_waited_for_locked(const struct process *p)
{
	return p->parent && !signal_leaves_no_zombie(p->parent);
}

static void give_away_locked(struct process *child, struct process *to)
{
	child->parent = to;
	child->exit_signal = SIGNAL_CHLD;
	list_del_init(&child->sibling);
	if (to)
		list_add_tail(&to->children, &child->sibling);
	if (child->zombie && !is_waited_for_locked(child))
		take_out_locked(child);
}

static void give_children_away_locked(struct process *p)
{
	struct process *child, *next;

	if (tree.first == p)
		tree.first = NULL;
	list_for_each_entry_safe(child, next, &p->children, sibling)
		give_away_locked(child, tree.first);
	if (tree.first)
		waitq_wake(tree.first);
}

/* What is left of it is its status, for a parent that wants it. Returns that parent, held. */
static struct process *become_zombie(struct process *p)
{
	struct process *parent;

	lock_tree();
	give_children_away_locked(p);
	p->zombie = true;
	p->borrows_mm = false;
	waitq_wake(&p->borrows_mm);
	waitq_wake(&p->zombie);
	parent = p->parent;
	if (parent) {
		process_get(parent);
		waitq_wake(parent);
	}
	if (!is_waited_for_locked(p))
		take_out_locked(p);
	unlock_tree();
	return parent;
}

static void tell_parent(struct process *p, struct process *parent)
{
	uint32_t signal = p->exit_signal & 0x7f;
	int by = p->status & 0x7f;
	struct signal_info info = {
		.number = (int32_t)signal,
		.code = by ? CHILD_KILLED : CHILD_EXITED,
		.pid = p->pid,
		.status = (uint32_t)(by ? by : p->status >> 8),
	};

	if (signal)
		signal_send(parent, &info);
	process_put(parent);
}

static struct mm *take_mm(struct process *p)
{
	struct mm *mm;

	lock_tree();
	mm = p->mm;
	p->mm = NULL;
	unlock_tree();
	return mm;
}

/*
 * Nothing can kill the task a second time: what it still writes to its memory may be brought back
 * for that. Race: it keeps its own hold on the process until it is reaped.
 */
void process_leave(void)
{
	struct task *t = task_current();
	struct process *p = t->process, *parent;

	signal_task_ends(t);
	thread_unmark(&t->thread, THREAD_FATAL | THREAD_SIGNAL);
	futex_task_leaves(t);
	sched_borrow_mm(NULL);
	if (!unlink_task(p, t))
		return;
	release_memory(p, take_mm(p));
	parent = become_zombie(p);
	if (parent)
		tell_parent(p, parent);
}

static bool is_alone(struct process *p)
{
	return atomic_load(&p->live_tasks) == 1;
}

static int wait_until_alone(struct process *p)
{
	while (!is_alone(p) && !thread_is_dying()) {
		struct waiter w;

		waitq_prepare(&w, &p->live_tasks, "the end of the other tasks");
		if (!is_alone(p) && !thread_is_dying())
			sched_block();
		waitq_finish(&w);
	}
	return is_alone(p) ? 0 : -EINTR;
}

int process_make_sole(void)
{
	struct process *p = process_current();
	struct task *me = task_current();
	bool late;
	int error;

	lock_tree();
	late = p->leaving || p->sole;
	if (!late) {
		p->sole = me;
		kill_tasks_locked(p, me);
	}
	unlock_tree();
	if (late)
		return -EAGAIN;
	error = wait_until_alone(p);
	if (!error)
		me->thread.id = p->pid;
	lock_tree();
	p->sole = NULL;
	unlock_tree();
	return error;
}

void process_set_mm(struct process *p, struct mm *mm)
{
	struct mm *before;

	lock_tree();
	before = p->mm;
	p->mm = mm;
	p->has_run_exec = true;
	unlock_tree();
	sched_borrow_mm(mm);
	mm_put(before);
	lock_tree();
	p->borrows_mm = false;
	waitq_wake(&p->borrows_mm);
	unlock_tree();
}

static bool is_borrowed(struct process *child)
{
	bool borrowed;

	lock_tree();
	borrowed = child->borrows_mm;
	unlock_tree();
	return borrowed && !thread_is_dying();
}

void process_wait_vfork(struct process *child)
{
	while (is_borrowed(child)) {
		struct waiter w;

		waitq_prepare(&w, &child->borrows_mm, "vfork");
		if (is_borrowed(child))
			sched_block();
		waitq_finish(&w);
	}
}

static bool is_of_kind(const struct process_wait *w, const struct process *child)
{
	bool silent = child->exit_signal != SIGNAL_CHLD;

	return w->kinds == WAIT_BOTH || silent == (w->kinds == WAIT_SILENT);
}

static bool is_meant(const struct process_wait *w, const struct process *child)
{
	if (!is_of_kind(w, child))
		return false;
	switch (w->which) {
	case WAIT_PID:
		return child->pid == w->id;
	case WAIT_GROUP:
		return child->group == w->id;
	default:
		return true;
	}
}

/* The first that has ended, or else any that is meant; NULL: there is none. */
static struct process *find_child_locked(struct process *p, const struct process_wait *w)
{
	struct process *child, *found = NULL;

	list_for_each_entry(child, &p->children, sibling) {
		if (!is_meant(w, child))
			continue;
		found = child;
		if (child->zombie)
			break;
	}
	return found;
}

static void collect_locked(struct process *p, struct process *child, struct process_wait *w)
{
	w->status = child->status;
	w->insns = child->ended_insns + child->children_insns;
	if (w->leave)
		return;
	p->children_insns += w->insns;
	take_out_locked(child);
}

/* Number of a child that has ended, 0 when none has yet, -ECHILD. */
static int32_t try_wait(struct process *p, struct process_wait *w)
{
	struct process *child;
	int32_t result = -ECHILD;

	lock_tree();
	child = find_child_locked(p, w);
	if (child) {
		result = child->zombie ? (int32_t)child->pid : 0;
		if (child->zombie)
			collect_locked(p, child, w);
	}
	unlock_tree();
	return result;
}

int32_t process_wait(struct process_wait *want)
{
	struct process *p = process_current();
	int32_t result = try_wait(p, want);

	while (result == 0 && !want->no_hang) {
		struct waiter w;

		waitq_prepare(&w, p, "a child");
		result = try_wait(p, want);
		if (result == 0 && thread_is_interrupted())
			result = -CALL_AGAIN;
		if (result == 0)
			sched_block();
		waitq_finish(&w);
	}
	return result;
}

static bool has_ended(struct process *p)
{
	bool ended;

	lock_tree();
	ended = p->zombie;
	unlock_tree();
	return ended;
}

int process_wait_end(struct process *p)
{
	while (!has_ended(p)) {
		struct waiter w;

		waitq_prepare(&w, &p->zombie, "the end of a process");
		if (!has_ended(p))
			sched_block();
		waitq_finish(&w);
	}
	return process_shell_status(p->status);
}

static bool group_exists_locked(uint32_t group, uint32_t session)
{
	struct process *p;

	list_for_each_entry(p, &tree.all, all) {
		if (p->group == group && p->session == session)
			return true;
	}
	return false;
}

static int may_move_locked(const struct process *me, const struct process *p, uint32_t group)
{
	if (!p || (p != me && p->parent != me))
		return -ESRCH;
	if (p != me && p->has_run_exec)
		return -EACCES;
	if (p->session == p->pid || p->session != me->session)
		return -EPERM;
	return group == p->pid || group_exists_locked(group, p->session) ? 0 : -EPERM;
}

int process_set_group(uint32_t pid, uint32_t group)
{
	struct process *me = process_current(), *p;
	int error;

	if ((int32_t)group < 0)
		return -EINVAL;
	if (!pid)
		pid = me->pid;
	if (!group)
		group = pid;
	lock_tree();
	p = find_locked(pid);
	error = may_move_locked(me, p, group);
	if (!error)
		p->group = group;
	unlock_tree();
	return error;
}

int32_t process_group(uint32_t pid)
{
	const struct process *p;
	int32_t group;

	lock_tree();
	p = pid ? find_locked(pid) : process_current();
	group = p ? (int32_t)p->group : -ESRCH;
	unlock_tree();
	return group;
}

int32_t process_session(uint32_t pid)
{
	const struct process *p;
	int32_t session;

	lock_tree();
	p = pid ? find_locked(pid) : process_current();
	session = p ? (int32_t)p->session : -ESRCH;
	unlock_tree();
	return session;
}

int32_t process_new_session(void)
{
	struct process *p = process_current();
	bool leads;

	lock_tree();
	leads = p->group == p->pid;
	if (!leads)
		p->group = p->session = p->pid;
	unlock_tree();
	return leads ? -EPERM : (int32_t)p->pid;
}

/*
 * /proc/PID and /proc/PID/task/TID: what a process or task is and does. Memory is in pid_memory.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/name.h"
#include "kernel/devices.h"
#include "kernel/fdtable.h"
#include "kernel/proc/proc.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "mm/views/space.h"

#define DIR	   (MODE_DIR | 0555)
#define READ_ONLY  (MODE_FILE | 0444)
#define ROOT_ONLY  (MODE_FILE | 0400)
#define WRITE_ONLY (MODE_FILE | 0200)
#define LINK	   (MODE_LINK | 0777)

#define NS_PER_USER_TICK (NS_PER_S / 100u) /* USER_HZ */

/* What is to be told, gathered first, with all holds given back again. */
struct facts {
	uint32_t id, pid, parent, group, session;
	uint32_t threads, exit_signal, mask;
	char name[16];
	char state;
	uint64_t ns, children_ns;
	uint64_t pending, shared_pending, blocked, ignored, caught;
	struct space_sizes sizes;
	uint32_t faults;
};

static const char *state_name(char state)
{
	if (state == 'R')
		return "running";
	return state == 'Z' ? "zombie" : "sleeping";
}

static char task_state(const struct task *t)
{
	return atomic_load(&t->thread.state) == THREAD_RUNNABLE ? 'R' : 'S';
}

/* The last component of its program's path: what is left to call a zombie by. */
static void name_by_path(struct facts *f, const struct process *p)
{
	const char *slash = strrchr(p->path, '/');

	snprintf(f->name, sizeof(f->name), "%s", slash ? slash + 1 : p->path);
}

static void gather_task(struct facts *f, uint32_t id)
{
	struct task *t = task_find(id);

	f->state = 'Z';
	if (!t)
		return;
	memcpy(f->name, t->thread.name, sizeof(f->name));
	f->state = task_state(t);
	f->ns = sched_task_insns(t);
	f->pending = t->signal.pending.set;
	f->blocked = t->signal.blocked;
	task_put(t);
}

static void gather_signals(struct facts *f, const struct signals *s)
{
	f->shared_pending = s->pending.set;
	for (unsigned n = 0; n < SIGNAL_COUNT; n++) {
		f->ignored |= (uint64_t)(s->action[n].handler == 1) << n;
		f->caught |= (uint64_t)(s->action[n].handler > 1) << n;
	}
}

static void gather_memory(struct facts *f, struct process *p)
{
	struct mm *mm = process_mm(p);

	if (!mm)
		return;
	f->sizes = space_sizes(mm);
	f->faults = atomic_load_relaxed(&mm->faults);
	mm_put(mm);
}

static void gather_process(struct facts *f, struct process *p)
{
	f->pid = p->pid;
	f->threads = p->live_tasks;
	f->exit_signal = p->exit_signal;
	f->mask = p->mask;
	f->children_ns = p->children_insns;
	f->group = p->group;
	f->session = p->session;
	f->parent = process_parent_pid(p);
	gather_signals(f, &p->signals);
	gather_memory(f, p);
}

/* Of the whole process where `id` is its number, else of the one task. 0 or -ESRCH. */
static int gather(uint32_t id, struct facts *f)
{
	struct process *p = proc_process(id);

	if (!p)
		return -ESRCH;
	*f = (struct facts){ .id = id };
	name_by_path(f, p);
	gather_task(f, id);
	gather_process(f, p);
	if (id == f->pid) {
		f->ns = process_insns(p);
		f->state = p->zombie ? 'Z' : f->state;
	}
	process_put(p);
	return 0;
}

/* Fields that mean nothing here are 0, at their places: proc(5), /proc/pid/stat. */
static int show_stat(struct text *out, uint32_t id)
{
	struct facts f;

	if (gather(id, &f))
		return -ESRCH;
	text_printf(out, "%u (%s) %c %u %u %u 0 -1 0 ", (unsigned)f.id, f.name, f.state,
		    (unsigned)f.parent, (unsigned)f.group, (unsigned)f.session);
	text_printf(out, "%u 0 0 0 %llu 0 %llu 0 ", (unsigned)f.faults, f.ns / NS_PER_USER_TICK,
		    f.children_ns / NS_PER_USER_TICK);
	text_printf(out, "20 0 %u 0 0 %llu %u 4294967295 ", (unsigned)f.threads,
		    (unsigned long long)f.sizes.total * PAGE_SIZE, (unsigned)f.sizes.resident);
	text_printf(out, "0 0 0 0 0 %llu %llu %llu %llu ", f.pending, f.blocked, f.ignored,
		    f.caught);
	text_printf(out, "0 0 0 %u 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", (unsigned)f.exit_signal);
	return 0;
}

static void show_identity(struct text *out, const struct facts *f)
{
	text_printf(out, "Name:\t%s\nUmask:\t%04o\n", f->name, (unsigned)f->mask);
	text_printf(out, "State:\t%c (%s)\n", f->state, state_name(f->state));
	text_printf(out, "Tgid:\t%u\nPid:\t%u\nPPid:\t%u\nTracerPid:\t0\n", (unsigned)f->pid,
		    (unsigned)f->id, (unsigned)f->parent);
	text_printf(out, "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n");
}

static void show_signals(struct text *out, const struct facts *f)
{
	text_printf(out, "SigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n", f->pending,
		    f->shared_pending, f->blocked);
	text_printf(out, "SigIgn:\t%016llx\nSigCgt:\t%016llx\n", f->ignored, f->caught);
}

static int show_status(struct text *out, uint32_t id)
{
	struct facts f;
	struct mm *mm;

	if (gather(id, &f))
		return -ESRCH;
	show_identity(out, &f);
	mm = proc_mm(id);
	if (mm) {
		view_status(out, mm);
		mm_put(mm);
	}
	text_printf(out, "Threads:\t%u\n", (unsigned)f.threads);
	show_signals(out, &f);
	return 0;
}

static int show_comm(struct text *out, uint32_t id)
{
	struct facts f;

	if (gather(id, &f))
		return -ESRCH;
	text_printf(out, "%s\n", f.name);
	return 0;
}

static int link_exe(char *text, uint32_t room, uint32_t id)
{
	struct process *p = proc_process(id);
	int length;

	if (!p)
		return -ENOENT;
	length = p->path[0] ? proc_link(text, room, p->path) : -ENOENT;
	process_put(p);
	return length;
}

/* A process sees its own open files and directory; another's could go while one looks. */
static bool is_own(uint32_t pid)
{
	return process_current() && process_current()->pid == pid;
}

static uint32_t next_open(uint32_t after, uint32_t pid)
{
	return is_own(pid) ? devices_next_open(after, pid) : 0;
}

static int go_to_directory(uint32_t pid, struct inode **target)
{
	if (!is_own(pid))
		return -EACCES;
	*target = fd_table_directory(fd_table_current());
	if (!*target)
		*target = name_root();
	return *target ? 0 : -ENOENT;
}

static int describe_directory(char *text, uint32_t room, uint32_t pid)
{
	struct inode *dir;
	int length = go_to_directory(pid, &dir);

	if (length)
		return length;
	length = name_of(dir, text, room);
	inode_put(dir);
	return length;
}

static int link_root(char *text, uint32_t room, uint32_t id)
{
	(void)id;
	return proc_link(text, room, "/");
}

/* The next task of process `pid` by number. */
static uint32_t next_task(uint32_t after, uint32_t pid)
{
	uint32_t found = 0;
	struct task *t;

	for (t = task_next(NULL); t; t = task_next(t))
		if (t->process && t->process->pid == pid && t->thread.id > after &&
		    (!found || t->thread.id < found))
			found = t->thread.id;
	return found;
}

#define MEMORY_ROWS                                                                                \
	{ "clear_refs", WRITE_ONLY, .store = proc_store_clear_refs },                              \
		{ "maps", READ_ONLY, .show = proc_show_maps },                                     \
		{ "pagemap", ROOT_ONLY, .ops = &proc_pagemap_ops },                                \
		{ "smaps", READ_ONLY, .show = proc_show_smaps },                                   \
		{ "smaps_rollup", READ_ONLY, .show = proc_show_smaps_rollup },                     \
	{                                                                                          \
		"statm", READ_ONLY, .show = proc_show_statm                                        \
	}

#define TASK_ROWS                                                                                  \
	{ "comm", READ_ONLY, .show = show_comm }, { "exe", LINK, .link = link_exe },               \
		{ "root", LINK, .link = link_root }, { "stat", READ_ONLY, .show = show_stat },     \
		{ "status", READ_ONLY, .show = show_status },                                      \
	{                                                                                          \
		"mounts", READ_ONLY, .show = proc_show_mounts                                      \
	}

static const struct pseudo task_rows[] = { MEMORY_ROWS, TASK_ROWS, { 0 } };

const struct pseudo proc_pid_rows[] = {
	MEMORY_ROWS,
	TASK_ROWS,
	{ "cwd", LINK, .link = describe_directory, .jump = go_to_directory },
	{ "fd", MODE_DIR | 0500, .each = next_open, .numbered_is = &devices_open_file,
	  .from_zero = true },
	{ "task", DIR, .each = next_task, .numbered = task_rows },
	{ 0 },
};

/*
 * The roots of /proc and /sys, and what their files share.
 */
#include "kernel/proc/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/process.h"
#include "mm/views/views.h"

#define DIR	  (MODE_DIR | 0555)
#define READ_ONLY (MODE_FILE | 0444)
#define ROOT_ONLY (MODE_FILE | 0400)
#define LINK	  (MODE_LINK | 0777)

/* A view of mm as a file. */
#define VIEW(name)                                                                                 \
	static int show_##name(struct text *out, uint32_t id)                                      \
	{                                                                                          \
		(void)id;                                                                          \
		view_##name(out);                                                                  \
		return 0;                                                                          \
	}

VIEW(buddyinfo)
VIEW(meminfo)
VIEW(pagetypeinfo)
VIEW(vmstat)
VIEW(zoneinfo)

struct process *proc_process(uint32_t id)
{
	struct process *p = process_find(id);
	struct task *t;

	if (p)
		return p;
	t = task_find(id);
	if (!t)
		return NULL;
	p = t->process;
	if (p)
		process_get(p);
	task_put(t);
	return p;
}

struct mm *proc_mm(uint32_t id)
{
	struct process *p = proc_process(id);
	struct mm *mm = p ? process_mm(p) : NULL;

	if (p)
		process_put(p);
	return mm;
}

int proc_number(const char *text, int32_t least, int32_t most, int32_t *n)
{
	char *end;
	long found = strtol(text, &end, 10);

	/* strtol answers with a bound where the number is beyond it: digits are counted. */
	if (end == text || end - text > 11)
		return -EINVAL;
	end += strspn(end, " \t\n");
	if (*end || found < least || found > most)
		return -EINVAL;
	*n = (int32_t)found;
	return 0;
}

int proc_link(char *text, uint32_t room, const char *target)
{
	uint32_t bytes = (uint32_t)strlen(target);

	bytes = bytes < room ? bytes : room;
	memcpy(text, target, bytes);
	return (int)bytes;
}

/* The next process's number above `after`. */
static uint32_t next_process(uint32_t after, uint32_t id)
{
	uint32_t found = 0;
	struct process *p;

	(void)id;
	for (p = process_next(NULL); p; p = process_next(p))
		if (p->pid > after && (!found || p->pid < found))
			found = p->pid;
	return found;
}

static int link_self(char *text, uint32_t room, uint32_t id)
{
	char number[12];

	(void)id;
	if (!process_current())
		return -ENOENT;
	snprintf(number, sizeof(number), "%u", (unsigned)process_current()->pid);
	return proc_link(text, room, number);
}

static int link_thread_self(char *text, uint32_t room, uint32_t id)
{
	char path[32];

	(void)id;
	if (!process_current())
		return -ENOENT;
	snprintf(path, sizeof(path), "%u/task/%u", (unsigned)process_current()->pid,
		 (unsigned)cpu_current()->id);
	return proc_link(text, room, path);
}

static int link_mounts(char *text, uint32_t room, uint32_t id)
{
	(void)id;
	return proc_link(text, room, "self/mounts");
}

static const struct pseudo proc_rows[] = {
	{ "buddyinfo", READ_ONLY, .show = show_buddyinfo },
	{ "cmdline", READ_ONLY, .show = proc_show_cmdline },
	{ "cpuinfo", READ_ONLY, .show = proc_show_cpuinfo },
	{ "filesystems", READ_ONLY, .show = proc_show_filesystems },
	{ "kpagecount", ROOT_ONLY, .ops = &proc_kpagecount_ops },
	{ "kpageflags", ROOT_ONLY, .ops = &proc_kpageflags_ops },
	{ "meminfo", READ_ONLY, .show = show_meminfo },
	{ "mounts", LINK, .link = link_mounts },
	{ "pagetypeinfo", ROOT_ONLY, .show = show_pagetypeinfo },
	{ "self", LINK, .link = link_self },
	{ "stat", READ_ONLY, .show = proc_show_stat },
	{ "sys", DIR, .rows = proc_sys_rows },
	{ "thread-self", LINK, .link = link_thread_self },
	{ "uptime", READ_ONLY, .show = proc_show_uptime },
	{ "version", READ_ONLY, .show = proc_show_version },
	{ "vmstat", READ_ONLY, .show = show_vmstat },
	{ "zoneinfo", READ_ONLY, .show = show_zoneinfo },
	{ 0 },
};

static const struct pseudo proc_root = {
	"proc", DIR, .rows = proc_rows, .each = next_process, .numbered = proc_pid_rows,
};

static const struct pseudo sys_root = { "sysfs", DIR, .rows = sys_rows };

void proc_mount(void)
{
	pseudo_mount("/proc", &proc_root);
	pseudo_mount("/sys", &sys_root);
}

/*
 * Calls about processes: making them, waiting for them, what they belong to.
 */
#include <errno.h>
#include "arch/uaccess.h"
#include "kernel/clone.h"
#include "kernel/exec.h"
#include "kernel/process.h"
#include "kernel/syscall.h"
#include "kernel/time.h"

#define EXEC_PATH 256u /* bytes of a program's path */

int32_t sys_fork(const uint32_t *arg)
{
	(void)arg;
	return clone_task(&(struct clone_request){ .flags = SIGNAL_CHLD });
}

int32_t sys_vfork(const uint32_t *arg)
{
	(void)arg;
	return clone_task(&(struct clone_request){ .flags = CLONE_VM | CLONE_VFORK | SIGNAL_CHLD });
}

int32_t sys_clone(const uint32_t *arg)
{
	return clone_task(&(struct clone_request){ .flags = arg[0],
						   .stack = arg[1],
						   .parent_tid = arg[2],
						   .tls = arg[3],
						   .child_tid = arg[4] });
}

/* A program is always told at least one string. */
static int read_strings(struct exec_args *args, uint32_t argv, uint32_t envp)
{
	int error = exec_args_add_user(args, argv, &args->argc);

	if (!error && !args->argc) {
		error = exec_args_add(args, "");
		args->argc = 1;
	}
	return error ? error : exec_args_add_user(args, envp, &args->envc);
}

static int read_path(uint32_t from, char path[EXEC_PATH])
{
	int length = copy_string_from_user(path, vaddr(from), EXEC_PATH);

	if (length == -E2BIG)
		return -LINUX_ENAMETOOLONG;
	if (length == 0)
		return -ENOENT;
	return length < 0 ? length : 0;
}

int32_t sys_execve(const uint32_t *arg)
{
	struct exec_args args = { 0 };
	char path[EXEC_PATH];
	int error = read_path(arg[0], path);

	if (error)
		return error;
	error = read_strings(&args, arg[1], arg[2]);
	if (!error)
		error = exec_replace(path, &args);
	exec_args_free(&args);
	return error;
}

int32_t sys_exit(const uint32_t *arg)
{
	task_exit((int)(arg[0] & 0xffu));
}

int32_t sys_exit_group(const uint32_t *arg)
{
	process_exit_group((int)(arg[0] & 0xffu) << 8);
}

/* Linux: uapi/linux/wait.h. Nothing stops or goes on here, so waiting for that finds nothing. */
enum wait_options {
	WAIT_NOHANG = 1,
	WAIT_UNTRACED = 2,
	WAIT_EXITED = 4,
	WAIT_CONTINUED = 8,
	WAIT_NOWAIT = 0x01000000,
	WAIT_NOTHREAD = 0x20000000,
	WAIT_CLONES = (int)0x80000000,
	WAIT_ALL = 0x40000000,
};

#define WAIT4_OPTIONS                                                                              \
	(WAIT_NOHANG | WAIT_UNTRACED | WAIT_CONTINUED | WAIT_NOTHREAD | WAIT_CLONES | WAIT_ALL)
#define WAITID_OPTIONS (WAIT4_OPTIONS | WAIT_EXITED | WAIT_NOWAIT)

/* struct rusage of 32 bits: user time first; all time counts as the user's. */
static int put_usage(uint32_t address, uint64_t ns)
{
	uint32_t usage[18] = { (uint32_t)(ns / NS_PER_S), (uint32_t)(ns % NS_PER_S / 1000u) };

	return address && copy_to_user(vaddr(address), usage, sizeof(usage)) ? -EFAULT : 0;
}

/* The number of wait4: > 0 that child, 0 my group, -1 any, below: that group. */
static struct process_wait wait_for_number(int32_t number)
{
	if (number > 0)
		return (struct process_wait){ .which = WAIT_PID, .id = (uint32_t)number };
	if (number == -1)
		return (struct process_wait){ .which = WAIT_ANY };
	return (struct process_wait){ .which = WAIT_GROUP,
				      .id = number ? 0u - (uint32_t)number
						   : (uint32_t)process_group(0) };
}

static void set_options(struct process_wait *w, uint32_t options)
{
	w->no_hang = options & WAIT_NOHANG;
	w->leave = options & WAIT_NOWAIT;
	if (options & WAIT_ALL)
		w->kinds = WAIT_BOTH;
	else if (options & (uint32_t)WAIT_CLONES)
		w->kinds = WAIT_SILENT;
}

int32_t sys_wait4(const uint32_t *arg)
{
	struct process_wait w = wait_for_number((int32_t)arg[0]);
	int32_t child;

	if (arg[2] & ~(uint32_t)WAIT4_OPTIONS)
		return -EINVAL;
	set_options(&w, arg[2]);
	child = process_wait(&w);
	if (child <= 0)
		return child;
	if (arg[1] && copy_to_user(vaddr(arg[1]), &w.status, sizeof(w.status)))
		return -EFAULT;
	return put_usage(arg[3], w.insns) ? -EFAULT : child;
}

/* Linux: uapi/linux/wait.h; the same order as `which` of struct process_wait. */
enum { ID_ALL = 0, ID_PID = 1, ID_GROUP = 2 };

/* The siginfo_t of a child that has ended: uapi/asm-generic/siginfo.h. */
static int put_info(uint32_t address, int32_t child, int status)
{
	int32_t info[32] = { 0 };

	if (!address)
		return 0;
	if (child > 0) {
		info[0] = SIGNAL_CHLD;
		info[2] = status & 0x7f ? CHILD_KILLED : CHILD_EXITED;
		info[3] = child;
		info[5] = status & 0x7f ? status & 0x7f : status >> 8;
	}
	return copy_to_user(vaddr(address), info, sizeof(info)) ? -EFAULT : 0;
}

int32_t sys_waitid(const uint32_t *arg)
{
	struct process_wait w = { .which = arg[0], .id = arg[1] };
	int32_t child;

	if (arg[0] > ID_GROUP || arg[3] & ~(uint32_t)WAITID_OPTIONS ||
	    !(arg[3] & (WAIT_EXITED | WAIT_UNTRACED | WAIT_CONTINUED)))
		return -EINVAL;
	if (arg[0] == ID_GROUP && !arg[1])
		w.id = (uint32_t)process_group(0);
	set_options(&w, arg[3]);
	child = process_wait(&w);
	if (child < 0)
		return child;
	if (put_info(arg[2], child, w.status))
		return -EFAULT;
	return child ? put_usage(arg[4], w.insns) : 0;
}

int32_t sys_getpid(const uint32_t *arg)
{
	(void)arg;
	return (int32_t)process_current()->pid;
}

int32_t sys_getppid(const uint32_t *arg)
{
	(void)arg;
	return (int32_t)process_parent_pid(process_current());
}

int32_t sys_setpgid(const uint32_t *arg)
{
	return process_set_group(arg[0], arg[1]);
}

int32_t sys_getpgid(const uint32_t *arg)
{
	return process_group(arg[0]);
}

int32_t sys_getpgrp(const uint32_t *arg)
{
	(void)arg;
	return process_group(0);
}

int32_t sys_getsid(const uint32_t *arg)
{
	return process_session(arg[0]);
}

int32_t sys_setsid(const uint32_t *arg)
{
	(void)arg;
	return process_new_session();
}

/* getuid and its like: there is one user, 0, in group 0. */
int32_t sys_id_of_root(const uint32_t *arg)
{
	(void)arg;
	return 0;
}

/* getresuid, getresgid. */
int32_t sys_ids_of_root(const uint32_t *arg)
{
	const uint32_t root = 0;

	for (unsigned i = 0; i < 3; i++)
		if (copy_to_user(vaddr(arg[i]), &root, sizeof(root)))
			return -EFAULT;
	return 0;
}

/* 0 is what it is already; -1 means "leave it". */
static bool is_root(uint32_t id)
{
	return id == 0 || id == UINT32_MAX;
}

int32_t sys_set_id(const uint32_t *arg)
{
	return arg[0] == 0 ? 0 : -EINVAL;
}

int32_t sys_set_two_ids(const uint32_t *arg)
{
	return is_root(arg[0]) && is_root(arg[1]) ? 0 : -EINVAL;
}

int32_t sys_set_three_ids(const uint32_t *arg)
{
	return is_root(arg[0]) && is_root(arg[1]) && is_root(arg[2]) ? 0 : -EINVAL;
}

/* There are no further groups. */
int32_t sys_getgroups(const uint32_t *arg)
{
	return (int32_t)arg[0] < 0 ? -EINVAL : 0;
}

/*
 * Calls about the running task itself.
 */
#include <errno.h>
#include <string.h>
#include "arch/tls.h"
#include "arch/uaccess.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"

#define ROBUST_HEAD_BYTES 12u /* struct robust_list_head of 32 bits: uapi/linux/futex.h */

/* Linux: uapi/linux/prctl.h */
enum { PRCTL_SET_NAME = 15, PRCTL_GET_NAME = 16 };

int32_t sys_gettid(const uint32_t *arg)
{
	(void)arg;
	return (int32_t)cpu_current()->id;
}

int32_t sys_set_tls(const uint32_t *arg)
{
	task_current()->tls = arg[0];
	cpu_set_user_tls(arg[0]);
	return 0;
}

int32_t sys_set_tid_address(const uint32_t *arg)
{
	task_current()->clear_tid = arg[0];
	return (int32_t)cpu_current()->id;
}

int32_t sys_set_robust_list(const uint32_t *arg)
{
	if (arg[1] != ROBUST_HEAD_BYTES)
		return -EINVAL;
	task_current()->robust_list = arg[0];
	return 0;
}

static int robust_list_of(uint32_t id, uint32_t *list)
{
	struct task *t = id ? task_find(id) : NULL;

	if (id && !t)
		return -ESRCH;
	*list = t ? t->robust_list : task_current()->robust_list;
	if (t)
		task_put(t);
	return 0;
}

int32_t sys_get_robust_list(const uint32_t *arg)
{
	const uint32_t bytes = ROBUST_HEAD_BYTES;
	uint32_t list;
	int error = robust_list_of(arg[0], &list);

	if (error)
		return error;
	if (copy_to_user(vaddr(arg[2]), &bytes, sizeof(bytes)) ||
	    copy_to_user(vaddr(arg[1]), &list, sizeof(list)))
		return -EFAULT;
	return 0;
}

int32_t sys_sched_yield(const uint32_t *arg)
{
	(void)arg;
	sched_yield_now();
	return 0;
}

static bool task_exists(uint32_t id)
{
	struct task *t = id ? task_find(id) : NULL;

	if (t)
		task_put(t);
	return !id || t;
}

/* One word of a bit a cpu, as much as Linux has with up to 32 of them. */
int32_t sys_sched_getaffinity(const uint32_t *arg)
{
	const uint32_t cpus = sched_cpus_online();

	if (arg[1] < sizeof(cpus) || arg[1] % sizeof(cpus))
		return -EINVAL;
	if (!task_exists(arg[0]))
		return -ESRCH;
	return copy_to_user(vaddr(arg[2]), &cpus, sizeof(cpus)) ? -EFAULT : (int32_t)sizeof(cpus);
}

/* Heard, not followed: any task may run anywhere. */
int32_t sys_sched_setaffinity(const uint32_t *arg)
{
	uint32_t cpus = 0;
	uint32_t bytes = arg[1] < sizeof(cpus) ? arg[1] : sizeof(cpus);

	if (bytes && copy_from_user(&cpus, vaddr(arg[2]), bytes))
		return -EFAULT;
	if (!(cpus & sched_cpus_online()))
		return -EINVAL;
	return task_exists(arg[0]) ? 0 : -ESRCH;
}

/* Linux: uapi/linux/sched.h. Every task has the first, whose only priority is 0. */
enum policy { POLICY_OTHER = 0, POLICY_FIFO = 1, POLICY_RR = 2, POLICY_BATCH = 3, POLICY_IDLE = 5 };

#define REALTIME_HIGHEST 99

int32_t sys_sched_getscheduler(const uint32_t *arg)
{
	return task_exists(arg[0]) ? POLICY_OTHER : -ESRCH;
}

static int32_t check_priority(uint32_t from)
{
	uint32_t priority;

	if (copy_from_user(&priority, vaddr(from), sizeof(priority)))
		return -EFAULT;
	return priority == 0 ? 0 : -EINVAL;
}

/* There is one run queue, served in turn: no task goes before another. */
int32_t sys_sched_setscheduler(const uint32_t *arg)
{
	if (!task_exists(arg[0]))
		return -ESRCH;
	if (arg[1] == POLICY_FIFO || arg[1] == POLICY_RR)
		return -EPERM;
	return arg[1] == POLICY_OTHER || arg[1] == POLICY_BATCH ? check_priority(arg[2]) : -EINVAL;
}

int32_t sys_sched_setparam(const uint32_t *arg)
{
	return task_exists(arg[0]) ? check_priority(arg[1]) : -ESRCH;
}

int32_t sys_sched_getparam(const uint32_t *arg)
{
	const uint32_t priority = 0;

	if (!task_exists(arg[0]))
		return -ESRCH;
	return copy_to_user(vaddr(arg[1]), &priority, sizeof(priority)) ? -EFAULT : 0;
}

static bool is_policy(uint32_t policy)
{
	return policy <= POLICY_BATCH || policy == POLICY_IDLE;
}

static bool is_realtime(uint32_t policy)
{
	return policy == POLICY_FIFO || policy == POLICY_RR;
}

int32_t sys_sched_get_priority_max(const uint32_t *arg)
{
	if (!is_policy(arg[0]))
		return -EINVAL;
	return is_realtime(arg[0]) ? REALTIME_HIGHEST : 0;
}

int32_t sys_sched_get_priority_min(const uint32_t *arg)
{
	if (!is_policy(arg[0]))
		return -EINVAL;
	return is_realtime(arg[0]);
}

static int32_t set_name(uint32_t from)
{
	char name[sizeof(cpu_current()->name)] = "";
	int length = copy_string_from_user(name, vaddr(from), sizeof(name));

	if (length == -EFAULT)
		return -EFAULT;
	name[sizeof(name) - 1] = 0;
	task_set_name(task_current(), name);
	return 0;
}

int32_t sys_prctl(const uint32_t *arg)
{
	switch (arg[0]) {
	case PRCTL_SET_NAME:
		return set_name(arg[1]);
	case PRCTL_GET_NAME:
		return copy_to_user(vaddr(arg[1]), cpu_current()->name, sizeof(cpu_current()->name))
			       ? -EFAULT
			       : 0;
	default:
		return -EINVAL;
	}
}

int32_t sys_checkin(const uint32_t *arg)
{
	return (int32_t)checkin_call(arg[0], arg[1], arg[2]);
}

int32_t sys_frag_report(const uint32_t *arg)
{
	struct frag_report report;

	if (copy_from_user(&report, vaddr(arg[0]), sizeof(report)))
		return -EFAULT;
	if (report.state > CHECKER_CHECKING)
		return -EINVAL;
	checkin_report(&report);
	return 0;
}

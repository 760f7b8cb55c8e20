/*
 * Calls about the task itself, and about time.
 */
#include <errno.h>
#include "arch/tls.h"
#include "arch/uaccess.h"
#include "kernel/abi.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/time.h"

/* Linux's clocks: uapi/linux/time.h. There is no calendar here, so both count from boot. */
enum { CLOCK_REALTIME_ID = 0, CLOCK_MONOTONIC_ID = 1 };

/* struct timespec of the 32-bit calls. */
struct user_timespec {
	uint32_t seconds, ns;
};

int32_t sys_exit(const uint32_t *arg)
{
	task_exit((int)(arg[0] & 0xffu));
}

int32_t sys_exit_group(const uint32_t *arg)
{
	process_exit_group((int)(arg[0] & 0xffu) << 8);
}

int32_t sys_getpid(const uint32_t *arg)
{
	(void)arg;
	return (int32_t)process_current()->pid;
}

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

int32_t sys_sched_yield(const uint32_t *arg)
{
	(void)arg;
	sched_yield_now();
	return 0;
}

/* Seconds are signed in the user's eyes. */
static bool timespec_is_valid(struct user_timespec t)
{
	return t.ns < NS_PER_S && t.seconds <= INT32_MAX;
}

/* Only death ends a sleep early, so the time left (second argument) is never asked for. */
int32_t sys_nanosleep(const uint32_t *arg)
{
	struct user_timespec wish;

	if (copy_from_user(&wish, vaddr(arg[0]), sizeof(wish)))
		return -EFAULT;
	if (!timespec_is_valid(wish))
		return -EINVAL;
	return time_sleep_ns((uint64_t)wish.seconds * NS_PER_S + wish.ns);
}

int32_t sys_clock_gettime(const uint32_t *arg)
{
	struct user_timespec now;
	uint64_t ns;

	if (arg[0] != CLOCK_REALTIME_ID && arg[0] != CLOCK_MONOTONIC_ID)
		return -EINVAL;
	ns = time_ns();
	now = (struct user_timespec){ (uint32_t)(ns / NS_PER_S), (uint32_t)(ns % NS_PER_S) };
	return copy_to_user(vaddr(arg[1]), &now, sizeof(now)) ? -EFAULT : 0;
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

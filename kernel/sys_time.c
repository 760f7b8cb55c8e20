/*
 * Calls about time: clocks and sleeping. Each with times of 32 and of 64 bits.
 */
#include <errno.h>
#include "arch/uaccess.h"
#include "drivers/generic_timer.h"
#include "kernel/abi.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "kernel/timespec.h"

#define NS_PER_US   1000u
#define NS_PER_TICK (NS_PER_S / TICK_HZ)

/* Linux's clocks: uapi/linux/time.h. There is no calendar here: all but the cpu's count from boot.
 */
enum clock {
	CLOCK_REALTIME_ID = 0,
	CLOCK_MONOTONIC_ID = 1,
	CLOCK_PROCESS_ID = 2,
	CLOCK_THREAD_ID = 3,
	CLOCK_RAW_ID = 4,
	CLOCK_REALTIME_COARSE_ID = 5,
	CLOCK_MONOTONIC_COARSE_ID = 6,
	CLOCK_BOOTTIME_ID = 7,
};

#define TIMER_ABSTIME_FLAG 1u

/* False: there is no such clock. An instruction counts as a nanosecond (time.h). */
static bool read_clock(uint32_t id, uint64_t *ns)
{
	switch (id) {
	case CLOCK_PROCESS_ID:
		*ns = process_insns(process_current());
		return true;
	case CLOCK_THREAD_ID:
		*ns = sched_task_insns(task_current());
		return true;
	default:
		*ns = time_ns();
		return id <= CLOCK_BOOTTIME_ID;
	}
}

static int32_t clock_gettime(const uint32_t *arg, bool wide)
{
	uint64_t ns;

	if (!read_clock(arg[0], &ns))
		return -EINVAL;
	return timespec_to_user(arg[1], wide, ns);
}

int32_t sys_clock_gettime(const uint32_t *arg)
{
	return clock_gettime(arg, false);
}

int32_t sys_clock_gettime64(const uint32_t *arg)
{
	return clock_gettime(arg, true);
}

static int32_t clock_getres(const uint32_t *arg, bool wide)
{
	bool coarse = arg[0] == CLOCK_REALTIME_COARSE_ID || arg[0] == CLOCK_MONOTONIC_COARSE_ID;

	if (arg[0] > CLOCK_BOOTTIME_ID)
		return -EINVAL;
	return arg[1] ? timespec_to_user(arg[1], wide, coarse ? NS_PER_TICK : 1) : 0;
}

int32_t sys_clock_getres(const uint32_t *arg)
{
	return clock_getres(arg, false);
}

int32_t sys_clock_getres_time64(const uint32_t *arg)
{
	return clock_getres(arg, true);
}

/* What is left of a sleep that a signal has ended goes to `left`, where that is not 0. */
static int32_t sleep_for(uint64_t ns, uint32_t left, bool wide)
{
	uint64_t until = time_ns() + ns, now;
	int error = time_sleep_until(until);

	now = time_ns();
	if (error && left && timespec_to_user(left, wide, until > now ? until - now : 0))
		return -EFAULT;
	return error;
}

int32_t sys_nanosleep(const uint32_t *arg)
{
	uint64_t ns;
	int error = timespec_from_user(arg[0], false, &ns);

	return error ? error : sleep_for(ns, arg[1], false);
}

static bool can_sleep_on(uint32_t clock)
{
	return clock == CLOCK_REALTIME_ID || clock == CLOCK_MONOTONIC_ID ||
	       clock == CLOCK_BOOTTIME_ID;
}

static int32_t clock_nanosleep(const uint32_t *arg, bool wide)
{
	uint64_t ns;
	int error;

	if (!can_sleep_on(arg[0]))
		return arg[0] <= CLOCK_BOOTTIME_ID ? -LINUX_EOPNOTSUPP : -EINVAL;
	error = timespec_from_user(arg[2], wide, &ns);
	if (error)
		return error;
	if (arg[1] & TIMER_ABSTIME_FLAG)
		return time_sleep_until(ns);
	return sleep_for(ns, arg[3], wide);
}

int32_t sys_clock_nanosleep(const uint32_t *arg)
{
	return clock_nanosleep(arg, false);
}

int32_t sys_clock_nanosleep_time64(const uint32_t *arg)
{
	return clock_nanosleep(arg, true);
}

/* The time zone (second argument) is Greenwich's: two words of 0. */
int32_t sys_gettimeofday(const uint32_t *arg)
{
	uint64_t ns = time_ns();
	uint32_t time[2] = { (uint32_t)(ns / NS_PER_S), (uint32_t)(ns % NS_PER_S) / NS_PER_US };
	uint32_t zone[2] = { 0, 0 };

	if (arg[0] && copy_to_user(vaddr(arg[0]), time, sizeof(time)))
		return -EFAULT;
	return arg[1] && copy_to_user(vaddr(arg[1]), zone, sizeof(zone)) ? -EFAULT : 0;
}

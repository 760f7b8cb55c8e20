/*
 * The call futex, with timeouts of 32 and of 64 bits.
 */
#include <errno.h>
#include "kernel/abi.h"
#include "kernel/futex.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "kernel/timespec.h"

/* Linux: uapi/linux/futex.h */
enum futex_operation {
	FUTEX_WAIT = 0,
	FUTEX_WAKE = 1,
	FUTEX_REQUEUE = 3,
	FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAKE_OP = 5,
	FUTEX_WAIT_BITSET = 9,
	FUTEX_WAKE_BITSET = 10,
};

#define FUTEX_PRIVATE	     128u /* no other process waits there */
#define FUTEX_CLOCK_REALTIME 256u /* the two clocks are one here */

/* The word at argument `n`. */
static struct futex_word word(const uint32_t *arg, unsigned n)
{
	return (struct futex_word){ arg[n], !(arg[1] & FUTEX_PRIVATE) };
}

/* FUTEX_WAIT is told how long, FUTEX_WAIT_BITSET until when. */
static int read_timeout(uint32_t address, bool wide, bool relative, uint64_t *until_ns)
{
	int error = timespec_from_user(address, wide, until_ns);

	if (!error && relative)
		*until_ns += time_ns();
	return error;
}

/*
 * A wait that a signal ends is made again where that means the same: a time that is still to come
 * would be waited anew.
 */
static int32_t wait(const uint32_t *arg, uint32_t bits, bool wide, bool relative)
{
	uint64_t until_ns;
	int error;

	if (!bits)
		return -EINVAL;
	error = arg[3] ? read_timeout(arg[3], wide, relative, &until_ns) : 0;
	if (!error)
		error = futex_wait(word(arg, 0), arg[2], bits, arg[3] ? &until_ns : NULL);
	if (error == -EINTR && !(arg[3] && relative))
		return -CALL_AGAIN;
	return error;
}

/* arg: address, operation, value, timeout or second count, second address, third value. */
static int32_t futex(const uint32_t *arg, bool wide)
{
	switch (arg[1] & ~(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME)) {
	case FUTEX_WAIT:
		return wait(arg, FUTEX_ANY, wide, true);
	case FUTEX_WAIT_BITSET:
		return wait(arg, arg[5], wide, false);
	case FUTEX_WAKE:
		return futex_wake(word(arg, 0), arg[2], FUTEX_ANY);
	case FUTEX_WAKE_BITSET:
		return arg[5] ? futex_wake(word(arg, 0), arg[2], arg[5]) : -EINVAL;
	case FUTEX_REQUEUE:
		return futex_requeue(word(arg, 0), arg[2], word(arg, 4), arg[3], NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(word(arg, 0), arg[2], word(arg, 4), arg[3], &arg[5]);
	case FUTEX_WAKE_OP:
		return futex_wake_op(word(arg, 0), arg[2], word(arg, 4), arg[3], arg[5]);
	default:
		return -LINUX_ENOSYS;
	}
}

int32_t sys_futex(const uint32_t *arg)
{
	return futex(arg, false);
}

int32_t sys_futex_time64(const uint32_t *arg)
{
	return futex(arg, true);
}

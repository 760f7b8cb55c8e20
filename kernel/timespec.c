/*
 * Source: Linux, uapi/linux/time.h (old_timespec32), uapi/linux/time_types.h (__kernel_timespec).
 */
#include <errno.h>
#include "arch/uaccess.h"
#include "kernel/time.h"
#include "kernel/timespec.h"

struct narrow {
	int32_t seconds, ns;
};

/* A program of 32 bits leaves the upper half of ns undefined. */
struct wide {
	int64_t seconds;
	int32_t ns, unused;
};

static int to_ns(int64_t seconds, int32_t ns, uint64_t *out)
{
	if (seconds < 0 || ns < 0 || ns >= (int32_t)NS_PER_S)
		return -EINVAL;
	*out = TIME_FOREVER_NS;
	if (seconds < (int64_t)(TIME_FOREVER_NS / NS_PER_S))
		*out = (uint64_t)seconds * NS_PER_S + (uint32_t)ns;
	return 0;
}

int timespec_from_user(uint32_t address, bool wide, uint64_t *ns)
{
	struct wide w;
	struct narrow n;

	if (wide)
		return copy_from_user(&w, vaddr(address), sizeof(w)) ? -EFAULT
								     : to_ns(w.seconds, w.ns, ns);
	return copy_from_user(&n, vaddr(address), sizeof(n)) ? -EFAULT : to_ns(n.seconds, n.ns, ns);
}

int timespec_to_user(uint32_t address, bool wide, uint64_t ns)
{
	struct wide w = { .seconds = (int64_t)(ns / NS_PER_S), .ns = (int32_t)(ns % NS_PER_S) };
	struct narrow n = { (int32_t)w.seconds, w.ns };

	if (wide)
		return copy_to_user(vaddr(address), &w, sizeof(w)) ? -EFAULT : 0;
	return copy_to_user(vaddr(address), &n, sizeof(n)) ? -EFAULT : 0;
}

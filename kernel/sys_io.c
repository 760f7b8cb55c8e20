/*
 * The little input and output there is: text to the console, the name of the system.
 */
#include <errno.h>
#include <string.h>
#include "arch/uaccess.h"
#include "base/log.h"
#include "base/thread.h"
#include "kernel/syscall.h"

#define CHUNK	    128u
#define MAX_WRITE   0x7ffff000u /* Linux's own limit a call: include/linux/fs.h, MAX_RW_COUNT */
#define UNAME_FIELD 65u		/* Linux: uapi/linux/utsname.h, struct new_utsname */

enum { FD_OUT = 1, FD_ERROR = 2 };

static inline uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Prints one chunk. Returns bytes taken: less than asked where the user's memory ends. */
static uint32_t write_chunk(uint32_t from, uint32_t bytes)
{
	char text[CHUNK];
	uint32_t taken = bytes - (uint32_t)copy_from_user(text, vaddr(from), bytes);

	for (uint32_t i = 0; i < taken; i++)
		if (text[i] == 0)
			text[i] = ' ';
	if (taken)
		print("%.*s", (int)taken, text);
	return taken;
}

int32_t sys_write(const uint32_t *arg)
{
	uint32_t from = arg[1], left = smaller(arg[2], MAX_WRITE), done = 0;

	if (arg[0] != FD_OUT && arg[0] != FD_ERROR)
		return -EBADF;
	while (left) {
		uint32_t want = smaller(left, CHUNK);
		uint32_t taken = write_chunk(from + done, want);

		done += taken;
		left -= taken;
		if (taken < want || thread_is_dying())
			break;
		thread_yield_if_due();
	}
	return done || left == 0 ? (int32_t)done : -EFAULT;
}

int32_t sys_uname(const uint32_t *arg)
{
	static const char fields[6][UNAME_FIELD] = {
		"Tessera", "tessera", "1", "a memory manager for ARMv7-A", "armv7l", "",
	};

	return copy_to_user(vaddr(arg[0]), fields, sizeof(fields)) ? -EFAULT : 0;
}

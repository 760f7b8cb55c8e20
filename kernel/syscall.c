/*
 * The table of calls and the dispatcher.
 *
 * The table has one row a number: first Linux's up to LINUX_CALLS, then the private range, so that
 * finding a call is one comparison and one load. A row without a function is a call that is known
 * by name only.
 */
#include "arch/upcall.h"
#include "base/log.h"
#include "kernel/abi.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define LINUX_CALLS   272u
#define PRIVATE_CALLS 258u
#define ROWS	      (LINUX_CALLS + PRIVATE_CALLS)

struct call {
	syscall_function run;
	const char *name;
	uint8_t arguments;
};

#define LINUX(number, label, function, count) [number] = { function, label, count }
#define PRIVATE(number, label, function, count)                                                    \
	[(number)-CALL_PRIVATE + LINUX_CALLS] = { function, label, count }

/*
 * Numbers: Linux, arch/arm/tools/syscall.tbl; the rows without a function are what C libraries try
 * first.
 */
static const struct call calls[ROWS] = {
	LINUX(1, "exit", sys_exit, 1),
	LINUX(2, "fork", NULL, 0),
	LINUX(3, "read", NULL, 3),
	LINUX(4, "write", sys_write, 3),
	LINUX(5, "open", NULL, 3),
	LINUX(6, "close", NULL, 1),
	LINUX(11, "execve", NULL, 3),
	LINUX(20, "getpid", sys_getpid, 0),
	LINUX(37, "kill", NULL, 2),
	LINUX(45, "brk", sys_brk, 1),
	LINUX(54, "ioctl", NULL, 3),
	LINUX(91, "munmap", sys_munmap, 2),
	LINUX(120, "clone", NULL, 5),
	LINUX(122, "uname", sys_uname, 1),
	LINUX(125, "mprotect", sys_mprotect, 3),
	LINUX(146, "writev", NULL, 3),
	LINUX(150, "mlock", sys_mlock, 2),
	LINUX(151, "munlock", sys_munlock, 2),
	LINUX(158, "sched_yield", sys_sched_yield, 0),
	LINUX(162, "nanosleep", sys_nanosleep, 2),
	LINUX(163, "mremap", sys_mremap, 5),
	LINUX(174, "rt_sigaction", NULL, 4),
	LINUX(175, "rt_sigprocmask", NULL, 4),
	LINUX(192, "mmap2", sys_mmap2, 6),
	LINUX(220, "madvise", sys_madvise, 3),
	LINUX(224, "gettid", sys_getpid, 0),
	LINUX(240, "futex", NULL, 6),
	LINUX(248, "exit_group", sys_exit, 1),
	LINUX(256, "set_tid_address", NULL, 1),
	LINUX(263, "clock_gettime", sys_clock_gettime, 2),
	PRIVATE(0xf0002, "cacheflush", sys_cacheflush, 3),
	PRIVATE(0xf0005, "set_tls", sys_set_tls, 1),
	PRIVATE(CALL_CHECKIN, "checkin", sys_checkin, 3),
	PRIVATE(CALL_FRAG_REPORT, "frag_report", sys_frag_report, 1),
};

/* Said so already: a bit a row, and one for all numbers outside the table. */
static uint32_t complained[ROWS / 32 + 1];

/* The row of a number, or ROWS. */
static inline unsigned row_of(uint32_t number)
{
	if (number < LINUX_CALLS)
		return number;
	if (number - CALL_PRIVATE < PRIVATE_CALLS)
		return number - CALL_PRIVATE + LINUX_CALLS;
	return ROWS;
}

static int32_t __attribute__((cold, noinline)) unknown_call(uint32_t number, unsigned row)
{
	const char *name = row < ROWS && calls[row].name ? calls[row].name : "no name known";

	if (complained[row / 32] & 1u << row % 32)
		return -LINUX_ENOSYS;
	complained[row / 32] |= 1u << row % 32;
	log_warn("task %u (%s): system call %u (%s) does not exist here",
		 (unsigned)cpu_current()->id, cpu_current()->name, (unsigned)number, name);
	return -LINUX_ENOSYS;
}

void upcall_syscall(struct trap_frame *regs)
{
	unsigned row = row_of(regs->r[7]);

	task_current()->syscalls++;
	if (__builtin_expect(row < ROWS && calls[row].run, 1))
		regs->r[0] = (uint32_t)calls[row].run(regs->r);
	else
		regs->r[0] = (uint32_t)unknown_call(regs->r[7], row);
}

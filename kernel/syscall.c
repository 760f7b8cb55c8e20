/*
 * The table of calls and the dispatcher.
 *
 * The table has one row a number: first Linux's up to LINUX_CALLS, then the private range, so that
 * finding a call is one comparison and one load. calls.inc has the rows of Linux; a row without a
 * function is a call that is known by name only.
 */
#include "arch/upcall.h"
#include "base/log.h"
#include "kernel/abi.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define LINUX_CALLS   452u
#define PRIVATE_CALLS 258u
#define ROWS	      (LINUX_CALLS + PRIVATE_CALLS)

struct call {
	syscall_function run;
	const char *name;
};

#define PRIVATE(number, label, function) [(number)-CALL_PRIVATE + LINUX_CALLS] = { function, label }

static const struct call calls[ROWS] = {
#define CALL(number, label, function) [number] = { function, #label },
#define NAME(number, label)	      [number] = { NULL, #label },
#include "kernel/calls.inc"
#undef CALL
#undef NAME
	PRIVATE(0xf0002, "cacheflush", sys_cacheflush),
	PRIVATE(0xf0005, "set_tls", sys_set_tls),
	PRIVATE(CALL_CHECKIN, "checkin", sys_checkin),
	PRIVATE(CALL_FRAG_REPORT, "frag_report", sys_frag_report),
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

/*
 * The registers are still those of the entry. A sigreturn has replaced them, and what it answers is
 * the program's own r0.
 */
static void __attribute__((cold, noinline))
broken_call(struct trap_frame *regs, syscall_function run, int32_t answer)
{
	if (run == sys_sigreturn || run == sys_rt_sigreturn)
		regs->r[0] = (uint32_t)answer;
	else
		signal_call_broken(regs, answer);
}

static inline bool is_broken(int32_t answer)
{
	return answer == -CALL_AGAIN || answer == -CALL_AGAIN_UNHANDLED;
}

void upcall_syscall(struct trap_frame *regs)
{
	unsigned row = row_of(regs->r[7]);
	syscall_function run = row < ROWS ? calls[row].run : NULL;
	int32_t answer;

	task_current()->syscalls++;
	answer = run ? run(regs->r) : unknown_call(regs->r[7], row);
	if (__builtin_expect(is_broken(answer), 0))
		broken_call(regs, run, answer);
	else
		regs->r[0] = (uint32_t)answer;
}

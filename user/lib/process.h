/*
 * Calls about processes, threads and futexes; a thread with a stack of its own, and a mutex.
 */
#ifndef USER_PROCESS_H
#define USER_PROCESS_H

#include <stdbool.h>
#include "user/lib/sys.h"

/* Linux's numbers. */
enum { ECHILD = 10, ENOENT = 2, E2BIG = 7, EPERM = 1, ETIMEDOUT = 110 };

enum process_call {
	CALL_EXIT_TASK = 1,
	CALL_FORK = 2,
	CALL_OPEN = 5,
	CALL_EXECVE = 11,
	CALL_SETPGID = 57,
	CALL_GETPPID = 64,
	CALL_SETSID = 66,
	CALL_WAIT4 = 114,
	CALL_CLONE = 120,
	CALL_GETPGID = 132,
	CALL_GETSID = 147,
	CALL_PRCTL = 172,
	CALL_VFORK = 190,
	CALL_FUTEX = 240,
	CALL_SET_TID_ADDRESS = 256,
	CALL_WAITID = 280,
	CALL_SET_ROBUST_LIST = 338,
};

enum { O_WRONLY = 1, O_CLOEXEC = 02000000 };

enum { WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x01000000 };

#define WCLONE 0x80000000u

enum futex_operation {
	FUTEX_WAIT = 0,
	FUTEX_WAKE = 1,
	FUTEX_REQUEUE = 3,
	FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAKE_OP = 5,
	FUTEX_WAIT_BITSET = 9,
	FUTEX_WAKE_BITSET = 10,
	FUTEX_PRIVATE = 128,
};

static inline int32_t sys_fork(void)
{
	return syscall3(CALL_FORK, 0, 0, 0);
}

/* The child borrows memory and stack: it calls nothing but sys_execve and sys_exit. */
static inline __attribute__((always_inline)) int32_t sys_vfork(void)
{
	return syscall3(CALL_VFORK, 0, 0, 0);
}

static inline int32_t sys_execve(const char *path, const char *const argv[],
				 const char *const environment[])
{
	return syscall3(CALL_EXECVE, address_of(path), address_of(argv), address_of(environment));
}

static inline int32_t sys_wait4(int32_t pid, int32_t *status, uint32_t options)
{
	return syscall6(CALL_WAIT4, (uint32_t)pid, address_of(status), options, 0, 0, 0);
}

static inline int32_t sys_getppid(void)
{
	return syscall3(CALL_GETPPID, 0, 0, 0);
}

static inline int32_t sys_gettid(void)
{
	return syscall3(CALL_GETTID, 0, 0, 0);
}

static inline int32_t sys_futex(volatile uint32_t *word, uint32_t operation, uint32_t value,
				uint32_t fourth, volatile uint32_t *other, uint32_t sixth)
{
	return syscall6(CALL_FUTEX, address_of(word), operation, value, fourth, address_of(other),
			sixth);
}

static inline int32_t futex_wait(volatile uint32_t *word, uint32_t value,
				 const struct timespec *how_long)
{
	return sys_futex(word, FUTEX_WAIT, value, address_of(how_long), 0, 0);
}

static inline int32_t futex_wake(volatile uint32_t *word, uint32_t count)
{
	return sys_futex(word, FUTEX_WAKE, count, 0, 0, 0);
}

/*
 * A thread that runs run(arg) on the stack that ends at `stack_end` (8-aligned) and ends. *tid is
 * its number from before it starts until it has ended; then 0, and who waits there is woken.
 * Returns the number, or -errno.
 */
int32_t thread_start(void (*run)(void *), void *arg, void *stack_end, volatile uint32_t *tid);

static inline void thread_join(volatile uint32_t *tid)
{
	uint32_t now;

	while ((now = *tid) != 0)
		futex_wait(tid, now, 0);
}

/* 0 free, 1 held, 2 held and somebody may be waiting. */
static inline void mutex_lock(volatile uint32_t *m)
{
	uint32_t seen = 0;

	if (__atomic_compare_exchange_n(m, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(m, 2, __ATOMIC_ACQUIRE) != 0)
		futex_wait(m, 2, 0);
}

static inline void mutex_unlock(volatile uint32_t *m)
{
	if (__atomic_exchange_n(m, 0, __ATOMIC_RELEASE) == 2)
		futex_wake(m, 1);
}

#endif

/*
 * Signals as Linux's ARM EABI has them: calls, and what a handler is given. Source: Linux
 * uapi/asm/signal.h, uapi/asm/sigcontext.h, asm/ucontext.h of ARM.
 */
#ifndef USER_SIGNAL_H
#define USER_SIGNAL_H

#include "user/lib/sys.h"

enum {
	SIGILL = 4,
	SIGTRAP = 5,
	SIGBUS = 7,
	SIGKILL = 9,
	SIGUSR1 = 10,
	SIGSEGV = 11,
	SIGUSR2 = 12,
	SIGALRM = 14,
	SIGTERM = 15,
	SIGCHLD = 17,
	SIGCONT = 18,
	SIGSTOP = 19,
	SIGURG = 23,
	SIGWINCH = 28,
	SIGRT_LAST = 64,
};

enum {
	SA_SIGINFO = 0x4,
	SA_RESTORER = 0x04000000,
	SA_ONSTACK = 0x08000000,
	SA_RESTART = 0x10000000,
	SA_NODEFER = 0x40000000,
	SA_RESETHAND = 0x80000000u,
};

enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

enum signal_calls {
	CALL_PAUSE = 29,
	CALL_KILL = 37,
	CALL_SETITIMER = 104,
	CALL_GETITIMER = 105,
	CALL_SIGRETURN = 119,
	CALL_RT_SIGRETURN = 173,
	CALL_RT_SIGACTION = 174,
	CALL_RT_SIGPROCMASK = 175,
	CALL_RT_SIGPENDING = 176,
	CALL_RT_SIGTIMEDWAIT = 177,
	CALL_RT_SIGQUEUEINFO = 178,
	CALL_RT_SIGSUSPEND = 179,
	CALL_SIGALTSTACK = 186,
	CALL_TGKILL = 268,
};

struct sigaction {
	uint32_t handler, flags, restorer, mask[2];
};

struct siginfo {
	int32_t number, error, code;
	uint32_t fields[29]; /* 0: address of a fault, or pid; 2: status or value */
};

struct altstack {
	uint32_t start, flags, bytes;
};

struct ucontext {
	uint32_t flags, link;
	struct altstack stack;
	uint32_t trap, error, old_mask;
	uint32_t r[16], cpsr, fault_address;
	uint64_t mask;
	uint32_t mask_room[30];
	uint32_t vfp_magic, vfp_bytes;
	uint64_t d[32];
	uint32_t fpscr, pad, fpexc, fpinst, fpinst2, pad2;
	uint32_t room[128 - 72];
};

typedef void signal_handler(int number, struct siginfo *info, struct ucontext *context);

/* SA_RESTORER's: the way back from a handler, with and without SA_SIGINFO (user/lib/signal.S). */
void signal_return(void);
void signal_return_with_info(void);

/* Every register but sp and pc, before a call and after it. */
struct registers {
	uint32_t r[13], lr;
	uint32_t cpsr, fpscr; /* of cpsr the flags */
	uint64_t d[32];
};

/* Loads all of `in`, makes the call that r7 says, stores all to `out` (user/lib/signal.S). */
void call_with_registers(const struct registers *in, struct registers *out);

static inline uint64_t signal_bit(int number)
{
	return 1ull << (number - 1);
}

static inline int32_t sys_sigaction(int number, const struct sigaction *set, struct sigaction *old)
{
	return syscall6(CALL_RT_SIGACTION, (uint32_t)number, address_of(set), address_of(old), 8, 0,
			0);
}

/* With siginfo and restorer. */
static inline int32_t signal_handle(int number, signal_handler *handler, uint32_t flags)
{
	struct sigaction a = { address_of((void *)handler),
			       flags | SA_SIGINFO | SA_RESTORER,
			       address_of((void *)signal_return_with_info),
			       { 0, 0 } };

	return sys_sigaction(number, &a, 0);
}

static inline int32_t sys_sigprocmask(uint32_t how, const uint64_t *set, uint64_t *old)
{
	return syscall6(CALL_RT_SIGPROCMASK, how, address_of(set), address_of(old), 8, 0, 0);
}

static inline int32_t signal_mask(uint32_t how, uint64_t set)
{
	return sys_sigprocmask(how, &set, 0);
}

static inline uint64_t signals_pending(void)
{
	uint64_t set = 0;

	syscall3(CALL_RT_SIGPENDING, address_of(&set), 8, 0);
	return set;
}

static inline int32_t sys_kill(int32_t pid, uint32_t number)
{
	return syscall3(CALL_KILL, (uint32_t)pid, number, 0);
}

static inline int32_t sys_tgkill(int32_t pid, int32_t task, uint32_t number)
{
	return syscall3(CALL_TGKILL, (uint32_t)pid, (uint32_t)task, number);
}

static inline int32_t signal_raise(int number)
{
	return sys_tgkill(sys_getpid(), syscall3(CALL_GETTID, 0, 0, 0), (uint32_t)number);
}

static inline int32_t sys_sigsuspend(uint64_t mask)
{
	return syscall3(CALL_RT_SIGSUSPEND, address_of(&mask), 8, 0);
}

static inline int32_t sys_sigtimedwait(uint64_t set, struct siginfo *info,
				       const struct timespec *time)
{
	return syscall6(CALL_RT_SIGTIMEDWAIT, address_of(&set), address_of(info), address_of(time),
			8, 0, 0);
}

static inline int32_t sys_sigaltstack(const struct altstack *set, struct altstack *old)
{
	return syscall3(CALL_SIGALTSTACK, address_of(set), address_of(old), 0);
}

#endif

/*
 * The frame that a handler of user mode runs on and goes back through, laid out as Linux does for
 * ARM, and the check of what user mode hands back.
 *
 *   higher   what the program had on its stack
 *            4 words     code that calls sigreturn, for a program without SA_RESTORER
 *            ucontext    registers, blocked signals, floating-point registers
 *            siginfo     with SA_SIGINFO only
 *   sp ->
 *
 * A frame is the user's own memory: at its end it may hold anything. Only registers of user mode
 * come back from it, and user mode they stay. Source: Linux arch/arm/kernel/signal.c,
 * arch/arm/include/asm/ucontext.h, uapi/asm/sigcontext.h, uapi/asm-generic/siginfo.h.
 */
#ifndef KERNEL_SIGFRAME_H
#define KERNEL_SIGFRAME_H

#include "kernel/signal.h"

/* siginfo_t: what lies where depends on the number. */
struct user_siginfo {
	int32_t number, error, code;
	uint32_t fields[29];
};

/* stack_t */
struct user_stack {
	uint32_t start, flags, bytes;
};

void siginfo_fill(struct user_siginfo *u, const struct signal_info *info);

/*
 * Pushes a frame for the running task, whose way to user mode `regs` is, and sends it to the
 * handler. `mask` is what is blocked again after it. Context: may sleep. Returns 0, or -EFAULT when
 * the frame can not be written; `regs` is as it was then.
 */
int sigframe_push(struct trap_frame *regs, const struct signal_info *info,
		  const struct signal_action *action, uint64_t mask);

/*
 * Takes registers, blocked signals and sigaltstack from the frame at the user's sp. `info`: it is
 * one with a siginfo. Returns 0, or -EFAULT for one that can not be read or is none; then `regs` is
 * as it was.
 */
int sigframe_pop(struct trap_frame *regs, bool info);

/*
 * False if `cpsr` is none of user mode with interrupts on. Otherwise what user mode may set of it
 * is kept: flags, Q, GE, byte order, Thumb and its IT state.
 */
bool sigframe_clean_cpsr(uint32_t *cpsr);

/* sigaltstack. The running task's; `sp` is of user mode. */
struct user_stack sigstack_of(const struct task_signals *s, uint32_t sp);

/* Returns 0, -EPERM when it runs on the old one, -EINVAL, -ENOMEM when it is too small. */
int sigstack_set(struct task_signals *s, uint32_t sp, const struct user_stack *stack);

#endif

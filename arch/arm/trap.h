/*
 * Between the vectors and trap.c.
 */
#ifndef ARCH_ARM_TRAP_H
#define ARCH_ARM_TRAP_H

#include "arch/context.h"
#include "layout.h"

enum trap_kind {
	KIND_UNDEFINED = TRAP_UNDEFINED,
	KIND_PREFETCH = TRAP_PREFETCH,
	KIND_DATA = TRAP_DATA,
	KIND_FIQ = TRAP_FIQ,
	KIND_SVC = TRAP_SVC,
};

/* The vectors, the banked stack pointers, and who may use the floating-point registers. */
void trap_init(void);

/* Called by vectors.S, interrupts off. The last three on a stack that is sound. */
void trap_user_data(struct trap_frame *regs);
void trap_user_prefetch(struct trap_frame *regs);
void trap_user_undefined(struct trap_frame *regs);
void trap_kernel_data(struct trap_frame *regs);
void trap_kernel_other(struct trap_frame *regs, enum trap_kind kind) __attribute__((noreturn));
void trap_no_stack(struct trap_frame *regs, enum trap_kind kind) __attribute__((noreturn));

#endif

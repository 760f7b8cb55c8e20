/*
 * What a machine calls: a fault, an interrupt, a system call, and nothing else. Defined above
 * (kernel/ on the board, the driver of the simulation on the host).
 */
#ifndef ARCH_UPCALL_H
#define ARCH_UPCALL_H

#include "arch/context.h"

enum fault_cause {
	FAULT_TRANSLATION, /* the entry is not present */
	FAULT_ACCESS_FLAG, /* present but old */
	FAULT_PERMISSION,  /* present, but not for this access */
	FAULT_ALIGNMENT,
	FAULT_EXTERNAL,	 /* the bus said no */
	FAULT_UNDEFINED, /* undefined instruction */
	FAULT_BREAKPOINT,
	FAULT_OTHER,
};

struct fault {
	enum fault_cause cause;
	vaddr_t address;	/* what was accessed, or the pc for an instruction fault */
	uint32_t status;	/* raw fault status register */
	bool write, exec, user; /* user: taken from user mode, or by uaccess on the user's behalf */
};

const char *fault_cause_name(enum fault_cause cause);

/*
 * Handles a fault on a user address.
 * Context: interrupts on, may sleep. From user mode the callee ends the task itself if the fault
 * can not be handled and then does not return.
 * Returns: true: go on and retry; false (uaccess only): let the access fail.
 */
bool upcall_fault(const struct fault *f, struct trap_frame *regs);

/* An interrupt is pending. Context: interrupts off, on the interrupted task's kernel stack. */
void upcall_irq(void);

/* Before every return to user mode, interrupts off: reschedule, end a killed task. */
void upcall_return_to_user(struct trap_frame *regs);

/*
 * A system call: number in r[7], arguments in r[0..6], the result goes to r[0]. Interrupts are on.
 */
void upcall_syscall(struct trap_frame *regs);

/* The kernel itself is broken: print and end. `f` may be NULL. */
void upcall_panic(const struct fault *f, const struct trap_frame *regs, const char *why)
	__attribute__((noreturn));

#endif

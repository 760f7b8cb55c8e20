/*
 * Contexts: an address space as the machine knows it, a task's saved registers, the way to user
 * mode.
 */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include "arch/addr.h"
#include "arch/pte.h"

/* An address space as the machine knows it. Embedded in struct mm. */
struct arch_mm {
	l1e_t *l1;	   /* USER_L1_ENTRIES entries, two frames, aligned to its size */
	uint32_t l1_paddr; /* the same, for TTBR0 */
	uint32_t asid;	   /* generation << 8 | 8-bit tag; 0 = none yet */
};

/* `l1` is two zeroed frames, aligned to 8 KiB. */
void arch_mm_init(struct arch_mm *as, void *l1);

/* From here on user addresses mean this space on this cpu; NULL: no user space at all. */
void arch_mm_switch(struct arch_mm *as);

/* The hardware forgets this space, whose tables are about to be freed. */
void arch_mm_destroy(struct arch_mm *as);

/* Everything of user mode at a kernel entry, lowest address first, as the vectors push it. */
struct trap_frame {
	uint32_t r[13];
	uint32_t sp, lr; /* of user mode; of the interrupted mode for a trap from the kernel */
	uint32_t pc, cpsr;
};

/* Callee-saved registers of a task that is not running. */
struct context {
	uint32_t sp;
};

/*
 * Makes `c` ready so that the first switch to it calls entry(arg) on a stack that ends at
 * `stack_top`; entry must not return.
 */
void context_init(struct context *c, void *stack_top, void (*entry)(void *), void *arg);

/* Saves the caller in `from`, goes on where `to` was saved. Interrupts are off. */
void context_switch(struct context *from, struct context *to);

/*
 * Leaves the kernel for user mode with these registers; the kernel stack is empty afterwards.
 * Context: interrupts off; the address space is current.
 */
void context_enter_user(const struct trap_frame *regs) __attribute__((noreturn));

/* Where an entry from user mode pushes its frame, on the kernel stack that ends at `stack_top`. */
struct trap_frame *context_user_frame(void *stack_top);

/* True if the frame was pushed by an entry from user mode. */
bool trap_frame_is_user(const struct trap_frame *regs);

#endif

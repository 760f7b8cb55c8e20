/*
 * Exceptions: from whatever happened to a struct trap_frame on the supervisor stack, and back.
 *
 * Invariants:
 *   - In user mode the task's kernel stack is empty, so an entry from user mode pushes without asking.
 *   - Undefined, prefetch and data aborts taken in the kernel first ask whether the stack still has room: its
 *     address has the bit KSTACK_BYTES set (arch/kstack.h). If not, the emergency stack of the cpu takes over.
 *   - Each of the modes UND, ABT and FIQ has a scratch of six words at its banked sp, live for a few
 *     instructions with interrupts off. IRQ uses no memory of its own.
 *   - An empty kernel stack starts 4 below its end, so that a whole frame (68 bytes) ends 8-aligned.
 * Source: ARM DDI 0406C B1.8 (exceptions, preferred return addresses table B1-7), A8.8 SRS, RFE.
 */
#include "layout.h"

	.text
	.syntax unified
	.arm

/* Frame complete but r0-r14; the user's sp and lr are stored from their bank. */
.macro push_user_registers
	sub	sp, sp, #TF_PC
	stmia	sp, {r0-r14}^
.endm

	.balign	32
	.global vectors
vectors:
	b	unexpected
	b	enter_undefined
	b	enter_svc
	b	enter_prefetch
	b	enter_data
	b	unexpected
	b	enter_irq
	b	enter_fiq

/* Reset and HYP trap can not arrive here while there is a kernel. */
unexpected:
	b	unexpected

	.type enter_svc, %function
enter_svc:
	srsdb	sp!, #MODE_SVC
	push_user_registers
	ldr	r1, [sp, #TF_CPSR]
	tst	r1, #0xf
	bne	svc_from_kernel
	mov	r0, sp
	cpsie	i
	bl	upcall_syscall

/* Every way back to user mode. Who has a mark set is looked after first; the marks are looked at again. */
	.global return_to_user
	.type return_to_user, %function
return_to_user:
	cpsid	i
	mrc	p15, 0, r1, c13, c0, 4		@ cpu_current()
	ldr	r1, [r1]			@ thread.marks, trap.c asserts the place and the marks
	tst	r1, #7
	bne	1f
	clrex					@ a reservation of the kernel's is not the task's
	ldmia	sp, {r0-r14}^
	add	sp, sp, #TF_PC
	rfeia	sp!
1:	mov	r0, sp
	bl	upcall_return_to_user
	b	return_to_user

/* Semihosting with nobody at home: the caller sees -1. lr of the kernel is lost, as its caller declares. */
svc_from_kernel:
	mvn	r1, #0
	str	r1, [sp]
	ldmia	sp, {r0-r12}
	add	sp, sp, #TF_PC
	rfeia	sp!

	.type enter_irq, %function
enter_irq:
	sub	lr, lr, #4
	srsdb	sp!, #MODE_SVC
	cps	#MODE_SVC
	sub	sp, sp, #TF_PC
	stmia	sp, {r0-r12}
	ldr	r1, [sp, #TF_CPSR]
	add	r2, sp, #TF_SP
	tst	r1, #0xf
	bne	irq_from_kernel
	stmia	r2, {sp, lr}^
	bl	upcall_irq
	b	return_to_user

irq_from_kernel:
	add	r3, sp, #TF_BYTES
	stmia	r2, {r3, lr}
	mov	r4, sp
	bic	sp, sp, #7
	bl	upcall_irq
	mov	sp, r4

/* Back into the interrupted supervisor mode: the frame is just popped. */
return_to_kernel:
	clrex					@ nor one of a handler's that of what it interrupted
	ldr	lr, [sp, #(TF_SP + 4)]
	ldmia	sp, {r0-r12}
	add	sp, sp, #TF_PC
	rfeia	sp!

/*
 * An abort or undefined instruction. From user mode handler(regs) is called; the kernel's own go to kernel_fault.
 */
.macro enter_fault name, correction, handler, kind
	.type enter_\name, %function
enter_\name:
	sub	lr, lr, #\correction
	str	r0, [sp]
	mrs	r0, spsr
	tst	r0, #0xf
	bne	1f
	ldr	r0, [sp]
	srsdb	sp!, #MODE_SVC
	cps	#MODE_SVC
	push_user_registers
	mov	r0, sp
	bl	\handler
	b	return_to_user
1:	stmib	sp, {r1, lr}
	str	r0, [sp, #12]
	mov	r1, #\kind
	b	kernel_fault
.endm

	enter_fault undefined, 0, trap_user_undefined, TRAP_UNDEFINED
	enter_fault prefetch, 4, trap_user_prefetch, TRAP_PREFETCH
	enter_fault data, 8, trap_user_data, TRAP_DATA

/* No source of FIQs is programmed; one that comes is told as a fault of the kernel. */
enter_fiq:
	sub	lr, lr, #4
	str	r0, [sp]
	stmib	sp, {r1, lr}
	mrs	r0, spsr
	str	r0, [sp, #12]
	mov	r1, #TRAP_FIQ

/*
 * Mode UND, ABT or FIQ; scratch: r0, r1, pc, spsr. r0 = spsr, r1 = kind; the rest as it was.
 * Anything but supervisor mode was an entry of the vectors itself, which only fails for want of a stack.
 */
kernel_fault:
	and	r0, r0, #0x1f
	cmp	r0, #MODE_SVC
	mov	r0, sp
	cps	#MODE_SVC
	bne	no_stack
	sub	sp, sp, #TF_BYTES
	tst	sp, #KSTACK_BYTES
	beq	no_room
	str	r2, [sp, #8]
	add	r2, sp, #TF_BYTES
	str	r2, [sp, #TF_SP]
fill_frame:
	str	r3, [sp, #12]
	add	r3, sp, #16
	stmia	r3, {r4-r12}
	str	lr, [sp, #(TF_SP + 4)]
	mov	r4, r1
	ldmia	r0, {r5, r6, r7, r8}
	stmia	sp, {r5, r6}
	add	r3, sp, #TF_PC
	stmia	r3, {r7, r8}
	mov	r0, sp
	mov	r1, r4
	mov	r5, sp
	bic	sp, sp, #7
	ldr	r2, [r5, #TF_SP]
	add	r3, r5, #TF_BYTES
	cmp	r2, r3
	bne	trap_no_stack			@ on the emergency stack
	cmp	r4, #TRAP_DATA
	bne	trap_kernel_other
	bl	trap_kernel_data
	mov	sp, r5
	b	return_to_kernel

no_room:
	add	sp, sp, #TF_BYTES
no_stack:
	str	r2, [r0, #16]			@ scratch's fifth and sixth word: r2, the broken sp
	str	sp, [r0, #20]
	mrc	p15, 0, r2, c0, c0, 5		@ MPIDR
	and	r2, r2, #3
	add	r2, r2, #5			@ slots MAX_CPUS.. are the emergency stacks; their ends
	lsl	r2, r2, #KSTACK_SLOT_SHIFT
	add	r2, r2, #KSTACK_BASE
	sub	sp, r2, #(TF_BYTES + 4)
	ldr	r2, [r0, #16]
	str	r2, [sp, #8]
	ldr	r2, [r0, #20]
	str	r2, [sp, #TF_SP]
	b	fill_frame

/*
 * void context_switch(struct context *from, struct context *to)
 * What the call standard lets a callee clobber needs no saving. CLREX: a reservation is the old task's.
 */
	.global context_switch
	.type context_switch, %function
context_switch:
	push	{r4-r11, lr}
	str	sp, [r0]
	clrex
	ldr	sp, [r1]
	pop	{r4-r11, pc}

/* First instruction of a new context: r4 argument, r5 entry, as context_init left them. */
	.global context_start
	.type context_start, %function
context_start:
	mov	r0, r4
	blx	r5
	udf	#0

/*
 * void context_enter_user(const struct trap_frame *regs)
 * The frame goes to the end of the slot this runs on. sp is lowered below it first, so that memmove's own
 * frame is out of the way.
 */
	.global context_enter_user
	.type context_enter_user, %function
context_enter_user:
	mov	r1, r0
	mov	r4, sp, lsr #KSTACK_SLOT_SHIFT
	add	r4, r4, #1
	lsl	r4, r4, #KSTACK_SLOT_SHIFT
	sub	r4, r4, #(TF_BYTES + 4)
	cmp	sp, r4
	movhi	sp, r4
	bic	sp, sp, #7
	mov	r0, r4
	mov	r2, #TF_BYTES
	bl	memmove
	mov	sp, r4
	b	return_to_user

/* void trap_set_stacks(void *und, void *abt, void *fiq): banked stack pointers, interrupts off. */
	.global trap_set_stacks
	.type trap_set_stacks, %function
trap_set_stacks:
	cps	#MODE_UND
	mov	sp, r0
	cps	#MODE_ABT
	mov	sp, r1
	cps	#MODE_FIQ
	mov	sp, r2
	cps	#MODE_SVC
	bx	lr

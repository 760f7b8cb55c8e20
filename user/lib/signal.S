/*
 * The ways back from a signal handler, at whose beginning sp was at its frame; and a call between two looks at all
 * registers.
 */
	.text
	.syntax unified
	.arm
	.fpu	neon
	.global signal_return
	.type signal_return, %function
signal_return:
	mov	r7, #119
	svc	#0
	udf	#0

	.global signal_return_with_info
	.type signal_return_with_info, %function
signal_return_with_info:
	mov	r7, #173
	svc	#0
	udf	#0

/* struct registers: r0-r12, lr, cpsr at 56, fpscr at 60, d0-d31 at 64. */
	.global call_with_registers
	.type call_with_registers, %function
call_with_registers:
	push	{r4-r11, lr}
	push	{r1, r2}		@ where to store; r2 keeps sp 8-aligned
	ldr	r2, [r0, #60]
	vmsr	fpscr, r2
	add	r2, r0, #64
	vldmia	r2!, {d0-d15}
	vldmia	r2, {d16-d31}
	ldr	r2, [r0, #56]
	msr	APSR_nzcvqg, r2
	ldr	lr, [r0, #52]
	ldmia	r0, {r0-r12}
	svc	#0
	push	{r0-r12, lr}
	ldr	r0, [sp, #56]		@ where to store, under the 14 words
	mrs	r2, cpsr
	str	r2, [r0, #56]
	vmrs	r2, fpscr
	str	r2, [r0, #60]
	add	r2, r0, #64
	vstmia	r2!, {d0-d15}
	vstmia	r2, {d16-d31}
	mov	r12, r0
	pop	{r0-r3}			@ the 14 words, four at a time and two
	stmia	r12!, {r0-r3}
	pop	{r0-r3}
	stmia	r12!, {r0-r3}
	pop	{r0-r3}
	stmia	r12!, {r0-r3}
	pop	{r0, r1}
	stmia	r12, {r0, r1}
	pop	{r1, r2}
	pop	{r4-r11, pc}

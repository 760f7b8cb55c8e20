/*
 * The first instructions of a program: argc and argv are on the stack, as Linux puts them there.
 */
	.section .text.start, "ax"
	.arm
	.global start
	.type start, %function
start:
	orr	r7, r7, r7	@ mark 7: the first instruction of a program
	mov	fp, #0
	mov	lr, #0
	ldr	r0, [sp]
	add	r1, sp, #4
	bl	main
	mov	r7, #1		@ exit(what main returned)
	svc	#0
	udf	#0

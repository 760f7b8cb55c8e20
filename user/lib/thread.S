/*
 * A thread: clone with what threads share, and its first steps on a stack of its own.
 */
#define CALL_CLONE	120
#define CALL_EXIT	1
/* VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, PARENT_SETTID, CHILD_CLEARTID: Linux, uapi/linux/sched.h */
#define THREAD_FLAGS	0x350f00

	.text
	.arm
	.global thread_start
	.type thread_start, %function
thread_start:				@ r0 run, r1 arg, r2 end of the stack, r3 where the number goes
	push	{r4-r7, lr}
	stmdb	r2!, {r0, r1}
	ldr	r0, =THREAD_FLAGS
	mov	r1, r2
	mov	r2, r3
	mov	r4, r3
	mov	r3, #0
	mov	r7, #CALL_CLONE
	svc	#0
	cmp	r0, #0
	popne	{r4-r7, pc}
	mov	fp, #0
	pop	{r1, r2}
	mov	r0, r2
	blx	r1
	mov	r0, #0
	mov	r7, #CALL_EXIT
	svc	#0
	udf	#0

/*
 * Whole frames through the sixteen doubleword registers: 128 bytes an instruction. The registers are
 * saved by the caller (frame.c) if a task has something in them; interrupt handlers do not come here.
 */
	.fpu	neon
	.text
	.syntax unified
	.arm

	.global frame_copy_bytes
	.type frame_copy_bytes, %function
frame_copy_bytes:			@ r0 to, r1 from
	.rept	32
	vldmia	r1!, {d0-d15}
	vstmia	r0!, {d0-d15}
	.endr
	bx	lr
	.size frame_copy_bytes, . - frame_copy_bytes

	.global frame_clear_bytes
	.type frame_clear_bytes, %function
frame_clear_bytes:			@ r0 to
	.irp	q, 0, 1, 2, 3, 4, 5, 6, 7
	vmov.i32 q\q, #0
	.endr
	.rept	32
	vstmia	r0!, {d0-d15}
	.endr
	bx	lr
	.size frame_clear_bytes, . - frame_clear_bytes

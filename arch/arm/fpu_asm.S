/*
 * All of the floating-point registers to memory and back. The state is a struct fpu_state (arch/fpu.h):
 * d0-d31, then FPSCR.
 */
	.fpu	neon
	.text
	.syntax unified
	.arm

	.global fpu_store_registers
	.type fpu_store_registers, %function
fpu_store_registers:			@ r0 to
	vstmia	r0!, {d0-d15}
	vstmia	r0!, {d16-d31}
	vmrs	r1, fpscr
	str	r1, [r0]
	bx	lr
	.size fpu_store_registers, . - fpu_store_registers

	.global fpu_load_registers
	.type fpu_load_registers, %function
fpu_load_registers:			@ r0 from
	vldmia	r0!, {d0-d15}
	vldmia	r0!, {d16-d31}
	ldr	r1, [r0]
	vmsr	fpscr, r1
	bx	lr
	.size fpu_load_registers, . - fpu_load_registers

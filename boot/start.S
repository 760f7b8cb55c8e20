/*
 * From reset to C: supervisor mode, caches clean, the first tables, MMU on, a stack. Cpu 0 does it all; the
 * others come later, find the tables made, and go on in smp_secondary_main.
 *
 * Runs where it was loaded (RAM base + 0x10000), which is not where it is linked: until the jump to
 * `at_link_address` every symbol is taken as its link address plus r9. The tables made here are the
 * final ones; boot only adds to them, so no live entry is ever replaced (break-before-make, ARM DDI 0406C
 * B3.10.1).
 *
 *   r9   run-time address minus link address       r10, r11  boot protocol: machine, tags or device tree
 */
#include "layout.h"

	.arch_extension virt
	.section .text.start, "ax"
	.syntax unified
	.arm

	.global image_start
	.type image_start, %function
image_start:
	cpsid	aif
	mrc	p15, 0, r3, c0, c0, 5		@ MPIDR: all but cpu 0 wait
	ubfx	r3, r3, #0, #16
	cmp	r3, #0
	bne	park
	mov	r10, r1
	mov	r11, r2
	bl	come_in
	bl	cache_clean_invalidate_all
	bl	clear_bss
	bl	map_image
	bl	map_identity
	bl	mmu_on
	ldr	pc, =at_link_address

/* Cpus that were started with the image (r3: which) wait for their bit, or to be told that they are not wanted. */
park:	bl	find_delta
	ldr	r4, =secondary_release
	add	r4, r4, r9
1:	wfe
	ldr	r5, [r4]
	lsr	r6, r5, r3
	tst	r6, #1
	bne	secondary_start
	tst	r5, #RELEASE_CLOSED
	beq	1b
2:	wfi
	b	2b

/* A cpu that was let in and started: by the branch above, or by the board (drivers/cpu_start.c). */
	.global secondary_start
	.type secondary_start, %function
secondary_start:
	cpsid	aif
	bl	come_in
	bl	mmu_on
	ldr	pc, =secondary_at_link_address

secondary_at_link_address:
	mrc	p15, 0, r4, c0, c0, 5
	and	r4, r4, #3
	add	r4, r4, #1
	ldr	sp, =KSTACK_BASE
	add	sp, sp, r4, lsl #KSTACK_SLOT_SHIFT
	bl	trap_init
	b	smp_secondary_main

/* Supervisor mode, r9, and a part in coherency. */
come_in:
	mov	r8, lr
	bl	leave_hyp
	cps	#MODE_SVC
	bl	find_delta
	bl	join_coherency
	bx	r8

find_delta:
	adr	r9, image_start
	ldr	r5, =image_start
	sub	r9, r9, r5
	bx	lr

/*
 * ACTLR.SMP, before caches are on, in the cores that have it: Cortex-A7, A9, A15 (their Technical Reference
 * Manuals, Auxiliary Control Register).
 */
join_coherency:
	mrc	p15, 0, r3, c0, c0, 0		@ MIDR: part number
	ubfx	r3, r3, #4, #12
	movw	r4, #0xc0f
	cmp	r3, r4
	movwne	r4, #0xc07
	cmpne	r3, r4
	movwne	r4, #0xc09
	cmpne	r3, r4
	bxne	lr
	mrc	p15, 0, r3, c1, c0, 1
	tst	r3, #0x40
	orreq	r3, r3, #0x40
	mcreq	p15, 0, r3, c1, c0, 1
	isb
	bx	lr

/* Entered in HYP mode (QEMU secure=off): return from it into supervisor mode (ARM DDI 0406C B9.3.3 ERET). */
leave_hyp:
	mrs	r3, cpsr
	and	r3, r3, #0x1f
	cmp	r3, #MODE_HYP
	bxne	lr
	mov	r3, #(0x1c0 | MODE_SVC)
	msr	spsr_cxsf, r3
	msr	elr_hyp, lr
	eret

clear_bss:
	ldr	r4, =bss_start
	ldr	r5, =bss_end
	add	r4, r4, r9
	add	r5, r5, r9
	mov	r6, #0
	mov	r7, #0
1:	cmp	r4, r5
	stmialo	r4!, {r6, r7}
	blo	1b
	bx	lr

/* The first 4 MiB of RAM by pages: text RX, constants R, the rest RW. */
map_image:
	ldr	r4, =kernel_l1 + (DIRECT_MAP_BASE >> 18)
	add	r4, r4, r9
	ldr	r5, =image_l2
	add	r5, r5, r9
	orr	r6, r5, #L1_TABLE
	mov	r7, #IMAGE_MAP_TABLES
1:	str	r6, [r4], #4
	add	r6, r6, #0x400
	subs	r7, r7, #1
	bne	1b
	ldr	r0, =image_start
	ldr	r1, =text_end
	ldr	r2, =rodata_end
	mov	r4, #DIRECT_MAP_BASE
	ldr	r6, =(DIRECT_MAP_BASE + IMAGE_MAP_BYTES)
2:	ldr	r7, =KPAGE_DATA
	cmp	r4, r2
	ldrlo	r7, =KPAGE_RODATA
	cmp	r4, r1
	ldrlo	r7, =KPAGE_TEXT
	cmp	r4, r0
	ldrlo	r7, =KPAGE_DATA
	add	r8, r4, r9
	orr	r8, r8, r7
	str	r8, [r5], #4
	add	r4, r4, #0x1000
	cmp	r4, r6
	blo	2b
	bx	lr

/* Where RAM is not at its kernel address, the section this runs in is mapped for the moment of the jump. */
map_identity:
	cmp	r9, #0
	bxeq	lr
	ldr	r4, =kernel_l1
	add	r4, r4, r9
	mov	r5, pc, lsr #20
	ldr	r6, =KSECT_BOOT
	orr	r6, r6, r5, lsl #20
	str	r6, [r4, r5, lsl #2]
	bx	lr

/* The lower half of kernel_l1 is TTBR0's table until there are tasks; ARM DDI 0406C B3.5.4. */
mmu_on:
	mov	r3, #0
	mcr	p15, 0, r3, c8, c7, 0		@ TLBIALL
	mcr	p15, 0, r3, c7, c5, 0		@ ICIALLU
	mcr	p15, 0, r3, c7, c5, 6		@ BPIALL
	mcr	p15, 0, r3, c13, c0, 1		@ CONTEXTIDR: ASID 0
	ldr	r4, =PRRR_VALUE
	mcr	p15, 0, r4, c10, c2, 0
	ldr	r4, =NMRR_VALUE
	mcr	p15, 0, r4, c10, c2, 1
	mov	r4, #TTBCR_SPLIT
	mcr	p15, 0, r4, c2, c0, 2
	isb
	ldr	r4, =kernel_l1
	add	r4, r4, r9
	orr	r4, r4, #TTBR_WALK
	mcr	p15, 0, r4, c2, c0, 0		@ TTBR0
	mcr	p15, 0, r4, c2, c0, 1		@ TTBR1
	mov	r4, #1
	mcr	p15, 0, r4, c3, c0, 0		@ DACR: domain 0 is a client
	dsb
	isb
	mrc	p15, 0, r4, c1, c0, 0
	ldr	r5, =SCTLR_CLEAR
	bic	r4, r4, r5
	ldr	r5, =SCTLR_ON
	orr	r4, r4, r5
	mcr	p15, 0, r4, c1, c0, 0
	isb
	bx	lr

/* The first lines of C build the window of stacks, on the boot stack's own address in the image. */
at_link_address:
	ldr	sp, =boot_stacks + 2 * KSTACK_BYTES
	bl	trap_init
	mov	r0, r9
	bl	mmu_init
	ldr	sp, =KSTACK_BASE + KSTACK_SLOT_BYTES
	mov	r0, r10
	mov	r1, r11
	bl	kernel_main
1:	wfi
	b	1b
	.size image_start, . - image_start
	.pool

/* In the image's data, so that it is 0 before anybody runs: arch/arm/smp.c. */
	.data
	.global secondary_release
secondary_release:
	.word	0

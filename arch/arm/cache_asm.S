/*
 * All data caches cleaned and emptied by set and way, before the MMU is on: whoever loaded us may have
 * left dirty lines, and lines older than what was stored with the caches off.
 * Source: ARM DDI 0406C B2.2.7 (set/way operations), B4.1.19 CCSIDR, B4.1.20 CLIDR.
 * Needs no stack. Uses r0-r8.
 */
	.text
	.syntax unified
	.arm

	.global cache_clean_invalidate_all
	.type cache_clean_invalidate_all, %function
cache_clean_invalidate_all:
	dmb
	mrc	p15, 1, r0, c0, c0, 1		@ CLIDR: three bits a level
	mov	r1, #0				@ level << 1, as CSSELR takes it
next_level:
	add	r2, r1, r1, lsr #1
	lsr	r2, r0, r2
	and	r2, r2, #7
	cmp	r2, #0
	beq	levels_done
	cmp	r2, #2
	blo	level_done			@ instruction cache only
	mcr	p15, 2, r1, c0, c0, 0		@ CSSELR
	isb
	mrc	p15, 1, r2, c0, c0, 0		@ CCSIDR
	and	r3, r2, #7
	add	r3, r3, #4			@ log2 of the line in bytes
	ubfx	r4, r2, #3, #10			@ last way
	clz	r5, r4				@ ways sit at the top of the word
	ubfx	r6, r2, #13, #15		@ last set
next_set:
	mov	r7, r4
next_way:
	orr	r8, r1, r6, lsl r3
	lsl	r2, r7, r5
	orr	r8, r8, r2
	mcr	p15, 0, r8, c7, c14, 2		@ DCCISW
	subs	r7, r7, #1
	bge	next_way
	subs	r6, r6, #1
	bge	next_set
level_done:
	add	r1, r1, #2
	cmp	r1, #14
	blo	next_level
levels_done:
	dsb
	isb
	bx	lr
	.size cache_clean_invalidate_all, . - cache_clean_invalidate_all

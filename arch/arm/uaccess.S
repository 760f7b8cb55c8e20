/*
 * User memory with the user's own rights: LDRT and STRT (ARM DDI 0406C A8.8.92, A8.8.218). Every
 * instruction that may fault has a line in uaccess_table or probe_table; trap.c reads them.
 *
 * Copies go by sixteen bytes while both sides are aligned, then by bytes. A fault in the former starts over
 * at the sixteen bytes' first by single bytes, so what is reported as not copied is exact.
 */
	.text
	.syntax unified
	.arm

#define EFAULT 14
#define E2BIG  7

.macro may_fault table, recovery, instruction:vararg
9001:	\instruction
	.pushsection \table, "a"
	.word	9001b, \recovery
	.popsection
.endm

/* Leaves with "nothing copied" unless [\start, \start + r2) is below 2 GiB. */
.macro check_range start
	adds	r12, \start, r2
	bcs	refuse
	cmp	r12, #0x80000000
	bhi	refuse
	cmp	r2, #0
	beq	refuse
.endm

	.global copy_from_user
	.type copy_from_user, %function
copy_from_user:				@ r0 to, r1 from (user), r2 bytes; r12 end of from
	check_range r1
	push	{r4-r6, lr}
	orr	r3, r0, r1
	tst	r3, #3
	bne	from_bytes
	subs	r2, r2, #16
	blo	from_rest
1:	may_fault uaccess_table, from_again, ldrt r3, [r1], #4
	may_fault uaccess_table, from_again, ldrt r4, [r1], #4
	may_fault uaccess_table, from_again, ldrt r5, [r1], #4
	may_fault uaccess_table, from_again, ldrt r6, [r1], #4
	stmia	r0!, {r3-r6}
	subs	r2, r2, #16
	bhs	1b
from_rest:
	adds	r2, r2, #16
	beq	done
from_bytes:
1:	may_fault uaccess_table, done, ldrbt r3, [r1], #1
	strb	r3, [r0], #1
	subs	r2, r2, #1
	bne	1b
done:	mov	r0, r2
	pop	{r4-r6, pc}
from_again:
	add	r2, r2, #16
	sub	r1, r12, r2
	b	from_bytes

refuse:	mov	r0, r2
	bx	lr

	.global copy_to_user
	.type copy_to_user, %function
copy_to_user:				@ r0 to (user), r1 from, r2 bytes; r12 end of to
	check_range r0
	push	{r4-r6, lr}
	orr	r3, r0, r1
	tst	r3, #3
	bne	to_bytes
	subs	r2, r2, #16
	blo	to_rest
1:	ldmia	r1!, {r3-r6}
	may_fault uaccess_table, to_again, strt r3, [r0], #4
	may_fault uaccess_table, to_again, strt r4, [r0], #4
	may_fault uaccess_table, to_again, strt r5, [r0], #4
	may_fault uaccess_table, to_again, strt r6, [r0], #4
	subs	r2, r2, #16
	bhs	1b
to_rest:
	adds	r2, r2, #16
	beq	done
to_bytes:
1:	ldrb	r3, [r1], #1
	may_fault uaccess_table, done, strbt r3, [r0], #1
	subs	r2, r2, #1
	bne	1b
	b	done
to_again:
	add	r2, r2, #16
	sub	r1, r1, #16
	sub	r0, r12, r2
	b	to_bytes

	.global copy_string_from_user
	.type copy_string_from_user, %function
copy_string_from_user:			@ r0 to, r1 from (user), r2 room
	mov	r12, r0
1:	cmp	r1, #0x80000000
	bhs	string_fault
	subs	r2, r2, #1
	blo	string_long
	may_fault uaccess_table, string_fault, ldrbt r3, [r1], #1
	strb	r3, [r0], #1
	cmp	r3, #0
	bne	1b
	sub	r0, r0, r12
	sub	r0, r0, #1
	bx	lr
string_fault:
	mvn	r0, #(EFAULT - 1)
	bx	lr
string_long:
	mvn	r0, #(E2BIG - 1)
	bx	lr

	.global probe_user_read
	.type probe_user_read, %function
probe_user_read:			@ r0 address (user), r1 value
	may_fault probe_table, string_fault, ldrt r3, [r0]
	str	r3, [r1]
	mov	r0, #0
	bx	lr

	.global probe_user_write
	.type probe_user_write, %function
probe_user_write:			@ r0 address (user), r1 value
	may_fault probe_table, string_fault, strt r1, [r0]
	mov	r0, #0
	bx	lr

/*
 * There is no LDREX with the user's rights; the kernel's own do: a page that user mode may not write is
 * read-only here as well (arch/arm/impl/pte.h). A fault on STREX comes back to it without the reservation,
 * so it fails and all starts over.
 */
	.global user_compare_swap
	.type user_compare_swap, %function
user_compare_swap:			@ r0 address (user), r1 expected, r2 desired, r3 seen
	cmp	r0, #0x80000000
	bhs	string_fault
	tst	r0, #3
	bne	string_fault
	push	{r4, lr}
	dmb	ish
1:	may_fault uaccess_table, swap_fault, ldrex r12, [r0]
	cmp	r12, r1
	bne	2f
	may_fault uaccess_table, swap_fault, strex r4, r2, [r0]
	cmp	r4, #0
	bne	1b
2:	clrex
	dmb	ish
	str	r12, [r3]
	mov	r0, #0
	pop	{r4, pc}
swap_fault:
	pop	{r4, lr}
	b	string_fault

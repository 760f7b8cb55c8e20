/*
 * One step up the stack by the tables the compiler left (ARM IHI 0038, exception handling ABI).
 */
#ifndef ARCH_ARM_UNWIND_H
#define ARCH_ARM_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

struct unwind {
	uint32_t r[16]; /* of the function that is looked at; r[13] sp, r[14] lr, r[15] pc */
	bool called;	/* pc is a return address: the call is just before it */
};

/* To the caller. Returns false at the end: no table entry, no sense in it, or off the stack. */
bool unwind_step(struct unwind *u);

#endif

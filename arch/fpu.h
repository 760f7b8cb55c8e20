/*
 * Floating-point and SIMD registers of a task: VFPv4 and Advanced SIMD, 32 doublewords.
 *
 * Lazy on the way in, eager on the way out. A task gets the registers at its first use of them
 * after it was given the cpu (an undefined instruction brings it here); when it leaves the cpu with
 * the registers in use they are saved at once, so what a task has is in its struct fpu_state
 * whenever it does not run, and any cpu may take it up. The kernel's own use (frame_copy) first
 * saves what a task left in them. Source: ARM DDI 0406C A2.6.1, B1.11.3 to B1.11.5.
 */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <stdbool.h>
#include <stdint.h>

struct fpu_state {
	uint64_t d[32];
	uint32_t fpscr;
	bool used; /* has had the registers at least once; else all is zero */
};

/*
 * An undefined instruction of the running task, whose state is `s`. Returns true if it did not have
 * the registers and has them now: the instruction is tried again; false: it is undefined indeed.
 */
bool fpu_take(struct fpu_state *s);

/* The running task leaves this cpu, or somebody is about to read `s` of the running task. */
void fpu_save(struct fpu_state *s);

/* `s` of the running task was changed or cleared in memory: what the registers hold is void. */
void fpu_reload(struct fpu_state *s);

#endif

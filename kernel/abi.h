/*
 * What kernel and user programs agree on beside the calls of Linux: numbers of the project's own
 * calls and the records they carry. No kernel header is included here, so that user programs may
 * include it.
 */
#ifndef KERNEL_ABI_H
#define KERNEL_ABI_H

#include <stdint.h>

/* ARM private range of the Linux EABI: 0x0f0000 and up; Linux itself ends at 0x0f0006. */
#define CALL_PRIVATE	 0xf0000u
#define CALL_CHECKIN	 0xf0100u
#define CALL_FRAG_REPORT 0xf0101u

/* Linux's numbers where the C library of this compiler has others: uapi/asm-generic/errno.h. */
#define LINUX_ENAMETOOLONG 36
#define LINUX_ENOSYS	   38
#define LINUX_ELOOP	   40
#define LINUX_EOVERFLOW	   75
#define LINUX_EOPNOTSUPP   95
#define LINUX_ETIMEDOUT	   110

enum checker_state { CHECKER_NONE, CHECKER_FILLING, CHECKER_RELEASED, CHECKER_CHECKING };

/* What a checking program says of its memory; the figures of the workload rule. */
struct frag_report {
	uint32_t pages;	   /* filled */
	uint32_t released; /* given back */
	uint32_t calls;	   /* it took so many calls */
	uint32_t pattern;  /* FNV-1a over a byte a page: 1 kept, 0 released */
	uint32_t state;	   /* enum checker_state */
};

#endif

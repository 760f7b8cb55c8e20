/*
 * Times as programs write them: seconds and nanoseconds, of 32 bits each or of 64 each. Calls that
 * serve both say which with `wide`.
 */
#ifndef KERNEL_TIMESPEC_H
#define KERNEL_TIMESPEC_H

#include <stdbool.h>
#include <stdint.h>

/* Longer than any machine runs; sums of two of them do not overflow. */
#define TIME_FOREVER_NS (1ull << 62)

/* The user's timespec at `address`, at most TIME_FOREVER_NS. 0, -EFAULT, -EINVAL. */
int timespec_from_user(uint32_t address, bool wide, uint64_t *ns);

/* 0 or -EFAULT. */
int timespec_to_user(uint32_t address, bool wide, uint64_t ns);

#endif

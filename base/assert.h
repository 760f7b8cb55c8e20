/*
 * Assertions with values: cheap ones, always on. What can be (an error) is handled, what can not be
 * is asserted; never both. The walks that recompute everything are in mm/check.c.
 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

#include <stdint.h>

/*
 * Prints where, what and both values, then ends the run as a kernel panic. Defined by the machine's
 * owner.
 */
void assert_failed(const char *file, int line, const char *what, uint32_t a, uint32_t b)
	__attribute__((noreturn, cold));

#define assert_that(cond)                                                                          \
	do {                                                                                       \
		if (__builtin_expect(!(cond), 0))                                                  \
			assert_failed(__FILE__, __LINE__, #cond, 0, 0);                            \
	} while (0)

#define assert_eq(a, b)                                                                            \
	do {                                                                                       \
		uint32_t assert_a_ = (uint32_t)(a), assert_b_ = (uint32_t)(b);                     \
		if (__builtin_expect(assert_a_ != assert_b_, 0))                                   \
			assert_failed(__FILE__, __LINE__, #a " == " #b, assert_a_, assert_b_);     \
	} while (0)

#endif

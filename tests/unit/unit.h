/*
 * The harness of the host tests.
 *
 *   TEST(buddy_splits_the_largest, "covers: CO-4")
 *   {
 *           given_ram(...);
 *           expect_eq(found, wanted);
 *   }
 *
 * Each case runs in a process of its own, so it starts from fresh memory and may crash without
 * taking the others along. An expectation that fails ends its case. Output is KTAP.
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct unit_case {
	const char *name;
	const char *covers; /* "covers: ROW, ROW", or "" */
	void (*run)(void);
	struct unit_case *next;
};

void unit_add(struct unit_case *c);

#define TEST(id, ...)                                                                              \
	static void test_##id(void);                                                               \
	static struct unit_case case_##id = { #id, "" __VA_ARGS__, test_##id, NULL };              \
	static void __attribute__((constructor)) add_##id(void)                                    \
	{                                                                                          \
		unit_add(&case_##id);                                                              \
	}                                                                                          \
	static void test_##id(void)

void unit_fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#define expect(cond)                                                                               \
	do {                                                                                       \
		if (!(cond))                                                                       \
			unit_fail(__FILE__, __LINE__, "not true: %s", #cond);                      \
	} while (0)

#define expect_eq(found, wanted)                                                                   \
	do {                                                                                       \
		long long found_ = (long long)(found), wanted_ = (long long)(wanted);              \
		if (found_ != wanted_)                                                             \
			unit_fail(__FILE__, __LINE__, "%s is %lld (0x%llx), not %lld", #found,     \
				  found_, (unsigned long long)found_, wanted_);                    \
	} while (0)

#define expect_text(found, wanted)                                                                 \
	do {                                                                                       \
		const char *found_ = (found), *wanted_ = (wanted);                                 \
		if (strcmp(found_, wanted_) != 0)                                                  \
			unit_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #found, found_,  \
				  wanted_);                                                        \
	} while (0)

/* True if running `f` ends in assert_failed. What it left half done stays. */
bool asserts(void (*f)(void));

/* Text that went to the log since the last call, at most 64 KiB of it. */
const char *logged_text(void);

#endif

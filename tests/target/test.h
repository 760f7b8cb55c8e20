/*
 * Tests that run inside the kernel, on the board.
 *
 *   TEST(suite, name, "TU-1, RM-3")
 *   {
 *           EXPECT_EQ(found, wanted);
 *   }
 *
 * Each runs in a kernel thread of its own, one after the other. An expectation that does not hold
 * prints where and both values, and the test goes on; a REQUIRE that does not hold ends its
 * function. After every test the memory it took must be back and all invariants must hold: that is
 * part of its result. The string is the rows of docs/contract.md that the test covers; tools/rows
 * reads it.
 */
#ifndef TESTS_TARGET_TEST_H
#define TESTS_TARGET_TEST_H

#include <stdbool.h>
#include <stdint.h>

struct test {
	const char *suite, *name, *covers, *file;
	void (*run)(void);
};

/* `used` and a section of its own: the linker gathers them into one array. */
#define TEST(suite_, name_, covers_)                                                               \
	static void suite_##_##name_(void);                                                        \
	static const struct test test_##suite_##_##name_                                           \
		__attribute__((section("target_tests"), used, no_reorder, aligned(4))) = {         \
			.suite = #suite_,                                                          \
			.name = #name_,                                                            \
			.covers = covers_,                                                         \
			.file = __FILE__,                                                          \
			.run = suite_##_##name_,                                                   \
		};                                                                                 \
	static void suite_##_##name_(void)

/* Records a failure of the running test. */
void test_failed(const char *file, int line, const char *what, uint32_t found, uint32_t wanted);

/* The running test could not do its work here, for this reason. */
void test_skip(const char *why);

/*
 * The running test and the threads and programs it starts share one cpu from here on: one runs only
 * when another gives way.
 */
void test_on_one_cpu(void);

/* True where cpu_insns counts what this cpu runs; else it tells host time (arch/cpu.h). */
bool test_counts_instructions(void);

static inline bool test_compare(const char *file, int line, const char *what, uint32_t found,
				uint32_t wanted)
{
	if (found != wanted)
		test_failed(file, line, what, found, wanted);
	return found == wanted;
}

#define EXPECT_EQ(found, wanted)                                                                   \
	test_compare(__FILE__, __LINE__, #found " == " #wanted, (uint32_t)(found),                 \
		     (uint32_t)(wanted))
#define EXPECT_TRUE(condition) test_compare(__FILE__, __LINE__, #condition, (condition) ? 1 : 0, 1)

#define REQUIRE_EQ(found, wanted)                                                                  \
	do {                                                                                       \
		if (!EXPECT_EQ(found, wanted))                                                     \
			return;                                                                    \
	} while (0)
#define REQUIRE_TRUE(condition)                                                                    \
	do {                                                                                       \
		if (!EXPECT_TRUE(condition))                                                       \
			return;                                                                    \
	} while (0)

/*
 * Runs every test whose "suite.name", or suite, matches the pattern (* and ? mean what they mean in
 * a shell), and prints KTAP. Context: a kernel thread. Returns 0; 1 if any failed or none matches.
 */
int target_tests_run(const char *pattern);

#endif

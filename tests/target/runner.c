/*
 * Runs target tests and prints KTAP (https://docs.kernel.org/dev-tools/ktap.html).
 *
 * One test at a time; `running` is its result so far, written by its thread alone.
 */
#include <stdio.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/smp.h"
#include "mm/move/kcompactd.h"
#include "kernel/check.h"
#include "mm/phys/alloc.h"
#include "mm/phys/lru.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

extern const struct test __start_target_tests[], __stop_target_tests[];

static struct {
	const struct test *test;
	unsigned failures;
	const char *skipped; /* why, or NULL */
} running;

void test_failed(const char *file, int line, const char *what, uint32_t found, uint32_t wanted)
{
	running.failures++;
	print("# %s:%d: %s: found %u (0x%x), wanted %u (0x%x)\n", file, line, what, (unsigned)found,
	      (unsigned)found, (unsigned)wanted, (unsigned)wanted);
}

void test_skip(const char *why)
{
	running.skipped = why;
}

void test_on_one_cpu(void)
{
	sched_run_on(1u << cpu_id());
}

/* Two instructions a round, and a few around it. */
static uint64_t measure_loop(void)
{
	uint32_t rounds = 10000;
	uint64_t start = cpu_insns();

	__asm__ volatile("1: subs %0, %0, #1\n\tbne 1b" : "+r"(rounds)::"cc");
	return cpu_insns() - start;
}

/* Host time may come near the number once; it is not the same eight times. */
bool test_counts_instructions(void)
{
	uint64_t first = measure_loop();
	bool same = first >= 20000 && first < 20100;

	for (unsigned n = 0; same && n < 8; n++)
		same = measure_loop() == first;
	return same;
}

/* Shell patterns: * any run, ? any one. */
static bool matches(const char *pattern, const char *text)
{
	if (*pattern == '*')
		return matches(pattern + 1, text) || (*text && matches(pattern, text + 1));
	if (!*pattern || !*text)
		return *pattern == *text;
	return (*pattern == '?' || *pattern == *text) && matches(pattern + 1, text + 1);
}

static bool is_wanted(const struct test *t, const char *pattern)
{
	char full[96];

	snprintf(full, sizeof(full), "%s.%s", t->suite, t->name);
	return matches(pattern, full) || matches(pattern, t->suite);
}

static unsigned count_wanted(const char *pattern)
{
	unsigned n = 0;

	for (const struct test *t = __start_target_tests; t < __stop_target_tests; t++)
		n += is_wanted(t, pattern);
	return n;
}

/* On each cpu in turn: in an interrupt a cpu gives back only what nobody else holds. */
static void drain_every_cpu(void)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		if (!(smp_online() & 1u << cpu))
			continue;
		sched_run_on(1u << cpu);
		alloc_drain_local();
	}
	sched_run_on(0);
	alloc_drain_all();
}

/* Frames that nobody uses, once every list that keeps some has given them back. */
static uint32_t free_frames(void)
{
	task_wait_reaped();
	drain_every_cpu();
	return zones_free_pages();
}

/* On another cpu something may be on its way back still; what is lost stays away. */
static uint32_t free_frames_in_the_end(uint32_t wanted)
{
	uint32_t found = free_frames();

	for (unsigned tries = 0; tries < 300 && found != wanted; tries++) {
		time_sleep_ns(10000000);
		found = free_frames();
	}
	return found;
}

static void test_thread(void *arg)
{
	const struct test *t = arg;

	t->run();
	given_take_back();
	failpoints_off();
}

static void run_in_thread(const struct test *t)
{
	struct task *thread = task_create_kernel(t->name, test_thread, (void *)t);

	if (!EXPECT_TRUE(thread != NULL))
		return;
	task_get(thread);
	sched_start(thread);
	task_wait(thread);
	task_put(thread);
}

static void print_result(unsigned number)
{
	const struct test *t = running.test;

	print("%s %u %s.%s", running.failures ? "not ok" : "ok", number, t->suite, t->name);
	if (running.skipped)
		print(" # SKIP %s\n", running.skipped);
	else if (t->covers[0])
		print(" # covers: %s\n", t->covers);
	else
		print("\n");
}

static void run_one(const struct test *t, unsigned number)
{
	uint32_t before;

	running.test = t;
	running.failures = 0;
	running.skipped = NULL;
	before = free_frames();
	run_in_thread(t);
	test_compare(t->file, 0, "free frames after the test", free_frames_in_the_end(before),
		     before);
	test_compare(t->file, 0, "broken invariants after the test", check_alone(false), 0);
	print_result(number);
}

int target_tests_run(const char *pattern)
{
	unsigned wanted = count_wanted(pattern), number = 0, failed = 0;

	if (wanted == 0) {
		print("error: no test matches '%s'\n", pattern);
		return 1;
	}
	print("KTAP version 1\n1..%u\n", wanted);
	kcompactd_pause(true); /* nobody moves what a test looks at */
	for (const struct test *t = __start_target_tests; t < __stop_target_tests; t++) {
		if (!is_wanted(t, pattern))
			continue;
		run_one(t, ++number);
		failed += running.failures != 0;
	}
	print("# %u passed, %u failed\n", wanted - failed, failed);
	return failed != 0;
}

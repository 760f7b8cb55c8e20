/*
 * Floating-point registers of user mode: each task finds its own, whatever runs in between.
 */
#include "arch/frame.h"
#include "kernel/checkin.h"
#include "kernel/time.h"
#include "mm/move/compaction.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define READY_MS  60000u
#define VERIFY_MS 60000u
#define TICKS_NS  50000000u

static bool given_ready(const char *path, const char *seed)
{
	struct task *t = given_program(path, seed);

	return EXPECT_TRUE(t != NULL) && EXPECT_EQ(checkin_wait_ready(t, READY_MS), 0);
}

/* `errors`: as they were before the programs began, which look at their registers at once. */
static void expect_errors(uint32_t errors)
{
	time_sleep_ns(TICKS_NS);
	EXPECT_EQ(checkin_verify_all(VERIFY_MS), errors);
}

/* Alone, what could change its registers is the kernel that clears pages for it. */
TEST(fpu, a_task_keeps_its_registers, "")
{
	uint32_t errors = checkin_errors();

	REQUIRE_TRUE(given_ready("fpu", "1"));
	expect_errors(errors);
}

TEST(fpu, tasks_do_not_see_each_others, "")
{
	uint32_t errors = checkin_errors();

	REQUIRE_TRUE(given_ready("fpu", "1"));
	REQUIRE_TRUE(given_ready("fpu", "2"));
	REQUIRE_TRUE(given_ready("writer", "3"));
	expect_errors(errors);
}

/* Whole frames are copied with the same registers, while the tasks run. */
TEST(fpu, compaction_leaves_them_alone, "")
{
	struct compact_counts counts = { 0 };
	uint32_t errors = checkin_errors();

	REQUIRE_TRUE(given_ready("fpu", "1"));
	REQUIRE_TRUE(given_ready("fpu", "2"));
	REQUIRE_TRUE(given_ready("churn", "3"));
	for (unsigned n = 0; n < 4; n++) {
		struct zone *z;

		for_each_zone(z)
			compact_memory(z, MIGRATE_SYNC, &counts);
		time_sleep_ns(TICKS_NS);
	}
	expect_errors(errors);
}

static void fill(struct fpu_state *s, uint32_t seed)
{
	for (unsigned i = 0; i < 32; i++)
		s->d[i] = (uint64_t)seed << 32 | i;
}

static uint32_t wrong_registers(const struct fpu_state *s, uint32_t seed)
{
	uint32_t wrong = 0;

	for (unsigned i = 0; i < 32; i++)
		wrong += s->d[i] != ((uint64_t)seed << 32 | i);
	return wrong;
}

/* What a copy on write or a compaction on the task's own behalf does: its registers are live. */
TEST(fpu, the_kernel_saves_what_it_is_about_to_use, "")
{
	struct fpu_state *own = &task_current()->fpu;
	struct page *p = given_block(GFP_KERNEL, 1);

	REQUIRE_TRUE(p != NULL);
	fill(own, 1);
	EXPECT_TRUE(fpu_take(own));
	fill(own, 0);
	frame_copy(page_to_pfn(p), pfn(page_to_pfn(p).n + 1));
	fpu_save(own);
	EXPECT_EQ(wrong_registers(own, 1), 0);
}

TEST(fpu, a_state_changed_in_memory_is_what_the_task_gets, "")
{
	struct fpu_state *own = &task_current()->fpu;

	fill(own, 1);
	EXPECT_TRUE(fpu_take(own));
	EXPECT_TRUE(!fpu_take(own)); /* has them: the instruction is undefined indeed */
	fill(own, 2);
	fpu_reload(own);
	EXPECT_TRUE(fpu_take(own));
	fill(own, 0);
	fpu_save(own);
	EXPECT_EQ(wrong_registers(own, 2), 0);
}

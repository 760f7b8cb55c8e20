/*
 * The trace on the machine: what an event costs that nobody asked for, and one that somebody did.
 */
#include "base/log.h"
#include "base/trace.h"
#include "tests/target/test.h"

#include "arch/cpu.h"

#define ROUNDS 1000u

/* One load of the mask, one test, one branch; before them two that make its address (movw, movt).
 */
#define DISABLED_INSNS 5u

/* Where nothing else is called, the function saves and restores registers for the call that it does
 * not make. */
#define DISABLED_LEAF_INSNS 10u

/* Most of it is the clock, 16 bytes of the task's name, eight words. */
#define MOST_ENABLED_INSNS 200u

uint32_t leaf(uint32_t x), leaf_traced(uint32_t x);
uint32_t step(uint32_t x), step_traced(uint32_t x);

/* Nothing is known of it where it is called, as of a function of another file. */
#define APART __attribute__((noipa))

APART uint32_t leaf(uint32_t x)
{
	return x + 1;
}

APART uint32_t leaf_traced(uint32_t x)
{
	TRACE(MIGRATE_STAGE, x, x, x);
	return x + 1;
}

/* As the functions are that have an event in them: they call others, and know what they tell. */
APART uint32_t step(uint32_t x)
{
	return leaf(ROUNDS) | x;
}

APART uint32_t step_traced(uint32_t x)
{
	TRACE(MIGRATE_STAGE, x, x, x);
	return leaf(ROUNDS) | x;
}

/* Of ROUNDS calls, in instructions; nothing interrupts. */
static uint32_t cost_of(uint32_t (*call)(uint32_t))
{
	uint32_t saved = cpu_irq_save();
	uint64_t start = cpu_insns(), end;

	for (uint32_t x = 0; x < ROUNDS; x++)
		call(x);
	end = cpu_insns();
	cpu_irq_restore(saved);
	return (uint32_t)(end - start);
}

TEST(trace, a_disabled_event_costs_one_load_one_test_one_branch, "")
{
	uint32_t enabled = trace_enabled, more, more_in_leaf;

	if (!test_counts_instructions()) {
		test_skip("needs counted instructions");
		return;
	}
	trace_enabled = ~(1u << TRACE_MIGRATE_STAGE);
	more = cost_of(step_traced) - cost_of(step);
	more_in_leaf = cost_of(leaf_traced) - cost_of(leaf);
	trace_enabled = enabled;
	print("# a disabled event costs %u instructions, %u in a leaf\n", (unsigned)(more / ROUNDS),
	      (unsigned)(more_in_leaf / ROUNDS));
	EXPECT_EQ(more, DISABLED_INSNS * ROUNDS);
	EXPECT_EQ(more_in_leaf, DISABLED_LEAF_INSNS * ROUNDS);
}

TEST(trace, an_enabled_event_costs_what_the_dump_says, "")
{
	uint32_t enabled = trace_enabled, before, after;
	uint32_t cost = trace_cost(), more;

	if (!test_counts_instructions()) {
		test_skip("needs counted instructions");
		return;
	}
	before = trace_counts_of(cpu_id(), TRACE_MIGRATE_STAGE).recorded;
	trace_enabled = 1u << TRACE_MIGRATE_STAGE;
	more = (cost_of(step_traced) - cost_of(step)) / ROUNDS;
	trace_enabled = enabled;
	after = trace_counts_of(cpu_id(), TRACE_MIGRATE_STAGE).recorded;
	trace_clear();
	print("# an enabled event costs %u instructions, the dump says %u\n", (unsigned)more,
	      (unsigned)cost);
	EXPECT_EQ(after - before, ROUNDS);
	EXPECT_TRUE(cost > 0 && cost <= MOST_ENABLED_INSNS);
	EXPECT_TRUE(more + 20 > cost && more < cost + 20);
}

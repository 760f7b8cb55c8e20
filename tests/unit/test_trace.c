/* The trace: which events are kept, what is lost, how they are printed. */
#include <errno.h>
#include <stdio.h>

#include "arch/sim/sim.h"
#include "base/trace.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

static void given_machine_with_thread(struct thread *t)
{
	sim_machine_init(pfn(RAM_START), 16, pfn(RAM_START + 16));
	given_thread(t, "tester");
}

TEST(trace_records_only_what_is_enabled)
{
	struct thread t;
	const char *text;

	given_machine_with_thread(&t);
	t.id = 42;
	TRACE(MM_PAGE_FREE, 0, 0x80000, 0);
	expect_eq(trace_enable("mm_page_free,mm_page_alloc"), 0);
	TRACE(MM_PAGE_FREE, 0xc0de, 0x80123, 3);
	TRACE(MM_MIGRATE_PAGES_START, 1, 2);
	trace_dump();
	text = logged_text();
	expect(strstr(text, "# entries-in-buffer/entries-written: 1/1 "));
	expect(strstr(text, "          tester-42      [000] ..... "));
	expect(strstr(text, ": mm_page_free: page=0000c0de pfn=0x80123 order=3\n"));
	expect(!strstr(text, "pfn=0x80000"));
	trace_disable("all");
	TRACE(MM_PAGE_FREE, 0, 1, 1);
	trace_dump();
	expect(!strstr(logged_text(), "pfn=0x1 "));
}

TEST(trace_line_has_the_ftrace_layout)
{
	struct thread t;
	char name[32], flags[8], event[32];
	unsigned id, cpu, seconds, nanos;
	uint32_t saved;

	given_machine_with_thread(&t);
	trace_enable("all");
	sim_spend(3000456789ull);
	saved = cpu_irq_save();
	TRACE(SET_MIGRATION_PTE, 0x1000, 0xabc, 0);
	cpu_irq_restore(saved);
	trace_dump();
	expect_eq(sscanf(strstr(logged_text(), "tester"), "%15[a-z]-%u [%u] %5s %u.%u: %31[a-z_]:",
			 name, &id, &cpu, flags, &seconds, &nanos, event),
		  7);
	expect_text(name, "tester");
	expect_text(flags, "d....");
	expect_text(event, "set_migration_pte");
	expect_eq(seconds, 3);
	expect_eq(nanos, 456790); /* reading the clock takes one */
}

TEST(trace_ring_wraps_and_merges_cpus)
{
	struct thread t;
	const char *text;

	given_machine_with_thread(&t);
	trace_enable("mm_page_free");
	for (uint32_t i = 0; i < 1500; i++)
		TRACE(MM_PAGE_FREE, 0, i, 1);
	trace_dump();
	text = logged_text();
	expect(strstr(text, "written: 1024/1500"));
	expect(!strstr(text, "pfn=0x1db ")); /* 475: the last that was overwritten */
	expect(strstr(text, "pfn=0x1dc "));
	trace_clear();
	TRACE(MM_PAGE_FREE, 0, 0xa, 0);
	sim_set_cpu(1, &t);
	TRACE(MM_PAGE_FREE, 0, 0xb, 0);
	sim_set_cpu(0, &t);
	TRACE(MM_PAGE_FREE, 0, 0xc, 0);
	trace_dump();
	text = logged_text();
	expect(strstr(text, "pfn=0xa") < strstr(text, "pfn=0xb"));
	expect(strstr(text, "pfn=0xb") < strstr(text, "pfn=0xc"));
	expect(strstr(text, "[001]"));
}

TEST(trace_unknown_event_changes_nothing)
{
	expect_eq(trace_enable("mm_page_free,nonsense"), -ENOENT);
	expect_eq(trace_enabled, 0);
	expect_eq(trace_enable("mm_page_fre"), -ENOENT);
	expect_eq(trace_enable(""), -ENOENT);
	expect_eq(trace_disable("nonsense"), -ENOENT);
}

/* How often `part` is in `text`. */
static unsigned times_in(const char *text, const char *part)
{
	unsigned times = 0;

	for (; (text = strstr(text, part)); text++)
		times++;
	return times;
}

TEST(trace_events_by_pattern)
{
	uint32_t begin = 1u << TRACE_MM_COMPACTION_BEGIN, free = 1u << TRACE_MM_PAGE_FREE;

	expect_eq(trace_events_named("mm_compaction_begin"), begin);
	expect_eq(trace_events_named("mm_compaction_b*n,mm_page_fre?"), begin | free);
	expect_eq(trace_events_named("*"), (1u << TRACE_EVENT_COUNT) - 1);
	expect_eq(trace_events_named("all"), (1u << TRACE_EVENT_COUNT) - 1);
	expect_eq(trace_events_named("*_migration_pte"),
		  1u << TRACE_SET_MIGRATION_PTE | 1u << TRACE_REMOVE_MIGRATION_PTE);
	expect_eq(trace_events_named("mm_page_free*,"), free);
	expect_eq(trace_events_named("mm_page_free,x*"), 0);
	expect_eq(trace_enable("mm_*"), 0);
	expect_eq(trace_disable("mm_page_*"), 0);
	expect(trace_enabled & begin && !(trace_enabled & free));
}

TEST(trace_counts_what_is_lost)
{
	struct thread t;
	const char *text;

	given_machine_with_thread(&t);
	trace_enable("all");
	for (uint32_t i = 0; i < 30; i++)
		TRACE(MM_PAGE_FREE, 0, i, 0);
	for (uint32_t i = 0; i < 1004; i++)
		TRACE(MIGRATE_BEGIN, i);
	expect_eq(trace_counts_of(0, TRACE_MM_PAGE_FREE).recorded, 30);
	expect_eq(trace_counts_of(0, TRACE_MM_PAGE_FREE).lost, 10);
	expect_eq(trace_counts_of(0, TRACE_MIGRATE_BEGIN).recorded, 1004);
	expect_eq(trace_counts_of(0, TRACE_MIGRATE_BEGIN).lost, 0);
	expect_eq(trace_counts_of(1, TRACE_MM_PAGE_FREE).recorded, 0);
	trace_dump_events(1u << TRACE_MM_PAGE_FREE);
	text = logged_text();
	expect(strstr(text, "written: 20/30 "));
	expect_eq(times_in(text, "LOST"), 1);
	expect(strstr(text, "CPU:0 [LOST 10 EVENTS]\n"));
	expect_eq(times_in(text, ": mm_page_free: "), 20);
	expect_eq(times_in(text, ": migrate_begin: "), 0);
	trace_dump_events(1u << TRACE_MIGRATE_BEGIN);
	expect_eq(times_in(logged_text(), "LOST"), 0);
	trace_clear();
	expect_eq(trace_counts_of(0, TRACE_MM_PAGE_FREE).lost, 0);
}

TEST(trace_ring_of_another_size)
{
	static char memory[64 * TRACE_RECORD_BYTES];
	struct thread t;

	given_machine_with_thread(&t);
	trace_use_memory(0, memory, 64);
	trace_enable("migrate_begin");
	for (uint32_t i = 0; i < 100; i++)
		TRACE(MIGRATE_BEGIN, i);
	trace_dump();
	expect(strstr(logged_text(), "written: 64/100 "));
	expect_eq(trace_counts_of(0, TRACE_MIGRATE_BEGIN).lost, 36);
}

static unsigned given_frees_filtered_by(const char *condition)
{
	expect_eq(trace_filter(condition), 0);
	trace_clear();
	for (uint32_t n = 0; n < 8; n++)
		TRACE(MM_PAGE_FREE, 0, n, n / 2);
	return trace_counts_of(0, TRACE_MM_PAGE_FREE).recorded;
}

TEST(trace_filter_by_a_field)
{
	struct thread t;

	given_machine_with_thread(&t);
	trace_enable("all");
	expect_eq(given_frees_filtered_by(NULL), 8);
	expect_eq(given_frees_filtered_by("pfn=0x5"), 1);
	expect_eq(given_frees_filtered_by("pfn=8"), 0);
	expect_eq(given_frees_filtered_by("order=3"), 2);
	expect_eq(given_frees_filtered_by("reason=PINNED"), 8); /* it has no reason */
	expect_eq(trace_filter("pf=1"), -ENOENT);
	expect_eq(trace_filter("pfn"), -EINVAL);
	expect_eq(trace_filter("pfn="), -EINVAL);
	expect_eq(given_frees_filtered_by(NULL), 8);
}

TEST(trace_filter_by_a_name)
{
	static const struct trace_value modes[] = { { 0, "async" }, { 1, "sync" }, { 2, "sync" } };
	static const struct trace_value gfp[] = { { 3, "BOTH" }, { 1, "ONE" } };
	struct thread t;

	given_machine_with_thread(&t);
	trace_name_values(TRACE_NAMES_SYNC, modes, 3);
	trace_name_values(TRACE_NAMES_GFP, gfp, 2);
	trace_enable("all");
	expect_eq(trace_filter("mode=sync"), 0);
	for (uint32_t mode = 0; mode < 4; mode++)
		TRACE(MM_COMPACTION_BEGIN, 0, 0, 0, 0, mode);
	expect_eq(trace_counts_of(0, TRACE_MM_COMPACTION_BEGIN).recorded, 2);
	expect_eq(trace_filter("gfp_flags=ONE"), 0);
	for (uint32_t bits = 0; bits < 4; bits++)
		TRACE(MM_PAGE_ALLOC, 0, 0, 0, 0, bits);
	expect_eq(trace_counts_of(0, TRACE_MM_PAGE_ALLOC).recorded, 2);
}

TEST(trace_values_by_name)
{
	static const struct trace_value gfp[] = { { 3, "BOTH" }, { 1, "ONE" }, { 4, "FOUR" } };
	static const struct trace_value stages[] = { { 7, "seventh" } };
	struct thread t;
	const char *text;

	given_machine_with_thread(&t);
	trace_name_values(TRACE_NAMES_GFP, gfp, 3);
	trace_name_values(TRACE_NAMES_STAGE, stages, 1);
	trace_enable("all");
	for (uint32_t bits = 0; bits < 10; bits++)
		TRACE(MM_COMPACTION_TRY_TO_COMPACT_PAGES, 4, bits, 0);
	TRACE(MM_COMPACTION_SUITABLE, 1, UINT32_MAX, 2);
	TRACE(MIGRATE_STAGE, 1, 2, 7);
	TRACE(MIGRATE_STAGE, 1, 2, 8);
	trace_dump();
	text = logged_text();
	expect(strstr(text, "gfp_mask=none "));
	expect(strstr(text, "gfp_mask=ONE "));
	expect(strstr(text, "gfp_mask=0x2 "));
	expect(strstr(text, "gfp_mask=BOTH "));
	expect(strstr(text, "gfp_mask=ONE|FOUR "));
	expect(strstr(text, "gfp_mask=BOTH|FOUR "));
	expect(strstr(text, "gfp_mask=ONE|0x8 "));
	expect(strstr(text, "node=0 zone=1 order=-1 ret=2\n"));
	expect(strstr(text, "stage=seventh\n"));
	expect(strstr(text, "stage=8\n"));
}

TEST(trace_prints_every_event_whole)
{
	static const uint32_t words[8] = { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
					   0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff };
	struct thread t;
	const char *text;

	given_machine_with_thread(&t);
	for (unsigned id = 0; id < TRACE_EVENT_COUNT; id++)
		trace_record((enum trace_event)id, words, 8);
	trace_dump();
	text = logged_text();
	for (unsigned id = 0; id < TRACE_EVENT_COUNT; id++)
		expect(strstr(text, trace_event_name((enum trace_event)id)));
	expect(!strchr(text, '%') && !strchr(text, '{'));
	expect_eq(times_in(text, "[000]"), TRACE_EVENT_COUNT);
	expect_eq(times_in(text, "\n"), TRACE_EVENT_COUNT + 8);
	expect(strstr(text, "\n# an event takes 1 to record,"));
}

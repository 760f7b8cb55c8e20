/*
 * Several cpus: they come up, hear each other, hand threads over, and see one memory. With one cpu
 * most of it is skipped, and says so.
 */
#include "mm/phys/alloc.h"
#include "arch/frame.h"
#include "base/spinlock.h"
#include "base/waitq.h"
#include "drivers/gic.h"
#include "kernel/checkin.h"
#include "kernel/kernel.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "mm/move/migrate.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define ROUNDS	  20000u
#define TURNS	  10000u
#define CALLS	  200u
#define MOVES	  100u
#define READY_MS  60000u
#define VERIFY_MS 60000u

static bool has_several(void)
{
	if (smp_online_count() > 1)
		return true;
	test_skip("one cpu");
	return false;
}

/* One thread a cpu that is there, pinned; `each` gets the cpu's number. */
static struct {
	struct task *task[MAX_CPUS];
	void (*each)(unsigned cpu);
	uint32_t wrong_cpu; /* (A) */
	uint32_t seen;	    /* (A) cpus that ran, a bit each */
} crew;

static void crew_thread(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg;

	if (cpu_id() != cpu)
		atomic_fetch_add(&crew.wrong_cpu, 1);
	atomic_fetch_or(&crew.seen, 1u << cpu_id());
	crew.each(cpu);
	if (cpu_id() != cpu)
		atomic_fetch_add(&crew.wrong_cpu, 1);
}

static void start_on(unsigned cpu)
{
	struct task *t = task_create_kernel("crew", crew_thread, (void *)(uintptr_t)cpu);

	REQUIRE_TRUE(t != NULL);
	t->cpus = 1u << cpu;
	task_get(t);
	crew.task[cpu] = t;
	sched_start(t);
}

static void end_crew(void)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		if (!crew.task[cpu])
			continue;
		task_wait(crew.task[cpu]);
		task_put(crew.task[cpu]);
		crew.task[cpu] = NULL;
	}
}

static void on_every_cpu(void (*each)(unsigned cpu))
{
	crew.each = each;
	crew.wrong_cpu = crew.seen = 0;
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		if (smp_online() & 1u << cpu)
			start_on(cpu);
	end_crew();
	EXPECT_EQ(crew.wrong_cpu, 0);
	EXPECT_EQ(crew.seen, smp_online());
}

TEST(smp, every_cpu_that_is_there_runs, "")
{
	uint32_t served = (1u << gic_cpus()) - 1;

	EXPECT_EQ(smp_online(), (kernel_options.cpus | 1) & served);
}

static void do_nothing(unsigned cpu)
{
	(void)cpu;
}

TEST(smp, a_thread_runs_where_it_was_told_to, "")
{
	on_every_cpu(do_nothing);
}

static struct {
	struct spinlock lock;
	volatile uint32_t plain; /* under the lock */
	uint32_t atomic;	 /* (A) */
} counter;

static void count_up(unsigned cpu)
{
	(void)cpu;
	for (unsigned n = 0; n < ROUNDS; n++) {
		spin_lock(&counter.lock, LOCK_DEVICE);
		counter.plain++;
		spin_unlock(&counter.lock);
		atomic_fetch_add(&counter.atomic, 1);
	}
}

TEST(smp, a_spinlock_loses_no_count, "")
{
	counter.plain = counter.atomic = 0;
	on_every_cpu(count_up);
	EXPECT_EQ(counter.plain, ROUNDS * smp_online_count());
	EXPECT_EQ(counter.atomic, ROUNDS * smp_online_count());
}

static uint32_t calls[MAX_CPUS]; /* each its cpu's, in interrupts */

static void count_call(void)
{
	calls[cpu_id()]++;
}

static void call_the_others(unsigned cpu)
{
	(void)cpu;
	for (unsigned n = 0; n < CALLS; n++)
		smp_call_others(count_call);
}

/* All at once: each waits for the others, and serves them meanwhile. */
TEST(smp, a_call_reaches_every_other_cpu_once, "")
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		calls[cpu] = 0;
	on_every_cpu(call_the_others);
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		if (smp_online() & 1u << cpu)
			EXPECT_EQ(calls[cpu], CALLS * (smp_online_count() - 1));
}

static uint32_t turn; /* (A) counts up; turn % members says whose it is */

static void wait_for_turn(uint32_t mine)
{
	while (atomic_load(&turn) != mine) {
		struct waiter w;

		waitq_prepare(&w, &turn, "its turn");
		if (atomic_load(&turn) != mine)
			sched_block();
		waitq_finish(&w);
	}
}

static unsigned rank_of(unsigned cpu)
{
	return (unsigned)__builtin_popcount(smp_online() & ((1u << cpu) - 1));
}

static void pass_turns_on(unsigned cpu)
{
	for (uint32_t n = rank_of(cpu); n < TURNS; n += smp_online_count()) {
		wait_for_turn(n);
		atomic_store(&turn, n + 1);
		waitq_wake(&turn);
	}
}

TEST(smp, a_turn_goes_round_all_cpus, "")
{
	turn = 0;
	on_every_cpu(pass_turns_on);
	EXPECT_EQ(turn, TURNS);
}

/* As above, by threads that may go anywhere, more of them than cpus. */
#define RUNNERS 6u

static void runner(void *arg)
{
	for (uint32_t n = (uint32_t)(uintptr_t)arg; n < TURNS; n += RUNNERS) {
		wait_for_turn(n);
		atomic_store(&turn, n + 1);
		waitq_wake(&turn);
	}
}

TEST(smp, a_turn_goes_round_threads_that_may_go_anywhere, "")
{
	struct task *task[RUNNERS];

	turn = 0;
	for (unsigned n = 0; n < RUNNERS; n++) {
		task[n] = task_create_kernel("runner", runner, (void *)(uintptr_t)n);
		REQUIRE_TRUE(task[n] != NULL);
		task_get(task[n]);
		sched_start(task[n]);
	}
	for (unsigned n = 0; n < RUNNERS; n++) {
		task_wait(task[n]);
		task_put(task[n]);
	}
	EXPECT_EQ(turn, TURNS);
}

TEST(smp, a_thread_moves_from_cpu_to_cpu, "")
{
	unsigned wrong = 0;

	if (!has_several())
		return;
	for (unsigned n = 0; n < MOVES; n++) {
		unsigned cpu = n % MAX_CPUS;

		if (!(smp_online() & 1u << cpu))
			continue;
		sched_run_on(1u << cpu);
		wrong += cpu_id() != cpu;
	}
	EXPECT_EQ(wrong, 0);
	sched_run_on(0);
}

static void sleep_a_little(unsigned cpu)
{
	uint64_t begun = time_ns();

	(void)cpu;
	for (unsigned n = 0; n < 5; n++)
		time_sleep_ns(3000000u);
	if (time_ns() - begun < 15000000u)
		atomic_fetch_add(&crew.wrong_cpu, 1);
}

TEST(smp, every_cpu_has_a_timer, "")
{
	on_every_cpu(sleep_a_little);
}

/* To 16 instructions, which is what the system counter is exact to. */
TEST(smp, the_count_does_not_go_back_from_cpu_to_cpu, "")
{
	uint64_t last = cpu_insns();
	unsigned back = 0;

	if (!test_counts_instructions()) {
		test_skip("each cpu tells host time by itself");
		return;
	}
	for (unsigned n = 0; n < MOVES; n++) {
		uint64_t now;

		sched_run_on(1u << n % MAX_CPUS);
		now = cpu_insns();
		back += now + 16 < last;
		last = now;
	}
	sched_run_on(0);
	EXPECT_EQ(back, 0);
}

/* Every anonymous page, one by one. Returns how many moved. */
static uint32_t move_pages_in_use(void)
{
	uint32_t moved = 0;
	struct zone *z;

	for_each_zone(z) {
		for (uint32_t n = z->start.n; n < z->end.n; n++) {
			struct page *p = pfn_to_page(pfn(n));
			struct move what;

			if (page_has(p, PG_LRU) && page_has(p, PG_SWAPBACKED))
				moved += migrate_frame(pfn(n), MIGRATE_SYNC, &what) == 0;
		}
	}
	return moved;
}

/* What was freed lately reads as zeroes: who still uses it is found out. */
static void clear_freed_frames(void)
{
	struct page *taken[256];
	unsigned n = 0;

	while (n < 256 && (taken[n] = alloc_pages(GFP_USER | GFP_NOWARN, 0)) != NULL)
		frame_clear(page_to_pfn(taken[n++]));
	while (n)
		free_pages(taken[--n], 0);
}

/*
 * Programs run on the other cpus and never stop writing, while this one moves their pages: one that
 * went on using an old translation would write where nobody looks any more.
 */
TEST(smp, what_one_cpu_moves_the_others_follow, "MP-11")
{
	uint32_t errors = checkin_errors();
	struct task *writer[MAX_CPUS];
	uint32_t moved = 0;

	if (!has_several())
		return;
	sched_run_on(~1u);
	for (unsigned n = 1; n < smp_online_count(); n++) {
		writer[n] = given_program("writer", "3");
		REQUIRE_TRUE(writer[n] != NULL);
		EXPECT_EQ(checkin_wait_ready(writer[n], READY_MS), 0);
	}
	sched_run_on(1);
	for (unsigned n = 0; n < 4; n++) {
		moved += move_pages_in_use();
		clear_freed_frames();
	}
	EXPECT_TRUE(moved > 100);
	EXPECT_EQ(checkin_verify_all(VERIFY_MS), errors);
	for (unsigned n = 1; n < smp_online_count(); n++)
		EXPECT_TRUE(task_is_live(writer[n])); /* their code moves, too */
	sched_run_on(0);
}

/* An endless loop in user mode on another cpu ends at once when it is killed. */
TEST(smp, a_task_that_runs_elsewhere_is_killed, "")
{
	struct task *t = given_program("writer", "3");

	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(checkin_wait_ready(t, READY_MS), 0);
	task_kill(t);
	EXPECT_EQ(exit_status_of(t), EXIT_BY_SIGNAL(SIG_KILL));
}

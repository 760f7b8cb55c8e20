/*
 * Several cpus.
 *
 * A cpu is expected, then online, or left out: the last two are decided by one compare-and-swap, so
 * one that comes too late knows it. A call to the others is a function and the set of those who
 * have not run it yet, in a place of the caller's cpu; whoever gets the interrupt looks at the
 * places of all.
 */
#include "arch/atomic.h"
#include "arch/kstack.h"
#include "arch/smp.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "drivers/cpu_start.h"
#include "drivers/generic_timer.h"
#include "drivers/gic.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "mm/phys/alloc.h"

FAILPOINT_AS(fail_cpu_start, "cpu_start");

enum { SGI_KICK, SGI_CALL, SGI_STOP };
enum { CPU_ABSENT, CPU_EXPECTED, CPU_ONLINE, CPU_LEFT_OUT };

#define START_MS      100u
#define STOP_COUNT_HZ 100u /* a hundredth of a second for the others to stop */

static struct {
	uint32_t state[MAX_CPUS]; /* (A) */
	uint32_t online;	  /* (A) a bit each */
	uint32_t stopper;	  /* (A) who stops the others, + 1 */
	uint32_t stopped;	  /* (A) a bit each */
	struct {
		void (*run)(void);
		uint32_t waiting; /* (A) who has not run it yet, a bit each */
	} call[MAX_CPUS];
} smp = { .online = 1 };

static uint32_t own_bit(void)
{
	return 1u << cpu_id();
}

uint32_t smp_online(void)
{
	return atomic_load_relaxed(&smp.online);
}

unsigned smp_online_count(void)
{
	return (unsigned)__builtin_popcount(smp_online());
}

void smp_kick(unsigned cpu)
{
	gic_send(1u << cpu, SGI_KICK);
}

/* The interrupt itself is all: a sleep has ended, and the way back to user mode looks at marks. */
static void be_kicked(void *unused)
{
	(void)unused;
}

/*
 * The pause at the end is for an emulator that runs cpus in turn: the caller has his now, not when
 * this one's is over.
 */
static void answer_calls(void *unused)
{
	(void)unused;
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		if (!(atomic_load(&smp.call[cpu].waiting) & own_bit()))
			continue;
		smp.call[cpu].run();
		atomic_fetch_and(&smp.call[cpu].waiting, ~own_bit());
		cpu_signal();
	}
	cpu_relax();
}

/* Race: the thread stays on this cpu, as it does not give way; so the place is its own. */
void smp_call_others(void (*run)(void))
{
	uint32_t others = smp_online() & ~own_bit();
	unsigned me = cpu_id();

	assert_that(!cpu_irqs_are_off() && cpu_current()->spin_depth == 0);
	if (!others)
		return;
	smp.call[me].run = run;
	atomic_store(&smp.call[me].waiting, others);
	gic_send(others, SGI_CALL);
	while (atomic_load(&smp.call[me].waiting))
		cpu_wait_event();
}

static void stop_for_good(void *unused)
{
	(void)unused;
	cpu_irq_off();
	atomic_fetch_or(&smp.stopped, own_bit());
	cpu_signal();
	for (;;)
		cpu_idle();
}

static bool all_stopped(uint32_t cpus)
{
	return (atomic_load(&smp.stopped) & cpus) == cpus;
}

bool smp_stop_others(void)
{
	uint32_t others = smp_online() & ~own_bit();
	uint64_t until = timer_count() + timer_hz() / STOP_COUNT_HZ;

	if (!atomic_cas(&smp.stopper, 0, cpu_id() + 1))
		return atomic_load(&smp.stopper) == cpu_id() + 1;
	if (others)
		gic_send(others, SGI_STOP);
	while (!all_stopped(others) && timer_count() < until)
		cpu_relax();
	return true;
}

static void drain_others(void)
{
	smp_call_others(alloc_drain_local);
}

void smp_init(void)
{
	int error = irq_register(SGI_KICK, be_kicked, NULL);

	if (!error)
		error = irq_register(SGI_CALL, answer_calls, NULL);
	if (!error)
		error = irq_register(SGI_STOP, stop_for_good, NULL);
	assert_eq(error, 0);
	alloc_set_drain_others(drain_others);
}

/* Too late: it was given up. It has the kernel's tables, and sleeps in them. */
static void __attribute__((noreturn)) sleep_for_good(void)
{
	for (;;)
		cpu_idle();
}

void smp_secondary_main(void)
{
	sched_init_cpu();
	arch_cpu_init();
	irq_init_cpu();
	time_init_cpu();
	if (!atomic_cas(&smp.state[cpu_id()], CPU_EXPECTED, CPU_ONLINE)) {
		cpu_irq_off();
		sleep_for_good();
	}
	atomic_fetch_or(&smp.online, own_bit());
	cpu_irq_on();
	sched_idle_loop();
}

static bool map_stack(unsigned slot)
{
	struct page *p = alloc_pages(GFP_KERNEL, 1);
	pfn_t first;

	if (!p)
		return false;
	first = page_to_pfn(p);
	return kstack_map(slot, (pfn_t[KSTACK_PAGES]){ first, pfn(first.n + 1) }) == 0;
}

_Static_assert(KSTACK_PAGES == 2, "an allocation of order 1");

/* Tells one cpu to come. Its stacks stay its own, also if it does not. */
static void call_cpu(unsigned cpu)
{
	if (!map_stack(cpu) || !map_stack(MAX_CPUS + cpu)) {
		log_error("cpu %u: no memory for its stacks: it is left out", cpu);
		return;
	}
	atomic_store(&smp.state[cpu], CPU_EXPECTED);
	if (failpoint_hit(&fail_cpu_start))
		return;
	arch_smp_let_in(cpu);
	cpu_start(cpu, arch_smp_entry());
}

static bool any_is_expected(void)
{
	for (unsigned cpu = 1; cpu < MAX_CPUS; cpu++)
		if (atomic_load(&smp.state[cpu]) == CPU_EXPECTED)
			return true;
	return false;
}

static void leave_out_the_late(void)
{
	for (unsigned cpu = 1; cpu < MAX_CPUS; cpu++)
		if (atomic_cas(&smp.state[cpu], CPU_EXPECTED, CPU_LEFT_OUT))
			log_error("cpu %u does not come up within %u ms: it is left out", cpu,
				  START_MS);
}

void smp_start(uint32_t cpus)
{
	uint32_t wanted = cpus & ((1u << gic_cpus()) - 1u) & ~own_bit();

	arch_smp_open();
	for (unsigned cpu = 1; cpu < MAX_CPUS; cpu++)
		if (wanted & 1u << cpu)
			call_cpu(cpu);
	for (unsigned ms = 0; ms < START_MS && any_is_expected(); ms++)
		time_sleep_ns(1000000u);
	leave_out_the_late();
	arch_smp_close();
	if (smp_online_count() > 1)
		log_info("%u cpus run", smp_online_count());
}

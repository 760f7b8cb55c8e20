/*
 * The tick and who sleeps for it.
 */
#include <errno.h>
#include "arch/cpu.h"
#include "base/assert.h"
#include "base/list.h"
#include "drivers/generic_timer.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/time.h"

#define NS_PER_S 1000000000u

/* On the sleeper's stack. */
struct sleeper {
	struct list node;
	uint64_t until_ns;
	struct thread *thread;
};

/* Guarded by disabled interrupts; the tick comes to one cpu only. */
static struct {
	struct list sleepers; /* in no order: they are few */
} clock = { .sleepers = LIST_INIT(clock.sleepers) };

uint64_t time_ns(void)
{
	uint32_t hz = timer_hz();
	uint64_t count = timer_count();

	return count / hz * NS_PER_S + count % hz * NS_PER_S / hz;
}

static void wake_sleepers(uint64_t now)
{
	struct sleeper *s, *next;

	list_for_each_entry_safe(s, next, &clock.sleepers, node) {
		if (s->until_ns > now)
			continue;
		list_del_init(&s->node);
		sched_wake(s->thread);
	}
}

static void tick(void)
{
	wake_sleepers(time_ns());
	sched_tick();
}

void time_init(void)
{
	int error = irq_register(TIMER_INTID_SECURE, timer_interrupt, NULL);

	if (!error)
		error = irq_register(TIMER_INTID_NON_SECURE, timer_interrupt, NULL);
	assert_eq(error, 0);
	timer_start(tick);
}

int time_sleep_ns(uint64_t ns)
{
	struct sleeper s = { .until_ns = time_ns() + ns, .thread = cpu_current() };
	uint32_t saved = cpu_irq_save();

	list_add_tail(&clock.sleepers, &s.node);
	cpu_irq_restore(saved);
	while (time_ns() < s.until_ns && !thread_is_dying()) {
		thread_prepare_block("time");
		if (list_is_empty(&s.node))
			break;
		sched_block();
	}
	thread_cancel_block();
	saved = cpu_irq_save();
	list_del_init(&s.node);
	cpu_irq_restore(saved);
	return thread_is_dying() ? -EINTR : 0;
}

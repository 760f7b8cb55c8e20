/*
 * The tick and who sleeps for it.
 */
#include <errno.h>
#include "arch/cpu.h"
#include "base/spinlock.h"
#include "drivers/generic_timer.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/time.h"

static struct {
	struct spinlock lock; /* LOCK_SLEEPERS, interrupts off */
	struct list sleepers; /* struct alarm.node, in no order: they are few */
} clock = { .sleepers = LIST_INIT(clock.sleepers) };

uint64_t time_ns(void)
{
	uint32_t hz = timer_hz();
	uint64_t count = timer_count();

	return count / hz * NS_PER_S + count % hz * NS_PER_S / hz;
}

static void wake_sleepers(uint64_t now)
{
	struct alarm *a, *next;

	spin_lock(&clock.lock, LOCK_SLEEPERS);
	list_for_each_entry_safe(a, next, &clock.sleepers, node) {
		if (a->until_ns > now)
			continue;
		list_del_init(&a->node);
		sched_wake(a->thread);
	}
	spin_unlock(&clock.lock);
}

void time_alarm_set(struct alarm *a, uint64_t until_ns)
{
	uint32_t saved;

	a->until_ns = until_ns;
	a->thread = cpu_current();
	saved = spin_lock_irq(&clock.lock, LOCK_SLEEPERS);
	list_add_tail(&clock.sleepers, &a->node);
	spin_unlock_irq(&clock.lock, saved);
}

void time_alarm_clear(struct alarm *a)
{
	uint32_t saved = spin_lock_irq(&clock.lock, LOCK_SLEEPERS);

	list_del_init(&a->node);
	spin_unlock_irq(&clock.lock, saved);
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

int time_sleep_until(uint64_t until_ns)
{
	struct alarm a;

	time_alarm_set(&a, until_ns);
	while (time_ns() < until_ns && !thread_is_interrupted()) {
		thread_prepare_block("time");
		if (time_ns() < until_ns && !thread_is_interrupted())
			sched_block();
		thread_cancel_block();
	}
	time_alarm_clear(&a);
	return time_ns() < until_ns ? -EINTR : 0;
}

int time_sleep_ns(uint64_t ns)
{
	return time_sleep_until(time_ns() + ns);
}

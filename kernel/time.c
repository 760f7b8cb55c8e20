/*
 * The tick and who sleeps for time.
 *
 * An alarm is on the stack of its thread and on the list of the cpu where it was set, earliest
 * first. It is taken off by that cpu's timer, which wakes the thread, or by the thread itself,
 * wherever it runs by then; both under the list's lock, so no timer can meet a dead alarm.
 */
#include <errno.h>
#include "base/spinlock.h"
#include "drivers/generic_timer.h"
#include "kernel/irq.h"
#include "kernel/sched.h"
#include "kernel/time.h"

#define NEVER UINT64_MAX

static struct cpu_clock {
	struct spinlock lock; /* LOCK_SLEEPERS, interrupts off */
	struct list alarms;   /* earliest first */
	uint64_t next_tick;   /* a count; NEVER while the cpu idles. Its cpu's alone */
} clocks[MAX_CPUS];

uint64_t time_ns(void)
{
	uint32_t hz = timer_hz();
	uint64_t count = timer_count();

	return count / hz * NS_PER_S + count % hz * NS_PER_S / hz;
}

/* The first count at which time_ns has come to `ns`. */
static uint64_t count_at(uint64_t ns)
{
	uint32_t hz = timer_hz();

	return ns / NS_PER_S * hz + (ns % NS_PER_S * hz + NS_PER_S - 1) / NS_PER_S;
}

static uint64_t first_alarm(const struct cpu_clock *c)
{
	if (list_is_empty(&c->alarms))
		return NEVER;
	return count_at(list_first(&c->alarms, struct alarm, node)->until_ns);
}

/* Locks: the clock's, which is this cpu's. */
static void set_timer(const struct cpu_clock *c)
{
	uint64_t at = first_alarm(c);

	if (c->next_tick < at)
		at = c->next_tick;
	if (at == NEVER)
		timer_disarm();
	else
		timer_arm(at);
}

/* Returns true if there was one to wake. */
static bool wake_sleepers(struct cpu_clock *c)
{
	uint64_t now = time_ns();
	bool any = false;

	while (!list_is_empty(&c->alarms)) {
		struct alarm *a = list_first(&c->alarms, struct alarm, node);

		if (a->until_ns > now)
			break;
		list_del_init(&a->node);
		sched_wake(a->thread);
		any = true;
	}
	return any;
}

/* Ticks that were missed are not made up for, but the beat is kept. Returns true if one is due. */
static bool tick_is_due(struct cpu_clock *c)
{
	uint64_t now = timer_count();
	uint32_t beat = timer_hz() / TICK_HZ;

	if (now < c->next_tick)
		return false;
	c->next_tick += (now - c->next_tick) / beat * beat + beat;
	return true;
}

static void timer_fires(void *unused)
{
	struct cpu_clock *c = &clocks[cpu_id()];

	bool slice_over;

	(void)unused;
	spin_lock(&c->lock, LOCK_SLEEPERS);
	slice_over = wake_sleepers(c);
	slice_over |= tick_is_due(c);
	if (slice_over)
		sched_tick();
	set_timer(c);
	spin_unlock(&c->lock);
}

void time_init(void)
{
	int error = irq_register(TIMER_INTID_SECURE, timer_fires, NULL);

	if (!error)
		error = irq_register(TIMER_INTID_NON_SECURE, timer_fires, NULL);
	assert_eq(error, 0);
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		list_init(&clocks[cpu].alarms);
	time_init_cpu();
}

void time_init_cpu(void)
{
	clocks[cpu_id()].next_tick = NEVER;
	timer_disarm();
}

void time_stop_tick(void)
{
	struct cpu_clock *c = &clocks[cpu_id()];

	spin_lock(&c->lock, LOCK_SLEEPERS);
	c->next_tick = NEVER;
	set_timer(c);
	spin_unlock(&c->lock);
}

void time_start_tick(void)
{
	struct cpu_clock *c = &clocks[cpu_id()];

	spin_lock(&c->lock, LOCK_SLEEPERS);
	c->next_tick = timer_count() + timer_hz() / TICK_HZ;
	set_timer(c);
	spin_unlock(&c->lock);
}

/* Behind all that are due no later. */
static void insert(struct cpu_clock *c, struct alarm *new)
{
	struct list *after = c->alarms.prev;

	while (after != &c->alarms &&
	       list_entry(after, struct alarm, node)->until_ns > new->until_ns)
		after = after->prev;
	list_add(after, &new->node);
}

void time_alarm_set(struct alarm *a, uint64_t until_ns)
{
	uint32_t saved = cpu_irq_save();
	struct cpu_clock *c = &clocks[cpu_id()];

	*a = (struct alarm){ .until_ns = until_ns, .thread = cpu_current(), .clock = c };
	spin_lock(&c->lock, LOCK_SLEEPERS);
	insert(c, a);
	set_timer(c);
	spin_unlock(&c->lock);
	cpu_irq_restore(saved);
}

/* The timer may be set for it still: it will find nobody. */
void time_alarm_clear(struct alarm *a)
{
	uint32_t saved = spin_lock_irq(&a->clock->lock, LOCK_SLEEPERS);

	list_del_init(&a->node);
	spin_unlock_irq(&a->clock->lock, saved);
}

/* Order: the block is prepared before time and marks are read, so what comes later also wakes. */
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
	uint64_t now = time_ns();

	return time_sleep_until(ns < TIME_FOREVER - now ? now + ns : TIME_FOREVER);
}

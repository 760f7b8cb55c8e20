/*
 * The thread that sends SIGALRM. What holds is in itimer.h.
 */
#include "base/assert.h"
#include "kernel/itimer.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/time.h"

#define NEVER UINT64_MAX

static struct {
	struct task *thread;
	uint32_t changes; /* (A) times that a timer was set: the thread looks again */
} timers;

/* Locks: signals.lock, as in all that end in _locked. */
static struct itimer_times times_locked(const struct signals *s, uint64_t now)
{
	uint64_t left = s->alarm_at > now ? s->alarm_at - now : 1;

	return (struct itimer_times){ s->alarm_at ? left : 0, s->alarm_every };
}

struct itimer_times itimer_get(struct process *p)
{
	uint32_t saved = spin_lock_irq(&p->signals.lock, LOCK_SIGNAL);
	struct itimer_times times = times_locked(&p->signals, time_ns());

	spin_unlock_irq(&p->signals.lock, saved);
	return times;
}

struct itimer_times itimer_set(struct process *p, struct itimer_times times)
{
	uint32_t saved = spin_lock_irq(&p->signals.lock, LOCK_SIGNAL);
	uint64_t now = time_ns();
	struct itimer_times before = times_locked(&p->signals, now);

	p->signals.alarm_at = times.left ? now + times.left : 0;
	p->signals.alarm_every = times.every;
	spin_unlock_irq(&p->signals.lock, saved);
	atomic_fetch_add(&timers.changes, 1);
	sched_wake(&timers.thread->thread);
	return before;
}

/* True if it is due; then it is set anew, past `now`, or off. */
static bool take_due_locked(struct signals *s, uint64_t now)
{
	if (!s->alarm_at || s->alarm_at > now)
		return false;
	s->alarm_at = s->alarm_every ? now + s->alarm_every : 0;
	return true;
}

/* Returns when the process's timer is due next. */
static uint64_t serve(struct process *p, uint64_t now)
{
	struct signal_info info = { .number = SIGNAL_ALRM, .code = SIGNAL_FROM_KERNEL };
	uint32_t saved = spin_lock_irq(&p->signals.lock, LOCK_SIGNAL);
	bool due = take_due_locked(&p->signals, now);
	uint64_t next = p->signals.alarm_at;

	spin_unlock_irq(&p->signals.lock, saved);
	if (due)
		signal_send(p, &info);
	return next ? next : NEVER;
}

static uint64_t serve_all(void)
{
	uint64_t now = time_ns(), earliest = NEVER;
	struct process *p = NULL;

	while ((p = process_next(p)) != NULL) {
		uint64_t next = serve(p, now);

		if (next < earliest)
			earliest = next;
	}
	return earliest;
}

/* Race: a timer set after `seen` was read shows in `changes`, or its wake ends the sleep. */
static void sleep_until(uint64_t until, uint32_t seen)
{
	struct alarm a;

	time_alarm_set(&a, until);
	thread_prepare_block("interval timers");
	if (time_ns() < until && atomic_load(&timers.changes) == seen)
		sched_block();
	thread_cancel_block();
	time_alarm_clear(&a);
}

static void timer_main(void *arg)
{
	(void)arg;
	for (;;) {
		uint32_t seen = atomic_load(&timers.changes);

		sleep_until(serve_all(), seen);
	}
}

void itimer_init(void)
{
	timers.thread = task_create_kernel("timers", timer_main, NULL);
	assert_that(timers.thread);
	sched_start(timers.thread);
}

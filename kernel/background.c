/*
 * Threads that work in the background for rooms of mm, which say what and when
 * (mm/move/kcompactd.h). Nothing ticks for them: such a thread is woken by whoever needs it, or by
 * one alarm.
 */
#include "kernel/background.h"

#include "kernel/sched.h"
#include "kernel/time.h"
#include "mm/move/kcompactd.h"

static void wait_at_most(uint64_t ns)
{
	struct alarm alarm;

	time_alarm_set(&alarm, time_ns() + ns);
	kcompactd_wait();
	time_alarm_clear(&alarm);
}

static void compact_for_ever(void *arg)
{
	(void)arg;
	for (;;) {
		uint64_t pause_ns = kcompactd_step(time_ns());

		if (pause_ns)
			wait_at_most(pause_ns);
		else
			sched_yield_now();
	}
}

void background_start(void)
{
	struct task *t = task_create_kernel("kcompactd", compact_for_ever, NULL);

	assert_that(t);
	sched_start(t);
}

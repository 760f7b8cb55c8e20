/*
 * The thread that draws, and the two hooks in the mover.
 *
 * At the moments worth a picture the mover itself draws, with its batch in flight: the picture is
 * of that very moment, and nobody else gets a turn because somebody looks. What that took goes to
 * the thread's account of instructions.
 *
 * Locks: none. Who sets `drawing` draws; others leave it. On and off are commands of the console's
 * one thread.
 */
#include "console/display.h"

#include <errno.h>

#include "arch/frame.h"
#include "base/waitq.h"
#include "console/picture.h"
#include "drivers/pl111.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "mm/phys/alloc.h"

#define NS_PER_MS 1000000u
#define STEPS	  128u /* pictures of one compaction of a zone */

static struct {
	void *block; /* NULL: off */
	struct task *thread;
	uint32_t ms;
	uint32_t over;	  /* (A) 1: the thread ends */
	uint32_t drawing; /* (A) 1: somebody draws */
	/* The movers': */
	uint32_t step; /* STEPS-th part of its zone that the last run has come to */
	uint32_t due;  /* (A) 1: the next batch in flight is worth a picture */
} display;

/* ---- the mover's side */

static void note_progress(const struct compaction *run)
{
	uint32_t span = run->zone->end.n - run->zone->start.n;
	uint32_t left = run->free_pfn - run->migrate_pfn;
	uint32_t step = (uint32_t)((uint64_t)left * STEPS / span);

	picture_note_run(run);
	if (step == display.step)
		return;
	display.step = step;
	atomic_store(&display.due, 1);
}

/* Returns the instructions it took. */
static uint64_t draw(void)
{
	uint64_t start = cpu_insns();

	if (!atomic_cas(&display.drawing, 0, 1))
		return 0;
	picture_refresh();
	atomic_store(&display.drawing, 0);
	return cpu_insns() - start;
}

/* "unmap" is shown after the barrier: the batch has its migration entries and is locked. */
static void see_stage(const struct move *m, enum move_stage passed)
{
	if (passed == STAGE_TARGET)
		picture_note_start(m->from);
	else if (passed == STAGE_FINISH)
		picture_note_moved(m->to);
	else if (passed == STAGE_UNMAP && atomic_cas(&display.due, 1, 0))
		sched_charge(display.thread, draw());
}

/* ---- the thread */

static bool must_sleep(const struct alarm *next)
{
	return !atomic_load(&display.over) && time_ns() < next->until_ns;
}

static void wait_for_next(void)
{
	struct alarm next;
	struct waiter w;

	time_alarm_set(&next, time_ns() + (uint64_t)display.ms * NS_PER_MS);
	waitq_prepare(&w, &display, "the next picture");
	if (must_sleep(&next))
		sched_block();
	waitq_finish(&w);
	time_alarm_clear(&next);
}

static void draw_until_over(void *unused)
{
	(void)unused;
	while (!atomic_load(&display.over)) {
		draw();
		wait_for_next();
	}
}

/* ---- on and off */

static void set_hooks(bool on)
{
	migrate_set_probe(on ? see_stage : NULL);
	compaction_set_observer(on ? note_progress : NULL);
}

static int start_thread(void)
{
	display.over = 0;
	display.due = 1;
	display.thread = task_create_kernel("display", draw_until_over, NULL);
	if (!display.thread)
		return -ENOMEM;
	task_get(display.thread);
	sched_start(display.thread);
	return 0;
}

static int start_picture(void)
{
	int error = picture_begin(display.block) ? start_thread() : -E2BIG;

	if (error)
		return error;
	pl111_start(pfn_to_paddr(frame_of_address(display.block)), picture_colours, COLOURS);
	set_hooks(true);
	return 0;
}

static void give_block_back(void)
{
	picture_end();
	free_kernel_pages(display.block, PICTURE_ORDER);
	display.block = NULL;
}

int display_on(uint32_t ms)
{
	int error;

	if (!pl111_is_there())
		return -ENODEV;
	display.ms = ms;
	if (display.block)
		return 0;
	display.block = alloc_kernel_pages(GFP_KERNEL | GFP_NOWARN, PICTURE_ORDER);
	if (!display.block)
		return -ENOMEM;
	error = start_picture();
	if (error)
		give_block_back();
	return error;
}

static void end_thread(void)
{
	atomic_store(&display.over, 1);
	waitq_wake(&display);
	task_wait(display.thread);
	task_put(display.thread);
}

void display_off(void)
{
	if (!display.block)
		return;
	set_hooks(false);
	end_thread();
	pl111_stop();
	give_block_back();
}

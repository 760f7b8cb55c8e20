/*
 * The task table, birth and death. What holds is in task.h.
 *
 * The table's lock is taken with interrupts off, because the scheduler buries dead tasks under it.
 * It guards who is in which slot and the reaper's list; nothing but the run queue's nests in it.
 */
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "base/waitq.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "mm/phys/alloc.h"
#include "mm/virt/mm.h"

static struct {
	struct task slots[MAX_TASKS];
	struct spinlock lock; /* LOCK_TASKS */
	uint32_t next_id;     /* (T) 1 is init's */
	struct list reap;     /* (T) dead tasks whose stacks nobody runs on */
	uint32_t dead;	      /* (A) those that are about to end, or whose stacks are to be taken */
	struct task *reaper;
} table = { .next_id = TASK_INIT + 1, .reap = LIST_INIT(table.reap) };

static uint32_t lock_table(void)
{
	return spin_lock_irq(&table.lock, LOCK_TASKS);
}

static void unlock_table(uint32_t saved)
{
	spin_unlock_irq(&table.lock, saved);
}

static unsigned slot_of(const struct task *t)
{
	return (unsigned)(t - table.slots);
}

static unsigned stack_slot(const struct task *t)
{
	return KSTACK_FIRST_FREE + slot_of(t);
}

_Static_assert(KSTACK_FIRST_FREE + MAX_TASKS <= KSTACK_SLOTS, "a stack for every task");

void task_set_name(struct task *t, const char *name)
{
	strncpy(t->thread.name, name, sizeof(t->thread.name) - 1);
}

void task_init_idle(struct task *t, unsigned cpu)
{
	task_set_name(t, "idle");
	list_init(&t->thread.run);
	t->refs = 1;
	t->stage = TASK_LIVE;
	t->cpu = cpu;
}

struct task *task_init_boot(void)
{
	task_init_idle(&table.slots[0], 0);
	return &table.slots[0];
}

/* Takes a slot out of FREE, cleared, with one hold. */
static struct task *take_slot(void)
{
	uint32_t saved = lock_table();
	struct task *t = NULL;

	for (unsigned i = 1; i < MAX_TASKS && !t; i++)
		if (table.slots[i].stage == TASK_FREE)
			t = &table.slots[i];
	if (t) {
		memset(t, 0, sizeof(*t));
		t->stage = TASK_NEW;
		t->refs = 1;
		t->thread.id = table.next_id++;
	}
	unlock_table(saved);
	return t;
}

/* Gives back the first `count` frames of the stack. */
static void free_stack_frames(struct task *t, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct page *p = pfn_to_page(t->stack[i]);

		zone_stat_add(page_zone(p), NR_KERNEL_STACK_PAGES, -1);
		free_pages(p, 0);
	}
}

static bool alloc_stack_frames(struct task *t)
{
	for (unsigned i = 0; i < KSTACK_PAGES; i++) {
		struct page *p = alloc_pages(GFP_KERNEL, 0);

		if (!p) {
			free_stack_frames(t, i);
			return false;
		}
		zone_stat_add(page_zone(p), NR_KERNEL_STACK_PAGES, 1);
		t->stack[i] = page_to_pfn(p);
	}
	return true;
}

static bool give_stack(struct task *t)
{
	if (!alloc_stack_frames(t))
		return false;
	if (kstack_map(stack_slot(t), t->stack) == 0)
		return true;
	free_stack_frames(t, KSTACK_PAGES);
	return false;
}

static void take_stack(struct task *t)
{
	kstack_unmap(stack_slot(t));
	free_stack_frames(t, KSTACK_PAGES);
}

/* The first thing a kernel thread does. Interrupts are off as after any switch. */
static void kernel_thread_begin(void *arg)
{
	struct task *t = arg;

	sched_begin_thread();
	t->entry(t->arg);
	task_exit(0);
}

struct task *task_create(const char *name)
{
	struct task *t = take_slot();

	if (!t)
		return NULL;
	task_set_name(t, name);
	list_init(&t->thread.run);
	list_init(&t->reap);
	t->cpus = task_current()->cpus;
	if (give_stack(t))
		return t;
	task_put(t);
	return NULL;
}

struct task *task_create_kernel(const char *name, void (*entry)(void *), void *arg)
{
	struct task *t = task_create(name);

	if (!t)
		return NULL;
	t->entry = entry;
	t->arg = arg;
	context_init(&t->context, task_stack_top(t), kernel_thread_begin, t);
	return t;
}

void *task_stack_top(const struct task *t)
{
	return kstack_top(stack_slot(t));
}

void task_discard(struct task *t)
{
	assert_eq(t->stage, TASK_NEW);
	take_stack(t);
	if (t->process)
		process_discard(t->process);
	task_put(t);
}

/* The first thing a user task does, on its kernel stack. */
static void user_task_begin(void *arg)
{
	struct task *t = arg;

	sched_begin_thread();
	cpu_irq_off();
	context_enter_user(&t->start);
}

void task_prepare_user(struct task *t, const struct trap_frame *regs)
{
	t->start = *regs;
	context_init(&t->context, task_stack_top(t), user_task_begin, t);
}

struct trap_frame *task_user_regs(void)
{
	return context_user_frame(task_stack_top(task_current()));
}

void task_exit(int status)
{
	struct task *t = task_current();

	assert_eq(t->thread.spin_depth, 0);
	/* Order: before anybody can learn of its end, so task_wait_reaped knows of it, too. */
	atomic_fetch_add(&table.dead, 1);
	t->exit_status = status;
	checkin_task_ends(t);
	if (t->process) {
		process_leave();
		log_debug("task %u (%s) ends with status %d", (unsigned)t->thread.id,
			  t->thread.name, t->exit_status);
	}
	sched_leave();
}

void task_kill(struct task *t)
{
	if (t->process)
		process_kill(t->process);
}

int task_wait(struct task *t)
{
	while (atomic_load(&t->stage) != TASK_GONE) {
		struct waiter w;

		waitq_prepare(&w, t, "end of a task");
		if (atomic_load(&t->stage) != TASK_GONE)
			sched_block();
		waitq_finish(&w);
	}
	return t->exit_status;
}

void task_get(struct task *t)
{
	uint32_t saved = lock_table();

	assert_that(t->refs != 0);
	t->refs++;
	unlock_table(saved);
}

/* The last hold frees the slot; what hung on it is let go outside the lock. */
void task_put(struct task *t)
{
	uint32_t saved = lock_table();
	struct process *p = NULL;

	assert_that(t->refs != 0);
	if (--t->refs == 0) {
		p = t->process;
		t->stage = TASK_FREE;
	}
	unlock_table(saved);
	if (p)
		process_put(p);
}

struct task *task_find(uint32_t id)
{
	uint32_t saved = lock_table();
	struct task *found = NULL;

	for (unsigned i = 0; i < MAX_TASKS && !found; i++) {
		struct task *t = &table.slots[i];

		if (t->stage == TASK_LIVE && t->thread.id == id)
			found = t;
	}
	if (found)
		found->refs++;
	unlock_table(saved);
	return found;
}

struct task *task_next(struct task *before)
{
	uint32_t saved = lock_table();
	struct task *next = NULL;

	for (unsigned i = before ? slot_of(before) + 1 : 0; i < MAX_TASKS && !next; i++)
		if (table.slots[i].stage == TASK_LIVE)
			next = &table.slots[i];
	if (next)
		next->refs++;
	unlock_table(saved);
	if (before)
		task_put(before);
	return next;
}

/*
 * Race: the scheduler calls this on the next task's stack, so nobody runs on the dead one's any
 * more and the reaper may take it whenever it comes to run.
 */
void task_bury_irqoff(struct task *t)
{
	spin_lock(&table.lock, LOCK_TASKS);
	atomic_store(&t->stage, TASK_ZOMBIE);
	list_add_tail(&table.reap, &t->reap);
	spin_unlock(&table.lock);
	if (table.reaper)
		sched_wake(&table.reaper->thread);
}

static struct task *next_dead(void)
{
	uint32_t saved = lock_table();
	struct task *t = NULL;

	if (!list_is_empty(&table.reap)) {
		t = list_first(&table.reap, struct task, reap);
		list_del_init(&t->reap);
	}
	unlock_table(saved);
	return t;
}

/* Takes a dead task's stack; then its own hold goes, and with the last hold its slot. */
static void reap(struct task *t)
{
	take_stack(t);
	atomic_store(&t->stage, TASK_GONE);
	waitq_wake(t);
	task_put(t);
	if (atomic_fetch_add(&table.dead, -1u) == 1)
		waitq_wake(&table.dead);
}

void task_wait_reaped(void)
{
	while (atomic_load(&table.dead) != 0) {
		struct waiter w;

		waitq_prepare(&w, &table.dead, "the reaper");
		if (atomic_load(&table.dead) != 0)
			sched_block();
		waitq_finish(&w);
	}
}

static void reaper_main(void *arg)
{
	(void)arg;
	for (;;) {
		struct task *t;

		thread_prepare_block("dead tasks");
		t = next_dead();
		if (!t) {
			sched_block();
			continue;
		}
		thread_cancel_block();
		reap(t);
	}
}

void task_start_reaper(void)
{
	table.reaper = task_create_kernel("reaper", reaper_main, NULL);
	assert_that(table.reaper);
	sched_start(table.reaper);
}

static const char *state_word(const struct task *t)
{
	if (sched_is_running(t))
		return "running";
	return atomic_load(&t->thread.state) == THREAD_BLOCKED ? "blocked" : "ready";
}

void task_describe(const struct task *t, char *text, size_t room)
{
	struct mm *mm = t->process ? process_mm(t->process) : NULL;

	snprintf(text, room, "%4u %-15s %-7s %8u pages %6u faults %8u syscalls %6u switches%s%s",
		 (unsigned)t->thread.id, t->thread.name, state_word(t),
		 mm ? (unsigned)mm->anon_pages : 0, mm ? (unsigned)mm->faults : 0,
		 (unsigned)t->syscalls, (unsigned)t->switches,
		 t->thread.wait_reason ? "  waits for: " : "",
		 t->thread.wait_reason ? t->thread.wait_reason : "");
	if (mm)
		mm_put(mm);
}

/*
 * The run queue and the switch. One cpu now; what is one a cpu is in struct runqueue.
 */
#include "arch/context.h"
#include "arch/tls.h"
#include "base/log.h"
#include "base/spinlock.h"
#include "kernel/sched.h"
#include "mm/virt/mm.h"

struct runqueue {
	struct spinlock lock; /* LOCK_RUNQUEUE, interrupts off */
	struct list ready;    /* (S) struct thread.run, first come first served */
	struct task *idle;    /* runs when ready is empty */
	struct task *left;    /* who ran before the switch, until it is finished */
	struct mm *loaded;    /* whose user addresses this cpu sees */
	uint64_t since;	      /* cpu_insns when the running task got the cpu */
};

static struct runqueue queue = { .ready = LIST_INIT(queue.ready) };

void sched_init(void)
{
	struct task *t = task_init_boot();

	queue.idle = t;
	cpu_set_current(&t->thread);
}

static bool is_queued(const struct task *t)
{
	return !list_is_empty(&t->thread.run);
}

static void enqueue(struct task *t)
{
	if (t == queue.idle || is_queued(t))
		return;
	list_add_tail(&queue.ready, &t->thread.run);
}

static struct task *dequeue(void)
{
	struct task *t;

	if (list_is_empty(&queue.ready))
		return queue.idle;
	t = list_first(&queue.ready, struct task, thread.run);
	list_del_init(&t->thread.run);
	return t;
}

static void load_mm(struct mm *mm)
{
	if (mm == queue.loaded)
		return;
	queue.loaded = mm;
	arch_mm_switch(mm ? &mm->arch : NULL);
}

static void account_switch(struct task *from, struct task *to)
{
	uint64_t now = cpu_insns();

	from->insns += now - queue.since;
	queue.since = now;
	to->switches++;
}

/* On the stack of who runs now: who ran before is off the cpu until it is chosen again. */
static void finish_switch(void)
{
	struct task *left = queue.left;

	if (left->thread.state == THREAD_DEAD)
		task_bury_irqoff(left);
}

static void switch_to(struct task *next)
{
	struct task *from = task_current();

	if (next == from)
		return;
	account_switch(from, next);
	queue.left = from;
	fpu_save(&from->fpu);
	load_mm(next->thread.mm);
	cpu_set_user_tls(next->tls);
	cpu_set_current(&next->thread);
	context_switch(&from->context, &next->context);
	finish_switch();
}

static struct task *pick(bool requeue_current)
{
	struct task *next;

	spin_lock(&queue.lock, LOCK_RUNQUEUE);
	if (requeue_current)
		enqueue(task_current());
	next = dequeue();
	spin_unlock(&queue.lock);
	return next;
}

void sched_begin_thread(void)
{
	finish_switch();
	cpu_irq_on();
}

void sched_yield_now(void)
{
	struct thread *t = cpu_current();
	uint32_t saved = cpu_irq_save();

	assert_eq(t->spin_depth, 0);
	thread_unmark(t, THREAD_YIELD_DUE);
	if (!list_is_empty(&queue.ready))
		switch_to(pick(true));
	cpu_irq_restore(saved);
}

/*
 * Race: a wake may have come between thread_prepare_block and here, or a yield in between may have
 * put the thread on the queue; the state says which, read with interrupts off.
 */
void sched_block(void)
{
	struct thread *t = cpu_current();
	uint32_t saved = cpu_irq_save();

	assert_eq(t->spin_depth, 0);
	assert_that(task_of(t) != queue.idle);
	if (atomic_load(&t->state) == THREAD_BLOCKED)
		switch_to(pick(false));
	t->wait_reason = NULL;
	cpu_irq_restore(saved);
}

void sched_wake(struct thread *t)
{
	uint32_t saved = spin_lock_irq(&queue.lock, LOCK_RUNQUEUE);

	if (atomic_load(&t->state) == THREAD_BLOCKED) {
		atomic_store(&t->state, THREAD_RUNNABLE);
		if (t != cpu_current())
			enqueue(task_of(t));
	}
	spin_unlock_irq(&queue.lock, saved);
}

void sched_start(struct task *t)
{
	uint32_t saved = spin_lock_irq(&queue.lock, LOCK_RUNQUEUE);

	assert_eq(t->stage, TASK_NEW);
	atomic_store(&t->stage, TASK_LIVE);
	enqueue(t);
	spin_unlock_irq(&queue.lock, saved);
}

void sched_leave(void)
{
	cpu_irq_save();
	atomic_store(&cpu_current()->state, THREAD_DEAD);
	switch_to(pick(false));
	assert_failed(__FILE__, __LINE__, "a dead task runs", cpu_current()->id, 0);
}

/* Order: the queue is looked at with interrupts off; cpu_idle returns on a pending one even so. */
void sched_idle_loop(void)
{
	for (;;) {
		uint32_t saved = cpu_irq_save();

		if (list_is_empty(&queue.ready))
			cpu_idle();
		cpu_irq_restore(saved);
		sched_yield_now();
	}
}

void sched_tick(void)
{
	thread_mark(cpu_current(), THREAD_YIELD_DUE);
}

struct mm *sched_borrow_mm(struct mm *mm)
{
	struct thread *t = cpu_current();
	uint32_t saved = cpu_irq_save();
	struct mm *before = t->mm;

	t->mm = mm;
	load_mm(mm);
	cpu_irq_restore(saved);
	return before;
}

uint32_t sched_cpus_online(void)
{
	return 1;
}

uint64_t sched_task_insns(const struct task *t)
{
	uint32_t saved = cpu_irq_save();
	uint64_t insns = t->insns;

	if (t == task_current())
		insns += cpu_insns() - queue.since;
	cpu_irq_restore(saved);
	return insns;
}

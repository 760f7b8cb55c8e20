/*
 * The run queues and the switch.
 *
 * Locks: a queue's own, LOCK_RUNQUEUE, never two at once. A task's `cpu` names its home; it changes
 * under the lock of the home it leaves, so whoever has locked the home a task names and finds it
 * named still may change its state (lock_home).
 */
#include "arch/context.h"
#include "arch/tls.h"
#include "base/log.h"
#include "base/spinlock.h"
#include "kernel/sched.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "mm/virt/mm.h"

struct runqueue {
	struct spinlock lock; /* LOCK_RUNQUEUE, interrupts off */
	struct list ready;    /* (S) struct thread.run, first come first served */
	uint32_t queued;      /* (S) tasks on it; others look at it without the lock */
	struct task *running; /* (S) */
	uint64_t since;	      /* (S) cpu_insns when it got the cpu */
	struct task *idle;    /* constant: runs when there is nobody else */
	struct task *left; /* its cpu's alone: who ran before the switch, until that is finished */
	uint32_t rests;	   /* (A) its idle thread runs, and takes up nobody: somebody holds it */
};

static struct {
	struct runqueue queue[MAX_CPUS];
	struct task idle[MAX_CPUS]; /* of the cpus but the first, whose idle thread is task 0 */
	uint32_t idle_cpus;	    /* (A) a bit each: has nothing to run and no task on its way */
	uint32_t holder;	    /* (A) the one cpu that runs tasks, + 1; 0: every one does */
	uint32_t holders_cpus;	    /* the holder's: where its thread may run afterwards */
} sched;

static struct runqueue *own_queue(void)
{
	return &sched.queue[cpu_id()];
}

static void init_queue(struct runqueue *q, struct task *idle)
{
	list_init(&q->ready);
	q->idle = q->running = idle;
	q->since = cpu_insns();
	cpu_set_current(&idle->thread);
}

void sched_init(void)
{
	init_queue(own_queue(), task_init_boot());
}

void sched_init_cpu(void)
{
	struct task *t = &sched.idle[cpu_id()];

	task_init_idle(t, cpu_id());
	init_queue(own_queue(), t);
}

static bool may_run_on(const struct task *t, unsigned cpu)
{
	uint32_t usable = t->cpus & smp_online();

	return !usable || usable & 1u << cpu;
}

/* Locks: the queue's. */
static void enqueue_locked(struct runqueue *q, struct task *t)
{
	list_add_tail(&q->ready, &t->thread.run);
	q->queued++;
}

static void dequeue_locked(struct runqueue *q, struct task *t)
{
	list_del_init(&t->thread.run);
	q->queued--;
	atomic_store(&t->on_cpu, 1);
}

/* Another cpu wants to be alone: nobody is taken up here. */
static bool is_held(void)
{
	uint32_t holder = atomic_load(&sched.holder);

	return holder && holder != cpu_id() + 1;
}

/* The first of this cpu's own queue, or NULL. */
static struct task *take_first_locked(struct runqueue *q)
{
	struct task *t;

	if (list_is_empty(&q->ready) || is_held())
		return NULL;
	t = list_first(&q->ready, struct task, thread.run);
	dequeue_locked(q, t);
	return t;
}

static struct task *take_first(struct runqueue *q)
{
	struct task *t;

	spin_lock(&q->lock, LOCK_RUNQUEUE);
	t = take_first_locked(q);
	spin_unlock(&q->lock);
	return t;
}

/* One whose registers are saved and who may run here; it is at home here from now on. */
static struct task *steal_from(struct runqueue *q, unsigned cpu)
{
	struct task *t, *found = NULL;

	spin_lock(&q->lock, LOCK_RUNQUEUE);
	list_for_each_entry(t, &q->ready, thread.run) {
		if (atomic_load(&t->on_cpu) || !may_run_on(t, cpu))
			continue;
		found = t;
		break;
	}
	if (found) {
		dequeue_locked(q, found);
		atomic_store(&found->cpu, cpu);
	}
	spin_unlock(&q->lock);
	return found;
}

static struct task *steal(unsigned cpu)
{
	for (unsigned i = 1; i < MAX_CPUS && !is_held(); i++) {
		struct runqueue *q = &sched.queue[(cpu + i) % MAX_CPUS];
		struct task *t = atomic_load_relaxed(&q->queued) ? steal_from(q, cpu) : NULL;

		if (t)
			return t;
	}
	return NULL;
}

/* True if the cpu was idle and nobody else has claimed it: it is the caller's to give work to. */
static bool claim_idle(unsigned cpu)
{
	uint32_t bit = 1u << cpu;

	return atomic_load_relaxed(&sched.idle_cpus) & bit &&
	       atomic_fetch_and(&sched.idle_cpus, ~bit) & bit;
}

/* An idle cpu comes and looks for what it may take from a queue. */
static void call_idle_cpu(void)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		if (cpu != cpu_id() && claim_idle(cpu)) {
			smp_kick(cpu);
			return;
		}
}

static bool is_candidate(const struct task *t, unsigned cpu)
{
	return may_run_on(t, cpu) && claim_idle(cpu);
}

/*
 * Where a task that becomes runnable goes: where it ran last if that cpu is idle, else to an idle
 * one, else where it ran last.
 */
static unsigned choose_cpu(const struct task *t)
{
	unsigned home = t->cpu;

	if (atomic_load(&t->on_cpu))
		return home;
	for (unsigned i = 0; i < MAX_CPUS; i++)
		if (is_candidate(t, (home + i) % MAX_CPUS))
			return (home + i) % MAX_CPUS;
	while (!may_run_on(t, home))
		home = (home + 1) % MAX_CPUS;
	return home;
}

/* The queue of the task's home, locked. Interrupts are off. */
static struct runqueue *lock_home(const struct task *t)
{
	for (;;) {
		unsigned home = atomic_load(&t->cpu);
		struct runqueue *q = &sched.queue[home];

		spin_lock(&q->lock, LOCK_RUNQUEUE);
		if (atomic_load(&t->cpu) == home)
			return q;
		spin_unlock(&q->lock);
	}
}

/* A runnable task that is on no queue goes to one. `q`, its home, is locked, and is not afterwards.
 */
static void place(struct runqueue *q, struct task *t)
{
	unsigned cpu = choose_cpu(t);
	bool is_idle;

	if (q != &sched.queue[cpu]) {
		atomic_store(&t->cpu, cpu);
		spin_unlock(&q->lock);
		q = &sched.queue[cpu];
		spin_lock(&q->lock, LOCK_RUNQUEUE);
	}
	enqueue_locked(q, t);
	is_idle = q->running == q->idle;
	spin_unlock(&q->lock);
	if (is_idle && cpu != cpu_id())
		smp_kick(cpu);
}

/* Locks: the queue's. The registers of the one are about to become those of the other. */
static void account_switch(struct runqueue *q, struct task *from, struct task *to)
{
	uint64_t now = cpu_insns();

	spin_lock(&q->lock, LOCK_RUNQUEUE);
	from->insns += now - q->since;
	q->since = now;
	q->running = to;
	to->switches++;
	spin_unlock(&q->lock);
}

/*
 * On the stack of who runs now: who ran before has its registers saved, and may run anywhere.
 * Order: that it is dead is read before it is let go; who lives may be running elsewhere at once.
 */
static void finish_switch(void)
{
	struct runqueue *q = own_queue();
	struct task *left = q->left;
	bool dead = left->thread.state == THREAD_DEAD;
	bool moves = left->moves;

	left->moves = false;
	atomic_store(&left->on_cpu, 0);
	if (dead)
		task_bury_irqoff(left);
	else if (moves)
		place(lock_home(left), left);
	else if (atomic_load_relaxed(&q->queued))
		call_idle_cpu();
}

/* `next` was dequeued, or is the idle thread. Interrupts are off, no lock is held. */
static void switch_to(struct task *next)
{
	struct runqueue *q = own_queue();
	struct task *from = task_current();

	if (next == from)
		return;
	account_switch(q, from, next);
	q->left = from;
	fpu_save(&from->fpu);
	arch_mm_switch(next->thread.mm ? &next->thread.mm->arch : NULL);
	cpu_set_user_tls(next->tls);
	cpu_set_current(&next->thread);
	context_switch(&from->context, &next->context);
	finish_switch();
}

void sched_begin_thread(void)
{
	finish_switch();
	cpu_irq_on();
}

/*
 * The next after the running one, which goes to the end of its queue; NULL: it is the only one. A
 * cpu that is held turns to its idle thread.
 */
static struct task *take_turn(struct runqueue *q)
{
	struct task *next = NULL;

	spin_lock(&q->lock, LOCK_RUNQUEUE);
	if (!list_is_empty(&q->ready) || is_held()) {
		enqueue_locked(q, task_current());
		next = take_first_locked(q);
		if (!next)
			next = q->idle;
	}
	spin_unlock(&q->lock);
	return next;
}

/*
 * Who comes here with time left in its slice, and again and again, waits for somebody: other cpus
 * are let on where cpus are emulated in turn.
 */
void sched_yield_now(void)
{
	struct thread *t = cpu_current();
	bool was_due = thread_has_mark(t, THREAD_YIELD_DUE);
	uint32_t saved = cpu_irq_save();
	struct task *next;

	assert_eq(t->spin_depth, 0);
	thread_unmark(t, THREAD_YIELD_DUE);
	next = take_turn(own_queue());
	if (next)
		switch_to(next);
	cpu_irq_restore(saved);
	if (!next && !was_due)
		cpu_relax();
}

/*
 * Race: a wake may have come between thread_prepare_block and here, and may come right now from
 * another cpu; the state is read, and the thread counted as asleep, under the lock that the waker
 * takes.
 */
void sched_block(void)
{
	struct thread *t = cpu_current();
	uint32_t saved = cpu_irq_save();
	struct runqueue *q = own_queue();
	struct task *next = NULL;

	assert_eq(t->spin_depth, 0);
	assert_that(task_of(t) != q->idle);
	spin_lock(&q->lock, LOCK_RUNQUEUE);
	if (atomic_load(&t->state) == THREAD_BLOCKED) {
		task_of(t)->asleep = true;
		next = take_first_locked(q);
		if (!next)
			next = q->idle;
	}
	spin_unlock(&q->lock);
	if (next)
		switch_to(next);
	t->wait_reason = NULL;
	cpu_irq_restore(saved);
}

/* One that runs elsewhere in user mode, with a mark to be looked at, comes into the kernel. */
static void call_in(const struct task *t)
{
	if (atomic_load(&t->on_cpu) && t->cpu != cpu_id() &&
	    thread_has_mark(&t->thread, THREAD_FATAL | THREAD_SIGNAL))
		smp_kick(t->cpu);
}

void sched_wake(struct thread *thread)
{
	struct task *t = task_of(thread);
	uint32_t saved = cpu_irq_save();
	struct runqueue *q = lock_home(t);

	if (atomic_cas(&thread->state, THREAD_BLOCKED, THREAD_RUNNABLE) && t->asleep) {
		t->asleep = false;
		place(q, t);
	} else {
		spin_unlock(&q->lock);
		call_in(t);
	}
	cpu_irq_restore(saved);
}

void sched_start(struct task *t)
{
	uint32_t saved = cpu_irq_save();

	assert_eq(t->stage, TASK_NEW);
	t->cpu = cpu_id();
	atomic_store(&t->stage, TASK_LIVE);
	place(lock_home(t), t);
	cpu_irq_restore(saved);
}

/* The cpu's own next, or its idle thread, which looks further. */
static struct task *take_first_or_idle(struct runqueue *q)
{
	struct task *next = take_first(q);

	return next ? next : q->idle;
}

void sched_leave(void)
{
	cpu_irq_save();
	atomic_store(&cpu_current()->state, THREAD_DEAD);
	switch_to(take_first_or_idle(own_queue()));
	assert_failed(__FILE__, __LINE__, "a dead task runs", cpu_current()->id, 0);
}

uint32_t sched_run_on(uint32_t cpus)
{
	struct task *t = task_current();
	uint32_t saved = cpu_irq_save(), before = t->cpus;

	assert_eq(t->thread.spin_depth, 0);
	t->cpus = cpus;
	if (!may_run_on(t, cpu_id())) {
		t->moves = true;
		switch_to(take_first_or_idle(own_queue()));
	}
	cpu_irq_restore(saved);
	return before;
}

/*
 * Order: the cpu says that it is idle before it looks at its queue for the last time, and a waker
 * claims it before it queues; so either the cpu sees the task or the waker's interrupt ends the
 * sleep, which comes through with interrupts off.
 */
static void rest(struct runqueue *q)
{
	atomic_fetch_or(&sched.idle_cpus, 1u << cpu_id());
	atomic_store(&q->rests, is_held());
	if (atomic_load(&q->queued) == 0 || q->rests)
		cpu_idle();
	atomic_store(&q->rests, false);
}

static void run(struct task *next)
{
	atomic_fetch_and(&sched.idle_cpus, ~(1u << cpu_id()));
	time_start_tick();
	switch_to(next);
	time_stop_tick();
}

void sched_idle_loop(void)
{
	struct runqueue *q = own_queue();

	for (;;) {
		uint32_t saved = cpu_irq_save();
		struct task *next = take_first(q);

		if (!next)
			next = steal(cpu_id());
		if (next)
			run(next);
		else
			rest(q);
		cpu_irq_restore(saved);
	}
}

void sched_tick(void)
{
	thread_mark(cpu_current(), THREAD_YIELD_DUE);
	if (atomic_load_relaxed(&own_queue()->queued))
		call_idle_cpu();
}

/* Who runs there gives way at its next chance. A mark on the wrong task costs it a turn. */
static void call_to_rest(unsigned cpu)
{
	struct runqueue *q = &sched.queue[cpu];
	uint32_t saved = spin_lock_irq(&q->lock, LOCK_RUNQUEUE);

	thread_mark(&q->running->thread, THREAD_YIELD_DUE);
	spin_unlock_irq(&q->lock, saved);
	smp_kick(cpu);
}

static void for_the_others(void (*call)(unsigned cpu))
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		if (cpu != cpu_id() && smp_online() & 1u << cpu)
			call(cpu);
}

/* Who is seen to rest once rests until it is let go: its idle thread takes up nobody. */
static void wait_until_it_rests(unsigned cpu)
{
	while (!atomic_load(&sched.queue[cpu].rests))
		cpu_relax();
}

void sched_hold_others(void)
{
	uint32_t cpus = sched_run_on(1u << cpu_id());

	while (!atomic_cas(&sched.holder, 0, cpu_id() + 1))
		sched_yield_now();
	sched.holders_cpus = cpus;
	for_the_others(call_to_rest);
	for_the_others(wait_until_it_rests);
}

/* Order: the word before the interrupt, which ends a sleep that began before the word was seen. */
void sched_release_others(void)
{
	uint32_t cpus = sched.holders_cpus;

	atomic_store(&sched.holder, 0);
	for_the_others(smp_kick);
	sched_run_on(cpus);
}

struct mm *sched_borrow_mm(struct mm *mm)
{
	struct thread *t = cpu_current();
	uint32_t saved = cpu_irq_save();
	struct mm *before = t->mm;

	t->mm = mm;
	arch_mm_switch(mm ? &mm->arch : NULL);
	cpu_irq_restore(saved);
	return before;
}

uint32_t sched_cpus_online(void)
{
	return 1;
}

void sched_charge(struct task *t, uint64_t insns)
{
	uint32_t saved = cpu_irq_save();
	struct runqueue *q = own_queue();

	spin_lock(&q->lock, LOCK_RUNQUEUE);
	q->since += insns;
	spin_unlock(&q->lock);
	q = lock_home(t);
	t->insns += insns;
	spin_unlock(&q->lock);
	cpu_irq_restore(saved);
}

uint64_t sched_task_insns(const struct task *t)
{
	uint32_t saved = cpu_irq_save();
	struct runqueue *q = lock_home(t);
	uint64_t insns = t->insns, now = cpu_insns();

	if (q->running == t && now > q->since)
		insns += now - q->since;
	spin_unlock(&q->lock);
	cpu_irq_restore(saved);
	return insns;
}

bool sched_is_running(const struct task *t)
{
	return atomic_load(&t->on_cpu);
}

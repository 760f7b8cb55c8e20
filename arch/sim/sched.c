/*
 * Fibers on cpus: who runs, decided by seed, switched at points.
 *
 * A fiber is a thread of the kernel with a host stack. As on the board, a cpu is not taken from a
 * thread that is in the kernel: it runs until it blocks or yields. What chance decides is which cpu
 * goes on at each point, when a time slice ends, where a woken thread runs, and when an interrupt
 * from another cpu is taken. Nothing in here is a point, so the queues need no locks.
 *
 * A cpu with nothing to run is idle (`current` is NULL); its idle fiber runs only to take an
 * interrupt.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "arch/atomic.h"
#include "arch/context.h"
#include "arch/sim/sim.h"
#include "base/assert.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifndef WITH_ASAN
#define WITH_ASAN 0
#endif

#define STACK_BYTES (WITH_ASAN ? 512u * 1024u : 128u * 1024u)
#define MAX_FIBERS  96u

struct sim_fiber {
	struct thread thread; /* first */
	jmp_buf place;
	ucontext_t start;
	void (*entry)(void *);
	void *arg;
	char *stack;
	void *asan_stack;
	unsigned cpu;
	bool used, started, queued;
};

struct cpu_state {
	struct sim_fiber *current; /* NULL: idle */
	struct list ready;	   /* struct thread.run */
	struct sim_fiber *idle;
	uint32_t calls, calls_done; /* interrupts asked for, and taken */
	uint64_t stalled_until; /* in points: others go on, as if this cpu had a long cache miss */
	bool in_interrupt, spins;
};

static struct {
	struct sim_schedule how;
	struct cpu_state cpu[MAX_CPUS];
	struct sim_fiber *running; /* on the host */
	struct sim_fiber host;	   /* the driver's own stack */
	uint32_t live, last_id;
	uint32_t left; /* points until the next look */
	uint32_t quantum;
	unsigned off;
	uint64_t points;
} sched;

static struct sim_fiber *fibers; /* a table of MAX_FIBERS, with their stacks, for all runs */

/* ---- from stack to stack */

#if WITH_ASAN
void __sanitizer_start_switch_fiber(void **save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *save, const void **bottom, size_t *size);

static struct {
	const void *bottom;
	size_t size;
} host_stack;

static void leaving(struct sim_fiber *from, struct sim_fiber *to, bool for_good)
{
	bool to_host = to == &sched.host;

	__sanitizer_start_switch_fiber(for_good ? NULL : &from->asan_stack,
				       to_host ? host_stack.bottom : to->stack,
				       to_host ? host_stack.size : STACK_BYTES);
}

static void arrived(struct sim_fiber *now)
{
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(now->asan_stack, &bottom, &size);
	if (!host_stack.bottom) {
		host_stack.bottom = bottom;
		host_stack.size = size;
	}
}
#else
static void leaving(struct sim_fiber *from, struct sim_fiber *to, bool for_good)
{
	(void)from;
	(void)to;
	(void)for_good;
}

static void arrived(struct sim_fiber *now)
{
	(void)now;
}
#endif

static void fiber_main(void);

static void start_fiber(struct sim_fiber *f)
{
	f->started = true;
	getcontext(&f->start);
	f->start.uc_stack.ss_sp = f->stack;
	f->start.uc_stack.ss_size = STACK_BYTES;
	f->start.uc_link = NULL;
	makecontext(&f->start, fiber_main, 0);
	setcontext(&f->start);
}

static void go(struct sim_fiber *to)
{
	if (!to->started && to != &sched.host)
		start_fiber(to);
	_longjmp(to->place, 1);
}

static void __attribute__((noinline)) switch_host(struct sim_fiber *to, bool for_good)
{
	struct sim_fiber *from = sched.running;

	if (to == from)
		return;
	sim_counts.switches++;
	sched.running = to;
	if (to != &sched.host)
		sim_this_cpu = to->cpu;
	leaving(from, to, for_good);
	if (_setjmp(from->place) == 0)
		go(to);
	arrived(from);
}

/* ---- one cpu: who is next on it */

static struct sim_fiber *fiber_of(struct thread *t)
{
	return (struct sim_fiber *)t;
}

static struct sim_fiber *take_ready(struct cpu_state *c)
{
	struct sim_fiber *f;

	if (list_is_empty(&c->ready))
		return c->calls != c->calls_done ? c->idle : NULL;
	f = fiber_of(list_first(&c->ready, struct thread, run));
	list_del_init(&f->thread.run);
	f->queued = false;
	return f;
}

static void dispatch(unsigned cpu)
{
	struct cpu_state *c = &sched.cpu[cpu];
	unsigned here = sim_this_cpu;

	c->current = take_ready(c);
	sim_this_cpu = cpu;
	if (c->current) {
		sim_cpus[cpu].current = &c->current->thread;
		arch_mm_switch(c->current->thread.mm ? sched.how.space_of(c->current->thread.mm)
						     : NULL);
	} else {
		sim_cpus[cpu].current = &c->idle->thread;
		arch_mm_switch(NULL);
	}
	sim_this_cpu = here;
}

static void enqueue(struct sim_fiber *f, unsigned cpu)
{
	assert_that(!f->queued);
	f->cpu = cpu;
	f->queued = true;
	list_add_tail(&sched.cpu[cpu].ready, &f->thread.run);
	if (!sched.cpu[cpu].current)
		dispatch(cpu);
}

/* ---- which cpu goes on */

static bool can_run(unsigned cpu)
{
	return sched.cpu[cpu].current != NULL;
}

/* A cpu that can go on, other than this one; spinning and stalled ones last. */
static unsigned choose_cpu(void)
{
	unsigned first = sim_below(sched.how.cpus), last = MAX_CPUS;

	for (unsigned i = 0; i < sched.how.cpus; i++) {
		unsigned cpu = (first + i) % sched.how.cpus;

		if (!can_run(cpu) || cpu == sim_this_cpu)
			continue;
		if (!sched.cpu[cpu].spins && sched.cpu[cpu].stalled_until <= sched.points)
			return cpu;
		last = cpu;
	}
	return last;
}

static bool only_slow_ones_but(unsigned here)
{
	for (unsigned cpu = 0; cpu < sched.how.cpus; cpu++)
		if (cpu != here && can_run(cpu) && !sched.cpu[cpu].spins &&
		    sched.cpu[cpu].stalled_until <= sched.points)
			return false;
	return true;
}

static void let_other_cpu_run(void)
{
	unsigned cpu = choose_cpu();

	if (cpu != MAX_CPUS)
		switch_host(sched.cpu[cpu].current, false);
}

/* The running fiber has left its cpu: blocked, queued again, or ended. */
static void leave_cpu(bool for_good)
{
	unsigned cpu = sim_this_cpu;
	struct sim_fiber *next;

	dispatch(cpu);
	next = sched.cpu[cpu].current;
	if (!next) {
		unsigned other = choose_cpu();

		if (other == MAX_CPUS && sched.live)
			sched.how.stuck("deadlock: nobody can run");
		next = other == MAX_CPUS ? &sched.host : sched.cpu[other].current;
	}
	if (next == sched.running)
		return;
	switch_host(next, for_good);
}

/* ---- interrupts from other cpus */

void sim_take_interrupt(void)
{
	struct cpu_state *c = &sched.cpu[sim_this_cpu];
	struct sim_cpu *cpu = &sim_cpus[sim_this_cpu];
	uint32_t calls = c->calls;

	if (c->in_interrupt || sched.off)
		return;
	sim_counts.interrupts++;
	c->in_interrupt = true;
	cpu->interrupted = false;
	cpu->irqs_off = true;
	sched.how.interrupt();
	cpu->irqs_off = false;
	c->in_interrupt = false;
	c->calls_done = calls;
	cpu->interrupted = c->calls != c->calls_done;
}

static void take_what_waits(void)
{
	if (!sim_cpus[sim_this_cpu].irqs_off && sim_cpus[sim_this_cpu].interrupted)
		sim_take_interrupt();
}

static void idle_main(void *arg)
{
	struct cpu_state *c = arg;

	for (;;) {
		while (c->calls != c->calls_done)
			sim_take_interrupt();
		leave_cpu(false);
	}
}

static void call_cpu(unsigned cpu)
{
	struct cpu_state *c = &sched.cpu[cpu];

	c->calls++;
	sim_cpus[cpu].interrupted = true;
	if (!c->current)
		dispatch(cpu);
}

static bool all_have_taken(const uint32_t wanted[MAX_CPUS])
{
	for (unsigned cpu = 0; cpu < sched.how.cpus; cpu++)
		if (cpu != sim_this_cpu && (int32_t)(sched.cpu[cpu].calls_done - wanted[cpu]) < 0)
			return false;
	return true;
}

void sim_interrupt_others(void)
{
	uint32_t wanted[MAX_CPUS] = { 0 };

	assert_that(!cpu_irqs_are_off());
	for (unsigned cpu = 0; cpu < sched.how.cpus; cpu++) {
		if (cpu == sim_this_cpu)
			continue;
		call_cpu(cpu);
		wanted[cpu] = sched.cpu[cpu].calls;
	}
	while (!all_have_taken(wanted))
		sim_wait();
}

/* ---- points */

static void draw_quantum(void)
{
	uint32_t mean = sched.how.mean_points;

	sched.quantum = sched.left = mean < 2 ? 1 : 1 + sim_below(2 * mean - 1);
}

static void end_slice_by_chance(void)
{
	struct sim_cpu *cpu = &sim_cpus[sim_this_cpu];

	if (!cpu->irqs_off && sim_below(sched.how.slice_points) < sched.quantum)
		thread_mark(cpu->current, THREAD_YIELD_DUE);
}

static void forget_by_chance(void)
{
	if (!sched.how.evict_one_in || sim_below(sched.how.evict_one_in))
		return;
	if (sim_below(2))
		sim_tlb_forget_some();
	else
		sim_cache_evict_some();
}

/* Wherever it stands, half way through whatever it does. */
static void stall_by_chance(void)
{
	if (sched.how.stall_one_in && sim_below(sched.how.stall_one_in) == 0)
		sched.cpu[sim_this_cpu].stalled_until = sched.points + sim_below(3000);
}

static void look(void)
{
	sched.points += sched.quantum;
	if (sched.points > sched.how.most_points)
		sched.how.stuck("livelock: too many steps");
	take_what_waits();
	end_slice_by_chance();
	forget_by_chance();
	stall_by_chance();
	draw_quantum();
	sched.cpu[sim_this_cpu].spins = false;
	if (sched.cpu[sim_this_cpu].stalled_until > sched.points ||
	    !only_slow_ones_but(sim_this_cpu))
		let_other_cpu_run();
}

static void point(void)
{
	if (__builtin_expect(--sched.left == 0, 0) && !sched.off)
		look();
}

/* This cpu can do nothing until another has done something. */
static void wait_point(void)
{
	unsigned cpu;

	sched.points++;
	if (sched.points > sched.how.most_points)
		sched.how.stuck("livelock: a cpu spins");
	take_what_waits();
	sched.cpu[sim_this_cpu].spins = true;
	cpu = choose_cpu();
	if (cpu == MAX_CPUS)
		sched.how.stuck("deadlock: the only cpu that runs waits for another");
	switch_host(sched.cpu[cpu].current, false);
	sched.cpu[sim_this_cpu].spins = false;
}

void sim_points_off(void)
{
	sched.off++;
}

void sim_points_on(void)
{
	if (--sched.off == 0)
		draw_quantum();
}

uint64_t sim_now(void)
{
	return sched.points;
}

/* ---- what base/thread.h asks for */

void sim_block(void)
{
	struct thread *t = cpu_current();

	assert_eq(t->spin_depth, 0);
	assert_that(!cpu_irqs_are_off() && !sched.cpu[sim_this_cpu].in_interrupt);
	if (t->state == THREAD_BLOCKED)
		leave_cpu(false);
	t->wait_reason = NULL;
	atomic_point();
}

static unsigned cpu_for(const struct sim_fiber *f)
{
	return sim_below(2) ? f->cpu : sim_below(sched.how.cpus);
}

void sim_wake(struct thread *t)
{
	struct sim_fiber *f = fiber_of(t);

	if (t->state != THREAD_BLOCKED)
		return;
	t->state = THREAD_RUNNABLE;
	if (!f->queued && sched.cpu[f->cpu].current != f)
		enqueue(f, cpu_for(f));
}

void sim_yield(void)
{
	struct thread *t = cpu_current();

	assert_eq(t->spin_depth, 0);
	thread_unmark(t, THREAD_YIELD_DUE);
	if (++sched.points > sched.how.most_points)
		sched.how.stuck("livelock: a thread yields for ever");
	take_what_waits();
	if (list_is_empty(&sched.cpu[sim_this_cpu].ready)) {
		let_other_cpu_run();
		return;
	}
	enqueue(fiber_of(t), sim_this_cpu);
	leave_cpu(false);
}

void sim_load_space(struct mm *mm)
{
	cpu_current()->mm = mm;
	arch_mm_switch(mm ? sched.how.space_of(mm) : NULL);
}

/* ---- fibers */

static void fiber_main(void)
{
	struct sim_fiber *f = sched.running;

	arrived(f);
	f->entry(f->arg);
	f->thread.state = THREAD_DEAD;
	f->used = false;
	sched.live--;
	leave_cpu(true);
	abort();
}

static struct sim_fiber *free_fiber(void)
{
	if (!fibers)
		fibers = calloc(MAX_FIBERS, sizeof(*fibers));
	for (unsigned i = 0; i < MAX_FIBERS; i++)
		if (!fibers[i].used && sched.running != &fibers[i])
			return &fibers[i];
	return NULL;
}

static struct sim_fiber *new_fiber(const char *name, void (*entry)(void *), void *arg)
{
	struct sim_fiber *f = free_fiber();
	char *stack;

	assert_that(f != NULL);
	stack = f->stack ? f->stack : malloc(STACK_BYTES);
	memset(f, 0, sizeof(*f));
	f->stack = stack;
	f->used = true;
	f->entry = entry;
	f->arg = arg;
	f->thread.id = ++sched.last_id;
	list_init(&f->thread.run);
	strncpy(f->thread.name, name, sizeof(f->thread.name) - 1);
	return f;
}

struct sim_fiber *sim_spawn(const char *name, void (*entry)(void *), void *arg, struct mm *mm)
{
	struct sim_fiber *f = new_fiber(name, entry, arg);

	f->thread.mm = mm;
	sched.live++;
	enqueue(f, sim_below(sched.how.cpus));
	return f;
}

void sim_set_argument(struct sim_fiber *f, void *arg)
{
	f->arg = arg;
}

uint32_t sim_last_id(void)
{
	return sched.last_id;
}

void sim_each_fiber(void (*show)(const struct thread *t, unsigned cpu, bool on_cpu))
{
	for (unsigned i = 0; fibers && i < MAX_FIBERS; i++)
		if (fibers[i].used)
			show(&fibers[i].thread, fibers[i].cpu,
			     sched.cpu[fibers[i].cpu].current == &fibers[i]);
}

void sim_sched_start(const struct sim_schedule *how)
{
	memset(&sched, 0, sizeof(sched));
	for (unsigned i = 0; fibers && i < MAX_FIBERS; i++)
		fibers[i].used = false;
	sched.how = *how;
	sched.running = &sched.host;
	for (unsigned cpu = 0; cpu < how->cpus; cpu++) {
		list_init(&sched.cpu[cpu].ready);
		sched.cpu[cpu].idle = new_fiber("idle", idle_main, &sched.cpu[cpu]);
		sched.cpu[cpu].idle->cpu = cpu;
	}
	draw_quantum();
}

void sim_run(void)
{
	unsigned cpu;

	sim_atomic_hook = point;
	sim_wait_hook = wait_point;
	sim_this_cpu = MAX_CPUS; /* the host's stack is no cpu's */
	cpu = choose_cpu();
	if (cpu != MAX_CPUS)
		switch_host(sched.cpu[cpu].current, false);
	sim_atomic_hook = NULL;
	sim_wait_hook = NULL;
	sim_counts.points = sched.points;
	sim_this_cpu = 0;
}

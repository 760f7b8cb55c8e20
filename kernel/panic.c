/*
 * The end: why, who, where, what went before, how to see it again; then power off with status 1.
 *
 * Whatever is printed here may itself be broken, so each part that fails is left out: a second
 * panic comes back here, and `stage` says which part to go on with.
 */
#include <stdio.h>
#include "arch/report.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/trace.h"
#include "drivers/pl011.h"
#include "drivers/power.h"
#include "kernel/panic.h"
#include "kernel/sched.h"
#include "kernel/smp.h"

#define TRACE_TAIL  32u
#define MOST_PANICS 16u /* printing alone panics again and again: end without a word */

static struct {
	unsigned count; /* panics so far, the first included */
	unsigned stage; /* the next part to print; 0: no panic yet */
	const char *replay;
	const struct trap_frame *regs;
	const struct fault *fault;
	const char *why;
} panic = { .replay = "" };

void panic_set_replay(const char *boot_arguments)
{
	panic.replay = boot_arguments;
}

static void print_why(void)
{
	const struct thread *t = cpu_current();

	log_error("KERNEL PANIC: %s", panic.why);
	log_error("  cpu %u, task %u (%s), %s%s", cpu_id(), (unsigned)t->id, t->name,
		  t->spin_depth ? "with spinlocks held, " : "",
		  cpu_irqs_are_off() ? "interrupts off" : "interrupts on");
}

static void print_registers(void)
{
	if (panic.fault)
		report_fault(panic.fault);
	if (panic.regs)
		report_registers(panic.regs);
}

static void print_call_trace(void)
{
	report_call_trace(panic.regs);
}

static void print_trace_ring(void)
{
	if (trace_enabled)
		trace_dump_tail(TRACE_TAIL);
}

static void print_replay(void)
{
	log_error("  replay: the same image with boot arguments \"%s\"", panic.replay);
}

static void (*const parts[])(void) = {
	print_why, print_registers, print_call_trace, print_trace_ring, print_replay,
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static void __attribute__((noreturn)) go_on(void)
{
	while (panic.stage < PARTS)
		parts[panic.stage++]();
	power_off(1);
}

/*
 * The others are stopped, and nobody is waited for who may have had the serial line. Does not
 * return on a cpu that comes second: it is being stopped, too.
 */
static void be_the_one(void)
{
	cpu_irq_off();
	while (!smp_stop_others())
		cpu_idle();
	pl011_break_lock();
}

void upcall_panic(const struct fault *f, const struct trap_frame *regs, const char *why)
{
	be_the_one();
	if (++panic.count > MOST_PANICS)
		power_off(1);
	if (panic.stage == 0) {
		panic.fault = f;
		panic.regs = regs;
		panic.why = why;
	} else {
		log_error("  (a second panic while printing the first: %s)", why);
	}
	go_on();
}

void assert_failed(const char *file, int line, const char *what, uint32_t a, uint32_t b)
{
	static char text[160];

	be_the_one();
	if (panic.stage != 0)
		go_on();
	snprintf(text, sizeof(text), "%s:%d: assertion failed: %s (0x%x, 0x%x)", file, line, what,
		 (unsigned)a, (unsigned)b);
	upcall_panic(NULL, NULL, text);
}

/*
 * The machine's side of a report: fault, registers, call trace, in words. Prints only; changes
 * nothing.
 */
#include "arch/report.h"
#include "base/log.h"
#include "trap.h"
#include "unwind.h"

#define MAX_DEPTH 32u

/* Written by tools/symbols into the second link; empty in the first. */
extern const uint32_t symbol_count, symbol_addresses[], symbol_names[];
extern const char symbol_text[];

const char *fault_cause_name(enum fault_cause cause)
{
	static const char *const names[] = {
		[FAULT_TRANSLATION] = "translation fault",
		[FAULT_ACCESS_FLAG] = "access flag fault",
		[FAULT_PERMISSION] = "permission fault",
		[FAULT_ALIGNMENT] = "alignment fault",
		[FAULT_EXTERNAL] = "external abort",
		[FAULT_UNDEFINED] = "undefined instruction",
		[FAULT_BREAKPOINT] = "breakpoint",
		[FAULT_OTHER] = "fault",
	};

	return names[cause];
}

static const char *access_name(const struct fault *f)
{
	if (f->exec)
		return "fetch";
	return f->write ? "write" : "read";
}

void report_fault(const struct fault *f)
{
	print("%s at 0x%08x: %s by %s (status 0x%03x)\n", access_name(f), (unsigned)f->address.a,
	      fault_cause_name(f->cause), f->user ? "the user" : "the kernel", (unsigned)f->status);
}

static const char *mode_name(uint32_t cpsr)
{
	switch (cpsr & 0x1f) {
	case MODE_USR:
		return "user";
	case MODE_FIQ:
		return "fiq";
	case MODE_IRQ:
		return "irq";
	case MODE_SVC:
		return "svc";
	case MODE_ABT:
		return "abort";
	case MODE_UND:
		return "undefined";
	default:
		return "?";
	}
}

void report_registers(const struct trap_frame *regs)
{
	const uint32_t *r = regs->r;

	for (unsigned i = 0; i < 12; i += 4)
		print(" r%-2u %08x  r%-2u %08x  r%-2u %08x  r%-2u %08x\n", i, (unsigned)r[i], i + 1,
		      (unsigned)r[i + 1], i + 2, (unsigned)r[i + 2], i + 3, (unsigned)r[i + 3]);
	print(" r12 %08x  sp  %08x  lr  %08x  pc  %08x\n", (unsigned)r[12], (unsigned)regs->sp,
	      (unsigned)regs->lr, (unsigned)regs->pc);
	print(" cpsr %08x: mode %s, %s, interrupts %s\n", (unsigned)regs->cpsr,
	      mode_name(regs->cpsr), regs->cpsr & 0x20 ? "Thumb" : "ARM",
	      regs->cpsr & 0x80 ? "off" : "on");
}

const char *symbol_name(uint32_t address, uint32_t *offset)
{
	uint32_t low = 0, high = symbol_count;

	while (high - low > 1) {
		uint32_t middle = (low + high) / 2;

		if (symbol_addresses[middle] <= address)
			low = middle;
		else
			high = middle;
	}
	if (high == 0 || address < symbol_addresses[low])
		return NULL;
	*offset = address - symbol_addresses[low];
	return symbol_text + symbol_names[low];
}

static void print_place(uint32_t pc)
{
	uint32_t offset;
	const char *name = symbol_name(pc, &offset);

	if (name)
		print("  %08x %s+0x%x\n", (unsigned)pc, name, (unsigned)offset);
	else
		print("  %08x\n", (unsigned)pc);
}

static void print_trace(struct unwind *u)
{
	print("Call trace:\n");
	print_place(u->r[15]);
	for (unsigned i = 0; i < MAX_DEPTH && unwind_step(u); i++)
		print_place(u->r[15]);
}

/* A leaf in assembler has no table: its caller is where lr points. */
static void trace_from(const struct trap_frame *regs)
{
	struct unwind u = { .r = { [13] = regs->sp, [14] = regs->lr, [15] = regs->pc } };
	struct unwind probe;

	for (unsigned i = 0; i < 13; i++)
		u.r[i] = regs->r[i];
	probe = u;
	if (!unwind_step(&probe)) {
		print("from %08x:\n", (unsigned)regs->pc);
		u.r[15] = regs->lr;
		u.called = true;
	}
	print_trace(&u);
}

/* The compiler's own view of the place where the trace is asked for. */
static __attribute__((noinline)) void trace_here(void)
{
	struct unwind u = { .called = false };

	__asm__ volatile("stmia %0, {r0-r12}\n\tstr sp, [%0, #52]\n\tstr lr, [%0, #56]\n\t"
			 "str pc, [%0, #60]" ::"r"(u.r)
			 : "memory");
	print_trace(&u);
}

void report_call_trace(const struct trap_frame *regs)
{
	if (regs == NULL)
		trace_here();
	else if (trap_frame_is_user(regs))
		print("Call trace: the user's, not followed\n");
	else
		trace_from(regs);
}

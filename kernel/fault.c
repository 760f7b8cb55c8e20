/*
 * Faults of user mode, and of the kernel on a user's behalf: to mm_fault, and what happens when it
 * says no.
 */
#include <errno.h>
#include "arch/report.h"
#include "arch/upcall.h"
#include "base/log.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "mm/virt/fault.h"

#define STACK_NEAR (64u * 1024u) /* a fault so close below a stack was meant for it */

static enum fault_access access_of(const struct fault *f)
{
	if (f->exec)
		return ACCESS_EXEC;
	return f->write ? ACCESS_WRITE : ACCESS_READ;
}

static bool is_about_entry(const struct fault *f)
{
	return f->cause == FAULT_TRANSLATION || f->cause == FAULT_ACCESS_FLAG ||
	       f->cause == FAULT_PERMISSION;
}

/* 0: retry. */
static int resolve(const struct fault *f)
{
	struct mm *mm = cpu_current()->mm;

	if (!is_about_entry(f) || f->address.a >= USER_END || !mm)
		return -EFAULT;
	return mm_fault(mm, f->address, access_of(f));
}

static struct signal_info signal_for_access(int error)
{
	if (error == -ENOMEM)
		return (struct signal_info){ .number = SIGNAL_KILL };
	if (error == -EFAULT)
		return (struct signal_info){ .number = SIGNAL_SEGV, .code = SEGV_NOT_MAPPED };
	if (error == -EACCES)
		return (struct signal_info){ .number = SIGNAL_SEGV, .code = SEGV_NOT_ALLOWED };
	return (struct signal_info){ .number = SIGNAL_BUS, .code = BUS_NO_MEMORY_THERE };
}

/* `error`: mm_fault's, of a fault about an entry. */
static struct signal_info signal_for(const struct fault *f, int error)
{
	switch (f->cause) {
	case FAULT_UNDEFINED:
		return (struct signal_info){ .number = SIGNAL_ILL, .code = ILL_OPCODE };
	case FAULT_BREAKPOINT:
		return (struct signal_info){ .number = SIGNAL_TRAP, .code = TRAP_BREAKPOINT };
	case FAULT_ALIGNMENT:
		return (struct signal_info){ .number = SIGNAL_BUS, .code = BUS_ALIGNMENT };
	case FAULT_EXTERNAL:
		return (struct signal_info){ .number = SIGNAL_BUS, .code = BUS_NO_MEMORY_THERE };
	default:
		return signal_for_access(error);
	}
}

static void describe_area(const struct vma *v)
{
	log_error("  area   %08x-%08x %c%c%c%s", (unsigned)v->start, (unsigned)v->end,
		  v->flags & VMA_READ ? 'r' : '-', v->flags & VMA_WRITE ? 'w' : '-',
		  v->flags & VMA_EXEC ? 'x' : '-', v->flags & VMA_GROWSDOWN ? " (stack)" : "");
}

/* Why there is no area, as far as the next one above tells. */
static const char *no_area(const struct vma *above, vaddr_t address)
{
	if (address.a >= USER_END)
		return "none: the kernel's half";
	if (above && above->flags & VMA_GROWSDOWN && above->start - address.a <= STACK_NEAR)
		return "none: below a stack that may grow no further";
	return "none";
}

static void describe_place(struct mm *mm, vaddr_t address)
{
	struct vma *v;

	rwsem_read_lock(&mm->lock);
	v = vma_find_from(mm, address);
	if (v && v->start <= address.a)
		describe_area(v);
	else
		log_error("  area   %s", no_area(v, address));
	rwsem_read_unlock(&mm->lock);
}

static const char *reason(const struct fault *f, int error)
{
	if (error == -ENOMEM)
		return "out of memory";
	return fault_cause_name(f->cause);
}

static void report_place(const struct fault *f, int error)
{
	const struct thread *t = cpu_current();

	log_error("task %u (%s) ended: %s", (unsigned)t->id, t->name, reason(f, error));
	report_fault(f);
	describe_place(t->mm, f->address);
}

static void report(const struct fault *f, const struct trap_frame *regs, int error)
{
	report_place(f, error);
	log_error("  pc     %08x", (unsigned)regs->pc);
	report_registers(regs);
}

/*
 * A call that copies could not get a page for the user: the task ends as if it had touched the page
 * itself, at its return to user mode, because the call may hold locks. A kernel thread gets its
 * -EFAULT only.
 */
static void end_for_want_of_memory(const struct fault *f)
{
	if (!task_current()->user || thread_is_dying())
		return;
	report_place(f, -ENOMEM);
	thread_mark(cpu_current(), THREAD_FATAL);
}

/* Linux's numbers of ARM in a sigcontext: arch/arm/kernel/traps.c, mm/fault.c. */
enum { TRAP_NO_UNDEFINED = 6, TRAP_NO_PAGE = 14 };

/* For the frame of a handler. */
static void remember(struct task_signals *s, const struct fault *f)
{
	s->trap = f->cause == FAULT_UNDEFINED ? TRAP_NO_UNDEFINED : TRAP_NO_PAGE;
	s->trap_status = f->status;
	s->trap_address = f->address.a;
}

/* The program's own mistake, or it uses faults for its purposes: a handler decides. */
static void tell_program(const struct fault *f, const struct trap_frame *regs, int error)
{
	struct signal_info info = signal_for(f, error);

	info.address = f->address.a;
	remember(&task_current()->signal, f);
	if (signal_force(&info))
		return;
	report(f, regs, error);
	signal_end_process(info.number);
}

/*
 * Race: a killed task that the kernel serves may meet a migration entry again and again; it does
 * not wait for it but lets the copy fail, and ends at its return to user mode.
 */
static bool user_access_fault(const struct fault *f, int error)
{
	if (error == -ENOMEM)
		end_for_want_of_memory(f);
	if (error)
		return false;
	thread_yield_if_due(); /* a copy that faults for ever keeps nobody else from running */
	return !thread_is_dying();
}

bool upcall_fault(const struct fault *f, struct trap_frame *regs)
{
	int error;

	if (f->cause == FAULT_UNDEFINED && trap_frame_is_user(regs) &&
	    fpu_take(&task_current()->fpu))
		return true;
	error = resolve(f);
	if (!trap_frame_is_user(regs))
		return user_access_fault(f, error);
	if (error)
		tell_program(f, regs, error);
	return true;
}

/* Interrupts are off; each thread gets them back as it left them. */
void upcall_return_to_user(struct trap_frame *regs)
{
	struct thread *t = cpu_current();

	while (thread_has_mark(t, THREAD_FATAL | THREAD_SIGNAL | THREAD_YIELD_DUE)) {
		cpu_irq_on();
		if (thread_has_mark(t, THREAD_FATAL))
			signal_die();
		if (thread_has_mark(t, THREAD_SIGNAL))
			signal_deliver(regs);
		else
			sched_yield_now();
		cpu_irq_off();
	}
}

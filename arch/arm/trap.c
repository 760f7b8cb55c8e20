/*
 * Exceptions to upcalls: decodes what the hardware says of a fault and calls what is defined above.
 *
 * A data abort in the kernel is legal at the instructions of uaccess.S only: their addresses are in
 * two tables. One in uaccess_table is handled as the user's own would be and retried, or goes on at
 * its fix-up; one in probe_table goes on at its fix-up at once.
 */
#include "arch/kstack.h"
#include "arch/upcall.h"
#include "base/assert.h"
#include "base/thread.h"
#include "fpu_live.h"
#include "trap.h"

#define CPSR_MODE  0x0fu
#define CPSR_T	   (1u << 5)
#define DFSR_WRITE (1u << 11) /* WnR, ARM DDI 0406C B4.1.52 */

/* vectors.S reads the word and tests the marks. */
_Static_assert(offsetof(struct thread, marks) == 0, "read by return_to_user");
_Static_assert((THREAD_FATAL | THREAD_SIGNAL | THREAD_YIELD_DUE) == 7, "tested by return_to_user");
_Static_assert(offsetof(struct trap_frame, sp) == TF_SP &&
		       offsetof(struct trap_frame, pc) == TF_PC &&
		       offsetof(struct trap_frame, cpsr) == TF_CPSR &&
		       sizeof(struct trap_frame) == TF_BYTES,
	       "the frame as vectors.S pushes it");

struct fixup {
	uint32_t pc, go_on;
};

extern const struct fixup __start_uaccess_table[], __stop_uaccess_table[];
extern const struct fixup __start_probe_table[], __stop_probe_table[];
extern char vectors[];

void trap_set_stacks(void *und, void *abt, void *fiq);

/* What the first instructions of an entry put down: r0, r1, pc, spsr, r2, sp. */
struct scratch {
	uint32_t words[6];
};

static struct scratch scratches[MAX_CPUS][3];

/* Source: ARM DDI 0406C table B3-23, short-descriptor fault status FS[4,3:0]. */
static enum fault_cause cause_of(uint32_t status)
{
	/* One more than the cause, so that what is not listed is 0. */
	static const uint8_t causes[32] = {
		[0x01] = FAULT_ALIGNMENT + 1,	[0x02] = FAULT_BREAKPOINT + 1,
		[0x03] = FAULT_ACCESS_FLAG + 1, [0x06] = FAULT_ACCESS_FLAG + 1,
		[0x05] = FAULT_TRANSLATION + 1, [0x07] = FAULT_TRANSLATION + 1,
		[0x0d] = FAULT_PERMISSION + 1,	[0x0f] = FAULT_PERMISSION + 1,
		[0x08] = FAULT_EXTERNAL + 1,	[0x0c] = FAULT_EXTERNAL + 1,
		[0x0e] = FAULT_EXTERNAL + 1,	[0x16] = FAULT_EXTERNAL + 1,
	};
	uint32_t cause = causes[(status & 15u) | (status >> 6 & 16u)];

	return cause ? (enum fault_cause)(cause - 1) : FAULT_OTHER;
}

static struct fault data_fault(void)
{
	uint32_t status, address;

	__asm__ volatile("mrc p15, 0, %0, c5, c0, 0" : "=r"(status));  /* DFSR */
	__asm__ volatile("mrc p15, 0, %0, c6, c0, 0" : "=r"(address)); /* DFAR */
	return (struct fault){ .cause = cause_of(status),
			       .address = vaddr(address),
			       .status = status,
			       .write = status & DFSR_WRITE };
}

/* IFAR is not set by a breakpoint (ARM DDI 0406C B3.13.4, debug exceptions). */
static struct fault prefetch_fault(const struct trap_frame *regs)
{
	uint32_t status, address;

	__asm__ volatile("mrc p15, 0, %0, c5, c0, 1" : "=r"(status));  /* IFSR */
	__asm__ volatile("mrc p15, 0, %0, c6, c0, 2" : "=r"(address)); /* IFAR */
	return (struct fault){ .cause = cause_of(status),
			       .address = vaddr(cause_of(status) == FAULT_BREAKPOINT ? regs->pc
										     : address),
			       .status = status,
			       .exec = true };
}

/* The hardware gives the next instruction; back to the one that was undefined (table B1-7). */
static struct fault undefined_fault(struct trap_frame *regs)
{
	regs->pc -= regs->cpsr & CPSR_T ? 2u : 4u;
	return (struct fault){ .cause = FAULT_UNDEFINED, .address = vaddr(regs->pc), .exec = true };
}

static struct fault fault_of(struct trap_frame *regs, enum trap_kind kind)
{
	if (kind == KIND_DATA)
		return data_fault();
	if (kind == KIND_PREFETCH)
		return prefetch_fault(regs);
	if (kind == KIND_UNDEFINED)
		return undefined_fault(regs);
	return (struct fault){ .cause = FAULT_OTHER, .address = vaddr(regs->pc) };
}

static void user_fault(struct fault *f, struct trap_frame *regs)
{
	f->user = true;
	cpu_irq_on();
	upcall_fault(f, regs);
}

void trap_user_data(struct trap_frame *regs)
{
	struct fault f = data_fault();

	user_fault(&f, regs);
}

void trap_user_prefetch(struct trap_frame *regs)
{
	struct fault f = prefetch_fault(regs);

	user_fault(&f, regs);
}

void trap_user_undefined(struct trap_frame *regs)
{
	struct fault f = undefined_fault(regs);

	user_fault(&f, regs);
}

static const struct fixup *find_fixup(const struct fixup *from, const struct fixup *end,
				      uint32_t pc)
{
	for (; from < end; from++)
		if (from->pc == pc)
			return from;
	return NULL;
}

/* The access was made for the user: handled as the user's own, then tried again or given up. */
static void uaccess_fault(struct fault *f, struct trap_frame *regs, const struct fixup *fix)
{
	f->user = true;
	assert_that(!(regs->cpsr & CPSR_I));
	cpu_irq_on();
	if (!upcall_fault(f, regs))
		regs->pc = fix->go_on;
	cpu_irq_off();
}

void trap_kernel_data(struct trap_frame *regs)
{
	struct fault f = data_fault();
	const struct fixup *fix;

	fix = find_fixup(__start_probe_table, __stop_probe_table, regs->pc);
	if (fix) {
		regs->pc = fix->go_on;
		return;
	}
	fix = find_fixup(__start_uaccess_table, __stop_uaccess_table, regs->pc);
	if (!fix || f.address.a >= USER_END)
		upcall_panic(&f, regs, "data abort in the kernel");
	uaccess_fault(&f, regs, fix);
}

void trap_kernel_other(struct trap_frame *regs, enum trap_kind kind)
{
	struct fault f = fault_of(regs, kind);

	upcall_panic(&f, regs,
		     kind == KIND_FIQ	     ? "fast interrupt that nobody asked for"
		     : kind == KIND_PREFETCH ? "prefetch abort in the kernel"
					     : "undefined instruction in the kernel");
}

/* On the emergency stack: regs->sp is the stack pointer that was found without room. */
void trap_no_stack(struct trap_frame *regs, enum trap_kind kind)
{
	struct fault f = fault_of(regs, kind);

	upcall_panic(&f, regs,
		     kstack_is_guard(regs->sp - TF_BYTES) || kstack_is_guard(regs->sp)
			     ? "kernel stack overflow"
			     : "kernel stack pointer is lost");
}

bool trap_frame_is_user(const struct trap_frame *regs)
{
	return (regs->cpsr & CPSR_MODE) == 0;
}

void trap_init(void)
{
	struct scratch *own = scratches[cpu_id()];

	__asm__ volatile("mcr p15, 0, %0, c12, c0, 0\n\tisb" ::"r"(vectors)); /* VBAR */
	trap_set_stacks(&own[0], &own[1], &own[2]);
	fpu_init();
}

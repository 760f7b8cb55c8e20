/*
 * Frames of signal handlers: written, read, checked. What holds is in sigframe.h.
 */
#include <errno.h>
#include <string.h>
#include "arch/uaccess.h"
#include "base/log.h"
#include "kernel/sigframe.h"
#include "kernel/task.h"
#include "mm/virt/mm.h"

/* Source: ARM DDI 0406C B1.3.3. */
#define CPSR_MODE      0x1fu
#define CPSR_MODE_USER 0x10u
#define CPSR_THUMB     0x20u
#define CPSR_NO_IRQ    0x80u
#define CPSR_BIG       0x200u
#define CPSR_IT	       0x0600fc00u
#define CPSR_OF_USER   (0xf80f0000u | CPSR_IT | CPSR_BIG | CPSR_THUMB) /* NZCVQ, GE */

/* Linux: uapi/asm-generic/signal-defs.h, linux/signal.h. */
enum { STACK_ON = 1, STACK_OFF = 2, STACK_LEAST = 2048 };

/* Linux: arch/arm/include/asm/ucontext.h; what stands in the flags of a frame without siginfo. */
#define VFP_MAGIC     0x56465001u
#define UCONTEXT_MARK 0x5ac3c35au

/* Order: as in struct trap_frame, from r0 to cpsr. */
struct user_context {
	uint32_t trap, error, old_mask;
	struct trap_frame regs;
	uint32_t fault_address;
};

struct user_vfp {
	uint32_t magic, bytes;
	uint64_t d[32];
	uint32_t fpscr, pad;
	uint32_t fpexc, fpinst, fpinst2, pad2;
};

struct user_frame {
	uint32_t flags, link;
	struct user_stack stack;
	struct user_context context;
	uint64_t mask;
	uint32_t mask_room[30];
	struct user_vfp vfp;
	uint32_t end_magic;
	uint32_t regspace_room[128 - sizeof(struct user_vfp) / 4 - 1];
	uint32_t code[4];
};

struct user_info_frame {
	struct user_siginfo info;
	struct user_frame frame;
};

_Static_assert(sizeof(struct user_siginfo) == 128 && sizeof(struct user_context) == 84 &&
		       sizeof(struct user_vfp) == 288 && sizeof(struct user_frame) == 760 &&
		       offsetof(struct user_frame, mask) == 104 &&
		       offsetof(struct user_frame, vfp) == 232,
	       "as Linux lays it out");

/* mov r7, #number; svc #0 */
#define CODE_LOAD_NUMBER(n) (0xe3a07000u | (n))
#define CODE_CALL	    0xef000000u
enum { CALL_SIGRETURN = 119, CALL_RT_SIGRETURN = 173 };

static bool is_from_fault(const struct signal_info *info)
{
	return info->code > 0 && info->code < SIGNAL_FROM_KERNEL &&
	       (info->number == SIGNAL_ILL || info->number == SIGNAL_TRAP ||
		info->number == SIGNAL_BUS || info->number == SIGNAL_FPE ||
		info->number == SIGNAL_SEGV);
}

/* Of a fault: the address. Otherwise: who (and a user, who is always 0), and a word. */
void siginfo_fill(struct user_siginfo *u, const struct signal_info *info)
{
	memset(u, 0, sizeof(*u));
	u->number = info->number;
	u->code = info->code;
	if (is_from_fault(info)) {
		u->fields[0] = info->address;
		return;
	}
	u->fields[0] = info->pid;
	u->fields[2] = info->status;
}

static bool is_on_stack(const struct task_signals *s, uint32_t sp)
{
	return sp > s->stack && sp - s->stack <= s->stack_bytes;
}

struct user_stack sigstack_of(const struct task_signals *s, uint32_t sp)
{
	uint32_t flags = is_on_stack(s, sp) ? STACK_ON : 0;

	return (struct user_stack){ s->stack, s->stack_bytes ? flags : STACK_OFF, s->stack_bytes };
}

int sigstack_set(struct task_signals *s, uint32_t sp, const struct user_stack *stack)
{
	if (is_on_stack(s, sp))
		return -EPERM;
	if (stack->flags & ~(uint32_t)(STACK_ON | STACK_OFF))
		return -EINVAL;
	if (!(stack->flags & STACK_OFF) && stack->bytes < STACK_LEAST)
		return -ENOMEM;
	s->stack = stack->flags & STACK_OFF ? 0 : stack->start;
	s->stack_bytes = stack->flags & STACK_OFF ? 0 : stack->bytes;
	return 0;
}

static uint32_t stack_for(const struct task_signals *s, uint32_t sp, uint32_t flags)
{
	if (flags & ACTION_ON_STACK && s->stack_bytes && !is_on_stack(s, sp))
		return s->stack + s->stack_bytes;
	return sp;
}

static void fill_vfp(struct user_vfp *u, struct fpu_state *fpu)
{
	fpu_save(fpu);
	u->magic = VFP_MAGIC;
	u->bytes = sizeof(*u);
	memcpy(u->d, fpu->d, sizeof(u->d));
	u->fpscr = fpu->fpscr;
	u->fpexc = 1u << 30; /* EN, as every program of Linux that uses the registers finds it */
}

static void fill_frame(struct user_frame *f, struct task *t, const struct trap_frame *regs,
		       uint64_t mask)
{
	memset(f, 0, sizeof(*f));
	f->stack = sigstack_of(&t->signal, regs->sp);
	f->context.trap = t->signal.trap;
	f->context.error = t->signal.trap_status;
	f->context.fault_address = t->signal.trap_address;
	f->context.old_mask = (uint32_t)mask;
	f->context.regs = *regs;
	f->mask = mask;
	fill_vfp(&f->vfp, &t->fpu);
}

static void fill_code(struct user_frame *f, bool info)
{
	f->code[0] = CODE_LOAD_NUMBER(info ? CALL_RT_SIGRETURN : CALL_SIGRETURN);
	f->code[1] = CODE_CALL;
}

/* Code on the stack is for stacks that may hold code. */
static int sync_code(uint32_t at)
{
	struct mm *mm = cpu_current()->mm;
	struct vma *v;
	bool runs;

	rwsem_read_lock(&mm->lock);
	v = vma_find(mm, vaddr(at));
	runs = v && v->flags & VMA_EXEC;
	rwsem_read_unlock(&mm->lock);
	if (runs)
		return mm_sync_instructions(mm, at, at + 8);
	log_warn("task %u (%s): no SA_RESTORER, and no code runs on its stack",
		 (unsigned)cpu_current()->id, cpu_current()->name);
	return -EFAULT;
}

static uint32_t cpsr_for(uint32_t cpsr, uint32_t handler)
{
	cpsr &= ~(CPSR_IT | CPSR_BIG | CPSR_THUMB);
	return handler & 1u ? cpsr | CPSR_THUMB : cpsr;
}

/* `at`: the frame behind the siginfo. */
static int enter_handler(struct trap_frame *regs, const struct signal_action *a, uint32_t at)
{
	uint32_t code = at + offsetof(struct user_frame, code);
	bool restorer = a->flags & ACTION_RESTORER;

	if (!restorer && sync_code(code) != 0)
		return -EFAULT;
	regs->lr = restorer ? a->restorer : code;
	regs->cpsr = cpsr_for(regs->cpsr, a->handler);
	regs->pc = a->handler & (a->handler & 1u ? ~1u : ~3u);
	return 0;
}

/* The address of a new frame with nothing in front of the kernel's half. */
static uint32_t frame_address_for(const struct trap_frame *regs, const struct signal_action *a,
				  uint32_t bytes)
{
	return (stack_for(&task_current()->signal, regs->sp, a->flags) - bytes) & ~7u;
}

static int push_plain(struct trap_frame *regs, const struct signal_action *a, uint64_t mask)
{
	uint32_t at = frame_address_for(regs, a, sizeof(struct user_frame));
	struct user_frame f;

	fill_frame(&f, task_current(), regs, mask);
	fill_code(&f, false);
	f.flags = UCONTEXT_MARK;
	if (copy_to_user(vaddr(at), &f, sizeof(f)) || enter_handler(regs, a, at))
		return -EFAULT;
	regs->sp = at;
	return 0;
}

static int push_with_info(struct trap_frame *regs, const struct signal_info *info,
			  const struct signal_action *a, uint64_t mask)
{
	uint32_t at = frame_address_for(regs, a, sizeof(struct user_info_frame));
	uint32_t frame_at = at + sizeof(struct user_siginfo);
	struct user_info_frame f;

	siginfo_fill(&f.info, info);
	fill_frame(&f.frame, task_current(), regs, mask);
	fill_code(&f.frame, true);
	if (copy_to_user(vaddr(at), &f, sizeof(f)) || enter_handler(regs, a, frame_at))
		return -EFAULT;
	regs->sp = at;
	regs->r[1] = at;
	regs->r[2] = frame_at;
	return 0;
}

int sigframe_push(struct trap_frame *regs, const struct signal_info *info,
		  const struct signal_action *action, uint64_t mask)
{
	int error = action->flags & ACTION_SIGINFO ? push_with_info(regs, info, action, mask)
						   : push_plain(regs, action, mask);

	if (!error)
		regs->r[0] = (uint32_t)info->number;
	return error;
}

bool sigframe_clean_cpsr(uint32_t *cpsr)
{
	if ((*cpsr & CPSR_MODE) != CPSR_MODE_USER || *cpsr & CPSR_NO_IRQ)
		return false;
	*cpsr = (*cpsr & CPSR_OF_USER) | CPSR_MODE_USER;
	if (!(*cpsr & CPSR_THUMB))
		*cpsr &= ~CPSR_IT;
	return true;
}

static bool is_frame(struct user_frame *f)
{
	return f->vfp.magic == VFP_MAGIC && f->vfp.bytes == sizeof(f->vfp) &&
	       sigframe_clean_cpsr(&f->context.regs.cpsr);
}

static void take_vfp(struct fpu_state *fpu, const struct user_vfp *u)
{
	memcpy(fpu->d, u->d, sizeof(fpu->d));
	fpu->fpscr = u->fpscr;
	fpu->used = true;
	fpu_reload(fpu);
}

/* Nothing can refuse from here on; a sigaltstack that is none is left as it was, as Linux does. */
static void take_frame(struct trap_frame *regs, const struct user_frame *f, bool info)
{
	struct task *t = task_current();

	*regs = f->context.regs;
	regs->pc &= regs->cpsr & CPSR_THUMB ? ~1u : ~3u;
	take_vfp(&t->fpu, &f->vfp);
	if (info)
		sigstack_set(&t->signal, regs->sp, &f->stack);
	signal_set_blocked(f->mask);
}

int sigframe_pop(struct trap_frame *regs, bool info)
{
	struct user_frame f;
	uint32_t at = regs->sp + (info ? sizeof(struct user_siginfo) : 0);

	if (at & 7u || copy_from_user(&f, vaddr(at), sizeof(f)) || !is_frame(&f))
		return -EFAULT;
	take_frame(regs, &f, info);
	return 0;
}

/*
 * badframes CASE [SEED]: goes back from a handler with what no kernel wrote. `flags` may be changed
 * and ends with status 0; `garbage` comes to its end with status 0; the others must be ended by
 * SIGSEGV and end with status 1 if they are not, 99 if they run with more rights than they had.
 */
#include "user/lib/lib.h"
#include "user/lib/signal.h"

#define MODE	      0x1fu
#define MODE_USER     0x10u
#define NO_IRQ	      0x80u
#define CARRY	      (1u << 29)
#define STACK_BYTES   16384u
#define GARBAGE_TURNS 2000u

/* What the handler does to the processor state it goes back to. */
static struct {
	uint32_t clear, set;
} change;

static uint32_t read_cpsr(void)
{
	uint32_t value;

	__asm__ volatile("mrs %0, cpsr" : "=r"(value));
	return value;
}

static void change_cpsr(int number, struct siginfo *info, struct ucontext *context)
{
	(void)number;
	(void)info;
	context->cpsr = (context->cpsr & ~change.clear) | change.set;
}

/* Returns the state after a handler that changed it. */
static uint32_t state_after(uint32_t clear, uint32_t set)
{
	change.clear = clear;
	change.set = set;
	signal_handle(SIGUSR1, change_cpsr, 0);
	signal_raise(SIGUSR1);
	return read_cpsr();
}

static int answer_for(uint32_t cpsr)
{
	return (cpsr & MODE) == MODE_USER && !(cpsr & NO_IRQ) ? 1 : 99;
}

static int try_supervisor(void)
{
	return answer_for(state_after(MODE, 0x13));
}

static int try_system(void)
{
	return answer_for(state_after(0, MODE));
}

static int try_no_interrupts(void)
{
	return answer_for(state_after(0, NO_IRQ));
}

/* The flag reaches the end of the handler; the fast interrupt's bit and the rest do not. */
static int try_flags(void)
{
	uint32_t with;

	change.set = CARRY | 0x00f00040u;
	signal_handle(SIGUSR1, change_cpsr, 0);
	__asm__ volatile("mov r0, %1\n\tmov r1, %2\n\tmov r2, #10\n\tmov r7, %3\n\tcmn r0, #0\n\t"
			 "svc #0\n\tmrs %0, cpsr"
			 : "=r"(with)
			 : "r"(sys_getpid()), "r"(syscall3(CALL_GETTID, 0, 0, 0)), "r"(CALL_TGKILL)
			 : "r0", "r1", "r2", "r7", "cc", "memory");
	return with & CARRY && !(with & 0x00f00040u) && (with & MODE) == MODE_USER ? 0 : 1;
}

static void spoil_magic(int number, struct siginfo *info, struct ucontext *context)
{
	(void)number;
	(void)info;
	context->vfp_magic++;
}

static int try_magic(void)
{
	signal_handle(SIGUSR1, spoil_magic, 0);
	signal_raise(SIGUSR1);
	return 1;
}

static void __attribute__((noreturn)) return_to_frame(uint32_t number, uint32_t at)
{
	__asm__ volatile("mov r7, %0\n\tmov sp, %1\n\tsvc #0\n\tudf #1" ::"r"(number), "r"(at)
			 : "memory");
	__builtin_unreachable();
}

static int try_odd_place(void)
{
	return_to_frame(CALL_RT_SIGRETURN, address_of(map_pages(1)) + 4);
}

static int try_kernel_place(void)
{
	return_to_frame(CALL_RT_SIGRETURN, 0x80010000u);
}

static int try_end_of_memory(void)
{
	return_to_frame(CALL_SIGRETURN, 0xfffffff8u);
}

/* Garbage, again and again: each SIGSEGV begins the handler at the top of its own stack anew. */
static struct {
	struct chance chance;
	uint32_t turns;
	char *stack, *frame;
} garbage;

static struct ucontext *fill_with_garbage(void)
{
	uint32_t *words = (uint32_t *)(void *)garbage.frame;
	struct ucontext *u = (void *)(garbage.frame + sizeof(struct siginfo));

	for (uint32_t i = 0; i < (sizeof(*u) + sizeof(struct siginfo)) / 4; i++)
		words[i] = chance_below(&garbage.chance, 0xffffffffu);
	return u;
}

/* Enough is right for the frame to be looked at, and for the next turn to come. */
static void make_plausible(struct ucontext *u)
{
	u->vfp_magic = 0x56465001u;
	u->vfp_bytes = 288;
	u->mask = 0;
	u->stack = (struct altstack){ address_of(garbage.stack), 0, STACK_BYTES };
	if (chance_below(&garbage.chance, 2))
		u->cpsr = (u->cpsr & ~(MODE | NO_IRQ)) | MODE_USER;
}

static void next_turn(int number, struct siginfo *info, struct ucontext *context)
{
	uint32_t place = address_of(garbage.frame);

	(void)number;
	(void)info;
	(void)context;
	if (answer_for(read_cpsr()) == 99)
		sys_exit(99);
	if (++garbage.turns == GARBAGE_TURNS)
		sys_exit(0);
	make_plausible(fill_with_garbage());
	if (chance_below(&garbage.chance, 8) == 0)
		place = chance_below(&garbage.chance, 0xffffffffu);
	return_to_frame(chance_below(&garbage.chance, 8) ? CALL_RT_SIGRETURN : CALL_SIGRETURN,
			place);
}

static int try_garbage(void)
{
	struct altstack s = { 0, 0, STACK_BYTES };

	garbage.stack = map_pages(STACK_BYTES / PAGE_BYTES);
	garbage.frame = map_pages(1);
	s.start = address_of(garbage.stack);
	sys_sigaltstack(&s, 0);
	signal_handle(SIGSEGV, next_turn, SA_ONSTACK | SA_NODEFER);
	signal_handle(SIGILL, next_turn, SA_ONSTACK | SA_NODEFER);
	signal_handle(SIGBUS, next_turn, SA_ONSTACK | SA_NODEFER);
	signal_handle(SIGTRAP, next_turn, SA_ONSTACK | SA_NODEFER);
	return_to_frame(CALL_RT_SIGRETURN, 0);
}

static const struct {
	const char *name;
	int (*run)(void);
} cases[] = {
	{ "supervisor", try_supervisor },
	{ "system", try_system },
	{ "interrupts", try_no_interrupts },
	{ "flags", try_flags },
	{ "magic", try_magic },
	{ "odd", try_odd_place },
	{ "kernel", try_kernel_place },
	{ "end", try_end_of_memory },
	{ "garbage", try_garbage },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

int main(int argc, char **argv)
{
	chance_seed(&garbage.chance, argc > 2 ? number_from(argv[2]) : 1);
	for (uint32_t i = 0; i < CASES && argc > 1; i++)
		if (text_is_equal(argv[1], cases[i].name))
			return cases[i].run();
	printf("badframes: which case?\n");
	return 1;
}

/*
 * signals CASE: handlers, masks and waits as Linux has them. Ends with status 0 if all was right;
 * cases that must be ended by a signal say so by ending with status 1 if they are not.
 */
#include "user/lib/lib.h"
#include "user/lib/signal.h"

#define RW	     (PROT_READ | PROT_WRITE)
#define ANON	     (MAP_PRIVATE | MAP_ANONYMOUS)
#define STACK_BYTES  16384u
#define UNTOUCHED    7u
#define STORM_ROUNDS 400u

static uint32_t wrong;

static void expect(const char *what, uint32_t got, uint32_t want)
{
	if (got == want)
		return;
	wrong++;
	printf("signals: %s: got %x, expected %x\n", what, (unsigned)got, (unsigned)want);
}

/* What the handlers below saw. */
static volatile struct {
	uint32_t runs, depth, deepest;
	int32_t number, code;
	uint32_t field, status, stack_pointer;
	uint64_t mask_after;
} seen;

static void count_run(int number, struct siginfo *info, struct ucontext *context)
{
	seen.runs++;
	seen.number = number;
	seen.code = info->code;
	seen.field = info->fields[0];
	seen.status = info->fields[2];
	seen.stack_pointer = address_of(&number);
	seen.mask_after = context->mask;
}

static void count_run_only(int number)
{
	seen.runs++;
	seen.number = number;
}

#define FLAGS 0xf80f0000u /* NZCVQ, GE */

/* A handler that leaves nothing as it was. */
static void spoil_registers(int number, struct siginfo *info, struct ucontext *context)
{
	count_run(number, info, context);
	__asm__ volatile(".fpu neon\n\t"
			 "vmov.i8 q0, #0x55\n\tvmov.i8 q1, #0x55\n\tvmov.i8 q7, #0x55\n\t"
			 "vmov.i8 q8, #0x55\n\tvmov.i8 q12, #0x55\n\tvmov.i8 q15, #0x55\n\t"
			 "vmsr fpscr, %0\n\t"
			 "msr cpsr_fs, %0" ::"r"(0)
			 : "r1", "r2", "r3", "r12", "cc");
}

static void __attribute__((target("thumb"), noinline)) spoil_in_thumb(int number)
{
	count_run_only(number);
	__asm__ volatile("cmp %0, %0" ::"r"(number) : "r1", "r2", "r3", "r12", "cc");
}

static void give_registers(struct registers *in, struct chance *c)
{
	for (uint32_t i = 0; i < 13; i++)
		in->r[i] = chance_below(c, 0xffffffffu);
	in->lr = chance_below(c, 0xffffffffu);
	in->cpsr = chance_below(c, 0xffffffffu) & FLAGS;
	in->fpscr = chance_below(c, 16) << 28 | chance_below(c, 4) << 22;
	for (uint32_t i = 0; i < 32; i++)
		in->d[i] = (uint64_t)chance_below(c, 0xffffffffu) << 32 | i;
	in->r[0] = (uint32_t)sys_getpid();
	in->r[1] = (uint32_t)syscall3(CALL_GETTID, 0, 0, 0);
	in->r[7] = CALL_TGKILL;
}

static void compare_registers(const struct registers *in, const struct registers *out)
{
	expect("the answer", out->r[0], 0);
	for (uint32_t i = 1; i < 13; i++)
		expect("a register", out->r[i], in->r[i]);
	expect("lr", out->lr, in->lr);
	expect("flags", out->cpsr & FLAGS, in->cpsr);
	expect("fpscr", out->fpscr, in->fpscr);
	for (uint32_t i = 0; i < 32; i++)
		expect("a wide register", out->d[i] == in->d[i], true);
}

static void signal_with_registers(struct chance *c, uint32_t number)
{
	struct registers in, out;
	uint32_t runs = seen.runs;

	give_registers(&in, c);
	in.r[2] = number;
	call_with_registers(&in, &out);
	compare_registers(&in, &out);
	expect("handlers that ran", seen.runs - runs, 1);
}

static void handle_plainly(int number, uint32_t handler)
{
	struct sigaction a = { handler, SA_RESTORER, address_of((void *)signal_return), { 0, 0 } };

	expect("sigaction", (uint32_t)sys_sigaction(number, &a, 0), 0);
}

static void try_registers(void)
{
	struct chance c;

	chance_seed(&c, 1);
	signal_handle(SIGUSR1, spoil_registers, 0);
	handle_plainly(SIGUSR2, address_of((void *)spoil_in_thumb));
	handle_plainly(SIGTERM, address_of((void *)count_run_only));
	for (uint32_t i = 0; i < 8; i++) {
		signal_with_registers(&c, SIGUSR1);
		expect("code", (uint32_t)seen.code, (uint32_t)-6);
		expect("sender", seen.field, (uint32_t)sys_getpid());
		signal_with_registers(&c, SIGUSR2);
		signal_with_registers(&c, SIGTERM);
	}
}

static void raise_itself(int number, struct siginfo *info, struct ucontext *context)
{
	(void)info;
	(void)context;
	seen.runs++;
	seen.depth++;
	if (seen.depth > seen.deepest)
		seen.deepest = seen.depth;
	if (seen.runs < 4)
		signal_raise(number);
	seen.depth--;
}

static void raise_other(int number, struct siginfo *info, struct ucontext *context)
{
	uint32_t runs = seen.runs;

	(void)number;
	(void)info;
	(void)context;
	signal_raise(SIGUSR2);
	expect("the other handler, in this one", seen.runs, runs + 1);
}

static void try_nested(void)
{
	signal_handle(SIGUSR1, raise_itself, 0);
	signal_raise(SIGUSR1);
	expect("runs", seen.runs, 4);
	expect("depth of one that is blocked meanwhile", seen.deepest, 1);
	signal_handle(SIGUSR1, raise_itself, SA_NODEFER);
	seen.runs = 0;
	signal_raise(SIGUSR1);
	expect("depth with SA_NODEFER", seen.deepest, 4);
	signal_handle(SIGUSR1, raise_other, 0);
	signal_handle(SIGUSR2, count_run, 0);
	signal_raise(SIGUSR1);
}

/* Blocked: it waits, is counted once a receiver, and comes before the call that lets it through
 * returns. */
static void try_blocked_number(int number)
{
	uint32_t runs = seen.runs;
	uint64_t before = 0;

	signal_handle(number, count_run, 0);
	signal_mask(SIG_BLOCK, signal_bit(number));
	signal_raise(number);
	signal_raise(number);
	sys_kill(sys_getpid(), (uint32_t)number);
	sys_sched_yield();
	expect("runs while blocked", seen.runs - runs, 0);
	expect("pending", signals_pending() == signal_bit(number), true);
	sys_sigprocmask(SIG_UNBLOCK, &(uint64_t){ signal_bit(number) }, &before);
	expect("mask before", before == signal_bit(number), true);
	expect("runs: its own and the process's", seen.runs - runs, 2);
	expect("pending after", signals_pending() == 0, true);
}

static void try_blocked(void)
{
	uint64_t mask = 0;

	try_blocked_number(SIGUSR1);
	try_blocked_number(SIGRT_LAST);
	expect("mask in the frame", seen.mask_after == 0, true);
	signal_mask(SIG_SETMASK, ~0ull);
	sys_sigprocmask(SIG_BLOCK, 0, &mask);
	expect("what can not be blocked", mask == ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP)),
	       true);
}

static void try_actions(void)
{
	struct sigaction a = { 0 };

	expect("SIGKILL", (uint32_t)signal_handle(SIGKILL, count_run, 0), (uint32_t)-EINVAL);
	expect("SIGSTOP", (uint32_t)signal_handle(SIGSTOP, count_run, 0), (uint32_t)-EINVAL);
	expect("0", (uint32_t)signal_handle(0, count_run, 0), (uint32_t)-EINVAL);
	expect("65", (uint32_t)signal_handle(65, count_run, 0), (uint32_t)-EINVAL);
	expect("null", (uint32_t)sys_sigaction(SIGUSR1, (void *)4, 0), (uint32_t)-EFAULT);
	signal_handle(SIGUSR1, count_run, SA_RESETHAND);
	sys_sigaction(SIGUSR1, 0, &a);
	expect("the handler", a.handler, address_of((void *)count_run));
	signal_raise(SIGUSR1);
	sys_sigaction(SIGUSR1, 0, &a);
	expect("the handler after SA_RESETHAND", a.handler, 0);
	expect("kill 0", (uint32_t)sys_kill(sys_getpid(), 0), 0);
	expect("kill, no such number", (uint32_t)sys_kill(sys_getpid(), 65), (uint32_t)-EINVAL);
	expect("kill, nobody", (uint32_t)sys_kill(0x7ffffff, 0), (uint32_t)-ESRCH);
	expect("tgkill, another's", (uint32_t)sys_tgkill(0x7ffffff, sys_getpid(), 0),
	       (uint32_t)-ESRCH);
	expect("tgkill 0", (uint32_t)sys_tgkill(0, sys_getpid(), 0), (uint32_t)-EINVAL);
}

/* Ignored by default, or because it is asked for; what waits is dropped with that. */
static void try_ignored(void)
{
	struct sigaction ignore = { .handler = 1 };

	signal_raise(SIGCHLD);
	signal_raise(SIGCONT);
	signal_raise(SIGURG);
	signal_raise(SIGWINCH);
	signal_mask(SIG_BLOCK, signal_bit(SIGUSR1));
	signal_raise(SIGUSR1);
	expect("pending", signals_pending() == signal_bit(SIGUSR1), true);
	sys_sigaction(SIGUSR1, &ignore, 0);
	expect("pending, then ignored", signals_pending() == 0, true);
	signal_mask(SIG_UNBLOCK, signal_bit(SIGUSR1));
	signal_raise(SIGUSR1);
}

static void try_suspend(void)
{
	uint64_t mask = 0;

	signal_handle(SIGUSR1, count_run, SA_RESTART);
	signal_mask(SIG_BLOCK, signal_bit(SIGUSR1) | signal_bit(SIGUSR2));
	signal_raise(SIGUSR1);
	expect("sigsuspend", (uint32_t)sys_sigsuspend(signal_bit(SIGUSR2)), (uint32_t)-EINTR);
	expect("runs", seen.runs, 1);
	sys_sigprocmask(SIG_BLOCK, 0, &mask);
	expect("mask after", mask == (signal_bit(SIGUSR1) | signal_bit(SIGUSR2)), true);
	expect("mask in the frame", seen.mask_after == mask, true);
}

static void try_timed_wait(void)
{
	uint64_t set = signal_bit(SIGUSR1) | signal_bit(SIGCHLD);
	struct siginfo info = { .number = 0, .code = -1, .fields = { 0, 0, 77 } };

	signal_mask(SIG_BLOCK, set);
	expect("nothing there", (uint32_t)sys_sigtimedwait(set, 0, &(struct timespec){ 0, 1000 }),
	       (uint32_t)-EAGAIN);
	expect("sigqueue",
	       (uint32_t)syscall3(CALL_RT_SIGQUEUEINFO, (uint32_t)sys_getpid(), SIGUSR1,
				  address_of(&info)),
	       0);
	info = (struct siginfo){ 0 };
	expect("one there", (uint32_t)sys_sigtimedwait(set, &info, 0), SIGUSR1);
	expect("its value", info.fields[2], 77);
	expect("its code", (uint32_t)info.code, (uint32_t)-1);
	signal_raise(SIGCHLD);
	expect("one that is ignored", (uint32_t)sys_sigtimedwait(set, &info, 0), SIGCHLD);
	expect("no time", (uint32_t)sys_sigtimedwait(set, 0, &(struct timespec){ 0, 2000000000u }),
	       (uint32_t)-EINVAL);
}

/* A page that the handler provides, or whose rights it changes. */
static void provide_page(int number, struct siginfo *info, struct ucontext *context)
{
	uint32_t page = info->fields[0] & ~(PAGE_BYTES - 1u);

	count_run(number, info, context);
	expect("the address in the context", context->fault_address, info->fields[0]);
	if (info->code == 1)
		sys_mmap(page, PAGE_BYTES, RW, ANON | MAP_FIXED);
	else
		sys_mprotect((void *)page, PAGE_BYTES, RW);
}

static void expect_fault(volatile uint32_t *word, int32_t code)
{
	uint32_t runs = seen.runs;

	*word = UNTOUCHED;
	expect("faults", seen.runs - runs, 1);
	expect("code", (uint32_t)seen.code, (uint32_t)code);
	expect("address", seen.field, address_of(word));
	expect("what was written", *word, UNTOUCHED);
}

static void try_fault(void)
{
	char *page = map_pages(3);

	signal_handle(SIGSEGV, provide_page, 0);
	sys_munmap(page + PAGE_BYTES, PAGE_BYTES);
	expect_fault((uint32_t *)(void *)(page + PAGE_BYTES + 12), 1);
	page[0] = 1;
	sys_mprotect(page, PAGE_BYTES, PROT_READ);
	expect_fault((uint32_t *)(void *)page, 2);
	sys_mprotect(page, PAGE_BYTES, PROT_NONE);
	expect_fault((uint32_t *)(void *)(page + 8), 2);
}

static void skip_instruction(int number, struct siginfo *info, struct ucontext *context)
{
	count_run(number, info, context);
	context->r[15] += 4;
}

static void expect_other_fault(const char *what, int number, uint32_t runs)
{
	expect(what, seen.runs - runs, 1);
	expect(what, (uint32_t)seen.number, (uint32_t)number);
	expect(what, (uint32_t)seen.code, 1);
}

static void try_other_faults(void)
{
	static uint32_t words[4];
	uint32_t runs = seen.runs;

	signal_handle(SIGILL, skip_instruction, 0);
	signal_handle(SIGTRAP, skip_instruction, 0);
	signal_handle(SIGBUS, skip_instruction, 0);
	__asm__ volatile("udf #0");
	expect_other_fault("undefined", SIGILL, runs++);
	__asm__ volatile("bkpt #0");
	expect_other_fault("breakpoint", SIGTRAP, runs++);
	__asm__ volatile("ldrex r2, [%0]" ::"r"((char *)words + 1) : "r2", "memory");
	expect_other_fault("alignment", SIGBUS, runs++);
	expect("address", seen.field, address_of(words) + 1);
}

/* The mistake is in the way back from a call: still -EFAULT, no signal. */
static void try_fault_in_call(void)
{
	signal_handle(SIGSEGV, provide_page, 0);
	expect("write from null", (uint32_t)sys_write(1, 0, 4), (uint32_t)-EFAULT);
	expect("runs", seen.runs, 0);
}

static char *alternate;

static void end_on_alternate(int number, struct siginfo *info, struct ucontext *context)
{
	struct altstack now = { 0 };

	count_run(number, info, context);
	expect("on the other stack", seen.stack_pointer - address_of(alternate) < STACK_BYTES,
	       true);
	sys_sigaltstack(0, &now);
	expect("it says so", now.flags, 1);
	expect("it can not be changed", (uint32_t)sys_sigaltstack(&now, 0), (uint32_t)-1);
	sys_exit(wrong ? 1 : 0);
}

/* Calls itself until there is no stack left. */
static uint32_t __attribute__((noinline)) use_stack(uint32_t depth)
{
	volatile char here[512];

	here[0] = (char)depth;
	return depth == 0 ? 0 : use_stack(depth - 1) + (uint32_t)here[0];
}

static void give_alternate_stack(void)
{
	struct altstack s = { 0, 0, STACK_BYTES };

	alternate = map_pages(STACK_BYTES / PAGE_BYTES);
	s.start = address_of(alternate);
	expect("too small", (uint32_t)sys_sigaltstack(&(struct altstack){ s.start, 0, 100 }, 0),
	       (uint32_t)-ENOMEM);
	expect("sigaltstack", (uint32_t)sys_sigaltstack(&s, 0), 0);
}

static void try_overflow(void)
{
	give_alternate_stack();
	signal_handle(SIGSEGV, end_on_alternate, SA_ONSTACK);
	use_stack(0xffffffffu);
	expect("an overflow without end", 1, 0);
}

/* Called from outside (the test) while it sleeps. */
static void try_sleep(void)
{
	signal_handle(SIGUSR1, count_run, SA_RESTART);
	sys_checkin(0, 0, 0);
	expect("nanosleep", (uint32_t)sys_nanosleep(&(struct timespec){ 1000, 0 }),
	       (uint32_t)-EINTR);
	expect("runs", seen.runs, 1);
	expect("number", (uint32_t)seen.number, SIGUSR1);
}

enum { CALL_READ = 3, CALL_PIPE = 42 };

static int32_t pipe_ends[2];

/* What the sleeper reads, if it goes on reading. */
static void write_to_pipe(int number, struct siginfo *info, struct ucontext *context)
{
	count_run(number, info, context);
	sys_write(pipe_ends[1], "x", 1);
}

/* Called while it reads an empty pipe. */
static int32_t read_with_handler(uint32_t flags)
{
	char byte;

	signal_handle(SIGUSR1, write_to_pipe, flags);
	expect("pipe", (uint32_t)syscall3(CALL_PIPE, address_of(pipe_ends), 0, 0), 0);
	sys_checkin(0, 0, 0);
	return syscall3(CALL_READ, (uint32_t)pipe_ends[0], address_of(&byte), 1);
}

static void try_restart(void)
{
	expect("read with SA_RESTART", (uint32_t)read_with_handler(SA_RESTART), 1);
	expect("runs", seen.runs, 1);
}

static void try_no_restart(void)
{
	expect("read without SA_RESTART", (uint32_t)read_with_handler(0), (uint32_t)-EINTR);
	expect("runs", seen.runs, 1);
}

static void try_pause(void)
{
	signal_handle(SIGUSR1, count_run, SA_RESTART);
	sys_checkin(0, 0, 0);
	expect("pause", (uint32_t)syscall3(CALL_PAUSE, 0, 0, 0), (uint32_t)-EINTR);
	expect("runs", seen.runs, 1);
}

struct itimer {
	int32_t every_seconds, every_us, left_seconds, left_us;
};

static int32_t set_timer(int32_t every_us, int32_t left_us, struct itimer *before)
{
	struct itimer t = { 0, every_us, 0, left_us };

	return syscall3(CALL_SETITIMER, 0, address_of(&t), address_of(before));
}

/* Once, while it sleeps; again and again, while it works; not any more. */
static void try_timer(void)
{
	struct itimer before = { 0 };

	signal_handle(SIGALRM, count_run, 0);
	expect("setitimer", (uint32_t)set_timer(0, 30000, &before), 0);
	expect("nothing was set", (uint32_t)(before.left_us + before.left_seconds), 0);
	expect("nanosleep", (uint32_t)sys_nanosleep(&(struct timespec){ 1000, 0 }),
	       (uint32_t)-EINTR);
	expect("runs, once", seen.runs, 1);
	set_timer(10000, 10000, 0);
	while (seen.runs < 4)
		;
	set_timer(0, 0, &before);
	expect("how often", (uint32_t)before.every_us, 10000);
	expect("no time", (uint32_t)set_timer(0, 1000000, 0), (uint32_t)-EINVAL);
	sys_nanosleep(&(struct timespec){ 0, 50000000 });
	expect("runs, when it is off", seen.runs, 4);
}

/* Signals from outside at any instruction; what the loop holds in registers stays right. */
static void try_storm(void)
{
	struct checking c = { 0 };
	struct chance chance;
	struct registers in, out;

	chance_seed(&chance, 9);
	signal_handle(SIGUSR1, spoil_registers, 0);
	signal_handle(SIGUSR2, spoil_registers, 0); /* nested without end no stack would do */
	sys_checkin(0, 0, 0);
	while (seen.runs < STORM_ROUNDS) {
		give_registers(&in, &chance);
		in.r[2] = 0;
		call_with_registers(&in, &out);
		compare_registers(&in, &out);
		c.words++;
	}
}

/* From here on: each must be ended by a signal. */

static void die_of_default(void)
{
	signal_raise(SIGTERM);
}

static void touch(uint32_t address)
{
	/* The compiler must not know what is written to. */
	__asm__("" : "+r"(address));
	*(volatile uint32_t *)address = 0;
}

static void die_blocked(void)
{
	signal_handle(SIGSEGV, count_run, 0);
	signal_mask(SIG_BLOCK, signal_bit(SIGSEGV));
	touch(4);
}

static void die_ignored(void)
{
	struct sigaction ignore = { .handler = 1 };

	sys_sigaction(SIGSEGV, &ignore, 0);
	touch(4);
}

static void die_without_frame(void)
{
	signal_handle(SIGUSR1, count_run, 0);
	__asm__ volatile(
		"mov r0, %0\n\tmov r1, %1\n\tmov r2, #10\n\tmov r7, #268\n\t"
		"mov sp, #16\n\tsvc #0\n\tmov r0, #1\n\tmov r7, #1\n\tsvc #0" ::"r"(sys_getpid()),
		"r"(syscall3(CALL_GETTID, 0, 0, 0))
		: "r0", "r1", "r2", "r7", "memory");
}

static void die_without_restorer(void)
{
	struct sigaction a = { .handler = address_of((void *)count_run_only) };

	sys_sigaction(SIGUSR1, &a, 0);
	signal_raise(SIGUSR1);
}

static const struct {
	const char *name;
	void (*run)(void);
	bool survives;
} cases[] = {
	{ "registers", try_registers, true },
	{ "nested", try_nested, true },
	{ "blocked", try_blocked, true },
	{ "actions", try_actions, true },
	{ "ignored", try_ignored, true },
	{ "suspend", try_suspend, true },
	{ "timed-wait", try_timed_wait, true },
	{ "fault", try_fault, true },
	{ "other-faults", try_other_faults, true },
	{ "fault-in-call", try_fault_in_call, true },
	{ "overflow", try_overflow, true },
	{ "sleep", try_sleep, true },
	{ "pause", try_pause, true },
	{ "restart", try_restart, true },
	{ "no-restart", try_no_restart, true },
	{ "timer", try_timer, true },
	{ "storm", try_storm, true },
	{ "die-default", die_of_default, false },
	{ "die-blocked", die_blocked, false },
	{ "die-ignored", die_ignored, false },
	{ "die-frame", die_without_frame, false },
	{ "die-restorer", die_without_restorer, false },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

int main(int argc, char **argv)
{
	for (uint32_t i = 0; i < CASES && argc > 1; i++) {
		if (!text_is_equal(argv[1], cases[i].name))
			continue;
		cases[i].run();
		return wrong || !cases[i].survives;
	}
	printf("signals: which case?\n");
	return 1;
}

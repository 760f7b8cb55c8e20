/*
 * sigtasks CASE: signals between processes and between threads. Ends with status 0 if all was
 * right.
 */
#include "user/lib/lib.h"
#include "user/lib/process.h"
#include "user/lib/signal.h"

#define THREADS	     3u
#define STACK_PAGES  2u
#define RACE_ROUNDS  600u
#define MOMENT_NS    30000000u
#define CHILD_STATUS 7

static volatile uint32_t wrong;

static void expect(const char *what, uint32_t got, uint32_t want)
{
	if (got == want)
		return;
	__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	printf("sigtasks: %s: got %x, expected %x\n", what, (unsigned)got, (unsigned)want);
}

static volatile struct {
	uint32_t runs, task, sender, status;
	int32_t code;
} seen;

static void note(int number, struct siginfo *info, struct ucontext *context)
{
	(void)number;
	(void)context;
	seen.task = (uint32_t)sys_gettid();
	seen.code = info->code;
	seen.sender = info->fields[0];
	seen.status = info->fields[2];
	__atomic_fetch_add(&seen.runs, 1, __ATOMIC_SEQ_CST);
}

static void wait_a_moment(void)
{
	struct timespec t = { 0, MOMENT_NS };

	while (sys_nanosleep(&t) == -EINTR)
		;
}

static void end_with_status(int status)
{
	wait_a_moment();
	sys_exit(status);
}

/* A child tells its parent, who waits for it, and ends later. */
static int32_t wait_for_child(uint32_t flags)
{
	int32_t child, answer, status = 0;

	signal_handle(SIGUSR1, note, flags);
	child = sys_fork();
	if (child == 0) {
		wait_a_moment();
		sys_kill(sys_getppid(), SIGUSR1);
		end_with_status(CHILD_STATUS);
	}
	answer = sys_wait4(child, &status, 0);
	expect("runs", seen.runs, 1);
	expect("sender", seen.sender, (uint32_t)child);
	if (answer != child)
		return answer;
	expect("status", (uint32_t)status, CHILD_STATUS << 8);
	return 0;
}

static void try_restart(void)
{
	expect("wait4 with SA_RESTART", (uint32_t)wait_for_child(SA_RESTART), 0);
}

static void try_interrupt(void)
{
	int32_t status = 0;

	expect("wait4 without SA_RESTART", (uint32_t)wait_for_child(0), (uint32_t)-EINTR);
	expect("wait4 again", sys_wait4(-1, &status, 0) > 0, true);
	expect("status", (uint32_t)status, CHILD_STATUS << 8);
}

static void try_child(void)
{
	int32_t child;

	signal_handle(SIGCHLD, note, 0);
	signal_mask(SIG_BLOCK, signal_bit(SIGCHLD));
	child = sys_fork();
	if (child == 0)
		end_with_status(CHILD_STATUS);
	sys_sigsuspend(0);
	expect("runs", seen.runs, 1);
	expect("code", (uint32_t)seen.code, 1);
	expect("child", seen.sender, (uint32_t)child);
	expect("status", seen.status, CHILD_STATUS);
	expect("wait4", (uint32_t)sys_wait4(child, 0, WNOHANG), (uint32_t)child);
}

/* What a child of fork begins with: the mask and the actions, but nothing that is pending. */
static void look_as_child(void)
{
	uint64_t mask = 0;

	sys_sigprocmask(SIG_BLOCK, 0, &mask);
	expect("the child's mask", mask == signal_bit(SIGUSR1), true);
	expect("the child's pending signals", signals_pending() == 0, true);
	signal_raise(SIGUSR1);
	signal_mask(SIG_UNBLOCK, signal_bit(SIGUSR1));
	expect("the child's handler", seen.runs, 1);
	sys_exit(wrong ? 1 : 0);
}

static void try_fork(void)
{
	int32_t child, status = -1;

	signal_handle(SIGUSR1, note, 0);
	signal_mask(SIG_BLOCK, signal_bit(SIGUSR1));
	signal_raise(SIGUSR1);
	child = sys_fork();
	if (child == 0)
		look_as_child();
	sys_wait4(child, &status, 0);
	expect("the child", (uint32_t)status, 0);
	expect("the parent's stays pending", signals_pending() == signal_bit(SIGUSR1), true);
}

/* All of a group, and nobody else. */
static void try_group(void)
{
	int32_t status = 0, child = sys_fork();

	if (child == 0)
		for (;;)
			syscall3(CALL_PAUSE, 0, 0, 0);
	signal_handle(SIGTERM, note, 0);
	expect("setpgid", (uint32_t)syscall3(CALL_SETPGID, (uint32_t)child, 0, 0), 0);
	expect("kill, a group", (uint32_t)sys_kill(-child, SIGTERM), 0);
	expect("wait4", (uint32_t)sys_wait4(child, &status, 0), (uint32_t)child);
	expect("status", (uint32_t)status, SIGTERM);
	expect("runs", seen.runs, 0);
	expect("kill, no such group", (uint32_t)sys_kill(-child, 0), (uint32_t)-ESRCH);
	expect("kill, the own group", (uint32_t)sys_kill(0, SIGTERM), 0);
	expect("runs", seen.runs, 1);
}

/* Threads. */

static struct {
	volatile uint32_t tid;
	struct chance chance;
} thread[THREADS];

static volatile uint32_t stop, ready;

static void start_all(void (*run)(void *))
{
	for (uint32_t i = 0; i < THREADS; i++) {
		char *stack = map_pages(STACK_PAGES);

		chance_seed(&thread[i].chance, i + 1);
		expect("thread_start",
		       thread_start(run, &thread[i].chance, stack + STACK_PAGES * PAGE_BYTES,
				    &thread[i].tid) > 0,
		       true);
	}
}

static void join_all(void)
{
	for (uint32_t i = 0; i < THREADS; i++)
		thread_join(&thread[i].tid);
}

static void wait_until_asleep(void)
{
	while (ready < THREADS)
		sys_sched_yield();
	wait_a_moment();
}

static void sleep_for_long(void *arg)
{
	(void)arg;
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (!stop)
		futex_wait(&stop, 0, 0);
}

/* tgkill is for one; kill is for one that does not block it. */
static void try_directed(void)
{
	signal_handle(SIGUSR1, note, 0);
	start_all(sleep_for_long);
	wait_until_asleep();
	sys_tgkill(sys_getpid(), (int32_t)thread[1].tid, SIGUSR1);
	wait_a_moment();
	expect("who was told", seen.task, thread[1].tid);
	signal_mask(SIG_BLOCK, signal_bit(SIGUSR1));
	sys_kill(sys_getpid(), SIGUSR1);
	wait_a_moment();
	expect("runs", seen.runs, 2);
	expect("not the one that blocks it", seen.task != (uint32_t)sys_getpid(), true);
	stop = 1;
	futex_wake(&stop, THREADS);
	join_all();
}

/* Everybody tells everybody, in their calls and out of them; no register changes. */
static void race(void *arg)
{
	struct chance *c = arg;
	struct registers in = { .r = { [7] = CALL_TGKILL } }, out;

	while (!stop) {
		uint32_t to = chance_below(c, THREADS);

		for (uint32_t i = 0; i < 32; i++)
			in.d[i] = in.r[3 + i % 4] = chance_below(c, 0xffffffffu);
		in.r[0] = (uint32_t)sys_getpid();
		in.r[1] = thread[to].tid;
		in.r[2] = chance_below(c, 2) ? SIGUSR1 : SIGUSR2;
		call_with_registers(&in, &out);
		expect("registers",
		       memcmp(in.d, out.d, sizeof(in.d)) == 0 &&
			       memcmp(in.r + 1, out.r + 1, 12 * 4) == 0,
		       true);
		if (chance_below(c, 4) == 0)
			sys_kill(sys_getpid(), SIGUSR2);
	}
}

/*
 * The first thread is told nothing: on several cpus the others would tell it faster than it can
 * handle. Nor do handlers nest, for which no stack would be deep enough.
 */
static void try_race(void)
{
	signal_handle(SIGUSR1, note, SA_RESTART);
	signal_handle(SIGUSR2, note, 0);
	start_all(race);
	signal_mask(SIG_BLOCK, signal_bit(SIGUSR1) | signal_bit(SIGUSR2));
	while (seen.runs < RACE_ROUNDS)
		wait_a_moment();
	stop = 1;
	join_all();
}

/* A fatal one ends every thread, sleeping or not. */
static void die_together(void)
{
	start_all(sleep_for_long);
	wait_until_asleep();
	sys_tgkill(sys_getpid(), (int32_t)thread[2].tid, SIGTERM);
	for (;;)
		;
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "restart", try_restart }, { "interrupt", try_interrupt }, { "child", try_child },
	{ "fork", try_fork },	    { "group", try_group },	    { "directed", try_directed },
	{ "race", try_race },	    { "together", die_together },
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

int main(int argc, char **argv)
{
	for (uint32_t i = 0; i < CASES && argc > 1; i++) {
		if (!text_is_equal(argv[1], cases[i].name))
			continue;
		cases[i].run();
		return wrong ? 1 : 0;
	}
	printf("sigtasks: which case?\n");
	return 1;
}

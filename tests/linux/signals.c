/*
 * signals: handlers that repair what faulted, calls that are interrupted, stacks of their own,
 * signals that wait, timers.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096u

static volatile sig_atomic_t seen, seen_code, seen_on_stack;
static char *volatile seen_address;
static char *volatile window;
static char alternate[16 * 1024];

static void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO };

	must(sigaction(number, &action, NULL) == 0, "sigaction");
}

static void count(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	seen++;
	seen_code = info->si_code;
}

/* Opens the page, so that the instruction succeeds when it runs again. */
static void repair(int number, siginfo_t *info, void *context)
{
	uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1);

	(void)number;
	(void)context;
	seen++;
	seen_code = info->si_code;
	seen_address = info->si_addr;
	mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE);
}

static void check_repair(void)
{
	window = mmap(NULL, 16 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	handle(SIGSEGV, repair, 0);
	seen = 0;
	for (unsigned n = 0; n < 16; n++)
		window[n * PAGE + 100] = (char)n;
	check_equal(seen, 16, "a handler of SIGSEGV opens 16 pages");
	check_that(seen_address == window + 15 * PAGE + 100, "si_addr");
	check_equal(seen_code, SEGV_ACCERR, "si_code of a closed page");
	check_equal(window[7 * PAGE + 100], 7, "the stores were done");
}

/* Leaves out the instruction that faulted, and gives it a result. */
static void skip(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)number;
	seen++;
	seen_code = info->si_code;
	seen_address = info->si_addr;
	u->uc_mcontext.arm_r0 = 1234;
	u->uc_mcontext.arm_pc += 4;
}

static unsigned __attribute__((noinline, target("arm"))) load(volatile void *from)
{
	register volatile void *address __asm__("r1") = from;
	register unsigned value __asm__("r0");

	__asm__ volatile("ldr r0, [r1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static void check_skip(void)
{
	handle(SIGSEGV, skip, 0);
	seen = 0;
	munmap(window, PAGE);
	check_equal(load(window), 1234, "a handler that changes registers");
	check_equal(seen_code, SEGV_MAPERR, "si_code of a hole");
	check_equal(load((void *)0xc0001000u), 1234, "the kernel's memory is out of reach");
	check_equal(load(NULL), 1234, "and so is null");
	check_that(seen == 3 && seen_address == NULL, "si_addr of null");
	signal(SIGSEGV, SIG_DFL);
}

static void note_stack(int number, siginfo_t *info, void *context)
{
	char here;

	(void)number;
	(void)info;
	(void)context;
	seen_on_stack = &here >= alternate && &here < alternate + sizeof(alternate);
}

static void check_alternate_stack(void)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) }, old;

	check_equal(sigaltstack(&stack, NULL), 0, "sigaltstack");
	handle(SIGUSR1, note_stack, SA_ONSTACK);
	raise(SIGUSR1);
	check_that(seen_on_stack, "SA_ONSTACK runs there");
	handle(SIGUSR1, note_stack, 0);
	raise(SIGUSR1);
	check_that(!seen_on_stack, "and without it does not");
	check_equal(sigaltstack(NULL, &old), 0, "what the stack is");
	check_that(old.ss_sp == alternate && old.ss_flags == 0, "it is told");
	stack.ss_size = 16;
	check_error(sigaltstack(&stack, NULL), ENOMEM, "a stack too small");
}

static sigjmp_buf deep;

static void leave(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	siglongjmp(deep, 1);
}

static unsigned __attribute__((noinline)) dig(volatile unsigned *above)
{
	volatile unsigned hole[1024];

	hole[0] = *above + 1;
	if (hole[0] == 0)
		return 0;
	return dig(hole) + hole[0];
}

/* A stack that is used up is a SIGSEGV that only another stack can take. */
static void check_overflow(void)
{
	volatile unsigned start = 0;

	handle(SIGSEGV, leave, SA_ONSTACK);
	if (sigsetjmp(deep, 1) == 0) {
		dig(&start);
		check_that(false, "a stack without end");
	} else {
		check_that(true, "a stack that overflows is caught on another");
	}
	signal(SIGSEGV, SIG_DFL);
}

static void check_mask(void)
{
	sigset_t set, old, pending;

	handle(SIGUSR2, count, 0);
	seen = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	check_equal(sigprocmask(SIG_BLOCK, &set, &old), 0, "sigprocmask");
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGUSR2);
	check_equal(seen, 0, "a blocked signal waits");
	sigpending(&pending);
	check_that(sigismember(&pending, SIGUSR2) == 1, "sigpending tells it");
	sigprocmask(SIG_SETMASK, &old, NULL);
	check_equal(seen, 1, "and comes once when it may");
	check_equal(seen_code, SI_USER, "si_code of kill");
	signal(SIGUSR2, SIG_IGN);
	kill(getpid(), SIGUSR2);
	check_equal(seen, 1, "an ignored signal is none");
	check_error(sigprocmask(77, &set, NULL), EINVAL, "sigprocmask, unknown");
	check_error(kill(getpid(), 99), EINVAL, "a signal that is none");
	check_that(signal(SIGKILL, SIG_IGN) == SIG_ERR && errno == EINVAL, "SIGKILL stays");
}

/* A child that sends `number` after a moment. */
static pid_t send_soon(int number)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct timespec wait = { 0, 20000000 };

		nanosleep(&wait, NULL);
		kill(getppid(), number);
		nanosleep(&wait, NULL);
		kill(getppid(), number);
		_exit(0);
	}
	return pid;
}

static void check_interrupted(void)
{
	struct timespec second = { 5, 0 }, left = { 0, 0 };
	pid_t pid;

	handle(SIGUSR1, count, 0);
	seen = 0;
	pid = send_soon(SIGUSR1);
	check_error(nanosleep(&second, &left), EINTR, "a sleep that a signal ends");
	check_that(left.tv_sec == 4 && seen == 1, "and the time that was left");
	check_error(pause(), EINTR, "pause");
	check_equal(seen, 2, "with the second signal");
	while (waitpid(pid, NULL, 0) != pid)
		;
}

/* A read that a signal interrupts: by itself again with SA_RESTART, EINTR without. */
static void check_restart(void)
{
	int ends[2];
	char byte = 0;
	pid_t pid;

	must(pipe(ends) == 0, "pipe");
	handle(SIGUSR1, count, 0);
	pid = send_soon(SIGUSR1);
	check_error(read(ends[0], &byte, 1), EINTR, "a read that a signal ends");
	while (waitpid(pid, NULL, 0) != pid)
		;
	handle(SIGUSR1, count, SA_RESTART);
	seen = 0;
	pid = fork();
	if (pid == 0) {
		struct timespec wait = { 0, 20000000 };

		nanosleep(&wait, NULL);
		kill(getppid(), SIGUSR1);
		nanosleep(&wait, NULL);
		_exit(write(ends[1], "r", 1) != 1);
	}
	check_equal(read(ends[0], &byte, 1), 1, "SA_RESTART: the read goes on");
	check_that(byte == 'r' && seen == 1, "after the handler ran");
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

static void check_timer(void)
{
	struct itimerval soon = { .it_value = { 0, 5000 } }, old;

	handle(SIGALRM, count, 0);
	seen = 0;
	check_equal(setitimer(ITIMER_REAL, &soon, NULL), 0, "setitimer");
	while (!seen)
		;
	check_equal(seen, 1, "a timer interrupts a loop without calls");
	check_equal(getitimer(ITIMER_REAL, &old), 0, "getitimer");
	check_that(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0, "it came once");
}

static void check_child(void)
{
	pid_t pid;

	handle(SIGCHLD, count, SA_RESTART);
	seen = 0;
	pid = fork();
	if (pid == 0)
		_exit(3);
	waitpid(pid, NULL, 0);
	check_equal(seen, 1, "SIGCHLD when a child ends");
	check_equal(seen_code, CLD_EXITED, "and why");
	signal(SIGCHLD, SIG_DFL);
}

static void *store_to_null(void *arg)
{
	*(volatile int *)arg = 1;
	return NULL;
}

/* What a signal does that nobody handles: it ends the process with all its threads. */
static void check_death(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t thread;

		pthread_create(&thread, NULL, store_to_null, NULL);
		for (;;)
			pause();
	}
	waitpid(pid, &status, 0);
	check_that(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "a thread's SIGSEGV");
	pid = fork();
	if (pid == 0) {
		for (;;)
			;
	}
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	check_that(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "SIGTERM of a busy loop");
	pid = fork();
	if (pid == 0)
		abort();
	waitpid(pid, &status, 0);
	check_that(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "abort");
}

static volatile pthread_t who;

static void note_thread(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)info;
	(void)context;
	who = pthread_self();
	seen++;
}

static void *wait_for_signal(void *arg)
{
	while (!seen)
		usleep(1000);
	return arg;
}

static void check_thread_signal(void)
{
	pthread_t thread;

	handle(SIGUSR1, note_thread, SA_RESTART);
	seen = 0;
	pthread_create(&thread, NULL, wait_for_signal, NULL);
	check_equal(pthread_kill(thread, SIGUSR1), 0, "pthread_kill");
	pthread_join(thread, NULL);
	check_that(who == thread, "the thread that was meant took it");
}

static void check_sigwait(void)
{
	struct timespec soon = { 0, 2000000 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	signal(SIGUSR2, SIG_DFL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	check_error(sigtimedwait(&set, &info, &soon), EAGAIN, "sigtimedwait without a signal");
	kill(getpid(), SIGUSR2);
	check_equal(sigtimedwait(&set, &info, &soon), SIGUSR2, "sigtimedwait with one");
}

int main(void)
{
	check_repair();
	check_skip();
	check_alternate_stack();
	check_overflow();
	check_mask();
	check_interrupted();
	check_restart();
	check_timer();
	check_child();
	check_death();
	check_thread_signal();
	check_sigwait();
	return check_end("signals");
}

/*
 * float: VFP and NEON registers belong to one thread each. Processes and threads with different
 * roundings and register patterns take turns, and signals come in between; none sees another's.
 */
#define _GNU_SOURCE
#include "check.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS 6
#define ROUNDS	400u

struct bank {
	uint64_t d[32];
};

/* All 32 registers are loaded, a call is made that gives the cpu away, and all are stored. */
static void __attribute__((noinline)) pass_through(const struct bank *in, struct bank *out)
{
	register uint32_t number __asm__("r7") = 158; /* sched_yield */

	__asm__ volatile("mov r4, %0\n\tvldmia r4!, {d0-d15}\n\tvldmia r4, {d16-d31}\n\t"
			 "svc #0\n\t"
			 "mov r4, %1\n\tvstmia r4!, {d0-d15}\n\tvstmia r4, {d16-d31}"
			 :
			 : "r"(in), "r"(out), "r"(number)
			 : "r0", "r4", "memory", "d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7",
			   "d8", "d9", "d10", "d11", "d12", "d13", "d14", "d15", "d16", "d17",
			   "d18", "d19", "d20", "d21", "d22", "d23", "d24", "d25", "d26", "d27",
			   "d28", "d29", "d30", "d31");
}

/* The same without a call: only an interrupt can come between. */
static void __attribute__((noinline)) spin_through(const struct bank *in, struct bank *out)
{
	__asm__ volatile("mov r4, %0\n\tvldmia r4!, {d0-d15}\n\tvldmia r4, {d16-d31}\n\t"
			 "movw r3, #20000\n1:\tsubs r3, r3, #1\n\tbne 1b\n\t"
			 "mov r4, %1\n\tvstmia r4!, {d0-d15}\n\tvstmia r4, {d16-d31}"
			 :
			 : "r"(in), "r"(out)
			 : "r3", "r4", "cc", "memory", "d0", "d1", "d2", "d3", "d4", "d5", "d6",
			   "d7", "d8", "d9", "d10", "d11", "d12", "d13", "d14", "d15", "d16", "d17",
			   "d18", "d19", "d20", "d21", "d22", "d23", "d24", "d25", "d26", "d27",
			   "d28", "d29", "d30", "d31");
}

static unsigned pass_patterns(unsigned who, unsigned rounds)
{
	struct bank in, out;
	unsigned wrong = 0;

	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned n = 0; n < 32; n++)
			in.d[n] = (uint64_t)(who + 1) << 56 | (uint64_t)round << 16 | n;
		memset(&out, 0, sizeof(out));
		if (round % 8 == 7)
			spin_through(&in, &out);
		else
			pass_through(&in, &out);
		wrong += memcmp(&in, &out, sizeof(in)) != 0;
	}
	return wrong;
}

static const int roundings[] = { FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };

/* 1/3 rounded each way, for float: the last bit tells. */
static unsigned round_patterns(unsigned who, unsigned rounds)
{
	static const uint32_t thirds[] = { 0x3eaaaaab, 0x3eaaaaab, 0x3eaaaaaa, 0x3eaaaaaa };
	unsigned wrong = 0;

	fesetround(roundings[who % 4]);
	for (unsigned i = 0; i < rounds; i++) {
		volatile float one = 1, three = 3, third;
		uint32_t bits;

		sched_yield();
		third = one / three;
		memcpy(&bits, (const void *)&third, 4);
		wrong += bits != thirds[who % 4];
		wrong += fegetround() != roundings[who % 4];
	}
	return wrong;
}

static unsigned work(unsigned who)
{
	return pass_patterns(who, ROUNDS) + round_patterns(who, ROUNDS);
}

static void *thread_body(void *arg)
{
	return (void *)(uintptr_t)work((unsigned)(uintptr_t)arg);
}

static void check_threads(void)
{
	pthread_t thread[WORKERS];
	unsigned long wrong = 0;

	for (uintptr_t n = 0; n < WORKERS; n++)
		must(pthread_create(&thread[n], NULL, thread_body, (void *)n) == 0, "thread");
	for (unsigned n = 0; n < WORKERS; n++) {
		void *result = NULL;

		pthread_join(thread[n], &result);
		wrong += (uintptr_t)result;
	}
	check_equal((long)wrong, 0, "threads with registers of their own");
}

static void check_processes(void)
{
	pid_t child[WORKERS];
	int status, wrong = 0;

	for (unsigned n = 0; n < WORKERS; n++) {
		child[n] = fork();
		if (child[n] == 0)
			_exit(work(n + 10) != 0);
	}
	for (unsigned n = 0; n < WORKERS; n++) {
		waitpid(child[n], &status, 0);
		wrong += status != 0;
	}
	check_equal(wrong, 0, "processes with registers of their own");
}

/* A child begins with its parent's rounding and registers. */
static void check_inherited(void)
{
	int status = -1;
	pid_t pid;

	fesetround(FE_UPWARD);
	pid = fork();
	if (pid == 0)
		_exit(fegetround() == FE_UPWARD ? 0 : 1);
	waitpid(pid, &status, 0);
	check_equal(status, 0, "fork keeps the rounding");
	fesetround(FE_TONEAREST);
}

static volatile sig_atomic_t interruptions;

/* Spoils every register and the rounding; the return must bring all back. */
static void spoil(int number)
{
	struct bank in, out;

	(void)number;
	memset(&in, 0xa5, sizeof(in));
	fesetround(FE_DOWNWARD);
	pass_through(&in, &out);
	interruptions++;
}

static void check_signals(void)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };
	struct bank in, out;
	unsigned wrong = 0;

	signal(SIGALRM, spoil);
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned round = 0; round < 200000 && interruptions < 60; round++) {
		for (unsigned n = 0; n < 32; n++)
			in.d[n] = (uint64_t)round * 0x100000001ull + n;
		spin_through(&in, &out);
		wrong += memcmp(&in, &out, sizeof(in)) != 0;
		wrong += fegetround() != FE_TONEAREST;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	check_that(interruptions >= 60, "signals came in between");
	check_equal(wrong, 0, "a handler's registers are its own");
}

int main(void)
{
	check_equal(pass_patterns(0, 4), 0, "32 registers pass a call");
	check_threads();
	check_processes();
	check_inherited();
	check_signals();
	return check_end("float");
}

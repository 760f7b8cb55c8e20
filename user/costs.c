/*
 * costs: the small costs of the workload rule, in nanoseconds, which are instructions where the
 * emulator counts them with shift=0. Prints `bench name=value` lines.
 */
#include "user/lib/lib.h"

#define LOOPS	    10000000u
#define CALLS	    10000u
#define FAULT_PAGES 4096u
#define ROUNDS	    3u

static uint64_t now_ns(void)
{
	struct timespec t;

	sys_clock_gettime(1, &t);
	return (uint64_t)t.seconds * 1000000000u + t.ns;
}

static uint32_t since(uint64_t start)
{
	return (uint32_t)(now_ns() - start);
}

/* Two instructions a turn: the check on the counting. */
static uint32_t loop(void)
{
	uint64_t start = now_ns();
	uint32_t n = LOOPS;

	__asm__ volatile("1: subs %0, %0, #1\n\tbne 1b" : "+r"(n)::"cc");
	return since(start);
}

static uint32_t system_calls(void)
{
	uint64_t start = now_ns();

	for (uint32_t i = 0; i < CALLS; i++)
		sys_getpid();
	return since(start) / CALLS;
}

struct round {
	uint32_t fault, unmap; /* a page */
};

static struct round fault_round(void)
{
	volatile uint8_t *block = map_pages(FAULT_PAGES);
	uint64_t start = now_ns();
	struct round r;

	MARK_BEGIN(2);
	for (uint32_t i = 0; i < FAULT_PAGES; i++)
		block[i * PAGE_BYTES] = 1;
	MARK_END();
	r.fault = since(start) / FAULT_PAGES;
	start = now_ns();
	MARK_BEGIN(3);
	sys_munmap(block, FAULT_PAGES * PAGE_BYTES);
	MARK_END();
	r.unmap = since(start) / FAULT_PAGES;
	return r;
}

int main(int argc, char **argv)
{
	struct round r = { 0, 0 };

	(void)argc;
	(void)argv;
	printf("bench loop=%u\n", (unsigned)loop());
	printf("bench syscall=%u\n", (unsigned)system_calls());
	for (uint32_t i = 0; i < ROUNDS; i++)
		r = fault_round();
	printf("bench fault=%u\nbench unmap=%u\n", (unsigned)r.fault, (unsigned)r.unmap);
	return 0;
}

/*
 * crash KIND: does what must end it. Returning is the failure.
 */
#include "user/lib/lib.h"

static void read_null(void)
{
	(void)*(const volatile uint32_t *)0;
}

static void write_kernel(void)
{
	*(volatile uint32_t *)0x80010000u = 1;
}

static void read_kernel(void)
{
	(void)*(const volatile uint32_t *)0x80010000u;
}

static void run_data(void)
{
	uint32_t *page = map_pages(1);

	page[0] = 0xe12fff1eu; /* bx lr */
	((void (*)(void))page)();
}

/* Calls itself until there is no stack left: `depth` never comes to its end. */
static uint32_t __attribute__((noinline)) use_stack(uint32_t depth)
{
	volatile char here[512];

	here[0] = (char)depth;
	return depth == 0 ? 0 : use_stack(depth - 1) + (uint32_t)here[0];
}

static void overflow_stack(void)
{
	use_stack(0xffffffffu);
}

static void undefined(void)
{
	__asm__ volatile("udf #0");
}

static void breakpoint(void)
{
	__asm__ volatile("bkpt #0");
}

static void write_text(void)
{
	*(volatile uint32_t *)address_of((void *)main) = 0;
}

static void write_constant(void)
{
	static const char constant[] = "constant";
	volatile char *place = (char *)constant;

	/* The compiler must not know what is written to. */
	__asm__("" : "+r"(place));
	*place = 2;
}

static void align(void)
{
	static uint32_t words[4];

	__asm__ volatile("ldrex r2, [%0]" ::"r"((char *)words + 1) : "r2", "memory");
}

/* An instruction that user mode may not execute. */
static void privileged(void)
{
	__asm__ volatile("mrc p15, 0, r2, c1, c0, 0" ::: "r2");
}

static void eat_memory(void)
{
	for (;;) {
		volatile uint8_t *block = map_pages(256);

		for (uint32_t i = 0; i < 256; i++)
			block[i * PAGE_BYTES] = 1;
	}
}

/* The same, but it is the kernel that writes, on the program's behalf. */
static void eat_memory_by_calls(void)
{
	for (;;) {
		char *block = map_pages(256);

		for (uint32_t i = 0; i < 256; i++)
			sys_clock_gettime(1, (struct timespec *)(void *)(block + i * PAGE_BYTES));
	}
}

/* The same mistakes in the other instruction set, whose instructions have two bytes. */
static void __attribute__((target("thumb"), noinline)) thumb_undefined(void)
{
	__asm__ volatile("udf #0");
}

static void __attribute__((target("thumb"), noinline)) thumb_null(void)
{
	__asm__ volatile("ldr r2, [%0]" ::"r"(4) : "r2");
}

static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{ "null", read_null },		{ "kernel-write", write_kernel },
	{ "kernel-read", read_kernel }, { "noexec", run_data },
	{ "stack", overflow_stack },	{ "undefined", undefined },
	{ "breakpoint", breakpoint },	{ "text", write_text },
	{ "constant", write_constant }, { "align", align },
	{ "privileged", privileged },	{ "memory", eat_memory },
	{ "memory-by-calls", eat_memory_by_calls },
	{ "thumb-undefined", thumb_undefined }, { "thumb-null", thumb_null },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int main(int argc, char **argv)
{
	for (uint32_t i = 0; i < KINDS && argc > 1; i++)
		if (text_is_equal(argv[1], kinds[i].name))
			kinds[i].run();
	printf("crash: still alive; kinds:");
	for (uint32_t i = 0; i < KINDS; i++)
		printf(" %s", kinds[i].name);
	printf("\n");
	return 1;
}

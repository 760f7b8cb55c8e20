/*
 * fpu SEED: keeps a pattern in all 32 floating-point registers for as long as it can, while it
 * touches new pages (which the kernel clears with the same registers), is preempted, and calls. The
 * rest of the program is built without floating point, so nothing but this file changes them.
 */
#include "user/lib/lib.h"

#define REGISTERS    32u
#define ROUND_SLICES 8u	     /* slices that one pattern stays */
#define FRESH_PAGES  4u	     /* touched and let go in a slice */
#define SPINS	     200000u /* rounds of waiting in a slice: some are longer than a tick */

static struct {
	uint64_t want[REGISTERS], found[REGISTERS];
	uint32_t want_fpscr;
	uint32_t slice;
	struct chance chance;
} f;

static void store_registers(uint64_t *to)
{
	__asm__ volatile(".fpu neon\n\tvstmia %0!, {d0-d15}\n\tvstmia %0, {d16-d31}"
			 : "+r"(to)::"memory");
}

static void load_registers(const uint64_t *from)
{
	__asm__ volatile(".fpu neon\n\tvldmia %0!, {d0-d15}\n\tvldmia %0, {d16-d31}"
			 : "+r"(from)::"memory");
}

static uint32_t read_fpscr(void)
{
	uint32_t value;

	__asm__ volatile(".fpu neon\n\tvmrs %0, fpscr" : "=r"(value));
	return value;
}

static void write_fpscr(uint32_t value)
{
	__asm__ volatile(".fpu neon\n\tvmsr fpscr, %0" ::"r"(value));
}

/* The four flags and the rounding mode: bits 31:28 and 23:22 (ARM DDI 0406C B4.1.58). */
static uint32_t some_fpscr(void)
{
	return chance_below(&f.chance, 16) << 28 | chance_below(&f.chance, 4) << 22;
}

static void begin_round(void)
{
	for (uint32_t i = 0; i < REGISTERS; i++)
		f.want[i] = (uint64_t)chance_below(&f.chance, 0xffffffffu) << 32 | i;
	f.want_fpscr = some_fpscr();
	load_registers(f.want);
	write_fpscr(f.want_fpscr);
}

static void check_registers(struct checking *c)
{
	store_registers(f.found);
	for (uint32_t i = 0; i < REGISTERS; i++)
		c->errors += f.found[i] != f.want[i];
	c->errors += read_fpscr() != f.want_fpscr;
	c->words += 2 * REGISTERS + 1;
}

static void touch_fresh_pages(void)
{
	volatile uint8_t *pages = map_pages(FRESH_PAGES);

	for (uint32_t i = 0; i < FRESH_PAGES; i++)
		pages[i * PAGE_BYTES] = 1;
	sys_munmap(pages, FRESH_PAGES * PAGE_BYTES);
}

static void slice(struct checking *c)
{
	touch_fresh_pages();
	check_registers(c);
	for (volatile uint32_t i = chance_below(&f.chance, SPINS); i > 0; i--)
		;
	check_registers(c);
	sys_sched_yield();
	check_registers(c);
	if (++f.slice % ROUND_SLICES == 0)
		begin_round();
}

int main(int argc, char **argv)
{
	struct checking c = { 0 };

	check_registers(&c); /* all zero: nobody else's values are seen */
	chance_seed(&f.chance, argc > 1 ? number_from(argv[1]) : 1);
	begin_round();
	for (;;) {
		checking_point(&c, check_registers);
		slice(&c);
	}
}

/*
 * jit SEED [open]: writes code into pages of memory, makes them executable, runs it, and writes it
 * anew. What is run must be what was written last, wherever a page has moved to in between. `open`:
 * the pages are writable and executable all the time, and cacheflush alone makes new code good.
 *
 * The code returns a constant: movw r0, #low; movt r0, #high; bx lr. A page holds many such
 * functions.
 */
#include "user/lib/lib.h"

#define PAGES	       8u
#define CODE_WORDS     3u
#define FUNCTIONS      (PAGES * PAGE_BYTES / 4u / CODE_WORDS)
#define RUNS_A_WRITING 4u

/* Source: ARM DDI 0406C A8.8.102 MOV (immediate) A2, A8.8.106 MOVT A1, A8.8.27 BX A1. */
#define MOVW_R0 0xe3000000u
#define MOVT_R0 0xe3400000u
#define BX_LR	0xe12fff1eu

static struct {
	uint32_t (*code)[CODE_WORDS];
	uint32_t base; /* function i returns base + i */
	bool open;
	struct chance chance;
} jit;

static uint32_t immediate(uint32_t half)
{
	return (half & 0xf000u) << 4 | (half & 0xfffu);
}

static void write_code(void)
{
	jit.base = chance_below(&jit.chance, 0xffffffffu);
	for (uint32_t i = 0; i < FUNCTIONS; i++) {
		uint32_t value = jit.base + i;

		jit.code[i][0] = MOVW_R0 | immediate(value & 0xffffu);
		jit.code[i][1] = MOVT_R0 | immediate(value >> 16);
		jit.code[i][2] = BX_LR;
	}
}

static void set_rights(uint32_t prot)
{
	int32_t result = sys_mprotect(jit.code, PAGES * PAGE_BYTES, prot);

	if (result)
		die("jit", "mprotect", result);
}

static void begin_writing(void)
{
	if (!jit.open)
		set_rights(PROT_READ | PROT_WRITE);
}

static void end_writing(void)
{
	int32_t result;

	if (!jit.open) {
		set_rights(PROT_READ | PROT_EXEC);
		return;
	}
	result = sys_cacheflush(jit.code, PAGES * PAGE_BYTES);
	if (result)
		die("jit", "cacheflush", result);
}

static void run_all(struct checking *c)
{
	for (uint32_t i = 0; i < FUNCTIONS; i++) {
		uint32_t (*function)(void) = (uint32_t(*)(void))jit.code[i];

		c->errors += function() != jit.base + i;
	}
	c->words += FUNCTIONS;
}

int main(int argc, char **argv)
{
	struct checking c = { 0 };

	chance_seed(&jit.chance, argc > 1 ? number_from(argv[1]) : 1);
	jit.open = argc > 2 && text_is_equal(argv[2], "open");
	jit.code = map_pages(PAGES);
	if (jit.open)
		set_rights(PROT_READ | PROT_WRITE | PROT_EXEC);
	for (;;) {
		begin_writing();
		write_code();
		end_writing();
		for (uint32_t i = 0; i < RUNS_A_WRITING; i++) {
			run_all(&c);
			checking_point(&c, run_all);
		}
	}
}

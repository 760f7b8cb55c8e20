/*
 * The exception-handling tables, read to tell who called whom. They cost nothing at run time,
 * unlike frame pointers. Used while something is broken, so every read of the stack is checked
 * against its slot. Source: ARM IHI 0038 (EHABI) 5 (index table), 6.3 (compact model), 9.3
 * (instructions, table 4).
 */
#include <stddef.h>

#include "layout.h"
#include "unwind.h"

struct index_entry {
	uint32_t function; /* 31-bit offset from here */
	uint32_t word;	   /* instructions, an offset to them, or CANT_UNWIND */
};

#define CANT_UNWIND 1u
#define INLINE	    0x80000000u

extern const struct index_entry __exidx_start[], __exidx_end[];
extern const char image_start[], text_end[];

/* Bytes of unwind instructions, the most significant byte of each word first. */
struct code {
	const uint32_t *word;
	unsigned left;	/* bytes */
	unsigned shift; /* of the next byte in *word, plus 8 */
};

static uint32_t offset_to_address(const uint32_t *at)
{
	return (uint32_t)(uintptr_t)at + (uint32_t)((int32_t)(*at << 1) >> 1);
}

static const struct index_entry *find_entry(uint32_t pc)
{
	size_t low = 0, high = (size_t)(__exidx_end - __exidx_start);

	if (pc < (uintptr_t)image_start || pc >= (uintptr_t)text_end)
		return NULL;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (offset_to_address(&__exidx_start[middle].function) <= pc)
			low = middle;
		else
			high = middle;
	}
	return high ? &__exidx_start[low] : NULL;
}

/* Personality 0: three bytes in the word. 1 and 2: a count of further words, then two bytes. */
static bool open_code(const struct index_entry *e, struct code *c)
{
	const uint32_t *word = &e->word;
	unsigned personality;

	if (e->word == CANT_UNWIND)
		return false;
	if (!(e->word & INLINE))
		word = (const uint32_t *)offset_to_address(&e->word);
	if (!(*word & INLINE))
		return false;
	personality = *word >> 24 & 15u;
	if (personality == 0)
		*c = (struct code){ word, 3, 24 };
	else
		*c = (struct code){ word, 2 + 4 * (*word >> 16 & 0xffu), 16 };
	return personality <= 2;
}

static uint32_t next_byte(struct code *c)
{
	uint32_t byte;

	if (c->left == 0)
		return 0xb0; /* finish */
	c->left--;
	c->shift -= 8;
	byte = *c->word >> c->shift & 0xffu;
	if (c->shift == 0) {
		c->shift = 32;
		c->word++;
	}
	return byte;
}

/* A stack is the upper half of its slot's shape, also before it is mapped in the window. */
static bool on_stack(uint32_t sp)
{
	return (sp & 3u) == 0 && sp >= DIRECT_MAP_BASE && (sp & KSTACK_BYTES);
}

static bool pop_registers(struct unwind *u, uint32_t mask)
{
	uint32_t sp = u->r[13];

	for (unsigned n = 0; n < 16; n++) {
		if (!(mask & 1u << n))
			continue;
		if (!on_stack(sp))
			return false;
		u->r[n] = *(const uint32_t *)sp;
		sp += 4;
	}
	if (!(mask & 1u << 13))
		u->r[13] = sp;
	return true;
}

static uint32_t read_uleb128(struct code *c)
{
	uint32_t value = 0, byte;
	unsigned shift = 0;

	do {
		byte = next_byte(c);
		value |= (byte & 0x7fu) << shift;
		shift += 7;
	} while (byte & 0x80u && shift < 28);
	return value;
}

/* The instructions of 0xb0 .. 0xbf that integer code uses. */
static bool execute_special(struct unwind *u, struct code *c, uint32_t op)
{
	if (op == 0xb1)
		return pop_registers(u, next_byte(c) & 15u);
	if (op == 0xb2) {
		u->r[13] += 0x204u + (read_uleb128(c) << 2);
		return true;
	}
	return false;
}

static bool execute(struct unwind *u, struct code *c, uint32_t op)
{
	if (op < 0x40)
		u->r[13] += ((op & 63u) << 2) + 4u;
	else if (op < 0x80)
		u->r[13] -= ((op & 63u) << 2) + 4u;
	else if (op < 0x90)
		return pop_registers(u, ((op & 15u) << 8 | next_byte(c)) << 4);
	else if (op < 0xa0)
		u->r[13] = u->r[op & 15u];
	else if (op < 0xb0)
		return pop_registers(u, (0xff0u & ~(0xfe0u << (op & 7u) & 0xff0u)) |
						(op & 8u ? 1u << 14 : 0));
	else
		return execute_special(u, c, op);
	return true;
}

bool unwind_step(struct unwind *u)
{
	uint32_t pc = u->r[15] & ~1u;
	const struct index_entry *e = find_entry(u->called ? pc - 2 : pc);
	struct code code;

	if (!e || !open_code(e, &code))
		return false;
	u->r[15] = 0;
	for (uint32_t op = next_byte(&code); op != 0xb0; op = next_byte(&code))
		if (!execute(u, &code, op))
			return false;
	if (u->r[15] == 0)
		u->r[15] = u->r[14];
	u->called = true;
	return u->r[15] >= (uintptr_t)image_start && u->r[15] < (uintptr_t)text_end;
}

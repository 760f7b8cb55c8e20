/*
 * heap [SEED [STEPS]]: malloc, realloc, calloc, memalign and free by chance, every block filled by
 * its own rule and read whenever it is touched.
 */
#include "check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS 512u
#define MOST   (96u << 10)

struct block {
	uint32_t *words;
	size_t count;
	uint32_t value;
};

static struct block blocks[BLOCKS];
static uint32_t x = 1;
static unsigned wrong, misplaced, dirty;

static uint32_t chance(uint32_t below)
{
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return (uint32_t)((uint64_t)x * below >> 32);
}

/* Small ones most of the time; a few as large as those that get a mapping of their own. */
static size_t choose_count(void)
{
	unsigned kind = chance(20);
	uint32_t bytes = kind < 14 ? 200 : kind < 19 ? 6000 : MOST * 4;

	return 1 + chance(bytes / 4);
}

static void fill(struct block *b, size_t from)
{
	for (size_t i = from; i < b->count; i++)
		b->words[i] = b->value + (uint32_t)i * 2654435761u;
}

static void verify(const struct block *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		wrong += b->words[i] != b->value + (uint32_t)i * 2654435761u;
}

static void make(struct block *b)
{
	unsigned how = chance(4);

	b->count = choose_count();
	b->value = chance(0xffffffffu);
	if (how == 0)
		b->words = aligned_alloc(64u << chance(7), (b->count * 4 + 4095) & ~4095u);
	else
		b->words = how == 1 ? calloc(b->count, 4) : malloc(b->count * 4);
	must(b->words, "the heap");
	misplaced += (uintptr_t)b->words % 8 != 0;
	for (size_t i = 0; how == 1 && i < b->count; i++)
		dirty += b->words[i] != 0;
	fill(b, 0);
}

static void resize(struct block *b)
{
	size_t count = choose_count(), kept = count < b->count ? count : b->count;
	uint32_t *words = realloc(b->words, count * 4);

	must(words, "realloc");
	b->words = words;
	b->count = count;
	verify(b, kept);
	fill(b, kept);
}

static void release(struct block *b)
{
	verify(b, b->count);
	free(b->words);
	b->words = NULL;
}

static void step(void)
{
	struct block *b = &blocks[chance(BLOCKS)];

	if (!b->words)
		make(b);
	else if (chance(3) == 0)
		resize(b);
	else
		release(b);
}

int main(int argc, char **argv)
{
	unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;

	x = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) * 2654435761u | 1u : 1;
	for (unsigned long i = 0; i < steps; i++)
		step();
	for (unsigned i = 0; i < BLOCKS; i++)
		if (blocks[i].words)
			release(&blocks[i]);
	check_equal(wrong, 0, "every word of every block");
	check_equal(misplaced, 0, "every block lies on 8 bytes");
	check_equal(dirty, 0, "calloc gives zeros");
	return check_end("heap");
}

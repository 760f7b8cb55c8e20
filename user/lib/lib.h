/*
 * The little a program needs beside system calls: text, numbers, pages, chance. What fills and
 * copies memory is the C library's.
 */
#ifndef USER_LIB_H
#define USER_LIB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "user/lib/sys.h"

int main(int argc, char **argv);

/* %s %c %d %u %x (with 0 and a width for the numbers), %%. One write a call, 256 bytes at most. */
void printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

bool text_is_equal(const char *a, const char *b);

/* Decimal or 0x...; ends the program with a message when it is no number. */
uint32_t number_from(const char *text);

/* Anonymous pages, private, readable and writable; ends the program when there are none. */
void *map_pages(uint32_t pages);

/* Prints "NAME: why" and ends with status 1. */
void die(const char *program, const char *why, int32_t result) __attribute__((noreturn));

/* Called from the loop of a checking program between two slices; `check_all` reads everything. */
struct checking {
	uint32_t round_done, errors, words;
};

void checking_point(struct checking *c, void (*check_all)(struct checking *));

/* xorshift32, as base/rng.h. */
struct chance {
	uint32_t x;
};

static inline void chance_seed(struct chance *c, uint32_t seed)
{
	c->x = seed * 2654435761u | 1u;
}

static inline uint32_t chance_below(struct chance *c, uint32_t n)
{
	c->x ^= c->x << 13;
	c->x ^= c->x >> 17;
	c->x ^= c->x << 5;
	return (uint32_t)((uint64_t)c->x * n >> 32);
}

#endif

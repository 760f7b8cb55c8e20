/*
 * Kinds of arguments: the words in capitals that usages are made of, what they mean, and which
 * words may stand there.
 */
#ifndef CONSOLE_KINDS_H
#define CONSOLE_KINDS_H

#include <stdbool.h>
#include <stddef.h>

struct argument_kind {
	const char *name; /* "FRAME" */
	const char *text; /* one line for help */
};

/* The n-th kind; NULL past the last. */
const struct argument_kind *argument_kind_at(unsigned n);

/* True if `usage` has this word in capitals, standing for itself. */
bool usage_has_kind(const char *usage, const char *name);

#endif

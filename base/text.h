/*
 * Text on its way to a reader: the serial line, a file of /proc, a buffer of a test. Who makes text
 * does not know where it goes.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

struct text {
	/* Takes `bytes` more. What does not fit is dropped and remembered by the sink. */
	void (*put)(struct text *t, const char *bytes, size_t count);
};

/* One piece of at most 255 bytes; longer is cut. */
void text_printf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What goes to the serial line as print() does. */
extern struct text text_console;

/* Into `bytes`, always ended by a 0; `wanted` counts what would have been there, the 0 aside. */
struct text_buffer {
	struct text text;
	char *bytes;
	size_t room, wanted;
};

/* Empty. `room` is at least 1. */
void text_buffer_init(struct text_buffer *b, char *bytes, size_t room);

#endif

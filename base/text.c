/*
 * Formatting on the stack, and two places where text may go.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/list.h"
#include "base/log.h"

#define PIECE_BYTES 256u

void text_printf(struct text *t, const char *format, ...)
{
	char piece[PIECE_BYTES];
	va_list args;
	int wanted;

	va_start(args, format);
	wanted = vsnprintf(piece, sizeof(piece), format, args);
	va_end(args);
	if (wanted > 0)
		t->put(t, piece, (size_t)wanted < sizeof(piece) ? (size_t)wanted : PIECE_BYTES - 1);
}

static void put_console(struct text *t, const char *bytes, size_t count)
{
	(void)t;
	log_put(bytes, count);
}

struct text text_console = { put_console };

static void put_buffer(struct text *t, const char *bytes, size_t count)
{
	struct text_buffer *b = container_of(t, struct text_buffer, text);
	size_t at = b->wanted < b->room - 1 ? b->wanted : b->room - 1;
	size_t fits = count < b->room - 1 - at ? count : b->room - 1 - at;

	memcpy(b->bytes + at, bytes, fits);
	b->bytes[at + fits] = 0;
	b->wanted += count;
}

void text_buffer_init(struct text_buffer *b, char *bytes, size_t room)
{
	*b = (struct text_buffer){ { put_buffer }, bytes, room, 0 };
	bytes[0] = 0;
}

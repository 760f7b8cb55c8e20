/*
 * How a finding is said. Apart from check.c, so that one room can be checked without the others
 * being there.
 */
#include "mm/check.h"

#include <stdio.h>

#include "base/log.h"

#define PRINT_LIMIT 10u

void check_broken(struct check *c, const char *format, ...)
{
	char text[160];
	va_list args;

	c->broken++;
	if (c->quiet || c->printed == PRINT_LIMIT)
		return;
	c->printed++;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_error("check: %s", text);
}

void check_equal(struct check *c, const char *what, uint32_t found, uint32_t claimed)
{
	if (found != claimed)
		check_broken(c, "%s: %u found, %u claimed", what, (unsigned)found,
			     (unsigned)claimed);
}

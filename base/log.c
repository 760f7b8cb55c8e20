/*
 * Lines and text to the serial line: formatted on the stack, handed to one sink.
 *
 * Nothing is kept and nothing is locked here: a call is one hand-over, and what a sink does with
 * two cpus at once is the sink's affair. Text before a sink is set is dropped.
 */
#include "base/log.h"

#include <stdio.h>

#define LINE_BYTES 256u

enum log_level log_max_level = LOG_INFO;

static log_sink sink;

void log_set_sink(log_sink to)
{
	sink = to;
}

/*
 * Formats into `line`, which has LINE_BYTES; returns the length that is there, the 0 not counted.
 */
static size_t format_line(char *line, const char *format, va_list args)
{
	int wanted = vsnprintf(line, LINE_BYTES, format, args);

	if (wanted < 0)
		return 0;
	return (size_t)wanted < LINE_BYTES ? (size_t)wanted : LINE_BYTES - 1;
}

void print(const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;
	size_t length;

	if (!sink)
		return;
	va_start(args, format);
	length = format_line(line, format, args);
	va_end(args);
	sink(line, length);
}

void log_put(const char *text, size_t bytes)
{
	if (sink)
		sink(text, bytes);
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;
	size_t length;

	if (level > log_max_level || !sink)
		return;
	va_start(args, format);
	length = format_line(line, format, args);
	va_end(args);
	/* The line end takes the place of the 0: the sink is told the length. */
	line[length] = '\n';
	sink(line, length + 1);
}

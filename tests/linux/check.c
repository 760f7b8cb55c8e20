/*
 * Counting and saying what was checked.
 */
#include "check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned checks, failed;

static bool count(bool ok)
{
	checks++;
	failed += !ok;
	return ok;
}

bool check_that(bool ok, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("%s %s\n", ok ? "ok" : "WRONG", text);
	fflush(stdout);
	return count(ok);
}

bool check_equal(long long got, long long want, const char *what)
{
	if (got == want)
		return check_that(true, "%s", what);
	return check_that(false, "%s: got %lld, expected %lld", what, got, want);
}

bool check_error(long result, int want, const char *what)
{
	int error = errno;

	if (result == -1 && error == want)
		return check_that(true, "%s: %s", what, strerror(want));
	return check_that(false, "%s: result %ld, error %d, expected error %d", what, result, error,
			  want);
}

int check_end(const char *name)
{
	printf("%s: %u checks, %u failed\n", name, checks, failed);
	fflush(stdout);
	return failed ? 1 : 0;
}

void must(bool ok, const char *what)
{
	if (ok)
		return;
	printf("WRONG %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_Exit(1);
}

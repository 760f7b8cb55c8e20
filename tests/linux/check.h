/*
 * How the programs for Linux report: a line a check, and a last line that counts. Only the first
 * process and one thread at a time check; children and threads say what they found by their status.
 */
#ifndef LINUX_CHECK_H
#define LINUX_CHECK_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One check: "ok ..." or "WRONG ..." with the text. Returns `ok`. */
bool check_that(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `got` must be `want`. */
bool check_equal(long long got, long long want, const char *what);

/* A call failed: its result is -1 and errno is `want`. */
bool check_error(long result, int want, const char *what);

/* The last line, "NAME: N checks, N failed". Returns the exit status: 0 only if none failed. */
int check_end(const char *name);

/* A step without which the program can not go on: ends it with status 1 if it failed. */
void must(bool ok, const char *what);

#ifdef __cplusplus
}
#endif

#endif

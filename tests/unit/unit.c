/*
 * Runs every case in a process of its own and prints KTAP; the last line is for the make fragment.
 * An argument is a part of the names to run.
 */
#include "tests/unit/unit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/log.h"

#define CASE_SECONDS 120u

static struct unit_case *cases;
static jmp_buf assert_landing;
static bool assert_expected;

static struct {
	char text[65536];
	size_t length;
} logged;

/* Constructors run in the order of the link; cases are listed in that order. */
void unit_add(struct unit_case *c)
{
	struct unit_case **end = &cases;

	while (*end)
		end = &(*end)->next;
	*end = c;
}

/* There in a build that counts coverage; a child that leaves by _exit has to write its counts itself. */
extern void __gcov_dump(void) __attribute__((weak));

static void __attribute__((noreturn)) leave(int status)
{
	fflush(stdout);
	if (__gcov_dump)
		__gcov_dump();
	_exit(status);
}

void unit_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (logged.length)
		printf("# logged: %s\n", logged.text);
	leave(1);
}

void assert_failed(const char *file, int line, const char *what, uint32_t a, uint32_t b)
{
	if (assert_expected)
		longjmp(assert_landing, 1);
	unit_fail(file, line, "assertion failed: %s (0x%x, 0x%x)", what, a, b);
}

bool asserts(void (*f)(void))
{
	bool failed = true;

	assert_expected = true;
	if (setjmp(assert_landing) == 0) {
		f();
		failed = false;
	}
	assert_expected = false;
	return failed;
}

static void keep_text(const char *text, size_t bytes)
{
	size_t room = sizeof(logged.text) - 1 - logged.length;

	if (bytes > room)
		bytes = room;
	memcpy(logged.text + logged.length, text, bytes);
	logged.length += bytes;
	logged.text[logged.length] = 0;
}

const char *logged_text(void)
{
	static char copy[sizeof(logged.text)];

	memcpy(copy, logged.text, logged.length + 1);
	logged.length = 0;
	logged.text[0] = 0;
	return copy;
}

static bool passes(const struct unit_case *c)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(CASE_SECONDS);
		log_set_sink(keep_text);
		c->run();
		leave(0);
	}
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		printf("# ended by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	const char *part = argc > 1 ? argv[1] : "";
	unsigned number = 0, wanted = 0, passed = 0;

	for (const struct unit_case *c = cases; c; c = c->next)
		wanted += strstr(c->name, part) != NULL;
	printf("KTAP version 1\n1..%u\n", wanted);
	for (const struct unit_case *c = cases; c; c = c->next) {
		bool ok;

		if (!strstr(c->name, part))
			continue;
		ok = passes(c);
		passed += ok;
		printf("%sok %u %s%s%s\n", ok ? "" : "not ", ++number, c->name,
		       *c->covers ? " # " : "", c->covers);
	}
	printf("# unit: %u passed, %u failed\n", passed, number - passed);
	return passed == number ? 0 : 1;
}

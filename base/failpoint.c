/*
 * Sites that can be told to fail. The linker puts them side by side in the section "failpoints" and
 * defines where it starts and stops; a program without any site has neither symbol, hence weak.
 */
#include "base/failpoint.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "arch/atomic.h"

extern struct failpoint __start_failpoints[] __attribute__((weak));
extern struct failpoint __stop_failpoints[] __attribute__((weak));

bool failpoints_active;

#define for_each_site(f) for ((f) = __start_failpoints; (f) != __stop_failpoints; (f)++)

/* One pass counts down; true for the one that came to 0. */
static bool count_down(uint32_t *armed)
{
	uint32_t left;

	do
		left = atomic_load_relaxed(armed);
	while (left && !atomic_cas(armed, left, left - 1));
	return left == 1;
}

bool failpoint_pass(struct failpoint *f)
{
	bool fails = count_down(&f->armed);

	atomic_add_relaxed(&f->passes, 1);
	if (fails)
		atomic_add_relaxed(&f->failures, 1);
	return fails;
}

int failpoint_arm(const char *name, uint32_t n)
{
	struct failpoint *f;

	for_each_site(f)
	{
		if (strcmp(f->name, name) != 0)
			continue;
		f->armed = n;
		f->passes = 0;
		failpoints_active = true;
		return 0;
	}
	return -ENOENT;
}

void failpoints_off(void)
{
	struct failpoint *f;

	for_each_site(f) f->armed = 0;
	failpoints_active = false;
}

void failpoints_each(void (*show)(const struct failpoint *, void *), void *arg)
{
	struct failpoint *f;

	for_each_site(f) show(f, arg);
}

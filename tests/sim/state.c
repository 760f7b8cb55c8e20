/*
 * Static state of the code under test (sim.ld puts it side by side), remembered once and put back
 * before every seed: so a seed's run depends on nothing that ran before it.
 */
#include <stdlib.h>

#include "base/failpoint.h"
#include "tests/sim/world.h"

extern uint64_t sim_state_start[], sim_state_end[];

static uint64_t *kept;

/* Word by word: redzones of the sanitizers lie in between. */
__attribute__((no_sanitize("address"))) static void copy_words(uint64_t *to, const uint64_t *from,
							       size_t words)
{
	while (words--)
		*to++ = *from++;
}

void state_remember(void)
{
	size_t words = (size_t)(sim_state_end - sim_state_start);

	kept = malloc((words + 1) * sizeof(*kept));
	copy_words(kept, sim_state_start, words);
}

static void reset_site(const struct failpoint *f, void *arg)
{
	struct failpoint *site = (struct failpoint *)(uintptr_t)f;

	(void)arg;
	site->armed = site->passes = site->failures = 0;
}

/* There in a build that counts coverage, whose counts lie in the state that is put back. */
extern void __gcov_dump(void) __attribute__((weak));
extern void __gcov_reset(void) __attribute__((weak));

void state_write_coverage(void)
{
	if (!__gcov_dump || !__gcov_reset)
		return;
	__gcov_dump();
	__gcov_reset();
}

void state_restore(void)
{
	state_write_coverage();
	copy_words(sim_state_start, kept, (size_t)(sim_state_end - sim_state_start));
	failpoints_each(reset_site, NULL);
}

bool state_contains(const void *p)
{
	return (const char *)p >= (char *)sim_state_start &&
	       (const char *)p < (char *)sim_state_end;
}

/*
 * Places that can be told to fail: one line a site. `fail=SITE:N` or the console's `fail SITE N`
 * makes the N-th pass (counted from 1) through the site fail, once.
 *
 *   FAILPOINT(buddy_alloc);                 once a file
 *   if (failpoint_hit(&buddy_alloc)) return NULL;
 */
#ifndef BASE_FAILPOINT_H
#define BASE_FAILPOINT_H

#include <stdbool.h>
#include <stdint.h>

struct failpoint {
	const char *name;
	uint32_t armed;	   /* (A) passes left until it fails; 0 = not armed */
	uint32_t passes;   /* (A) while any site is armed */
	uint32_t failures; /* (A) */
};

/*
 * Sites live in one linker section, so that they can be listed; _AS where the name is taken in the
 * file.
 */
#define FAILPOINT_AS(variable, site)                                                               \
	static struct failpoint variable __attribute__((                                           \
		section("failpoints"), used, aligned(sizeof(void *)))) = { .name = site }

#define FAILPOINT(site) FAILPOINT_AS(site, #site)

extern bool failpoints_active;

bool failpoint_pass(struct failpoint *f);

static inline bool failpoint_hit(struct failpoint *f)
{
	return __builtin_expect(failpoints_active, 0) && failpoint_pass(f);
}

/* Returns 0, or -ENOENT for an unknown site. n = 0 disarms. */
int failpoint_arm(const char *name, uint32_t n);
void failpoints_off(void);

/* Calls show for every site. */
void failpoints_each(void (*show)(const struct failpoint *, void *), void *arg);

#endif

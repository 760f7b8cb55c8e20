/*
 * What must hold at any moment, recomputed from the lower truth (tables, lists) and compared with
 * what the upper one claims (counters). One function a room; callable whenever no structure is half
 * changed.
 */
#ifndef MM_CHECK_H
#define MM_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

struct check {
	uint32_t broken;  /* findings so far */
	uint32_t printed; /* of them printed: the first ten */
	bool quiet;	  /* count only */
};

/* One finding: what is broken, with both numbers. */
void check_broken(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* found must equal claimed. */
void check_equal(struct check *c, const char *what, uint32_t found, uint32_t claimed);

/* All rooms. Returns the number of findings; prints the first ten unless quiet. */
uint32_t check_all(bool quiet);

#endif

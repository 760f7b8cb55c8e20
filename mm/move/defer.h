/*
 * When not to try: after a failure, so many attempts are passed over. CO-7
 * Locks: each takes the zone's. Any context.
 */
#ifndef MM_MOVE_DEFER_H
#define MM_MOVE_DEFER_H

#include <stdbool.h>

struct zone;

#define DEFER_MAX_SHIFT 6u /* at most 1 << 6 = 64 attempts are passed over */

/* True if this attempt should be passed over; counts it. */
bool defer_is_due(struct zone *z, unsigned order);

/* A synchronous run for this order completed without giving it. */
void defer_after_failure(struct zone *z, unsigned order);

/* An allocation of this order succeeded (success true), or may now. */
void defer_reset(struct zone *z, unsigned order, bool success);

#endif

/*
 * Deferral: a zone that failed to give an order is left alone for 1, 2, 4 ... 64 attempts. CO-7
 */
#include "mm/move/defer.h"

#include "base/trace.h"
#include "mm/phys/zone.h"

bool defer_is_due(struct zone *z, unsigned order)
{
	struct compact_defer *d = &z->defer;

	if (!d->shift || order < d->order_failed)
		return false;
	if (++d->considered >= 1u << d->shift) {
		d->considered = 1u << d->shift;
		return false;
	}
	return true;
}

void defer_after_failure(struct zone *z, unsigned order)
{
	struct compact_defer *d = &z->defer;

	d->considered = 0;
	if (d->shift < DEFER_MAX_SHIFT)
		d->shift++;
	if (order < d->order_failed)
		d->order_failed = order;
	TRACE(MM_COMPACTION_DEFER_COMPACTION, z->id, order, d->considered, 1u << d->shift);
}

void defer_reset(struct zone *z, unsigned order, bool success)
{
	struct compact_defer *d = &z->defer;

	if (success)
		d->considered = d->shift = 0;
	if (order >= d->order_failed)
		d->order_failed = order + 1;
}

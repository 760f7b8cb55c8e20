/*
 * Deferral: a zone that failed to give an order is left alone for 1, 2, 4 ... 64 attempts. CO-7
 */
#include "mm/move/defer.h"

#include "base/trace.h"
#include "mm/phys/zone.h"

/* Counts an attempt. */
static bool pass_over(struct compact_defer *d, unsigned order)
{
	if (!d->shift || order < d->order_failed)
		return false;
	if (++d->considered >= 1u << d->shift) {
		d->considered = 1u << d->shift;
		return false;
	}
	return true;
}

bool defer_is_due(struct zone *z, unsigned order)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	struct compact_defer *d = &z->defer;
	bool due = pass_over(d, order);

	if (due)
		TRACE(MM_COMPACTION_DEFERRED, z->id, order, d->order_failed, d->considered,
		      1u << d->shift);
	spin_unlock_irq(&z->lock, saved);
	return due;
}

void defer_after_failure(struct zone *z, unsigned order)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	struct compact_defer *d = &z->defer;

	d->considered = 0;
	if (d->shift < DEFER_MAX_SHIFT)
		d->shift++;
	if (order < d->order_failed)
		d->order_failed = order;
	TRACE(MM_COMPACTION_DEFER_COMPACTION, z->id, order, d->order_failed, d->considered,
	      1u << d->shift);
	spin_unlock_irq(&z->lock, saved);
}

void defer_reset(struct zone *z, unsigned order, bool success)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	struct compact_defer *d = &z->defer;

	if (success)
		d->considered = d->shift = 0;
	if (order >= d->order_failed)
		d->order_failed = order + 1;
	TRACE(MM_COMPACTION_DEFER_RESET, z->id, order, d->order_failed, d->considered,
	      1u << d->shift);
	spin_unlock_irq(&z->lock, saved);
}

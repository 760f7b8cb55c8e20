/* A histogram under a lock. */
#include "base/spread.h"

void spread_add(struct spread *s, uint64_t value)
{
	uint32_t saved = spin_lock_irq(&s->lock, LOCK_FIGURES);

	histogram_add(&s->values, value);
	spin_unlock_irq(&s->lock, saved);
}

void spread_clear(struct spread *s)
{
	uint32_t saved = spin_lock_irq(&s->lock, LOCK_FIGURES);

	histogram_clear(&s->values);
	spin_unlock_irq(&s->lock, saved);
}

struct spread_figures spread_read(struct spread *s)
{
	uint32_t saved = spin_lock_irq(&s->lock, LOCK_FIGURES);
	struct spread_figures f = { .count = s->values.count,
				    .p50 = histogram_percentile(&s->values, 500),
				    .p99 = histogram_percentile(&s->values, 990),
				    .max = s->values.max };

	spin_unlock_irq(&s->lock, saved);
	return f;
}

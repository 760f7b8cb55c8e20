/* Pins: one count for all, which hold_check compares with what it finds. */
#include "mm/phys/pin.h"

static uint32_t pins;

bool page_try_pin(struct page *p)
{
	if (!page_try_get(p))
		return false;
	atomic_fetch_add(&pins, 1);
	return true;
}

void page_unpin(struct page *p)
{
	assert_that(atomic_fetch_add(&pins, ~0u) != 0);
	page_put(p);
}

uint32_t page_pins(void)
{
	return atomic_load(&pins);
}

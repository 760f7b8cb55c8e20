/*
 * Pins: holds that keep a page where it is for a while, counted so that every hold can be accounted
 * for.
 *
 * A pinned page can not move: "count" and "freeze" of the journey refuse it. Whoever pins for long
 * should take a page that is out of the way.
 */
#ifndef MM_PHYS_PIN_H
#define MM_PHYS_PIN_H

#include "mm/phys/page.h"

/* Pins a page that may be free or frozen: then false, and nothing is held. Any context. */
bool page_try_pin(struct page *p);

/* Gives the pin up; may free the page. Any context. */
void page_unpin(struct page *p);

/* Pins there are now. */
uint32_t page_pins(void);

#endif

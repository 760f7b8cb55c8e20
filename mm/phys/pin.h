/*
 * Pins: holds that keep a page where it is for a while, counted so that every hold can be accounted
 * for, and named so that who is asked why a page does not move can say who holds it.
 *
 * A pinned page can not move: "count" and "freeze" of the journey refuse it. Whoever pins for long
 * should take a page that is out of the way.
 *
 * PIN_NAMES pins at a time have a name; those that come when the table is full are counted as
 * unnamed. An entry is taken by its word `use` and given back the same way, so that no lock is
 * needed and any context may pin.
 */
#ifndef MM_PHYS_PIN_H
#define MM_PHYS_PIN_H

#include "mm/phys/page.h"

#define PIN_NAMES 64u

/* The low bits of pin.use; above them are uses that are over, so that no two uses look the same. */
enum pin_state { PIN_FREE, PIN_CHANGING, PIN_HELD, PIN_STATE_MASK };

struct pin {
	uint32_t use; /* (A) enum pin_state and more; what follows is true while PIN_HELD */
	struct page *page;
	const char *why;    /* "console pin", "process_vm_readv" */
	uint32_t thread_id; /* who pinned */
	char thread_name[16];
};

extern struct pin pin_table[PIN_NAMES];

/*
 * Pins a page that may be free or frozen: then false, and nothing is held. `why` is a literal, for
 * people. Any context.
 */
bool page_try_pin(struct page *p, const char *why);

/*
 * The same for a page that is known by its number alone: only one of users, and none so new that it
 * may yet be given back as a block. Race: the frame may become another's between the look and the
 * hold; then it is let go of at once, and this says false.
 */
bool page_try_pin_by_number(struct page *p, const char *why);

/*
 * Gives the pin up; may free the page. Of several names on the page the current thread's own goes
 * first. Any context.
 */
void page_unpin(struct page *p);

/* Pins there are now; of them, those without a name. */
uint32_t page_pins(void);
uint32_t page_pins_unnamed(void);

/* The n-th entry of the table, copied, if it is a pin of this page. Racy: for people. */
bool pin_of_page(unsigned n, const struct page *p, struct pin *copy);

#endif

/* Pins: one count for all, which hold_check compares with what it finds; and a table of names. */
#include "mm/phys/pin.h"

#include <string.h>

struct pin pin_table[PIN_NAMES];

static uint32_t pins, unnamed;

static bool is_held(uint32_t use)
{
	return (use & PIN_STATE_MASK) == PIN_HELD;
}

/* The first free entry is the caller's to fill in; NULL: there is none. */
static struct pin *take_entry(void)
{
	for (unsigned n = 0; n < PIN_NAMES; n++) {
		uint32_t use = atomic_load_relaxed(&pin_table[n].use);

		if ((use & PIN_STATE_MASK) == PIN_FREE &&
		    atomic_cas(&pin_table[n].use, use, use + PIN_CHANGING))
			return &pin_table[n];
	}
	return NULL;
}

static void name_pin(struct page *p, const char *why)
{
	const struct thread *t = cpu_current();
	struct pin *pin = take_entry();

	if (!pin) {
		atomic_fetch_add(&unnamed, 1);
		return;
	}
	pin->page = p;
	pin->why = why;
	pin->thread_id = t->id;
	memcpy(pin->thread_name, t->name, sizeof(pin->thread_name));
	atomic_store(&pin->use, pin->use - PIN_CHANGING + PIN_HELD);
}

/* Gives up one entry of this page; only one of the current thread's if `own`. */
static bool forget_name(const struct page *p, bool own)
{
	for (unsigned n = 0; n < PIN_NAMES; n++) {
		struct pin *pin = &pin_table[n];
		uint32_t use = atomic_load(&pin->use);

		if (!is_held(use) || pin->page != p)
			continue;
		if (own && pin->thread_id != cpu_current()->id)
			continue;
		if (atomic_cas(&pin->use, use, use - PIN_HELD + PIN_STATE_MASK + 1))
			return true;
	}
	return false;
}

/*
 * Of each page at most as many pins are named as there are; so if none is, one of those without a
 * name was meant.
 */
static void forget_pin(const struct page *p)
{
	if (forget_name(p, true) || forget_name(p, false))
		return;
	assert_that(atomic_fetch_add(&unnamed, ~0u) != 0);
}

bool page_try_pin(struct page *p, const char *why)
{
	if (!page_try_get(p))
		return false;
	atomic_fetch_add(&pins, 1);
	name_pin(p, why);
	return true;
}

/* Its owner lets go of it by page_put: somebody else's hold does no harm. */
static bool is_settled(const struct page *p)
{
	if (page_is_objects(p))
		return page_has(p, PG_LRU | PG_LRU_BATCH | PG_ISOLATED);
	return page_kind(p) == KIND_ANON;
}

bool page_try_pin_by_number(struct page *p, const char *why)
{
	if (!is_settled(p) || !page_try_pin(p, why))
		return false;
	if (is_settled(p))
		return true;
	page_unpin(p);
	return false;
}

void page_unpin(struct page *p)
{
	forget_pin(p);
	assert_that(atomic_fetch_add(&pins, ~0u) != 0);
	page_put(p);
}

uint32_t page_pins(void)
{
	return atomic_load(&pins);
}

uint32_t page_pins_unnamed(void)
{
	return atomic_load(&unnamed);
}

bool pin_of_page(unsigned n, const struct page *p, struct pin *copy)
{
	*copy = pin_table[n];
	return is_held(copy->use) && copy->page == p;
}

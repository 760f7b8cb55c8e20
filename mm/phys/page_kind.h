/*
 * What differs by kind of page: one table of functions a kind, declared here, filled in by the room
 * that owns the kind. KIND_KERNEL has none: its pages do nothing by themselves.
 */
#ifndef MM_PHYS_PAGE_KIND_H
#define MM_PHYS_PAGE_KIND_H

#include "mm/phys/page.h"

struct page_kind {
	const char *name;
	/*
	 * The last hold is gone (refs 0) and the frame is about to be free: off whatever list it is
	 * on, and what it holds itself is given up. NULL: nothing to do. Any context.
	 */
	void (*release)(struct page *p);
	/*
	 * For kinds whose pages are in an object. The page is locked: no fault maps it meanwhile.
	 * Takes every entry away; who touches it faults.
	 */
	void (*unmap)(struct page *p);
	/* Every entry stays, clean, and lets no store through before a fault has said so. */
	void (*write_protect)(struct page *p);
};

extern const struct page_kind *page_kinds[KIND_COUNT];

/* Once a kind, at start. */
static inline void page_kind_register(enum page_kind_id id, const struct page_kind *kind)
{
	page_kinds[id] = kind;
}

#endif

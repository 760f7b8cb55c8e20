/*
 * Entries that are not present: what the other 30 bits say.
 *
 *   31          12 11        8      7     6     5     4    3  2  1 0
 *   | frame or slot |  0    |soft d|dirty|young|write| type |0 0|
 *
 *   LEAF_NONE       the whole entry is 0: nothing was ever here
 *   LEAF_SWAP       reserved for pages on a swap device (a later step)
 *   LEAF_MIGRATION  the frame is being moved: its page is locked, whoever needs it waits for that
 * lock. Exists only between try_to_unmap and remove_migration_ptes of one running migration.
 *
 * A migration entry keeps all that the present entry knew, so that a move is invisible:
 * `write` (the hardware let stores through), young, dirty, soft dirty. TU-1, TU-3.
 */
#ifndef MM_VIRT_LEAF_H
#define MM_VIRT_LEAF_H

#include "arch/pte.h"

enum leaf_type { LEAF_NONE = 0, LEAF_SWAP = 1, LEAF_MIGRATION = 2 };

enum {
	LEAF_TYPE_SHIFT = 2,
	LEAF_TYPE_MASK = 3u << LEAF_TYPE_SHIFT,
	LEAF_WRITE = 1u << 4,
	LEAF_YOUNG = 1u << 5,
	LEAF_DIRTY = 1u << 6,
	LEAF_SOFT_DIRTY = 1u << 7,
};

/* Precondition: the entry is not present. */
static inline enum leaf_type leaf_type(pte_t e)
{
	return (enum leaf_type)((e.bits & LEAF_TYPE_MASK) >> LEAF_TYPE_SHIFT);
}

static inline bool pte_is_migration(pte_t e)
{
	return !pte_is_present(e) && leaf_type(e) == LEAF_MIGRATION;
}

/* The migration entry that stands in for this present one. */
static inline pte_t leaf_make_migration(pte_t present)
{
	return pte_from_bits(pte_pfn(present).n << PAGE_SHIFT |
			     (uint32_t)LEAF_MIGRATION << LEAF_TYPE_SHIFT |
			     (pte_is_writable(present) ? LEAF_WRITE : 0) |
			     (pte_is_young(present) ? LEAF_YOUNG : 0) |
			     (pte_is_dirty(present) ? LEAF_DIRTY : 0) |
			     (pte_is_soft_dirty(present) ? LEAF_SOFT_DIRTY : 0));
}

static inline pfn_t leaf_migration_pfn(pte_t e)
{
	return pfn(e.bits >> PAGE_SHIFT);
}

static inline bool leaf_is_write(pte_t e)
{
	return e.bits & LEAF_WRITE;
}

static inline bool leaf_is_soft_dirty(pte_t e)
{
	return e.bits & LEAF_SOFT_DIRTY;
}

/* For fork and mprotect: the same entry, but whoever gets the page back may not write yet. */
static inline pte_t leaf_make_read(pte_t e)
{
	return pte_from_bits(e.bits & ~(uint32_t)LEAF_WRITE);
}

/* The same entry, but the page comes back as not accessed since. */
static inline pte_t leaf_make_old(pte_t e)
{
	return pte_from_bits(e.bits & ~(uint32_t)LEAF_YOUNG);
}

/* The same entry, but the page comes back soft clean, and so without the right to write. */
static inline pte_t leaf_make_soft_clean(pte_t e)
{
	return pte_from_bits(e.bits & ~(uint32_t)(LEAF_SOFT_DIRTY | LEAF_WRITE));
}

/*
 * The present entry for `frame` that restores what migration entry `e` kept, under the area's
 * rights now (RM-3..5).
 */
static inline pte_t leaf_restore(pte_t e, pfn_t frame, unsigned rights)
{
	pte_t n = pte_make(frame, rights);

	if (!(e.bits & LEAF_YOUNG))
		n = pte_mkold(n);
	if (e.bits & LEAF_DIRTY)
		n = pte_mkdirty(n);
	if (e.bits & LEAF_WRITE && rights & PTE_WRITE)
		n = pte_mkwritable(n);
	/* After pte_mkwritable, which would set it. */
	return e.bits & LEAF_SOFT_DIRTY ? pte_mksoft_dirty(n) : pte_clear_soft_dirty(n);
}

#endif

/*
 * Second-level tables: walk, allocate, free.
 *
 * One frame holds the entries of 4 MiB of addresses in order; its descriptor (KIND_TABLE) carries
 * the lock that guards them and the count of entries that are not none. An entry is changed only
 * with that lock held. A table goes away only while mm->lock is held for writing and after every
 * area that reached it left its family, so whoever holds a family's lock, or mm->lock for reading,
 * may walk.
 */
#ifndef MM_VIRT_PGTABLE_H
#define MM_VIRT_PGTABLE_H

#include "mm/phys/page.h"
#include "mm/virt/leaf.h"
#include "mm/virt/mm.h"

/* A place in a table, its lock held. */
struct pte_place {
	pte_t *entry; /* NULL: there is no table here, and no lock is held */
	struct page *table;
};

static inline unsigned table_index(vaddr_t a)
{
	return (a.a >> PAGE_SHIFT) & (PTES_PER_TABLE - 1u);
}

/* Where a walk of [a, end) leaves the table that serves `a`. */
static inline uint32_t table_walk_end(uint32_t a, uint32_t end)
{
	uint32_t border = (a & ~(TABLE_SPAN - 1u)) + TABLE_SPAN;

	return border < end ? border : end;
}

/* The table that serves `a`, or NULL. */
struct page *pgtable_find(const struct mm *mm, vaddr_t a);

/* The same, made if missing. mm->lock held, at least for reading. NULL: no memory. May sleep. */
struct page *pgtable_get(struct mm *mm, vaddr_t a);

/* The entry for `a` with its table locked; .entry NULL where there is no table. */
struct pte_place pte_lock(const struct mm *mm, vaddr_t a);
void pte_unlock(struct pte_place place);

/*
 * A second place while the first is locked: an entry goes from there to here. Its table exists
 * already; it may be the same one. Locks: takes the table's as LOCK_TABLE_TO; pte_unlock_both gives
 * up both.
 */
struct pte_place pte_lock_to(struct pte_place from, const struct mm *mm, vaddr_t a);
void pte_unlock_both(struct pte_place from, struct pte_place to);

/* The entry's address in a table that the caller has locked (or does not need to). */
pte_t *table_entry(struct page *table, vaddr_t a);

/*
 * Stores a new value and keeps table->used right. Locks: the table's. The caller does what tlb.h
 * asks.
 */
static inline void pte_replace(struct pte_place place, pte_t value)
{
	pte_t before = pte_read(place.entry);

	place.table->used += (uint32_t)pte_is_none(before) - (uint32_t)pte_is_none(value);
	pte_write(place.entry, value);
}

/*
 * Frees every table of [start, end) that serves nothing outside it and is empty. mm->lock held for
 * writing; no area lies in the range any more.
 */
void pgtable_free_range(struct mm *mm, uint32_t start, uint32_t end);

/*
 * Removes what is mapped in [start, end) of one area: entries, map counts, holds; flushes. mm->lock
 * held.
 */
void zap_range(struct vma *v, uint32_t start, uint32_t end);

#endif

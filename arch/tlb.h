/*
 * What a cpu may still remember of an entry that has changed, and how to make it forget.
 *
 * The rule for every change of a present entry: store the new value, then invalidate; only after
 * the call returns may anybody rely on the old translation being gone on every cpu. A change from
 * none to present needs pte_publish alone: nothing stale can exist.
 * All forms broadcast to every cpu of the inner shareable domain in hardware.
 * Source: ARM DDI 0406C B3.10.1, "TLB maintenance operations and the memory order model".
 */
#ifndef ARCH_TLB_H
#define ARCH_TLB_H

#include "arch/addr.h"

struct arch_mm;

/* Forgets one user page of one address space. Returns when every cpu has. */
void tlb_flush_page(const struct arch_mm *as, vaddr_t page);

/* Forgets everything of one address space, or of all of them. Same promise. */
void tlb_flush_mm(const struct arch_mm *as);
void tlb_flush_all(void);

/*
 * A batch: many entries, one wait. Add after the store to each entry; what was added is gone only
 * when tlb_batch_flush returns. Past TLB_BATCH_PAGES pages the whole TLB is emptied instead.
 */
#define TLB_BATCH_PAGES 32u

struct tlb_batch {
	uint32_t pages;		       /* added so far; may exceed TLB_BATCH_PAGES */
	uint32_t mva[TLB_BATCH_PAGES]; /* page address | asid, as the operation takes it */
};

void tlb_batch_init(struct tlb_batch *b);
void tlb_batch_add(struct tlb_batch *b, const struct arch_mm *as, vaddr_t page);
void tlb_batch_flush(struct tlb_batch *b); /* and empties the batch */

/* Operations issued since boot (page, address space, all) and waits, for views and benches. */
struct tlb_counts {
	uint32_t page_ops, mm_ops, all_ops, waits;
};

struct tlb_counts tlb_counts(void);

#endif

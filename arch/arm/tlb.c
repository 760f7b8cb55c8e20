/*
 * TLB invalidation: store, barrier, broadcast operation, barrier.
 * The inner shareable forms reach every cpu in hardware; the DSB after them waits until all have
 * obeyed. Branch predictors hold addresses too, so they are emptied once a wait. Source: ARM DDI
 * 0406C B3.10.1, B3.10.4, B4.2.2 (operations), B2.2.9 (branch predictors).
 */
#include "arch/asid.h"
#include "arch/atomic.h"
#include "arch/tlb.h"

static struct tlb_counts counts;

static void stores_done(void)
{
	__asm__ volatile("dsb ishst" ::: "memory");
}

static void wait_all(void)
{
	atomic_add_relaxed(&counts.waits, 1);
	__asm__ volatile("mcr p15, 0, %0, c7, c1, 6\n\t" /* BPIALLIS */
			 "dsb ish\n\tisb" ::"r"(0)
			 : "memory");
}

static void forget_page(uint32_t mva)
{
	atomic_add_relaxed(&counts.page_ops, 1);
	__asm__ volatile("mcr p15, 0, %0, c8, c3, 1" ::"r"(mva)); /* TLBIMVAIS */
}

static void forget_all(void)
{
	atomic_add_relaxed(&counts.all_ops, 1);
	__asm__ volatile("mcr p15, 0, %0, c8, c3, 0" ::"r"(0)); /* TLBIALLIS */
}

void tlb_flush_page(const struct arch_mm *as, vaddr_t page)
{
	stores_done();
	forget_page(asid_mva(as, page));
	wait_all();
}

void tlb_flush_mm(const struct arch_mm *as)
{
	stores_done();
	atomic_add_relaxed(&counts.mm_ops, 1);
	__asm__ volatile("mcr p15, 0, %0, c8, c3, 2" ::"r"(asid_tag(as))); /* TLBIASIDIS */
	wait_all();
}

void tlb_flush_all(void)
{
	stores_done();
	forget_all();
	wait_all();
}

void tlb_batch_init(struct tlb_batch *b)
{
	b->pages = 0;
}

/*
 * Order: the tag is read after the entry was stored, else a cpu that gives the space a new tag in
 * between might fill its TLB from the old entry under a tag that is not in the batch.
 */
void tlb_batch_add(struct tlb_batch *b, const struct arch_mm *as, vaddr_t page)
{
	atomic_fence();
	if (b->pages < TLB_BATCH_PAGES)
		b->mva[b->pages] = asid_mva(as, page);
	b->pages++;
}

void tlb_batch_flush(struct tlb_batch *b)
{
	if (b->pages == 0)
		return;
	stores_done();
	if (b->pages > TLB_BATCH_PAGES)
		forget_all();
	else
		for (uint32_t i = 0; i < b->pages; i++)
			forget_page(b->mva[i]);
	wait_all();
	b->pages = 0;
}

struct tlb_counts tlb_counts(void)
{
	return counts;
}

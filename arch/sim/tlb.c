/*
 * The TLB of the simulated machine, so far as counting goes: operations and waits are counted,
 * nothing is remembered yet.
 */
#include "arch/tlb.h"

#include "arch/context.h"

static struct tlb_counts counts;

void tlb_flush_page(const struct arch_mm *as, vaddr_t page)
{
	(void)as;
	(void)page;
	counts.page_ops++;
	counts.waits++;
}

void tlb_flush_mm(const struct arch_mm *as)
{
	(void)as;
	counts.mm_ops++;
	counts.waits++;
}

void tlb_flush_all(void)
{
	counts.all_ops++;
	counts.waits++;
}

void tlb_batch_init(struct tlb_batch *b)
{
	b->pages = 0;
}

void tlb_batch_add(struct tlb_batch *b, const struct arch_mm *as, vaddr_t page)
{
	if (b->pages < TLB_BATCH_PAGES)
		b->mva[b->pages] = (page.a & PAGE_MASK) | (as->asid & 0xffu);
	b->pages++;
}

void tlb_batch_flush(struct tlb_batch *b)
{
	if (b->pages == 0)
		return;
	if (b->pages > TLB_BATCH_PAGES)
		counts.all_ops++;
	else
		counts.page_ops += b->pages;
	counts.waits++;
	b->pages = 0;
}

struct tlb_counts tlb_counts(void)
{
	return counts;
}

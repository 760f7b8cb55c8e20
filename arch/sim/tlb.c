/*
 * The TLBs of the simulated machine, one a cpu, and what a walker remembers of first levels.
 *
 * An entry stays until it is invalidated, another one needs its place, or sim_tlb_forget_some says
 * so. What it holds is the descriptor as it was when it was walked, tagged by the 8-bit ASID.
 * Operations broadcast: they act on every cpu before they return.
 */
#include "arch/tlb.h"

#include <string.h>

#include "arch/asid.h"
#include "arch/atomic.h"
#include "arch/pte.h"
#include "arch/sim/sim.h"

#define ENTRIES	     256u
#define WALK_ENTRIES 32u

struct walk_entry {
	uint32_t address; /* of the MiB it leads to, | 1 when used */
	uint32_t asid, l1e;
};

struct tlb {
	struct sim_translation entry[ENTRIES];
	struct walk_entry walk[WALK_ENTRIES];
	bool used; /* anything entered since it was last empty */
};

static struct tlb tlbs[MAX_CPUS];
static struct tlb_counts counts;

static struct sim_translation *slot_for(unsigned cpu, uint32_t page, uint32_t asid)
{
	return &tlbs[cpu].entry[((page >> PAGE_SHIFT) + asid * 37u + (page >> 20) * 11u) % ENTRIES];
}

static struct walk_entry *walk_slot(unsigned cpu, uint32_t address, uint32_t asid)
{
	return &tlbs[cpu].walk[((address >> 20) + asid * 5u) % WALK_ENTRIES];
}

const struct sim_translation *sim_tlb_lookup(uint32_t page, uint32_t asid)
{
	const struct sim_translation *t = slot_for(sim_this_cpu, page, asid & ASID_MASK);

	return t->entry && t->page == page && t->asid == (asid & ASID_MASK) ? t : NULL;
}

uint32_t sim_tlb_entry_of(unsigned cpu, vaddr_t page, uint32_t asid)
{
	const struct sim_translation *t = slot_for(cpu, page.a, asid & ASID_MASK);

	return t->page == page.a && t->asid == (asid & ASID_MASK) ? t->entry : 0;
}

void sim_tlb_remember(struct sim_translation t)
{
	t.asid &= ASID_MASK;
	*slot_for(sim_this_cpu, t.page, t.asid) = t;
	tlbs[sim_this_cpu].used = true;
}

void sim_tlb_forget_some(void)
{
	sim_counts.tlb_forgotten++;
	tlbs[sim_this_cpu].entry[sim_below(ENTRIES)].entry = 0;
	tlbs[sim_this_cpu].walk[sim_below(WALK_ENTRIES)].address = 0;
}

uint32_t sim_walk_cache_lookup(uint32_t address, uint32_t asid)
{
	const struct walk_entry *w = walk_slot(sim_this_cpu, address, asid & ASID_MASK);

	return w->address == (address >> 20 << 20 | 1u) && w->asid == (asid & ASID_MASK) ? w->l1e
											 : 0;
}

void sim_walk_cache_remember(uint32_t address, uint32_t asid, uint32_t l1e)
{
	*walk_slot(sim_this_cpu, address, asid & ASID_MASK) =
		(struct walk_entry){ address >> 20 << 20 | 1u, asid & ASID_MASK, l1e };
	tlbs[sim_this_cpu].used = true;
}

static void forget_page(uint32_t mva)
{
	uint32_t page = mva & PAGE_MASK, asid = mva & ASID_MASK;

	counts.page_ops++;
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		struct sim_translation *t = slot_for(cpu, page, asid);
		struct walk_entry *w = walk_slot(cpu, page, asid);

		if (t->page == page && t->asid == asid)
			t->entry = 0;
		if (w->address == (page >> 20 << 20 | 1u) && w->asid == asid)
			w->address = 0;
	}
}

static void forget_asid_of(struct tlb *tlb, uint32_t asid)
{
	for (unsigned i = 0; i < ENTRIES; i++)
		if (tlb->entry[i].asid == asid)
			tlb->entry[i].entry = 0;
	for (unsigned i = 0; i < WALK_ENTRIES; i++)
		if (tlb->walk[i].asid == asid)
			tlb->walk[i].address = 0;
}

static void forget_asid(uint32_t asid)
{
	counts.mm_ops++;
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		if (tlbs[cpu].used)
			forget_asid_of(&tlbs[cpu], asid);
}

static void forget_all(void)
{
	counts.all_ops++;
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		if (tlbs[cpu].used)
			memset(&tlbs[cpu], 0, sizeof(tlbs[cpu]));
}

/* The operations were broadcast; now they are over. */
static void wait_all(void)
{
	counts.waits++;
	atomic_point();
}

void tlb_flush_page(const struct arch_mm *as, vaddr_t page)
{
	atomic_point();
	forget_page(asid_mva(as, page));
	wait_all();
}

void tlb_flush_mm(const struct arch_mm *as)
{
	atomic_point();
	forget_asid(asid_tag(as));
	wait_all();
}

/* No point in here: the switch of address spaces calls it. */
void tlb_flush_all(void)
{
	forget_all();
	counts.waits++;
}

void tlb_batch_init(struct tlb_batch *b)
{
	b->pages = 0;
}

void tlb_batch_add(struct tlb_batch *b, const struct arch_mm *as, vaddr_t page)
{
	if (b->pages < TLB_BATCH_PAGES)
		b->mva[b->pages] = asid_mva(as, page);
	b->pages++;
	atomic_point();
}

void tlb_batch_flush(struct tlb_batch *b)
{
	if (b->pages == 0)
		return;
	atomic_point();
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

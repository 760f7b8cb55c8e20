/*
 * Address spaces as the simulated machine knows them: a table and a tag.
 *
 * Tags work as on the board, but several cpus share them: when they run out, a new generation
 * begins, every TLB is emptied, and a space that is current on some cpu gets a tag of the new
 * generation at once, because that cpu goes on translating with it.
 */
#include "arch/context.h"

#include "arch/cpu.h"
#include "arch/frame.h"
#include "arch/sim/sim.h"
#include "arch/tlb.h"

#define ASID_BITS 8u

static struct {
	unsigned tags;	     /* 1 .. tags - 1 are given out; 0 belongs to nobody */
	uint32_t generation; /* << ASID_BITS */
	uint32_t next;
	struct arch_mm *current[MAX_CPUS];
} asids = { .tags = 256, .generation = 1u << ASID_BITS, .next = 1 };

void sim_set_asids(unsigned tags)
{
	asids.tags = tags;
}

struct arch_mm *sim_current_space(void)
{
	return asids.current[sim_this_cpu];
}

void arch_mm_init(struct arch_mm *as, void *l1)
{
	as->l1 = l1;
	as->l1_paddr = pfn_to_paddr(frame_of_address(l1)).a;
	as->asid = 0;
}

static void give_tag(struct arch_mm *as)
{
	as->asid = asids.generation | asids.next++;
}

static void begin_generation(void)
{
	sim_counts.asid_rollovers++;
	asids.generation += 1u << ASID_BITS;
	asids.next = 1;
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		struct arch_mm *as = asids.current[cpu];

		if (as && as->asid >> ASID_BITS != asids.generation >> ASID_BITS)
			give_tag(as);
	}
	tlb_flush_all();
}

static void take_asid(struct arch_mm *as)
{
	if (as->asid >> ASID_BITS == asids.generation >> ASID_BITS)
		return;
	if (asids.next >= asids.tags)
		begin_generation();
	if (as->asid >> ASID_BITS != asids.generation >> ASID_BITS)
		give_tag(as);
}

/* No point in here: the scheduler calls it. */
void arch_mm_switch(struct arch_mm *as)
{
	if (as)
		take_asid(as);
	asids.current[sim_this_cpu] = as;
}

void arch_mm_destroy(struct arch_mm *as)
{
	if (asids.current[sim_this_cpu] == as)
		arch_mm_switch(NULL);
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		assert_that(asids.current[cpu] != as);
	if (as->asid)
		tlb_flush_mm(as);
	as->asid = 0;
	as->l1 = NULL;
}

bool trap_frame_is_user(const struct trap_frame *regs)
{
	/* Mode bits of user mode: ARM DDI 0406C table B1-1. */
	return (regs->cpsr & 0x1fu) == 0x10u;
}

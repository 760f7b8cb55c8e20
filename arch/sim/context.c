/*
 * Address spaces as the simulated machine knows them: a table and a tag (arch/asid.h), of which there
 * may be few.
 */
#include "arch/asid.h"

#include "arch/cpu.h"
#include "arch/frame.h"
#include "arch/sim/sim.h"
#include "arch/tlb.h"

static struct asid_pool asids = ASID_POOL_INIT;

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

/* No point in here: the scheduler calls it. */
void arch_mm_switch(struct arch_mm *as)
{
	if (!asid_make_current(&asids, as, sim_this_cpu))
		return;
	sim_counts.asid_rollovers++;
	tlb_flush_all();
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

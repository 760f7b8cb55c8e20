/*
 * Address spaces as the simulated machine knows them: the table and a tag. Nothing walks them yet.
 */
#include "arch/context.h"

#include "arch/frame.h"
#include "arch/tlb.h"

void arch_mm_init(struct arch_mm *as, void *l1)
{
	static uint32_t last_asid;

	as->l1 = l1;
	as->l1_paddr = pfn_to_paddr(frame_of_address(l1)).a;
	as->asid = ++last_asid & 0xffu;
}

void arch_mm_switch(struct arch_mm *as)
{
	(void)as;
}

void arch_mm_destroy(struct arch_mm *as)
{
	tlb_flush_mm(as);
	as->l1 = NULL;
}

bool trap_frame_is_user(const struct trap_frame *regs)
{
	/* Mode bits of user mode: ARM DDI 0406C table B1-1. */
	return (regs->cpsr & 0x1fu) == 0x10u;
}

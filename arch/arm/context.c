/*
 * Address spaces as the hardware knows them, and the first stack of a task.
 *
 * Tag 0 belongs to nobody: it is current while TTBR0 changes (ARM DDI 0406C B3.10.4,
 * "synchronization of changes of ASID and TTBR"). Locks: none; interrupts off on the one cpu there
 * is.
 */
#include "arch/asid.h"
#include "arch/frame.h"
#include "arch/tlb.h"
#include "base/assert.h"
#include "layout.h"

extern uint32_t kernel_l1[];

static struct asid_pool asids = ASID_POOL_INIT;

void context_start(void);

static uint32_t paddr_of(const void *table)
{
	return (uint32_t)(uintptr_t)table - direct_map_offset;
}

void arch_mm_init(struct arch_mm *as, void *l1)
{
	assert_eq((uintptr_t)l1 & (USER_L1_ENTRIES * sizeof(l1e_t) - 1), 0);
	as->l1 = l1;
	as->l1_paddr = paddr_of(l1);
	as->asid = 0;
}

static void set_ttbr0(uint32_t table, uint32_t asid)
{
	__asm__ volatile("mcr p15, 0, %0, c13, c0, 1\n\tisb\n\t"
			 "mcr p15, 0, %1, c2, c0, 0\n\tisb\n\t"
			 "mcr p15, 0, %2, c13, c0, 1\n\tisb" ::"r"(0),
			 "r"(table | TTBR_WALK), "r"(asid)
			 : "memory");
}

void arch_mm_switch(struct arch_mm *as)
{
	uint32_t saved = cpu_irq_save();

	if (asid_make_current(&asids, as, cpu_id()))
		tlb_flush_all();
	if (as)
		set_ttbr0(as->l1_paddr, asid_tag(as));
	else
		set_ttbr0(paddr_of(kernel_l1), 0);
	cpu_irq_restore(saved);
}

void arch_mm_destroy(struct arch_mm *as)
{
	if (asids.current[cpu_id()] == as)
		arch_mm_switch(NULL);
	if (as->asid)
		tlb_flush_mm(as);
	as->asid = 0;
}

/* What context_switch pops: r4-r11 and the address it goes on at. */
struct saved_registers {
	uint32_t r4, r5, r6, r7, r8, r9, r10, fp, pc;
};

/* Two words stay free, so that sp is 8-aligned at entry and not at the very end of its slot. */
void context_init(struct context *c, void *stack_top, void (*entry)(void *), void *arg)
{
	struct saved_registers *s = (struct saved_registers *)((char *)stack_top - 8) - 1;

	*s = (struct saved_registers){ .r4 = (uint32_t)arg,
				       .r5 = (uint32_t)entry,
				       .pc = (uint32_t)context_start };
	c->sp = (uint32_t)s;
}

/* A stack in use begins 4 below its end: vectors.S, context_enter_user. */
struct trap_frame *context_user_frame(void *stack_top)
{
	return (struct trap_frame *)((char *)stack_top - 4) - 1;
}

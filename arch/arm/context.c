/*
 * Address spaces as the hardware knows them, and the first stack of a task.
 *
 * Tag 0 belongs to nobody: it is current while TTBR0 changes (ARM DDI 0406C B3.10.4,
 * "synchronization of changes of ASID and TTBR"). Locks: LOCK_ASID around the pool of tags,
 * interrupts off; a new generation's tags are used only when the TLBs of all cpus are empty.
 */
#include "arch/asid.h"
#include "arch/frame.h"
#include "arch/tlb.h"
#include "base/assert.h"
#include "base/spinlock.h"
#include "layout.h"

extern uint32_t kernel_l1[];

static struct asid_pool asids = ASID_POOL_INIT;
static struct spinlock asids_lock; /* LOCK_ASID */

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

static void set_tag(uint32_t tag)
{
	__asm__ volatile("mcr p15, 0, %0, c13, c0, 1\n\tisb" ::"r"(tag) : "memory");
}

static void set_table(uint32_t table)
{
	__asm__ volatile("mcr p15, 0, %0, c2, c0, 0\n\tisb" ::"r"(table | TTBR_WALK) : "memory");
}

/*
 * Order: nobody's tag before the TLBs are emptied for a new generation, else this cpu might fill
 * its own again under a tag that is about to be somebody else's.
 */
static void make_current(struct arch_mm *as)
{
	set_tag(0);
	spin_lock(&asids_lock, LOCK_ASID);
	if (asid_make_current(&asids, as, cpu_id()))
		tlb_flush_all();
	spin_unlock(&asids_lock);
	set_table(as ? as->l1_paddr : paddr_of(kernel_l1));
	if (as)
		set_tag(asid_tag(as));
}

void arch_mm_switch(struct arch_mm *as)
{
	uint32_t saved = cpu_irq_save();

	if (asids.current[cpu_id()] != as)
		make_current(as);
	cpu_irq_restore(saved);
}

/* Cannot: another cpu has it loaded; who does has a thread of this space running. */
void arch_mm_destroy(struct arch_mm *as)
{
	if (asids.current[cpu_id()] == as)
		arch_mm_switch(NULL);
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		assert_that(asids.current[cpu] != as);
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

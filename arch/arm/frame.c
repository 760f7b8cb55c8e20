/*
 * The bytes of a frame: copied, cleared, and mapped for a moment if the direct map does not reach
 * them.
 *
 * Each cpu has FRAME_MAP_DEPTH slots of its own and uses them as a stack, so no lock is needed: the
 * kernel is not preempted and interrupt handlers do not come here.
 */
#include "arch/cpu.h"
#include "arch/frame.h"
#include "arch/pte.h"
#include "base/assert.h"
#include "fpu_live.h"
#include "layout.h"
#include "mmu.h"

static uint32_t slots_l2[PTES_PER_HW_TABLE] __attribute__((aligned(1024)));
static uint32_t depth[MAX_CPUS];

/* arch/arm/frame_asm.S: whole frames by kernel address. */
void frame_copy_bytes(void *to, const void *from);
void frame_clear_bytes(void *to);

void fixmap_init(void)
{
	mmu_map_tables(FIXMAP_BASE, slots_l2, 1);
}

static uint32_t slot_index(uint32_t level)
{
	return cpu_id() * FRAME_MAP_DEPTH + level;
}

static void *slot_address(uint32_t index)
{
	return (void *)(FIXMAP_BASE + index * PAGE_SIZE);
}

void *frame_map(pfn_t frame)
{
	uint32_t index;

	if (frame_is_low(frame))
		return frame_address(frame);
	assert_that(depth[cpu_id()] < FRAME_MAP_DEPTH);
	index = slot_index(depth[cpu_id()]++);
	slots_l2[index] = pfn_to_paddr(frame).a | KPAGE_DATA;
	pte_publish();
	__asm__ volatile("isb");
	return slot_address(index);
}

/*
 * TLBIMVA reaches this cpu only, which is enough: no other ever uses the slot (ARM DDI 0406C
 * B4.2.2).
 */
void frame_unmap(void *address)
{
	uint32_t index;

	if ((uintptr_t)address < FIXMAP_BASE)
		return;
	index = slot_index(--depth[cpu_id()]);
	assert_eq((uintptr_t)address, (uintptr_t)slot_address(index));
	slots_l2[index] = 0;
	pte_publish();
	__asm__ volatile("mcr p15, 0, %0, c8, c7, 1\n\tdsb\n\tisb" ::"r"(address) : "memory");
}

void frame_copy(pfn_t to, pfn_t from)
{
	void *t = frame_map(to);
	void *f = frame_map(from);

	fpu_take_for_kernel();
	frame_copy_bytes(t, f);
	frame_unmap(f);
	frame_unmap(t);
}

void frame_clear(pfn_t frame)
{
	void *p = frame_map(frame);

	fpu_take_for_kernel();
	frame_clear_bytes(p);
	frame_unmap(p);
}

/*
 * The window of kernel stacks. Its tables are static: a stack costs two frames and no allocation.
 * Entries are changed by whoever owns the slot; the kernel's task table gives slots out.
 */
#include <errno.h>

#include "arch/kstack.h"
#include "arch/cpu.h"
#include "arch/frame.h"
#include "arch/pte.h"
#include "layout.h"
#include "mmu.h"

#define SLOT_PAGES  (KSTACK_SLOT_BYTES / PAGE_SIZE)
#define GUARD_PAGES (SLOT_PAGES - KSTACK_PAGES)

static uint32_t window_l2[KSTACK_SLOTS * SLOT_PAGES] __attribute__((aligned(4096)));

_Static_assert(KSTACK_PAGES *PAGE_SIZE == KSTACK_BYTES, "the entry code tests this bit");
_Static_assert(KSTACK_SLOTS *KSTACK_SLOT_BYTES <= DEVICE_BASE - KSTACK_BASE,
	       "the window holds all slots");
_Static_assert(KSTACK_FIRST_FREE == 2 * MAX_CPUS, "boot and emergency stacks come first");

static uint32_t slot_stack(unsigned slot)
{
	return KSTACK_BASE + slot * KSTACK_SLOT_BYTES + GUARD_PAGES * PAGE_SIZE;
}

static uint32_t *slot_entries(unsigned slot)
{
	return &window_l2[slot * SLOT_PAGES + GUARD_PAGES];
}

int kstack_map(unsigned slot, const pfn_t frames[KSTACK_PAGES])
{
	if (slot >= KSTACK_SLOTS)
		return -ERANGE;
	for (unsigned i = 0; i < KSTACK_PAGES; i++)
		slot_entries(slot)[i] = pfn_to_paddr(frames[i]).a | KPAGE_DATA;
	pte_publish();
	__asm__ volatile("isb");
	return 0;
}

void kstack_unmap(unsigned slot)
{
	for (unsigned i = 0; i < KSTACK_PAGES; i++)
		mmu_set_kernel_page(&slot_entries(slot)[i], 0, slot_stack(slot) + i * PAGE_SIZE);
}

void *kstack_top(unsigned slot)
{
	return (void *)(slot_stack(slot) + KSTACK_BYTES);
}

bool kstack_is_guard(uint32_t address)
{
	return address >= KSTACK_BASE && address - KSTACK_BASE < KSTACK_SLOTS * KSTACK_SLOT_BYTES &&
	       !(address & KSTACK_BYTES);
}

static void map_static(unsigned slot, const char *stack)
{
	pfn_t first = frame_of_address(stack);
	pfn_t frames[KSTACK_PAGES] = { first, pfn(first.n + 1) };

	kstack_map(slot, frames);
}

void kstack_init(const void *boot, const void *emergency)
{
	mmu_map_tables(KSTACK_BASE, window_l2, sizeof(window_l2) / 1024u);
	map_static(0, boot);
	map_static(MAX_CPUS, emergency);
}

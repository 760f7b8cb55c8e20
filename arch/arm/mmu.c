/*
 * The kernel's half of the address space: first-level table, image pages, windows.
 *
 * kernel_l1 is the one table of TTBR1. Its lower half, which TTBR1 never reads, stays empty and
 * serves as TTBR0's table when no task's space is current. Entries are only added after boot,
 * except single pages of the stack window and of the frame slots.
 */
#include <string.h>

#include "arch/device.h"
#include "arch/frame.h"
#include "arch/kstack.h"
#include "arch/tlb.h"
#include "base/assert.h"
#include "layout.h"
#include "mmu.h"

#define MIB (1u << 20)

uint32_t kernel_l1[4096] __attribute__((aligned(16384)));
uint32_t image_l2[IMAGE_MAP_TABLES * PTES_PER_HW_TABLE] __attribute__((aligned(4096)));

/* Emergency stack, then boot stack, so that the latter is in the upper half of a slot's shape. */
char boot_stacks[2 * KSTACK_BYTES] __attribute__((aligned(KSTACK_SLOT_BYTES)));

uint32_t direct_map_offset;
pfn_t direct_map_end;

extern char image_start[]; /* boot/start.S */

_Static_assert(IMAGE_MAP_BYTES == IMAGE_MAP_TABLES * MIB, "tables cover the image");
_Static_assert(PTE_NORMAL == (KPAGE_DATA & (PTE_C | PTE_B)), "one cached memory type");

static uint32_t kernel_paddr(const void *address)
{
	return (uint32_t)(uintptr_t)address - direct_map_offset;
}

static void map_section(uint32_t address, uint32_t start, uint32_t bits)
{
	kernel_l1[address / MIB] = start | bits;
	pte_publish();
	__asm__ volatile("isb");
}

void mmu_map_tables(uint32_t address, const void *tables, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		kernel_l1[address / MIB + i] = (kernel_paddr(tables) + i * 1024u) | L1_TABLE;
	pte_publish();
}

void mmu_set_kernel_page(uint32_t *entry, uint32_t value, uint32_t address)
{
	*(volatile uint32_t *)entry = value;
	pte_publish();
	/* TLBIMVAAIS: kernel entries are global, any ASID. ARM DDI 0406C B4.2.2. */
	__asm__ volatile("mcr p15, 0, %0, c8, c3, 3\n\tdsb ish\n\tisb" ::"r"(address) : "memory");
}

void mmu_init(uint32_t delta)
{
	direct_map_offset = -delta;
	direct_map_end =
		paddr_to_pfn(paddr(kernel_paddr((void *)DIRECT_MAP_BASE) + IMAGE_MAP_BYTES));
	memset(kernel_l1, 0, sizeof(kernel_l1) / 2);
	tlb_flush_all();
	kstack_init(boot_stacks + KSTACK_BYTES, boot_stacks);
	fixmap_init();
}

/* In the lower half, which the others have as TTBR0's table while they come in. */
void mmu_map_entry(bool on)
{
	uint32_t start = kernel_paddr(image_start) & ~(MIB - 1);

	if (direct_map_offset == 0)
		return;
	kernel_l1[start / MIB] = on ? start | KSECT_BOOT : 0;
	if (on)
		pte_publish();
	else
		tlb_flush_all();
}

paddr_t mmu_ram_start(void)
{
	return paddr(DIRECT_MAP_BASE - direct_map_offset);
}

pfn_t frame_high_start(void)
{
	return direct_map_end;
}

static void map_direct_section(uint32_t address)
{
	if (kernel_l1[address / MIB] == 0)
		map_section(address, address - direct_map_offset, KSECT_DATA);
}

const void *mmu_peek(paddr_t start, uint32_t bytes)
{
	uint32_t from = start.a + direct_map_offset;

	if (start.a < mmu_ram_start().a || from < DIRECT_MAP_BASE || from >= DIRECT_MAP_END ||
	    bytes > DIRECT_MAP_END - from)
		return NULL;
	for (uint32_t a = from & ~(MIB - 1); a < from + bytes; a += MIB)
		map_direct_section(a);
	return (const void *)from;
}

/*
 * Sections beyond the border that mmu_peek made are taken back: high memory has no kernel address.
 */
static void unmap_from(uint32_t address)
{
	for (uint32_t a = address; a < DIRECT_MAP_END; a += MIB)
		kernel_l1[a / MIB] = 0;
	tlb_flush_all();
}

void mmu_map_ram(paddr_t end)
{
	uint32_t last = end.a + direct_map_offset;

	assert_that(last <= DIRECT_MAP_END && last >= DIRECT_MAP_BASE + IMAGE_MAP_BYTES);
	last &= ~(MIB - 1);
	for (uint32_t a = DIRECT_MAP_BASE; a < last; a += MIB)
		map_direct_section(a);
	unmap_from(last);
	direct_map_end = paddr_to_pfn(paddr(last - direct_map_offset));
}

/* Sections already in the window, looked through before a new one is taken. */
static uint32_t device_next = DEVICE_BASE;

static uint32_t device_section(uint32_t start)
{
	for (uint32_t a = DEVICE_BASE; a < device_next; a += MIB)
		if ((kernel_l1[a / MIB] & ~(MIB - 1)) == start)
			return a;
	return 0;
}

static uint32_t device_window(uint32_t start, uint32_t end)
{
	uint32_t window = device_next;

	if (end - start > DEVICE_END - device_next)
		return 0;
	for (uint32_t p = start; p != end; p += MIB, device_next += MIB)
		map_section(device_next, p, KSECT_DEVICE);
	return window;
}

void *device_map(paddr_t start, uint32_t bytes)
{
	uint32_t first = start.a & ~(MIB - 1), end = (start.a + bytes + MIB - 1) & ~(MIB - 1);
	uint32_t window = end - first == MIB ? device_section(first) : 0;

	if (bytes == 0 || bytes > UINT32_MAX - start.a)
		return NULL;
	if (!window)
		window = device_window(first, end);
	return window ? (void *)(window + (start.a - first)) : NULL;
}

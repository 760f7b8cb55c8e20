/*
 * Cache maintenance by address. ARMv7 data caches behave as physically tagged (ARM DDI 0406C
 * B3.11.1), so on these machines only instruction fetch and page-table walks can miss a store.
 */
#include "arch/atomic.h"
#include "arch/cache.h"
#include "arch/context.h"
#include "arch/frame.h"

static struct cache_counts counts;

static uint32_t cache_type_register(void)
{
	uint32_t ctr;

	__asm__("mrc p15, 0, %0, c0, c0, 1" : "=r"(ctr));
	return ctr;
}

/* CTR.DminLine, bits 19:16: log2 of words in the smallest data line (ARM DDI 0406C B4.1.42). */
static uint32_t data_line_bytes(void)
{
	return 4u << ((cache_type_register() >> 16) & 15u);
}

/* CTR.Format 4 is ARMv7. The older format is that of machines whose data cache may alias. */
enum cache_type cache_type(void)
{
	return cache_type_register() >> 29 == 4 ? CACHE_PIPT : CACHE_VIPT_ALIASING;
}

/* Four is the most that ARMv6 page colouring asks for (two address bits, ARM DDI 0406C D12.7.8). */
unsigned cache_colours(void)
{
	return cache_type() == CACHE_PIPT ? 1 : 4;
}

/* Multiprocessing extensions: MPIDR bit 31 (ARM DDI 0406C B4.1.106). */
bool cache_ops_broadcast(void)
{
	uint32_t mpidr;

	__asm__("mrc p15, 0, %0, c0, c0, 5" : "=r"(mpidr));
	return mpidr >> 31;
}

static void flush_lines(uint32_t start)
{
	uint32_t line = data_line_bytes();

	for (uint32_t a = start; a < start + PAGE_SIZE; a += line)
		__asm__ volatile("mcr p15, 0, %0, c7, c14, 1" ::"r"(a) : "memory"); /* DCCIMVAC */
	__asm__ volatile("dsb" ::: "memory");
}

static void clean_lines_to_unification(uint32_t start)
{
	uint32_t line = data_line_bytes();

	for (uint32_t a = start; a < start + PAGE_SIZE; a += line)
		__asm__ volatile("mcr p15, 0, %0, c7, c11, 1" ::"r"(a) : "memory"); /* DCCMVAU */
	__asm__ volatile("dsb ish" ::: "memory");
}

void cache_flush_kernel_page(pfn_t frame)
{
	void *address = frame_map(frame);

	atomic_add_relaxed(&counts.kernel_pages, 1);
	flush_lines((uint32_t)(uintptr_t)address);
	frame_unmap(address);
}

/* Any address of the frame serves where nothing aliases, and its kernel address can not fault. */
void cache_flush_user_page(const struct arch_mm *as, vaddr_t page, pfn_t frame)
{
	void *address = frame_map(frame);

	(void)as;
	(void)page;
	atomic_add_relaxed(&counts.user_pages, 1);
	flush_lines((uint32_t)(uintptr_t)address);
	frame_unmap(address);
}

/*
 * Order: clean, wait, then invalidate what fetches, wait (ARM DDI 0406C B2.2.9, "ordering of cache
 * ...").
 */
void cache_sync_instructions(pfn_t frame)
{
	void *address = frame_map(frame);

	atomic_add_relaxed(&counts.instruction_syncs, 1);
	clean_lines_to_unification((uint32_t)(uintptr_t)address);
	frame_unmap(address);
	__asm__ volatile("mcr p15, 0, %0, c7, c1, 0\n\t" /* ICIALLUIS */
			 "mcr p15, 0, %0, c7, c1, 6\n\t" /* BPIALLIS */
			 "dsb ish\n\tisb" ::"r"(0)
			 : "memory");
}

struct cache_counts cache_counts(void)
{
	return counts;
}

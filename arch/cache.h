/*
 * Cache maintenance, by what has to be true afterwards.
 *
 * Three types of data cache exist on the machines this code is meant for; the type is read from
 * the cache type register at boot (CTR, ARM DDI 0406C B4.1.42) and, in simulation, chosen:
 *   CACHE_PIPT           physically tagged, no aliases (also VIPT that does not alias)
 *   CACHE_VIPT_ALIASING  the same frame may sit in the cache once a page colour
 *   CACHE_VIVT           the same frame may sit in the cache once a virtual address
 * mm/virt/dcache.c decides what is needed when; here each operation just does what it says.
 */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include "arch/addr.h"

enum cache_type { CACHE_PIPT, CACHE_VIPT_ALIASING, CACHE_VIVT };

enum cache_type cache_type(void);

/* Page colours of an aliasing data cache: a power of two, 1 where nothing aliases. */
unsigned cache_colours(void);

/*
 * True where maintenance by address reaches every cpu by itself (ARMv7 multiprocessing, or one
 * cpu).
 */
bool cache_ops_broadcast(void);

struct arch_mm;

/* Writes back and drops what the cache holds of a frame under the kernel's own address for it. */
void cache_flush_kernel_page(pfn_t frame);

/*
 * The same under a user address, which must be mapped in `as` (VIVT), or of its colour (aliasing).
 */
void cache_flush_user_page(const struct arch_mm *as, vaddr_t page, pfn_t frame);

/*
 * What was stored to the frame is what will be fetched from it: data side cleaned to the point of
 * unification, instruction side and branch predictor invalidated, on every cpu.
 */
void cache_sync_instructions(pfn_t frame);

/* Operations issued since boot: emulators do not model caches, so tests read these. */
struct cache_counts {
	uint32_t kernel_pages, user_pages, instruction_syncs;
};

struct cache_counts cache_counts(void);

#endif

/*
 * RAM at boot. One range, from where the image was loaded (its base is the board's) to the size
 * that the handover tells. An initrd is moved down to the image, out of the way.
 */
#include <stddef.h>
#include <string.h>

#include "arch/frame.h"
#include "arch/arm/layout.h"
#include "arch/arm/mmu.h"
#include "base/log.h"
#include "boot/memory.h"
#include "boot/params.h"
#include "mm/phys/early.h"
#include "mm/phys/pfn.h"

#define MIB	  (UINT64_C(1) << 20)
#define LEAST_RAM (16 * MIB)

/* A range that ended at 4 GiB would end at 0: its last block of the largest order is not used. */
#define RAM_LIMIT ((UINT64_C(1) << 32) - 4 * MIB)

extern const char image_start[], image_end[];

static struct {
	const void *start;
	uint32_t bytes;
} initrd;

static const char *check_ram(const struct handover *h)
{
	if (h->ram_bytes == 0)
		return "nobody says how much RAM there is (no memory node, no tag, no semihosting)";
	if (h->ram_start != mmu_ram_start().a)
		return "the RAM described does not start where the image was loaded";
	if (h->ram_bytes < LEAST_RAM)
		return "there is less than 16 MiB of RAM";
	return NULL;
}

static uint64_t ram_end(const struct handover *h)
{
	bool fits = h->ram_start < RAM_LIMIT && h->ram_bytes < RAM_LIMIT - h->ram_start;

	return (fits ? h->ram_start + h->ram_bytes : RAM_LIMIT) & ~(MIB - 1);
}

/* The first byte that the direct map does not reach: its window's end, RAM's end, or `lowmem=`. */
static uint64_t low_end(uint64_t start, uint64_t end)
{
	uint64_t reach = DIRECT_MAP_END - DIRECT_MAP_BASE;

	if (boot_params.lowmem_bytes && boot_params.lowmem_bytes < reach)
		reach = round_down(boot_params.lowmem_bytes, MAX_ORDER_PAGES * PAGE_SIZE);
	return end - start < reach ? end : start + reach;
}

static bool is_in_ram(uint64_t start, uint64_t bytes, uint64_t end)
{
	return start >= mmu_ram_start().a && start < end && bytes <= end - start;
}

/* Bytes of the loader's initrd, 0 if there is none where RAM is. */
static uint32_t initrd_bytes_in_ram(const struct handover *h, uint64_t end)
{
	return is_in_ram(h->initrd_start, h->initrd_bytes, end) ? (uint32_t)h->initrd_bytes : 0;
}

/*
 * What must lie in low memory: image, descriptors (32 bytes a frame and a little more), a copy of
 * the initrd, and room for tables and stacks to begin with.
 */
static uint64_t least_low(const struct handover *h, uint64_t end)
{
	uint64_t image = (uintptr_t)image_end - DIRECT_MAP_BASE;

	return image + (end - h->ram_start) / PAGE_SIZE * 40u + initrd_bytes_in_ram(h, end) +
	       2 * MIB;
}

static const char *check_low(const struct handover *h, uint64_t low, uint64_t end)
{
	if (low - h->ram_start < least_low(h, end))
		return "lowmem= is too small for the descriptors of this much RAM";
	return NULL;
}

/* Everything below the image's end: the tags or tree at the start of RAM, and the image. */
static void reserve_image(void)
{
	uint32_t start = mmu_ram_start().a;

	early_reserve(paddr(start), (uint32_t)(uintptr_t)image_end - DIRECT_MAP_BASE);
	early_label(paddr(start), (uint32_t)(uintptr_t)image_start - DIRECT_MAP_BASE,
		    "boot tags, device tree");
	early_label(paddr(start), (uint32_t)(uintptr_t)image_end - DIRECT_MAP_BASE, "kernel image");
}

static void copy_frames(char *to, uint32_t from, uint32_t bytes)
{
	for (uint32_t done = 0; done < bytes;) {
		uint32_t skip = (from + done) % PAGE_SIZE;
		uint32_t part = PAGE_SIZE - skip < bytes - done ? PAGE_SIZE - skip : bytes - done;
		char *window = frame_map(paddr_to_pfn(paddr(from + done)));

		memmove(to + done, window + skip, part);
		frame_unmap(window);
		done += part;
	}
}

static void keep_initrd(uint32_t start)
{
	early_reserve(paddr(start), initrd.bytes);
	early_label(paddr(start), initrd.bytes, "initrd");
	initrd.start = (const char *)frame_address(paddr_to_pfn(paddr(start))) + start % PAGE_SIZE;
}

/*
 * The loader puts an initrd in the middle of RAM, where its frames would spoil a large block for
 * good. It is moved down behind the image, before anything else is allocated; upward copying lets
 * the two overlap.
 */
static void place_initrd(const struct handover *h, uint64_t end)
{
	uint32_t start = (uint32_t)h->initrd_start;
	uint32_t behind_image = page_align_up((uint32_t)(uintptr_t)image_end) - direct_map_offset;

	if (h->initrd_bytes == 0)
		return;
	initrd.bytes = initrd_bytes_in_ram(h, end);
	if (initrd.bytes == 0) {
		log_error("initrd at 0x%08x lies outside of RAM and is ignored", start);
		return;
	}
	if (start > behind_image) {
		copy_frames(frame_address(paddr_to_pfn(paddr(behind_image))), start, initrd.bytes);
		start = behind_image;
	}
	keep_initrd(start);
}

/* Does the last frame keep what is stored? A tree may promise more than the board has. */
static bool last_frame_answers(uint64_t end)
{
	volatile uint32_t *word = frame_map(pfn((uint32_t)(end >> PAGE_SHIFT) - 1));
	uint32_t before = *word;
	bool answers;

	*word = ~before;
	answers = *word == ~before;
	*word = before;
	frame_unmap((void *)word);
	return answers;
}

const char *memory_init(const struct handover *h, struct zone_borders *borders)
{
	const char *problem = check_ram(h);
	uint64_t end = ram_end(h), low = low_end(h->ram_start, end);

	if (!problem)
		problem = check_low(h, low, end);
	if (problem)
		return problem;
	early_set_ram(paddr((uint32_t)h->ram_start), (uint32_t)((end - h->ram_start) / PAGE_SIZE));
	mmu_map_ram(paddr((uint32_t)low));
	if (!last_frame_answers(end))
		return "the end of the RAM described does not answer";
	reserve_image();
	place_initrd(h, end);
	*borders = (struct zone_borders){ .dma_pages = boot_params.dma_bytes / PAGE_SIZE,
					  .movable_pages = boot_params.movable_bytes / PAGE_SIZE,
					  .high_start = frame_high_start() };
	return NULL;
}

void boot_initrd(const void **start, uint32_t *bytes)
{
	*start = initrd.start;
	*bytes = initrd.bytes;
}

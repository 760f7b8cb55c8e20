/*
 * A disk in memory: a table of frames, one a page of the disk. The cpu copies, through the kernel's
 * own addresses, so there is nothing to wait for and no interrupt. Requests to the same sectors at
 * the same time mix, as on any disk.
 */
#include "drivers/ramdisk.h"

#include <stdio.h>
#include <string.h>

#include "arch/cache.h"
#include "arch/frame.h"
#include "mm/phys/alloc.h"

struct ramdisk {
	struct block_device device;
	uint32_t number;
	uint32_t pages;
	unsigned table_order;
	struct page **page; /* of the disk's pages, in order */
};

static uint32_t numbers_used; /* (A) a bit each */

/* Both ways alike: which is which, and what the cache has of the request's frame. */
static void copy_piece(struct page *of_disk, uint32_t at, const struct block_segment *s,
		       uint32_t done, uint32_t bytes, enum block_op op)
{
	char *disk = frame_map(page_to_pfn(of_disk));
	char *memory = frame_map(s->frame);

	if (op == BLOCK_READ)
		memcpy(memory + s->offset + done, disk + at, bytes);
	else
		memcpy(disk + at, memory + s->offset + done, bytes);
	frame_unmap(memory);
	frame_unmap(disk);
}

/*
 * A device would go past the caches. Before: what users stored is seen, whatever the kernel's alias
 * took in earlier. After: nothing of the frame is left under the kernel's address.
 */
static void settle_cache(const struct block_segment *s)
{
	if (cache_type() != CACHE_PIPT)
		cache_flush_kernel_page(s->frame);
}

static void copy_segment(struct ramdisk *ram, uint64_t from, const struct block_segment *s,
			 enum block_op op)
{
	uint32_t done = 0;

	settle_cache(s);
	while (done < s->bytes) {
		uint32_t at = (uint32_t)((from + done) % PAGE_SIZE);
		uint32_t bytes = s->bytes - done;

		if (bytes > PAGE_SIZE - at)
			bytes = PAGE_SIZE - at;
		copy_piece(ram->page[(from + done) / PAGE_SIZE], at, s, done, bytes, op);
		done += bytes;
	}
	settle_cache(s);
}

static int transfer(struct block_device *d, const struct block_request *r)
{
	uint64_t at = r->sector * SECTOR_BYTES;

	for (uint32_t n = 0; n < r->count; n++) {
		copy_segment(d->state, at, &r->segments[n], r->op);
		at += r->segments[n].bytes;
	}
	return 0;
}

static const struct block_ops ramdisk_ops = { .transfer = transfer };

/* Pages from the first on that are there. */
static void free_disk_pages(struct ramdisk *ram)
{
	for (uint32_t n = 0; n < ram->pages && ram->page[n]; n++)
		free_pages(ram->page[n], 0);
	free_kernel_pages(ram->page, ram->table_order);
}

static bool take_pages(struct ramdisk *ram)
{
	ram->table_order = order_for_bytes(ram->pages * (uint32_t)sizeof(*ram->page));
	ram->page = alloc_kernel_pages(GFP_KERNEL | GFP_ZERO | GFP_NOWARN, ram->table_order);
	if (!ram->page)
		return false;
	for (uint32_t n = 0; n < ram->pages; n++) {
		ram->page[n] =
			alloc_pages(GFP_KERNEL | GFP_ZONE_HIGHMEM | GFP_ZERO | GFP_NOWARN, 0);
		if (!ram->page[n]) {
			free_disk_pages(ram);
			return false;
		}
	}
	return true;
}

/* The first number that no disk has; 32 of them are enough. */
static bool take_number(uint32_t *number)
{
	for (*number = 0; *number < 32; (*number)++)
		if (!(atomic_fetch_or(&numbers_used, 1u << *number) >> *number & 1))
			return true;
	return false;
}

/* More pages than the table of one block of the allocator names are refused, as no memory. */
static bool fill(struct ramdisk *ram, uint64_t bytes)
{
	uint64_t most = (uint64_t)(PAGE_SIZE << MAX_ORDER) / sizeof(*ram->page);

	if (bytes < PAGE_SIZE || bytes / PAGE_SIZE > most)
		return false;
	ram->pages = (uint32_t)(bytes / PAGE_SIZE);
	if (!take_pages(ram))
		return false;
	if (take_number(&ram->number))
		return true;
	free_disk_pages(ram);
	return false;
}

struct block_device *ramdisk_create(uint64_t bytes)
{
	struct ramdisk *ram = alloc_kernel_pages(GFP_KERNEL | GFP_ZERO, 0);

	if (!ram)
		return NULL;
	if (!fill(ram, bytes)) {
		free_kernel_pages(ram, 0);
		return NULL;
	}
	snprintf(ram->device.name, sizeof(ram->device.name), "ram%u", (unsigned)ram->number);
	ram->device.sectors = (uint64_t)ram->pages * PAGE_SECTORS;
	ram->device.ops = &ramdisk_ops;
	ram->device.state = ram;
	block_register(&ram->device);
	return &ram->device;
}

void ramdisk_destroy(struct block_device *d)
{
	struct ramdisk *ram = d->state;

	block_unregister(d);
	free_disk_pages(ram);
	atomic_fetch_and(&numbers_used, ~(1u << ram->number));
	free_kernel_pages(ram, 0);
}

/*
 * Commands about disks: which there are, and what is in a sector.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "arch/frame.h"
#include "base/log.h"
#include "console/console.h"
#include "drivers/ramdisk.h"
#include "mm/cache/block.h"
#include "mm/phys/alloc.h"

#define BYTES_A_LINE 16u

static const char *state_of(const struct block_device *d)
{
	if (d->failed)
		return "failed";
	return d->read_only ? "read-only" : "ok";
}

static void print_disk(const struct block_device *d)
{
	const struct block_counters *c = &d->counters;

	print("disk=%s sectors=%llu state=%s user=%s reads=%u writes=%u flushes=%u "
	      "sectors_read=%llu sectors_written=%llu errors=%u flying=%u waiting=%u\n",
	      d->name, (unsigned long long)d->sectors, state_of(d),
	      d->claimed_by ? d->claimed_by : "-", (unsigned)c->requests[BLOCK_READ],
	      (unsigned)c->requests[BLOCK_WRITE], (unsigned)c->requests[BLOCK_FLUSH],
	      (unsigned long long)c->sectors[BLOCK_READ],
	      (unsigned long long)c->sectors[BLOCK_WRITE], (unsigned)c->errors,
	      (unsigned)d->flying_count, (unsigned)d->waiting_count);
}

static int run_disks(const struct words *w)
{
	struct block_device *d = NULL;

	(void)w;
	if (!block_next(NULL))
		print("no disks: start with tools/run --disk FILE, or try `disk ram 16`\n");
	while ((d = block_next(d)))
		print_disk(d);
	return 0;
}

static void print_line(uint32_t at, const uint8_t *bytes)
{
	print("%03x ", (unsigned)at);
	for (unsigned n = 0; n < BYTES_A_LINE; n++)
		print(" %02x", bytes[n]);
	print("  ");
	for (unsigned n = 0; n < BYTES_A_LINE; n++)
		print("%c", isprint(bytes[n]) ? bytes[n] : '.');
	print("\n");
}

static void print_sector(const uint8_t *bytes)
{
	for (uint32_t at = 0; at < SECTOR_BYTES; at += BYTES_A_LINE)
		print_line(at, bytes + at);
}

/* One sector, or FLUSH, to or from the start of a frame. */
static int run_one(struct block_device *d, enum block_op op, uint32_t sector, const void *buffer)
{
	struct block_request r = { .device = d, .op = op, .sector = sector };

	if (op != BLOCK_FLUSH) {
		r.segments[0] = (struct block_segment){ frame_of_address(buffer), 0, SECTOR_BYTES };
		r.count = 1;
	}
	return block_run(&r);
}

static int read_sector(struct block_device *d, const struct words *w, uint32_t sector, char *buffer)
{
	int status = run_one(d, BLOCK_READ, sector, buffer);

	(void)w;
	if (!status)
		print_sector((uint8_t *)buffer);
	return status;
}

/* The text over and over, a character that says nothing at its end. */
static void fill_sector(char *sector, const char *text)
{
	size_t length = strlen(text) + 1;

	for (uint32_t n = 0; n < SECTOR_BYTES; n++)
		sector[n] = n % length == length - 1 ? ' ' : text[n % length];
}

/* What is on the disk before the command says that it is. */
static int write_sector(struct block_device *d, const struct words *w, uint32_t sector,
			char *buffer)
{
	int status = block_claim(d, "console");

	if (status)
		return status;
	fill_sector(buffer, console_word(w, 4));
	status = run_one(d, BLOCK_WRITE, sector, buffer);
	if (!status)
		status = run_one(d, BLOCK_FLUSH, 0, buffer);
	block_release(d);
	return status;
}

static int with_buffer(struct block_device *d, const struct words *w, uint32_t sector)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	bool writes = console_word_is(w, 1, "write");
	int status;

	if (!page)
		return console_error(-ENOMEM, "no memory for a sector");
	status = (writes ? write_sector : read_sector)(d, w, sector,
						       frame_address(page_to_pfn(page)));
	page_put(page);
	return status ? console_error(status, "%s, sector %u: %s", d->name, (unsigned)sector,
				      strerror(-status))
		      : 0;
}

static int create_ram_disk(const struct words *w)
{
	struct block_device *d;
	uint32_t pages;

	if (!console_number(w, 2, &pages) || pages == 0)
		return console_error(-EINVAL, "PAGES is a number, at least 1");
	d = ramdisk_create((uint64_t)pages * PAGE_SIZE);
	if (!d)
		return console_error(-ENOMEM, "no memory for a disk of %u pages", (unsigned)pages);
	print("disk=%s sectors=%llu\n", d->name, (unsigned long long)d->sectors);
	return 0;
}

static int access_sector(const struct words *w)
{
	struct block_device *d = block_find(console_word(w, 2));
	uint32_t sector;

	if (!d)
		return console_error(-ENODEV, "no disk %s (`disks` lists them)",
				     console_word(w, 2));
	if (!console_number(w, 3, &sector))
		return console_error(-EINVAL, "SECTOR is a number, of 512 bytes each");
	return with_buffer(d, w, sector);
}

static int run_disk(const struct words *w)
{
	if (w->count == 3 && console_word_is(w, 1, "ram"))
		return create_ram_disk(w);
	if ((w->count == 4 && console_word_is(w, 1, "read")) ||
	    (w->count == 5 && console_word_is(w, 1, "write")))
		return access_sector(w);
	return console_error(-EINVAL, "ram PAGES, read DISK SECTOR, or write DISK SECTOR TEXT");
}

static const struct command commands[] = {
	{ "disks", "", "every disk: its size, who has it, what was read and written", "disks", 0, 0,
	  run_disks },
	{ "disk", "ram PAGES | read DISK SECTOR | write DISK SECTOR TEXT",
	  "one sector of a disk, or a new disk in memory\n"
	  "write fills the sector with the text, over and over, and flushes the disk.",
	  "disk ram 16; disk write ram0 3 hello; disk read ram0 3", 2, 4, run_disk },
};

const struct command_family disk_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

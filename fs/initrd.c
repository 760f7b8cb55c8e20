/*
 * The newc format: a header of 110 ASCII characters, the name, the contents, each of the latter two
 * padded so that what follows begins at a multiple of four from the start of the archive. It ends
 * with an entry named TRAILER!!!. Source: cpio(5), "New ASCII Format".
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "base/log.h"
#include "fs/initrd.h"

#define HEADER_BYTES 110u
#define MAGIC	     "070701"
#define MAGIC_BYTES  6u
#define FIELD_DIGITS 8u
#define MODE_TYPE    0170000u
#define MODE_REGULAR 0100000u

enum field { FIELD_MODE = 1, FIELD_FILE_BYTES = 6, FIELD_NAME_BYTES = 11 };

struct archive {
	const char *label;
	const uint8_t *start;
	uint32_t bytes;
};

static struct {
	struct archive archive[INITRD_MAX];
	unsigned count;
} initrd;

/* Where a walk stands: `at` is the offset of the next header. */
struct cursor {
	const struct archive *a;
	uint32_t at;
	const char *broken; /* what is wrong at `at`, in words */
};

/* Value of a hexadecimal digit, or 16. */
static unsigned digit_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20u) - 'a' + 10u;
	return 16;
}

static bool read_field(const uint8_t *header, enum field f, uint32_t *value)
{
	const uint8_t *p = header + MAGIC_BYTES + (unsigned)f * FIELD_DIGITS;

	*value = 0;
	for (unsigned i = 0; i < FIELD_DIGITS; i++) {
		unsigned digit = digit_value(p[i]);

		if (digit > 15)
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

/*
 * Bytes from `from`, padded to four: the offset where the next part begins, or 0 if that is
 * outside.
 */
static uint32_t skip(const struct archive *a, uint32_t from, uint32_t bytes)
{
	uint32_t end;

	if (from > a->bytes || bytes > a->bytes - from)
		return 0;
	end = from + bytes;
	/* The very last padding may be missing. */
	return end + 3u < a->bytes ? (end + 3u) & ~3u : a->bytes;
}

static bool refuse(struct cursor *c, const char *why)
{
	c->broken = why;
	return false;
}

/* Checks one entry and steps over it. False at the end, or with c->broken set. */
static bool read_entry(struct cursor *c, struct initrd_file *file)
{
	const uint8_t *header = c->a->start + c->at;
	uint32_t name_bytes, data, next;

	if (c->a->bytes - c->at < HEADER_BYTES)
		return refuse(c, "it ends within a header");
	if (memcmp(header, MAGIC, MAGIC_BYTES) != 0)
		return refuse(c, "no newc header (compressed archives are not read)");
	if (!read_field(header, FIELD_MODE, &file->mode) ||
	    !read_field(header, FIELD_FILE_BYTES, &file->size) ||
	    !read_field(header, FIELD_NAME_BYTES, &name_bytes))
		return refuse(c, "a number that is not hexadecimal");
	data = skip(c->a, c->at + HEADER_BYTES, name_bytes);
	if (!data || name_bytes == 0 || header[HEADER_BYTES + name_bytes - 1] != 0)
		return refuse(c, "a name that does not end");
	next = skip(c->a, data, file->size);
	if (!next)
		return refuse(c, "a file larger than the archive");
	file->name = (const char *)header + HEADER_BYTES;
	file->bytes = c->a->start + data;
	c->at = next;
	return strcmp(file->name, "TRAILER!!!") != 0;
}

int initrd_add(const char *label, const void *start, uint32_t bytes)
{
	struct archive a = { label, start, bytes };
	struct cursor c = { .a = &a };
	struct initrd_file file;
	unsigned files = 0;

	if (initrd.count == INITRD_MAX)
		return -ENOSPC;
	while (read_entry(&c, &file))
		files++;
	if (c.broken) {
		log_error("error: initrd (%s): at byte %u of %u: %s", label, (unsigned)c.at,
			  (unsigned)bytes, c.broken);
		return -EINVAL;
	}
	initrd.archive[initrd.count++] = a;
	log_debug("initrd (%s): %u entries", label, files);
	return 0;
}

static const char *without_root(const char *path)
{
	for (;;) {
		if (path[0] == '/')
			path++;
		else if (path[0] == '.' && path[1] == '/')
			path += 2;
		else
			return path;
	}
}

static bool find_in(const struct archive *a, const char *path, struct initrd_file *file)
{
	struct cursor c = { .a = a };

	while (read_entry(&c, file))
		if ((file->mode & MODE_TYPE) == MODE_REGULAR &&
		    strcmp(without_root(file->name), path) == 0)
			return true;
	return false;
}

int initrd_find(const char *path, struct initrd_file *file)
{
	for (unsigned i = 0; i < initrd.count; i++)
		if (find_in(&initrd.archive[i], without_root(path), file))
			return 0;
	return -ENOENT;
}

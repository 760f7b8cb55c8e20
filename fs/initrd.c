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
#include "fs/initrd_tree.h"
#include "fs/name.h"

#define HEADER_BYTES 110u
#define MAGIC	     "070701"
#define MAGIC_BYTES  6u
#define FIELD_DIGITS 8u

enum field {
	FIELD_INO = 0,
	FIELD_MODE = 1,
	FIELD_LINKS = 4,
	FIELD_TIME = 5,
	FIELD_FILE_BYTES = 6,
	FIELD_NAME_BYTES = 11
};

struct archive {
	const char *label;
	const uint8_t *start;
	uint32_t bytes;
};

static unsigned archives;

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

static bool read_numbers(const uint8_t *header, struct initrd_entry *file, uint32_t *name_bytes)
{
	return read_field(header, FIELD_INO, &file->ino) &&
	       read_field(header, FIELD_MODE, &file->mode) &&
	       read_field(header, FIELD_LINKS, &file->links) &&
	       read_field(header, FIELD_TIME, &file->time) &&
	       read_field(header, FIELD_FILE_BYTES, &file->size) &&
	       read_field(header, FIELD_NAME_BYTES, name_bytes);
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
static bool read_entry(struct cursor *c, struct initrd_entry *file)
{
	const uint8_t *header = c->a->start + c->at;
	uint32_t name_bytes, data, next;

	if (c->a->bytes - c->at < HEADER_BYTES)
		return refuse(c, "it ends within a header");
	if (memcmp(header, MAGIC, MAGIC_BYTES) != 0)
		return refuse(c, "no newc header (compressed archives are not read)");
	if (!read_numbers(header, file, &name_bytes))
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

/* Entries of a sound archive, or -EINVAL, which was said. */
static int count_entries(const struct archive *a)
{
	struct cursor c = { .a = a };
	struct initrd_entry file;
	int files = 0;

	while (read_entry(&c, &file))
		files++;
	if (!c.broken)
		return files;
	log_error("error: initrd (%s): at byte %u of %u: %s", a->label, (unsigned)c.at,
		  (unsigned)a->bytes, c.broken);
	return -EINVAL;
}

static int add_entries(const struct archive *a)
{
	struct cursor c = { .a = a };
	struct initrd_entry file = { .archive = archives };

	while (read_entry(&c, &file)) {
		int error = initrd_tree_add(&file);

		if (error == -ENOMEM)
			return error;
		if (error)
			log_error("error: initrd (%s): %s is left out: %s", a->label, file.name,
				  strerror(-error));
	}
	return 0;
}

int initrd_add(const char *label, const void *start, uint32_t bytes)
{
	struct archive a = { label, start, bytes };
	int entries;

	if (archives == INITRD_MAX)
		return -ENOSPC;
	initrd_tree_begin();
	entries = count_entries(&a);
	if (entries < 0)
		return entries;
	archives++;
	log_debug("initrd (%s): %d entries", label, entries);
	return add_entries(&a);
}

int initrd_find(const char *path, struct initrd_file *file)
{
	struct inode *i;

	if (inode_find(path, true, &i))
		return -ENOENT;
	if (!initrd_tree_file(i, file)) {
		inode_put(i);
		return -ENOENT;
	}
	inode_put(i); /* the tree holds it for ever */
	return 0;
}

/*
 * Files that come with the kernel: cpio archives of the "newc" kind, in memory, read only.
 *
 * Up to INITRD_MAX archives, searched in the order they were added: the boot loader's first, then
 * the built-in one. Paths are compared without leading "/" and "./".
 */
#ifndef FS_INITRD_H
#define FS_INITRD_H

#include <stdint.h>

#define INITRD_MAX 2u

struct initrd_file {
	const char *name; /* 0-terminated, in the archive */
	const uint8_t *bytes;
	uint32_t size;
	uint32_t mode; /* as stat has it */
};

/*
 * From now on files are looked for in this archive too. Every entry is checked against `bytes`.
 * Returns 0, -EINVAL when it is broken (one line says where and how), -ENOSPC when there are too
 * many.
 */
int initrd_add(const char *label, const void *start, uint32_t bytes);

/* The regular file at `path`. Returns 0 or -ENOENT. */
int initrd_find(const char *path, struct initrd_file *file);

#endif

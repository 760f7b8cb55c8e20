/*
 * The file system of the files that come with the kernel: cpio archives of the "newc" kind, in
 * memory, read only. It is the root of all names (fs/name.h).
 *
 * Up to INITRD_MAX archives become one tree of directories, regular files and symbolic links. What
 * an archive added earlier has is not replaced by a later one (the boot loader's comes first, then
 * the built-in one); within one archive the last entry of a name counts, as cpio has it. Contents
 * stay where the archive is.
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
 * From now on this archive's files are there too. Every entry is checked against `bytes`; nothing
 * of a broken archive appears. An entry that fits nowhere (below a file, with "..") is left out and
 * said so. Context: boot, memory is there. Returns 0, -EINVAL when it is broken (one line says
 * where and how), -ENOSPC when there are too many, -ENOMEM.
 */
int initrd_add(const char *label, const void *start, uint32_t bytes);

/* The regular file at `path`. Returns 0 or -ENOENT. */
int initrd_find(const char *path, struct initrd_file *file);

#endif

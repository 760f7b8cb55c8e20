/*
 * Records that describe a file, as programs for Linux on 32-bit ARM expect them.
 */
#ifndef KERNEL_STAT_H
#define KERNEL_STAT_H

#include "fs/file.h"

#define STATX_RESERVED 0x80000000u

struct stat_time {
	uint32_t seconds, ns;
};

/* Linux: arch/arm/include/uapi/asm/stat.h, struct stat64. */
struct stat64 {
	uint64_t device;
	uint8_t pad0[4];
	uint32_t ino_low;
	uint32_t mode, links, uid, gid;
	uint64_t rdev;
	uint8_t pad3[4];
	int64_t bytes __attribute__((aligned(8)));
	uint32_t block_bytes;
	uint64_t blocks __attribute__((aligned(8)));
	struct stat_time accessed, modified, changed;
	uint64_t ino;
};

struct statx_time {
	int64_t seconds;
	uint32_t ns;
	int32_t pad;
};

/* Linux: uapi/linux/stat.h, struct statx. */
struct statx {
	uint32_t mask, block_bytes;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, pad1;
	uint64_t ino, bytes, blocks, attributes_mask;
	struct statx_time accessed, born, changed, modified;
	uint32_t rdev_major, rdev_minor, device_major, device_minor;
	uint64_t mount;
	uint64_t pad3[13];
};

/* Linux: uapi/asm-generic/statfs.h, struct statfs64 as ARM packs it. */
struct statfs64 {
	uint32_t magic, block_bytes;
	uint64_t blocks, free, available, files, free_files;
	uint32_t id[2], name_bytes, fragment_bytes, flags, spare[4];
} __attribute__((packed, aligned(4)));

_Static_assert(sizeof(struct stat64) == 104 && sizeof(struct statx) == 256 &&
		       sizeof(struct statfs64) == 84,
	       "as Linux has them");

void stat64_of(const struct inode *i, struct stat64 *s);
void statx_of(const struct inode *i, struct statx *s);
void statfs64_of(const struct inode *i, struct statfs64 *s);

#endif

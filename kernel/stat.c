/*
 * One inode, three records. Everybody is the superuser; a file's times are all its last change.
 */
#include <string.h>
#include "arch/addr.h"
#include "kernel/stat.h"

#define SECTOR	      512u
#define STATX_BASIC   0x7ffu
#define STATFS_RDONLY 1u
#define STATFS_VALID  0x20u

static uint64_t sectors(const struct inode *i)
{
	return (i->bytes + SECTOR - 1) / SECTOR;
}

void stat64_of(const struct inode *i, struct stat64 *s)
{
	const struct stat_time time = { i->time, 0 };

	memset(s, 0, sizeof(*s));
	s->device = i->fs->device;
	s->ino_low = i->ino;
	s->mode = i->mode;
	s->links = i->links;
	s->rdev = i->device;
	s->bytes = (int64_t)i->bytes;
	s->block_bytes = PAGE_SIZE;
	s->blocks = sectors(i);
	s->accessed = s->modified = s->changed = time;
	s->ino = i->ino;
}

void statx_of(const struct inode *i, struct statx *s)
{
	const struct statx_time time = { i->time, 0, 0 };

	memset(s, 0, sizeof(*s));
	s->mask = STATX_BASIC;
	s->block_bytes = PAGE_SIZE;
	s->links = i->links;
	s->mode = (uint16_t)i->mode;
	s->ino = i->ino;
	s->bytes = i->bytes;
	s->blocks = sectors(i);
	s->accessed = s->modified = s->changed = time;
	s->rdev_major = i->device >> 8;
	s->rdev_minor = i->device & 0xff;
	s->device_major = i->fs->device >> 8;
	s->device_minor = i->fs->device & 0xff;
}

void statfs64_of(const struct inode *i, struct statfs64 *s)
{
	memset(s, 0, sizeof(*s));
	s->magic = i->fs->magic;
	s->block_bytes = s->fragment_bytes = PAGE_SIZE;
	s->id[0] = i->fs->device;
	s->name_bytes = NAME_BYTES;
	s->flags = STATFS_VALID | (i->fs->read_only ? STATFS_RDONLY : 0);
}

/*
 * What is known of a file. Linux: stat(2), statx(2), access(2), readlink(2), statfs(2).
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "arch/uaccess.h"
#include "kernel/fdtable.h"
#include "kernel/stat.h"
#include "kernel/syscall.h"
#include "kernel/user_path.h"
#include "mm/phys/alloc.h"

/* Linux: uapi/linux/fcntl.h. */
enum at_flags {
	AT_NOFOLLOW = 0x100,
	AT_EACCESS = 0x200,
	AT_NO_AUTOMOUNT = 0x800,
	AT_EMPTY_PATH = 0x1000,
	AT_SYNC_TYPE = 0x6000,
};

#define ACCESS_MODES 7u

static int put_stat64(const struct inode *i, uint32_t to)
{
	struct stat64 s;

	stat64_of(i, &s);
	return copy_to_user(vaddr(to), &s, sizeof(s)) ? -EFAULT : 0;
}

static int32_t stat_at(int32_t dir, uint32_t path, uint32_t to, uint32_t flags)
{
	struct inode *i;
	int error;

	if (flags & ~(uint32_t)(AT_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	error = user_path_find(dir, path, !(flags & AT_NOFOLLOW), flags & AT_EMPTY_PATH, &i);
	if (error)
		return error;
	error = put_stat64(i, to);
	inode_put(i);
	return error;
}

int32_t sys_stat64(const uint32_t *arg)
{
	return stat_at(AT_HERE, arg[0], arg[1], 0);
}

int32_t sys_lstat64(const uint32_t *arg)
{
	return stat_at(AT_HERE, arg[0], arg[1], AT_NOFOLLOW);
}

int32_t sys_fstatat64(const uint32_t *arg)
{
	return stat_at((int32_t)arg[0], arg[1], arg[2], arg[3]);
}

int32_t sys_fstat64(const uint32_t *arg)
{
	struct file *f = fd_get(fd_table_current(), arg[0]);
	int error;

	if (!f)
		return -EBADF;
	error = put_stat64(f->inode, arg[1]);
	file_put(f);
	return error;
}

int32_t sys_statx(const uint32_t *arg)
{
	uint32_t flags = arg[2];
	struct inode *i;
	struct statx s;
	int error;

	if (flags & ~(uint32_t)(AT_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_SYNC_TYPE) ||
	    (flags & AT_SYNC_TYPE) == AT_SYNC_TYPE || arg[3] & STATX_RESERVED)
		return -EINVAL;
	error = user_path_find((int32_t)arg[0], arg[1], !(flags & AT_NOFOLLOW),
			       flags & AT_EMPTY_PATH, &i);
	if (error)
		return error;
	statx_of(i, &s);
	inode_put(i);
	return copy_to_user(vaddr(arg[4]), &s, sizeof(s)) ? -EFAULT : 0;
}

static int32_t access_at(int32_t dir, uint32_t path, uint32_t want, uint32_t flags)
{
	struct inode *i;
	int error;

	if (want & ~ACCESS_MODES || flags & ~(uint32_t)(AT_NOFOLLOW | AT_EACCESS | AT_EMPTY_PATH))
		return -EINVAL;
	error = user_path_find(dir, path, !(flags & AT_NOFOLLOW), flags & AT_EMPTY_PATH, &i);
	if (error)
		return error;
	error = inode_may(i, want);
	inode_put(i);
	return error;
}

int32_t sys_access(const uint32_t *arg)
{
	return access_at(AT_HERE, arg[0], arg[1], 0);
}

int32_t sys_faccessat(const uint32_t *arg)
{
	return access_at((int32_t)arg[0], arg[1], arg[2], 0);
}

int32_t sys_faccessat2(const uint32_t *arg)
{
	return access_at((int32_t)arg[0], arg[1], arg[2], arg[3]);
}

static int32_t put_link(struct inode *i, uint32_t to, uint32_t room)
{
	char *text = alloc_kernel_pages(GFP_KERNEL, 0);
	int length;

	if (!text)
		return -ENOMEM;
	length = i->ops->readlink(i, text, PATH_BYTES);
	if (length > (int)room)
		length = (int)room;
	if (length > 0 && copy_to_user(vaddr(to), text, (uint32_t)length))
		length = -EFAULT;
	free_kernel_pages(text, 0);
	return length;
}

static int32_t readlink_at(int32_t dir, uint32_t path, uint32_t to, int32_t room)
{
	struct inode *i;
	int32_t result;

	if (room <= 0)
		return -EINVAL;
	result = user_path_find(dir, path, false, true, &i);
	if (result)
		return result;
	if (mode_is(i->mode, MODE_LINK))
		result = put_link(i, to, (uint32_t)room);
	else
		result = -EINVAL;
	inode_put(i);
	return result;
}

int32_t sys_readlink(const uint32_t *arg)
{
	return readlink_at(AT_HERE, arg[0], arg[1], (int32_t)arg[2]);
}

int32_t sys_readlinkat(const uint32_t *arg)
{
	return readlink_at((int32_t)arg[0], arg[1], arg[2], (int32_t)arg[3]);
}

static int put_statfs64(const struct inode *i, uint32_t size, uint32_t to)
{
	struct statfs64 s;

	if (size != sizeof(s))
		return -EINVAL;
	statfs64_of(i, &s);
	return copy_to_user(vaddr(to), &s, sizeof(s)) ? -EFAULT : 0;
}

/* A program that pads the record to 8 bytes is taken for one that does not, as Linux does. */
static uint32_t statfs_size(uint32_t size)
{
	return size == 88 ? (uint32_t)sizeof(struct statfs64) : size;
}

int32_t sys_statfs64(const uint32_t *arg)
{
	struct inode *i;
	int error = user_path_find(AT_HERE, arg[0], true, false, &i);

	if (error)
		return error;
	error = put_statfs64(i, statfs_size(arg[1]), arg[2]);
	inode_put(i);
	return error;
}

int32_t sys_fstatfs64(const uint32_t *arg)
{
	struct file *f = fd_get(fd_table_current(), arg[0]);
	int error;

	if (!f)
		return -EBADF;
	error = put_statfs64(f->inode, statfs_size(arg[1]), arg[2]);
	file_put(f);
	return error;
}

/*
 * Calls that would make, rename, remove or cut a file. No file system here can be changed, so they
 * find out which error it is. Linux: mkdir(2), unlink(2), rename(2), link(2), truncate(2).
 */
#include <errno.h>
#include <stddef.h>
#include "fs/name.h"
#include "kernel/fdtable.h"
#include "kernel/syscall.h"
#include "kernel/user_path.h"

#define AT_REMOVEDIR 0x200u /* uapi/linux/fcntl.h */

static int refusal(const struct inode *i)
{
	return i->fs->read_only ? -EROFS : -EPERM;
}

/* A new name: it is there already, its directory is not, or nothing new may be there. */
static int32_t refuse_new(int32_t dir, uint32_t path)
{
	struct user_path p;
	struct inode *i = NULL, *parent = NULL;
	int error = user_path_take(&p, dir, path, false);

	if (error)
		return error;
	error = name_find(p.start, p.text, false, &i, &parent);
	user_path_drop(&p);
	if (parent)
		error = refusal(parent);
	else if (!error)
		error = -EEXIST;
	if (i || parent)
		inode_put(i ? i : parent);
	return error;
}

/* A name that should be there, of this kind unless any will do. */
static int32_t refuse_old(int32_t dir, uint32_t path, bool wants_dir, bool any)
{
	struct inode *i;
	int error = user_path_find(dir, path, false, false, &i);

	if (error)
		return error;
	if (!any && wants_dir != inode_is_dir(i))
		error = wants_dir ? -ENOTDIR : -EISDIR;
	else
		error = refusal(i);
	inode_put(i);
	return error;
}

int32_t sys_mkdir(const uint32_t *arg)
{
	return refuse_new(AT_HERE, arg[0]);
}

int32_t sys_mkdirat(const uint32_t *arg)
{
	return refuse_new((int32_t)arg[0], arg[1]);
}

int32_t sys_mknod(const uint32_t *arg)
{
	return refuse_new(AT_HERE, arg[0]);
}

int32_t sys_mknodat(const uint32_t *arg)
{
	return refuse_new((int32_t)arg[0], arg[1]);
}

int32_t sys_symlink(const uint32_t *arg)
{
	return refuse_new(AT_HERE, arg[1]);
}

int32_t sys_symlinkat(const uint32_t *arg)
{
	return refuse_new((int32_t)arg[1], arg[2]);
}

int32_t sys_unlink(const uint32_t *arg)
{
	return refuse_old(AT_HERE, arg[0], false, false);
}

int32_t sys_rmdir(const uint32_t *arg)
{
	return refuse_old(AT_HERE, arg[0], true, false);
}

int32_t sys_unlinkat(const uint32_t *arg)
{
	if (arg[2] & ~AT_REMOVEDIR)
		return -EINVAL;
	return refuse_old((int32_t)arg[0], arg[1], arg[2], false);
}

int32_t sys_rename(const uint32_t *arg)
{
	return refuse_old(AT_HERE, arg[0], false, true);
}

int32_t sys_renameat(const uint32_t *arg)
{
	return refuse_old((int32_t)arg[0], arg[1], false, true);
}

int32_t sys_link(const uint32_t *arg)
{
	int32_t error = refuse_old(AT_HERE, arg[0], false, true);

	return error == -EROFS ? refuse_new(AT_HERE, arg[1]) : error;
}

int32_t sys_chmod(const uint32_t *arg)
{
	return refuse_old(AT_HERE, arg[0], false, true);
}

static int32_t cut(const struct inode *i, int64_t bytes)
{
	if (bytes < 0)
		return -EINVAL;
	if (inode_is_dir(i))
		return -EISDIR;
	return mode_is(i->mode, MODE_FILE) ? refusal(i) : -EINVAL;
}

static int32_t cut_path(uint32_t path, int64_t bytes)
{
	struct inode *i;
	int error = user_path_find(AT_HERE, path, true, false, &i);

	if (error)
		return error;
	error = cut(i, bytes);
	inode_put(i);
	return error;
}

/* Cannot: no regular file is open for writing on a file system that could cut it. */
static int32_t cut_file(uint32_t fd, int64_t bytes)
{
	struct file *f = fd_get(fd_table_current(), fd);
	int32_t error = -EINVAL;

	if (!f)
		return -EBADF;
	if (f->flags & OPEN_PATH)
		error = -EBADF;
	else if (file_may_write(f))
		error = cut(f->inode, bytes);
	file_put(f);
	return error;
}

int32_t sys_truncate(const uint32_t *arg)
{
	return cut_path(arg[0], (int32_t)arg[1]);
}

int32_t sys_truncate64(const uint32_t *arg)
{
	return cut_path(arg[0], (int64_t)((uint64_t)arg[3] << 32 | arg[2]));
}

int32_t sys_ftruncate(const uint32_t *arg)
{
	return cut_file(arg[0], (int32_t)arg[1]);
}

int32_t sys_ftruncate64(const uint32_t *arg)
{
	return cut_file(arg[0], (int64_t)((uint64_t)arg[3] << 32 | arg[2]));
}

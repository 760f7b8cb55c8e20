/*
 * Linux: path_resolution(7), openat(2).
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "arch/uaccess.h"
#include "fs/name.h"
#include "kernel/fdtable.h"
#include "kernel/user_path.h"
#include "mm/phys/alloc.h"

static int copy_path(char *to, uint32_t address)
{
	int length = copy_string_from_user(to, vaddr(address), PATH_BYTES);

	if (length == -E2BIG)
		return -LINUX_ENAMETOOLONG;
	return length < 0 ? length : 0;
}

/* What an open number leads to; for an empty path it may be anything. */
static int start_at_file(int32_t fd, bool is_empty, struct inode **start)
{
	struct file *f = fd_get(fd_table_current(), (uint32_t)fd);
	int error = 0;

	if (!f)
		return -EBADF;
	if (is_empty || inode_is_dir(f->inode)) {
		inode_get(f->inode);
		*start = f->inode;
	} else {
		error = -ENOTDIR;
	}
	file_put(f);
	return error;
}

static int find_start(int32_t fd, const char *text, struct inode **start)
{
	*start = NULL;
	if (text[0] == '/')
		return 0;
	if (fd != AT_HERE)
		return start_at_file(fd, !*text, start);
	*start = fd_table_directory(fd_table_current());
	if (!*start && !*text)
		*start = name_root();
	return 0;
}

int user_path_take(struct user_path *p, int32_t fd, uint32_t address, bool may_be_empty)
{
	int error;

	p->text = alloc_kernel_pages(GFP_KERNEL, 0);
	if (!p->text)
		return -ENOMEM;
	error = copy_path(p->text, address);
	if (!error && !*p->text && !may_be_empty)
		error = -ENOENT;
	if (!error)
		error = find_start(fd, p->text, &p->start);
	if (error)
		free_kernel_pages(p->text, 0);
	return error;
}

void user_path_drop(struct user_path *p)
{
	free_kernel_pages(p->text, 0);
	if (p->start)
		inode_put(p->start);
}

int user_path_find(int32_t fd, uint32_t address, bool follow_last_link, bool may_be_empty,
		   struct inode **out)
{
	struct user_path p;
	int error = user_path_take(&p, fd, address, may_be_empty);

	if (error)
		return error;
	if (*p.text) {
		error = inode_find_at(p.start, p.text, follow_last_link, out);
	} else {
		inode_get(p.start);
		*out = p.start;
	}
	user_path_drop(&p);
	return error;
}

/*
 * Directories, and what would change one. Linux: getcwd(2), chdir(2), getdents(2), umask(2).
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "arch/uaccess.h"
#include "fs/name.h"
#include "kernel/fdtable.h"
#include "kernel/process.h"
#include "kernel/syscall.h"
#include "kernel/user_path.h"
#include "mm/phys/alloc.h"

static int32_t put_directory(char *text, uint32_t to, uint32_t room)
{
	struct inode *dir = fd_table_directory(fd_table_current());
	int length;

	if (!dir)
		dir = name_root();
	length = name_of(dir, text, PATH_BYTES);
	inode_put(dir);
	if (length < 0)
		return length;
	if ((uint32_t)length + 1 > room)
		return -ERANGE;
	return copy_to_user(vaddr(to), text, (uint32_t)length + 1) ? -EFAULT : length + 1;
}

int32_t sys_getcwd(const uint32_t *arg)
{
	char *text = alloc_kernel_pages(GFP_KERNEL, 0);
	int32_t result;

	if (!text)
		return -ENOMEM;
	result = put_directory(text, arg[0], arg[1]);
	free_kernel_pages(text, 0);
	return result;
}

/* Takes the hold. */
static int go_to(struct inode *dir)
{
	if (inode_is_dir(dir)) {
		fd_table_set_directory(fd_table_current(), dir);
		return 0;
	}
	inode_put(dir);
	return -ENOTDIR;
}

int32_t sys_chdir(const uint32_t *arg)
{
	struct inode *dir;
	int error = user_path_find(AT_HERE, arg[0], true, false, &dir);

	return error ? error : go_to(dir);
}

int32_t sys_fchdir(const uint32_t *arg)
{
	struct file *f = fd_get(fd_table_current(), arg[0]);
	int error;

	if (!f)
		return -EBADF;
	inode_get(f->inode);
	error = go_to(f->inode);
	file_put(f);
	return error;
}

int32_t sys_umask(const uint32_t *arg)
{
	struct process *p = process_current();
	uint32_t before = p->mask;

	p->mask = arg[0] & 0777u;
	return (int32_t)before;
}

/* One record of a directory in the user's memory: how long, and how it is filled. */
struct layout {
	uint32_t (*bytes)(uint32_t name_bytes);
	void (*fill)(uint8_t *record, const struct dir_entry *e, uint64_t next, uint32_t bytes);
};

#define RECORD_MAX 288u

/* Linux: include/linux/dirent.h, struct linux_dirent64. */
static uint32_t bytes_64(uint32_t name_bytes)
{
	return (19 + name_bytes + 1 + 7) & ~7u;
}

static void fill_64(uint8_t *record, const struct dir_entry *e, uint64_t next, uint32_t bytes)
{
	uint64_t ino = e->ino;
	uint16_t length = (uint16_t)bytes;

	memcpy(record, &ino, sizeof(ino));
	memcpy(record + 8, &next, sizeof(next));
	memcpy(record + 16, &length, sizeof(length));
	record[18] = (uint8_t)(e->mode >> 12);
	strcpy((char *)record + 19, e->name);
}

/* Linux: fs/readdir.c, struct linux_dirent: the type is the record's last byte. */
static uint32_t bytes_32(uint32_t name_bytes)
{
	return (10 + name_bytes + 2 + 3) & ~3u;
}

static void fill_32(uint8_t *record, const struct dir_entry *e, uint64_t next, uint32_t bytes)
{
	uint32_t offset = (uint32_t)next;
	uint16_t length = (uint16_t)bytes;

	memcpy(record, &e->ino, sizeof(e->ino));
	memcpy(record + 4, &offset, sizeof(offset));
	memcpy(record + 8, &length, sizeof(length));
	strcpy((char *)record + 10, e->name);
	record[bytes - 1] = (uint8_t)(e->mode >> 12);
}

/* One entry. Bytes it took, 0 at the end, -EINVAL when it does not fit. Locks: f->lock. */
static int32_t put_entry(struct file *f, uint32_t to, uint32_t room, const struct layout *l)
{
	uint8_t record[RECORD_MAX] __attribute__((aligned(8))) = { 0 };
	uint64_t next = f->position;
	struct dir_entry e;
	uint32_t bytes;
	int error = file_next_entry(f, &next, &e);

	if (error)
		return error == -ENOENT ? 0 : error;
	bytes = l->bytes((uint32_t)strlen(e.name));
	if (bytes > room)
		return -EINVAL;
	l->fill(record, &e, next, bytes);
	if (copy_to_user(vaddr(to), record, bytes))
		return -EFAULT;
	f->position = next;
	return (int32_t)bytes;
}

/* Locks: f->lock. What there is counts more than what stopped it. */
static int32_t put_entries(struct file *f, uint32_t to, uint32_t room, const struct layout *l)
{
	uint32_t done = 0;
	int32_t bytes;

	do {
		bytes = put_entry(f, to + done, room - done, l);
		if (bytes > 0)
			done += (uint32_t)bytes;
		thread_yield_if_due();
	} while (bytes > 0 && !thread_is_dying());
	return done ? (int32_t)done : bytes;
}

static int32_t get_entries(const uint32_t *arg, const struct layout *l)
{
	struct file *f = fd_get(fd_table_current(), arg[0]);
	int32_t result;

	if (!f)
		return -EBADF;
	if (!inode_is_dir(f->inode) || f->flags & OPEN_PATH) {
		result = inode_is_dir(f->inode) ? -EBADF : -ENOTDIR;
	} else {
		rwsem_write_lock(&f->lock);
		result = put_entries(f, arg[1], arg[2], l);
		rwsem_write_unlock(&f->lock);
	}
	file_put(f);
	return result;
}

int32_t sys_getdents64(const uint32_t *arg)
{
	static const struct layout layout = { bytes_64, fill_64 };

	return get_entries(arg, &layout);
}

int32_t sys_getdents(const uint32_t *arg)
{
	static const struct layout layout = { bytes_32, fill_32 };

	return get_entries(arg, &layout);
}

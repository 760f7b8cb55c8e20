/*
 * A table of pointers under one spinlock.
 */
#include <errno.h>
#include <stddef.h>
#include "base/spinlock.h"
#include "kernel/fdtable.h"
#include "kernel/process.h"
#include "mm/phys/objcache.h"

struct fd_table {
	struct spinlock lock;		     /* LOCK_FILES: all below */
	struct file *file[FD_MAX];	     /* each held */
	uint32_t close_on_exec[FD_MAX / 32]; /* a bit a number */
	struct inode *directory;	     /* held; NULL: the root */
};

static struct objcache table_cache = OBJCACHE_INIT(table_cache, "open files", struct fd_table);

struct fd_table *fd_table_create(void)
{
	return objcache_alloc(&table_cache, GFP_KERNEL);
}

struct fd_table *fd_table_current(void)
{
	return process_current()->files;
}

static void lock(struct fd_table *t)
{
	spin_lock(&t->lock, LOCK_FILES);
}

static void unlock(struct fd_table *t)
{
	spin_unlock(&t->lock);
}

static void set_bit(struct fd_table *t, uint32_t fd, bool on)
{
	uint32_t bit = 1u << fd % 32;

	if (on)
		t->close_on_exec[fd / 32] |= bit;
	else
		t->close_on_exec[fd / 32] &= ~bit;
}

static bool has_bit(const struct fd_table *t, uint32_t fd)
{
	return t->close_on_exec[fd / 32] >> fd % 32 & 1u;
}

/* Locks: t->lock. */
static struct file *file_locked(struct fd_table *t, uint32_t fd)
{
	assert_held(&t->lock);
	return fd < FD_MAX ? t->file[fd] : NULL;
}

static void copy_locked(struct fd_table *to, struct fd_table *from)
{
	for (uint32_t fd = 0; fd < FD_MAX; fd++) {
		to->file[fd] = from->file[fd];
		if (to->file[fd])
			file_get(to->file[fd]);
		set_bit(to, fd, has_bit(from, fd));
	}
	to->directory = from->directory;
	if (to->directory)
		inode_get(to->directory);
}

struct fd_table *fd_table_copy(struct fd_table *from)
{
	struct fd_table *t = fd_table_create();

	if (!t)
		return NULL;
	lock(from);
	copy_locked(t, from);
	unlock(from);
	return t;
}

void fd_table_close_all(struct fd_table *t)
{
	for (uint32_t fd = 0; fd < FD_MAX; fd++)
		fd_close(t, fd);
	fd_table_set_directory(t, NULL);
	objcache_free(&table_cache, t);
}

void fd_table_close_on_exec(struct fd_table *t)
{
	for (uint32_t fd = fd_next(t, 0); fd < FD_MAX; fd = fd_next(t, fd + 1))
		if (fd_is_close_on_exec(t, fd) == 1)
			fd_close(t, fd);
}

int fd_table_open_console(struct fd_table *t)
{
	struct file *f;
	int error = file_open("/dev/console", OPEN_RDWR, 0, &f);

	for (uint32_t fd = 0; fd < 3 && !error; fd++) {
		file_get(f);
		fd_replace(t, fd, f, false);
	}
	if (!error)
		file_put(f);
	return error;
}

int fd_install(struct fd_table *t, struct file *f, uint32_t lowest, bool close_on_exec)
{
	uint32_t fd = lowest;

	if (lowest >= FD_MAX)
		return -EINVAL;
	lock(t);
	while (fd < FD_MAX && t->file[fd])
		fd++;
	if (fd < FD_MAX) {
		t->file[fd] = f;
		set_bit(t, fd, close_on_exec);
	}
	unlock(t);
	return fd < FD_MAX ? (int)fd : -EMFILE;
}

int fd_replace(struct fd_table *t, uint32_t fd, struct file *f, bool close_on_exec)
{
	struct file *before;

	if (fd >= FD_MAX)
		return -EBADF;
	lock(t);
	before = t->file[fd];
	t->file[fd] = f;
	set_bit(t, fd, close_on_exec);
	unlock(t);
	if (before)
		file_put(before);
	return (int)fd;
}

struct file *fd_get(struct fd_table *t, uint32_t fd)
{
	struct file *f;

	lock(t);
	f = file_locked(t, fd);
	if (f)
		file_get(f);
	unlock(t);
	return f;
}

int fd_close(struct fd_table *t, uint32_t fd)
{
	struct file *f;

	lock(t);
	f = file_locked(t, fd);
	if (f)
		t->file[fd] = NULL;
	unlock(t);
	if (!f)
		return -EBADF;
	file_put(f);
	return 0;
}

int fd_is_close_on_exec(struct fd_table *t, uint32_t fd)
{
	int on;

	lock(t);
	on = file_locked(t, fd) ? has_bit(t, fd) : -EBADF;
	unlock(t);
	return on;
}

int fd_set_close_on_exec(struct fd_table *t, uint32_t fd, bool on)
{
	bool is_open;

	lock(t);
	is_open = file_locked(t, fd) != NULL;
	if (is_open)
		set_bit(t, fd, on);
	unlock(t);
	return is_open ? 0 : -EBADF;
}

uint32_t fd_next(struct fd_table *t, uint32_t from)
{
	lock(t);
	while (from < FD_MAX && !t->file[from])
		from++;
	unlock(t);
	return from < FD_MAX ? from : FD_MAX;
}

struct inode *fd_table_directory(struct fd_table *t)
{
	struct inode *dir;

	lock(t);
	dir = t->directory;
	if (dir)
		inode_get(dir);
	unlock(t);
	return dir;
}

void fd_table_set_directory(struct fd_table *t, struct inode *dir)
{
	struct inode *before;

	lock(t);
	before = t->directory;
	t->directory = dir;
	unlock(t);
	if (before)
		inode_put(before);
}

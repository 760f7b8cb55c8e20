/*
 * Inodes and files: holds, opening, moving bytes.
 *
 * A file holds its inode. Calls that use the position take the file's lock for writing around the
 * whole operation, so that two of them do not tear it; streams have none and lock nothing.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "base/assert.h"
#include "fs/file.h"
#include "fs/name.h"
#include "mm/phys/objcache.h"

enum { SEEK_FROM_START, SEEK_FROM_HERE, SEEK_FROM_END, SEEK_TO_DATA, SEEK_TO_HOLE };

const char file_poll_key;

static struct objcache file_cache = OBJCACHE_INIT(file_cache, "file", struct file);

void inode_get(struct inode *i)
{
	assert_that(atomic_fetch_add(&i->refs, 1) != 0);
}

void inode_put(struct inode *i)
{
	uint32_t before = atomic_fetch_add(&i->refs, -1u);

	assert_that(before != 0);
	if (before == 1)
		i->ops->release(i);
}

void file_get(struct file *f)
{
	assert_that(atomic_fetch_add(&f->refs, 1) != 0);
}

void file_put(struct file *f)
{
	uint32_t before = atomic_fetch_add(&f->refs, -1u);

	assert_that(before != 0);
	if (before != 1)
		return;
	if (f->ops && f->ops->release)
		f->ops->release(f);
	inode_put(f->inode);
	objcache_free(&file_cache, f);
}

struct file *file_create(struct inode *i, uint32_t flags, const struct file_ops *ops, void *state)
{
	struct file *f = objcache_alloc(&file_cache, GFP_KERNEL);

	if (!f)
		return NULL;
	inode_get(i);
	f->inode = i;
	f->flags = flags;
	f->ops = ops;
	f->state = state;
	f->refs = 1;
	rwsem_init(&f->lock);
	return f;
}

int inode_may(const struct inode *i, uint32_t want)
{
	bool is_device = mode_is(i->mode, MODE_CHAR) || mode_is(i->mode, MODE_FIFO);

	if (want & MAY_WRITE && i->fs->read_only && !is_device)
		return -EROFS;
	if (want & MAY_RUN && !inode_is_dir(i) && !(i->mode & 0111))
		return -EACCES;
	if (i->fs->rights_bind && want & ~(i->mode >> 6) & (MAY_READ | MAY_WRITE))
		return -EACCES;
	return 0;
}

static uint32_t rights_wanted(uint32_t flags)
{
	static const uint32_t by_access[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
					      MAY_READ | MAY_WRITE };

	return by_access[flags & OPEN_ACCESS] | (flags & OPEN_TRUNC ? (uint32_t)MAY_WRITE : 0);
}

/* Whether such an inode may be opened so. */
static int check_open(const struct inode *i, uint32_t flags)
{
	uint32_t want = rights_wanted(flags);

	if (flags & OPEN_DIRECTORY && !inode_is_dir(i))
		return -ENOTDIR;
	if (flags & OPEN_PATH)
		return 0;
	if (mode_is(i->mode, MODE_LINK))
		return -LINUX_ELOOP;
	if (inode_is_dir(i) && (want & MAY_WRITE || flags & OPEN_CREAT))
		return -EISDIR;
	return inode_may(i, want);
}

static int read_directory(struct file *f, struct io *io, uint64_t *position)
{
	(void)f;
	(void)io;
	(void)position;
	return -EISDIR;
}

static const struct file_ops directory_ops = { .read = read_directory };
static const struct file_ops place_ops;

static int open_inode(struct inode *i, struct file *f)
{
	if (f->flags & OPEN_PATH)
		f->ops = &place_ops;
	else if (inode_is_dir(i))
		f->ops = &directory_ops;
	else
		return i->ops->open ? i->ops->open(i, f) : -ENXIO;
	return 0;
}

/* Flags that matter only while it is opened. */
#define OPEN_ONCE (OPEN_CREAT | OPEN_EXCL | OPEN_TRUNC | OPEN_NOFOLLOW | OPEN_CLOEXEC)

static int open_found(struct inode *i, uint32_t flags, struct file **out)
{
	int error = check_open(i, flags);
	struct file *f;

	if (error)
		return error;
	f = file_create(i, flags & ~(uint32_t)OPEN_ONCE, NULL, NULL);
	if (!f)
		return -ENOMEM;
	error = open_inode(i, f);
	if (error)
		file_put(f);
	else
		*out = f;
	return error;
}

/* No file system here can make a file yet. */
static int refuse_creation(struct inode *dir, const char *path)
{
	int error = dir->fs->read_only ? -EROFS : -EACCES;

	if (path[strlen(path) - 1] == '/')
		error = -EISDIR;
	inode_put(dir);
	return error;
}

static bool creates_only(uint32_t flags)
{
	return flags & OPEN_CREAT && flags & OPEN_EXCL;
}

int file_open_at(struct inode *start, const char *path, uint32_t flags, struct file **out)
{
	bool follow = !(flags & OPEN_NOFOLLOW) && !creates_only(flags);
	struct inode *i, *dir;
	int error = name_find(start, path, follow, &i, &dir);

	if (dir && flags & OPEN_CREAT && !(flags & OPEN_PATH))
		return refuse_creation(dir, path);
	if (dir)
		inode_put(dir);
	if (error)
		return error;
	error = creates_only(flags) ? -EEXIST : open_found(i, flags, out);
	inode_put(i);
	return error;
}

int file_open(const char *path, uint32_t flags, uint32_t mode, struct file **out)
{
	(void)mode;
	return file_open_at(NULL, path, flags, out);
}

static int read_from(struct file *f, struct io *io, uint64_t *position)
{
	if (!file_may_read(f))
		return -EBADF;
	return f->ops->read ? f->ops->read(f, io, position) : -EINVAL;
}

static int write_to(struct file *f, struct io *io, uint64_t *position)
{
	if (!file_may_write(f))
		return -EBADF;
	return f->ops->write ? f->ops->write(f, io, position) : -EINVAL;
}

/* What moved counts more than what stopped it. */
static int32_t result(const struct io *io, int error)
{
	return io->done ? (int32_t)io->done : error;
}

typedef int (*mover)(struct file *f, struct io *io, uint64_t *position);

static int32_t move_at(struct file *f, struct io *io, uint64_t position, mover move)
{
	if (f->ops->is_stream)
		return -ESPIPE;
	return result(io, move(f, io, &position));
}

static int32_t move_here(struct file *f, struct io *io, mover move)
{
	uint64_t none = 0;
	int error;

	if (f->ops->is_stream)
		return result(io, move(f, io, &none));
	rwsem_write_lock(&f->lock);
	if (move == write_to && f->flags & OPEN_APPEND)
		f->position = f->inode->bytes;
	error = move(f, io, &f->position);
	rwsem_write_unlock(&f->lock);
	return result(io, error);
}

int32_t file_read(struct file *f, struct io *io)
{
	return move_here(f, io, read_from);
}

int32_t file_write(struct file *f, struct io *io)
{
	return move_here(f, io, write_to);
}

int32_t file_read_at(struct file *f, struct io *io, uint64_t position)
{
	return move_at(f, io, position, read_from);
}

int32_t file_write_at(struct file *f, struct io *io, uint64_t position)
{
	return move_at(f, io, position, write_to);
}

/* Where data or a hole begins: all of a file is data, and behind it is a hole. */
static int seek_for(struct file *f, int64_t offset, uint32_t whence, int64_t *to)
{
	int64_t end = (int64_t)f->inode->bytes;

	if (offset < 0 || offset >= end)
		return -ENXIO;
	*to = whence == SEEK_TO_DATA ? offset : end;
	return 0;
}

/* Locks: f->lock. */
static int seek_target(struct file *f, int64_t offset, uint32_t whence, int64_t *to)
{
	int64_t base = 0;

	if (whence == SEEK_TO_DATA || whence == SEEK_TO_HOLE)
		return seek_for(f, offset, whence, to);
	if (whence == SEEK_FROM_HERE)
		base = (int64_t)f->position;
	else if (whence == SEEK_FROM_END)
		base = (int64_t)f->inode->bytes;
	else if (whence != SEEK_FROM_START)
		return -EINVAL;
	if (__builtin_add_overflow(base, offset, to) || *to < 0)
		return -EINVAL;
	return 0;
}

int file_seek(struct file *f, int64_t offset, uint32_t whence, uint64_t *position)
{
	int64_t to = 0;
	int error = 0;

	if (f->flags & OPEN_PATH)
		return -EBADF;
	if (f->ops->is_stream)
		return -ESPIPE;
	rwsem_write_lock(&f->lock);
	if (!f->ops->no_end)
		error = seek_target(f, offset, whence, &to);
	if (!error)
		*position = f->position = (uint64_t)to;
	rwsem_write_unlock(&f->lock);
	return error;
}

/* "." and "..", which no file system lists. */
static int own_entry(struct inode *dir, uint64_t *position, struct dir_entry *e)
{
	struct inode *parent = NULL;
	bool is_parent = *position == 1;
	int error = is_parent ? inode_find_at(dir, "..", true, &parent) : 0;

	if (error)
		return error;
	strcpy(e->name, is_parent ? ".." : ".");
	e->ino = is_parent ? parent->ino : dir->ino;
	e->mode = MODE_DIR;
	if (parent)
		inode_put(parent);
	*position += 1;
	return 0;
}

/* Positions 0 and 1 are "." and "..", the others a cookie and two. */
int file_next_entry(struct file *f, uint64_t *position, struct dir_entry *e)
{
	uint32_t cookie;
	int error;

	if (!inode_is_dir(f->inode))
		return -ENOTDIR;
	if (*position < 2)
		return own_entry(f->inode, position, e);
	if (*position - 2 > UINT32_MAX)
		return -ENOENT;
	cookie = (uint32_t)(*position - 2);
	error = name_entry(f->inode, &cookie, e);
	if (!error)
		*position = cookie + 2ull;
	return error;
}

uint32_t file_poll(struct file *f)
{
	if (f->flags & OPEN_PATH)
		return POLL_INVALID;
	if (!f->ops->poll)
		return POLL_IN | POLL_OUT | POLL_READ | POLL_WRITE;
	return f->ops->poll(f);
}

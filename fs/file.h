/*
 * Files: what a name leads to (an inode) and what is open (a file).
 *
 * An inode is of a file system: its operations find names in it, open it and describe it. A file is
 * one opening of it: position, flags, and operations that may be the opening's own. Both live by
 * holds. Later file systems (on a disk, in memory) fill in the same two tables.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/rwsem.h"
#include "fs/io.h"

struct inode;
struct file;

/* Linux: uapi/asm-generic/fcntl.h with ARM's own O_DIRECTORY, O_NOFOLLOW, O_LARGEFILE. */
enum open_flags {
	OPEN_ACCESS = 3,
	OPEN_WRONLY = 1,
	OPEN_RDWR = 2,
	OPEN_CREAT = 0100,
	OPEN_EXCL = 0200,
	OPEN_TRUNC = 01000,
	OPEN_APPEND = 02000,
	OPEN_NONBLOCK = 04000,
	OPEN_DIRECTORY = 040000,
	OPEN_NOFOLLOW = 0100000,
	OPEN_LARGEFILE = 0400000,
	OPEN_CLOEXEC = 02000000,
};

/* Types in a mode: uapi/linux/stat.h. */
enum {
	MODE_TYPE = 0170000,
	MODE_FIFO = 0010000,
	MODE_CHAR = 0020000,
	MODE_DIR = 0040000,
	MODE_FILE = 0100000,
	MODE_LINK = 0120000
};

struct dir_entry {
	char name[64];
	uint32_t ino, mode;
};

struct inode_ops {
	/* The entry `name` of a directory, with a hold. 0, -ENOENT, -ENOTDIR, -ENOMEM. */
	int (*lookup)(struct inode *dir, const char *name, struct inode **found);
	/* Entry number n (0, 1, ... without . and ..). 0, or -ENOENT past the last. */
	int (*entry)(struct inode *dir, uint32_t n, struct dir_entry *e);
	/* A file of this inode is being opened: sets f->ops, f->state. 0 or -errno. */
	int (*open)(struct inode *i, struct file *f);
	/* Target of a link into text. Length or -errno. */
	int (*readlink)(struct inode *i, char *text, uint32_t room);
	/* The last hold is gone. */
	void (*release)(struct inode *i);
};

struct inode {
	const struct inode_ops *ops;
	uint32_t refs;		    /* (A) */
	uint32_t ino, mode, device; /* device: st_rdev of a character device */
	uint64_t bytes;
	void *state; /* the file system's */
};

struct file_ops {
	/* From *position on, which moves. Returns 0 (io->done says how much) or -errno. */
	int (*read)(struct file *f, struct io *io, uint64_t *position);
	int (*write)(struct file *f, struct io *io, uint64_t *position);
	int (*ioctl)(struct file *f, uint32_t request, uint32_t arg);
	uint32_t (*poll)(struct file *f); /* POLLIN 1, POLLOUT 4, POLLHUP 16 that hold now */
	void (*release)(struct file *f);
};

struct file {
	const struct file_ops *ops;
	struct inode *inode; /* NULL for a pipe */
	uint32_t refs;	     /* (A) */
	uint32_t flags;	     /* enum open_flags */
	uint64_t position;   /* under `lock` */
	struct rwsem lock;   /* written for calls that use the position */
	void *state;	     /* of the opening */
};

/* By absolute path, or from the root. Returns 0 and a hold, or -errno as open(2) says. */
int file_open(const char *path, uint32_t flags, uint32_t mode, struct file **out);
int inode_find(const char *path, bool follow_last_link, struct inode **out);

void file_get(struct file *f);
void file_put(struct file *f);
void inode_get(struct inode *i);
void inode_put(struct inode *i);

/* At a position of the caller's own. Bytes moved, or -errno when none were. */
int32_t file_read_at(struct file *f, struct io *io, uint64_t position);
int32_t file_write_at(struct file *f, struct io *io, uint64_t position);

#endif

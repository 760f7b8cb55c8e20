/*
 * Files: what a name leads to (an inode) and what is open (a file).
 *
 * An inode is of a file system: its operations find names in it, open it and describe it. A file is
 * one opening of it: position, flags, and operations that may be the opening's own. Both live by
 * holds. How names lead to inodes is fs/name.h's affair. Later file systems (on a disk, in memory)
 * fill in the same two tables.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/rwsem.h"
#include "fs/io.h"
#include "kernel/abi.h"

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
	OPEN_PATH = 010000000, /* a place only: nothing can be read or written */
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

/* What poll answers: uapi/asm-generic/poll.h. */
enum poll_events {
	POLL_IN = 1,
	POLL_OUT = 4,
	POLL_ERROR = 8,
	POLL_HANGUP = 16,
	POLL_INVALID = 32,
	POLL_READ = 0x40, /* the same as IN and OUT, by other names */
	POLL_WRITE = 0x100
};

/* What an access asks for, as access(2) has it. */
enum may { MAY_RUN = 1, MAY_WRITE = 2, MAY_READ = 4 };

#define NAME_BYTES 255u	 /* of one component, without the 0 */
#define PATH_BYTES 4096u /* of a path, with the 0 */

struct dir_entry {
	char name[NAME_BYTES + 1];
	uint32_t ino, mode;
};

struct file_system {
	const char *name;
	uint32_t magic;	  /* statfs: uapi/linux/magic.h */
	uint32_t device;  /* st_dev */
	bool read_only;	  /* what would change a file answers -EROFS */
	bool rights_bind; /* the owner's rights bind the superuser too, as in /proc/sys */
};

struct inode_ops {
	/* The entry `name` of a directory, with a hold; ".." is one. 0, -ENOENT, -ENOMEM. */
	int (*lookup)(struct inode *dir, const char *name, struct inode **found);
	/*
	 * The entry at or after *cookie (0: the first; without . and ..); *cookie moves behind it.
	 * 0, or -ENOENT past the last.
	 */
	int (*entry)(struct inode *dir, uint32_t *cookie, struct dir_entry *e);
	/* A file of this inode is being opened: sets f->ops, f->state. 0 or -errno. */
	int (*open)(struct inode *i, struct file *f);
	/* Target of a link into text, without a 0. Length or -errno. */
	int (*readlink)(struct inode *i, char *text, uint32_t room);
	/* Or where it leads without a text: 0 and a hold, or -errno. NULL: by its text. */
	int (*jump)(struct inode *i, struct inode **target);
	/* The last hold is gone. */
	void (*release)(struct inode *i);
};

struct inode {
	const struct inode_ops *ops;
	const struct file_system *fs;
	uint32_t refs;	 /* (A) */
	uint32_t ino;	 /* never 0; with fs it names the file */
	uint32_t mode;	 /* type and rights */
	uint32_t links;	 /* st_nlink */
	uint32_t device; /* st_rdev of a character device */
	uint32_t time;	 /* of its last change, in seconds since 1970 */
	uint64_t bytes;
	void *state; /* the file system's */
};

struct file_ops {
	/* From *position on, which moves. Returns 0 (io->done says how much) or -errno. */
	int (*read)(struct file *f, struct io *io, uint64_t *position);
	int (*write)(struct file *f, struct io *io, uint64_t *position);
	int (*ioctl)(struct file *f, uint32_t request, uint32_t arg); /* NULL: -ENOTTY */
	/* enum poll_events that hold now; a change wakes file_poll_key. NULL: IN and OUT. */
	uint32_t (*poll)(struct file *f);
	void (*release)(struct file *f);
	bool is_stream; /* has no position: -ESPIPE, and nothing is locked around read and write */
	bool no_end;	/* lseek answers 0 whatever is asked for, as Linux's /dev/null does */
};

struct file {
	const struct file_ops *ops;
	struct inode *inode;
	uint32_t refs;	   /* (A) */
	uint32_t flags;	   /* (A) enum open_flags */
	uint64_t position; /* under `lock` */
	struct rwsem lock; /* written for calls that use the position */
	void *state;	   /* of the opening */
};

/* By path, from the root. Returns 0 and a hold, or -errno as open(2) says. May sleep. */
int file_open(const char *path, uint32_t flags, uint32_t mode, struct file **out);

/* The same; a path without "/" in front begins at `start`, which may be NULL: the root. */
int file_open_at(struct inode *start, const char *path, uint32_t flags, struct file **out);

/*
 * A file of an inode that has no name, with operations given: pipes. Takes a hold on `i`. NULL: no
 * memory.
 */
struct file *file_create(struct inode *i, uint32_t flags, const struct file_ops *ops, void *state);

void file_get(struct file *f);
void file_put(struct file *f);
void inode_get(struct inode *i);
void inode_put(struct inode *i);

/* From the root; `start` as above. 0 and a hold, or -errno as path_resolution(7) says. */
int inode_find(const char *path, bool follow_last_link, struct inode **out);
int inode_find_at(struct inode *start, const char *path, bool follow_last_link, struct inode **out);

/* 0, or -EROFS, -EACCES: what the superuser may not do with it. `want`: enum may. */
int inode_may(const struct inode *i, uint32_t want);

/* At the file's own position, which moves. Bytes moved, or -errno when none were. May sleep. */
int32_t file_read(struct file *f, struct io *io);
int32_t file_write(struct file *f, struct io *io);

/* At a position of the caller's own. Bytes moved, or -errno when none were. */
int32_t file_read_at(struct file *f, struct io *io, uint64_t position);
int32_t file_write_at(struct file *f, struct io *io, uint64_t position);

/* lseek(2). 0 and the new position, or -errno. */
int file_seek(struct file *f, int64_t offset, uint32_t whence, uint64_t *position);

/* The next entry of an open directory, "." and ".." first. 0, -ENOENT past the last, -ENOTDIR. */
int file_next_entry(struct file *f, uint64_t *position, struct dir_entry *e);

/* enum poll_events that hold now. */
uint32_t file_poll(struct file *f);

/* Woken whenever what any file answers to poll may have changed. */
extern const char file_poll_key;

static inline bool mode_is(uint32_t mode, uint32_t type)
{
	return (mode & MODE_TYPE) == type;
}

static inline bool inode_is_dir(const struct inode *i)
{
	return mode_is(i->mode, MODE_DIR);
}

static inline bool file_may_read(const struct file *f)
{
	return (f->flags & OPEN_ACCESS) != OPEN_WRONLY && !(f->flags & OPEN_PATH);
}

static inline bool file_may_write(const struct file *f)
{
	return f->flags & OPEN_ACCESS && !(f->flags & OPEN_PATH);
}

#endif

/*
 * /dev: devices, and the open files of whoever looks.
 *
 * /dev/fd/N leads to the file itself, whatever it is; opening it opens its inode anew. Its text is
 * for people, as in Linux. Numbers: Linux, admin-guide/devices.txt.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "fs/dev.h"
#include "fs/name.h"
#include "fs/pseudo.h"
#include "kernel/chance.h"
#include "kernel/devices.h"
#include "kernel/fdtable.h"
#include "kernel/process.h"
#include "kernel/tty.h"

#define RANDOM_PIECE 64u

uint32_t devices_next_open(uint32_t after, uint32_t id)
{
	uint32_t fd;

	(void)id;
	if (!process_current())
		return 0;
	fd = fd_next(fd_table_current(), after);
	return fd < FD_MAX ? fd + 1 : 0;
}

static struct file *open_file(uint32_t fd)
{
	return process_current() ? fd_get(fd_table_current(), fd) : NULL;
}

static int go_to_open(uint32_t fd, struct inode **target)
{
	struct file *f = open_file(fd);

	if (!f)
		return -ENOENT;
	inode_get(f->inode);
	*target = f->inode;
	file_put(f);
	return 0;
}

/* Directories have a path; what else there is goes by its kind and number. */
static int describe(struct inode *i, char *text, uint32_t room)
{
	if (inode_is_dir(i))
		return name_of(i, text, room);
	if (mode_is(i->mode, MODE_FIFO))
		return snprintf(text, room, "pipe:[%u]", (unsigned)i->ino);
	if (mode_is(i->mode, MODE_CHAR))
		return snprintf(text, room, "char:[%u:%u]", (unsigned)i->device >> 8,
				(unsigned)i->device & 0xff);
	return snprintf(text, room, "file:[%s:%u]", i->fs->name, (unsigned)i->ino);
}

static int describe_open(char *text, uint32_t room, uint32_t fd)
{
	struct file *f = open_file(fd);
	int length;

	if (!f)
		return -ENOENT;
	length = describe(f->inode, text, room);
	file_put(f);
	return length;
}

static int link_text(char *text, uint32_t room, const char *target)
{
	uint32_t length = (uint32_t)strlen(target);

	memcpy(text, target, length < room ? length : room);
	return (int)(length < room ? length : room);
}

static int link_stdin(char *text, uint32_t room, uint32_t id)
{
	(void)id;
	return link_text(text, room, "fd/0");
}

static int link_stdout(char *text, uint32_t room, uint32_t id)
{
	(void)id;
	return link_text(text, room, "fd/1");
}

static int link_stderr(char *text, uint32_t room, uint32_t id)
{
	(void)id;
	return link_text(text, room, "fd/2");
}

static int read_random(struct file *f, struct io *io, uint64_t *position)
{
	uint8_t piece[RANDOM_PIECE];
	int error = 0;

	(void)f;
	(void)position;
	while (io->left && !error) {
		chance_fill(piece, sizeof(piece));
		error = io_give(io, piece, sizeof(piece));
		thread_yield_if_due();
		if (thread_is_dying())
			return -EINTR;
	}
	return error;
}

/* What is written is thanked for and forgotten. */
static int write_random(struct file *f, struct io *io, uint64_t *position)
{
	return dev_null_ops.write(f, io, position);
}

static const struct file_ops random_ops = { .read = read_random,
					    .write = write_random,
					    .no_end = true };

const struct pseudo devices_open_file = {
	.mode = MODE_LINK | 0700,
	.link = describe_open,
	.jump = go_to_open,
};

#define DEVICE(label, major, minor, operations)                                                    \
	{                                                                                          \
		.name = label, .mode = MODE_CHAR | 0666, .ops = &(operations),                     \
		.device = major << 8 | minor                                                       \
	}
#define LINK(label, function)                                                                      \
	{                                                                                          \
		.name = label, .mode = MODE_LINK | 0777, .link = function                          \
	}

static const struct pseudo rows[] = {
	DEVICE("null", 1, 3, dev_null_ops),
	DEVICE("zero", 1, 5, dev_zero_ops),
	DEVICE("full", 1, 7, dev_full_ops),
	DEVICE("random", 1, 8, random_ops),
	DEVICE("urandom", 1, 9, random_ops),
	DEVICE("tty", 5, 0, tty_ops),
	DEVICE("console", 5, 1, tty_ops),
	LINK("stdin", link_stdin),
	LINK("stdout", link_stdout),
	LINK("stderr", link_stderr),
	{ .name = "fd",
	  .mode = MODE_DIR | 0555,
	  .each = devices_next_open,
	  .numbered_is = &devices_open_file,
	  .from_zero = true },
	{},
};

static const struct pseudo tree = { .name = "devtmpfs", .mode = MODE_DIR | 0755, .rows = rows };

void devices_mount(void)
{
	pseudo_mount("/dev", &tree);
}

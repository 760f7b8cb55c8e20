/*
 * Linux: null(4), full(4).
 */
#include <errno.h>
#include "fs/dev.h"

static int read_nothing(struct file *f, struct io *io, uint64_t *position)
{
	(void)f;
	(void)io;
	(void)position;
	return 0;
}

/* Takes all, looks at none of it. */
static int swallow(struct file *f, struct io *io, uint64_t *position)
{
	(void)f;
	(void)position;
	io->done += io->left;
	io->left = 0;
	return 0;
}

static int read_zeroes(struct file *f, struct io *io, uint64_t *position)
{
	(void)f;
	(void)position;
	return io_give_zeroes(io, io->left);
}

static int write_to_full(struct file *f, struct io *io, uint64_t *position)
{
	(void)f;
	(void)position;
	return io->left ? -ENOSPC : 0;
}

const struct file_ops dev_null_ops = { .read = read_nothing, .write = swallow, .no_end = true };
const struct file_ops dev_zero_ops = { .read = read_zeroes, .write = swallow, .no_end = true };
const struct file_ops dev_full_ops = { .read = read_zeroes,
				       .write = write_to_full,
				       .no_end = true };

/*
 * Bytes on their way between a file and whoever reads or writes it, user or kernel.
 */
#ifndef FS_IO_H
#define FS_IO_H

#include <stdint.h>
#include "arch/uaccess.h"

struct io {
	char *kernel;	     /* or NULL: a user address */
	uint32_t user;	     /* of the running task */
	uint32_t left, done; /* bytes */
};

static inline struct io io_kernel(void *buffer, uint32_t bytes)
{
	return (struct io){ .kernel = buffer, .left = bytes };
}

static inline struct io io_user(uint32_t address, uint32_t bytes)
{
	return (struct io){ .user = address, .left = bytes };
}

/*
 * Moves `bytes` (at most io->left) to the reader, or from the writer, and advances. May sleep.
 * Returns 0, or -EFAULT: what could be moved was, and io->done says how much.
 */
int io_give(struct io *io, const void *from, uint32_t bytes);
int io_take(struct io *io, void *to, uint32_t bytes);
int io_give_zeroes(struct io *io, uint32_t bytes);

#endif

/*
 * Bytes on their way between a file and whoever reads or writes it, user or kernel.
 *
 * An io may have several parts (readv): they are filled or emptied in order, and who moves the
 * bytes does not see where one ends.
 */
#ifndef FS_IO_H
#define FS_IO_H

#include <stdint.h>
#include "arch/uaccess.h"

/* As struct iovec of the user: uapi/linux/uio.h. */
struct io_part {
	uint32_t user, bytes;
};

struct io {
	char *kernel;		    /* or NULL: user addresses */
	uint32_t user;		    /* of the running task */
	uint32_t here;		    /* bytes of the part it stands in */
	uint32_t left, done;	    /* bytes of all parts */
	const struct io_part *next; /* the parts after this one, as many as `left` needs */
};

static inline struct io io_kernel(void *buffer, uint32_t bytes)
{
	return (struct io){ .kernel = buffer, .here = bytes, .left = bytes };
}

static inline struct io io_user(uint32_t address, uint32_t bytes)
{
	return (struct io){ .user = address, .here = bytes, .left = bytes };
}

/* `bytes` is the sum of the parts. */
static inline struct io io_parts(const struct io_part *parts, uint32_t bytes)
{
	return (struct io){ .next = parts, .left = bytes };
}

/*
 * Moves `bytes` (at most io->left) to the reader, or from the writer, and advances. May sleep, and
 * lets others run. Returns 0; -EFAULT: what could be moved was, and io->done says how much; -EINTR
 * when the task has to end.
 */
int io_give(struct io *io, const void *from, uint32_t bytes);
int io_take(struct io *io, void *to, uint32_t bytes);
int io_give_zeroes(struct io *io, uint32_t bytes);

#endif

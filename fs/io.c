/*
 * Pieces of at most IO_PIECE bytes, so that a long copy lets others run and ends when its task
 * does.
 */
#include <errno.h>
#include <string.h>
#include "base/thread.h"
#include "fs/io.h"

#define IO_PIECE 16384u

static inline uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Bytes of the next piece: it ends where the part does. */
static uint32_t next_piece(struct io *io, uint32_t bytes)
{
	while (io->here == 0 && io->left) {
		io->user = io->next->user;
		io->here = io->next->bytes;
		io->next++;
	}
	return smaller(smaller(bytes, IO_PIECE), smaller(io->here, io->left));
}

static void advance(struct io *io, uint32_t bytes)
{
	if (io->kernel)
		io->kernel += bytes;
	io->user += bytes;
	io->here -= bytes;
	io->left -= bytes;
	io->done += bytes;
}

/* Returns bytes that could not be moved. */
static uint32_t give_piece(struct io *io, const void *from, uint32_t bytes)
{
	if (!io->kernel)
		return (uint32_t)copy_to_user(vaddr(io->user), from, bytes);
	memcpy(io->kernel, from, bytes);
	return 0;
}

static uint32_t take_piece(struct io *io, void *to, uint32_t bytes)
{
	if (!io->kernel)
		return (uint32_t)copy_from_user(to, vaddr(io->user), bytes);
	memcpy(to, io->kernel, bytes);
	return 0;
}

/* Between two pieces. */
static int pause(void)
{
	thread_yield_if_due();
	return thread_is_dying() ? -EINTR : 0;
}

int io_give(struct io *io, const void *from, uint32_t bytes)
{
	const char *at = from;
	int error = 0;

	while (bytes && io->left && !error) {
		uint32_t want = next_piece(io, bytes);
		uint32_t moved = want - give_piece(io, at, want);

		advance(io, moved);
		at += moved;
		bytes -= moved;
		error = moved < want ? -EFAULT : bytes ? pause() : 0;
	}
	return error;
}

int io_take(struct io *io, void *to, uint32_t bytes)
{
	char *at = to;
	int error = 0;

	while (bytes && io->left && !error) {
		uint32_t want = next_piece(io, bytes);
		uint32_t moved = want - take_piece(io, at, want);

		advance(io, moved);
		at += moved;
		bytes -= moved;
		error = moved < want ? -EFAULT : bytes ? pause() : 0;
	}
	return error;
}

int io_give_zeroes(struct io *io, uint32_t bytes)
{
	static const char zeroes[1024];
	int error = 0;

	bytes = smaller(bytes, io->left);
	while (bytes && !error) {
		uint32_t piece = smaller(bytes, sizeof(zeroes));

		error = io_give(io, zeroes, piece);
		bytes -= piece;
		if (!error && bytes)
			error = pause();
	}
	return error;
}

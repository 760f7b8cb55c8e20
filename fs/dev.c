/*
 * Linux: null(4), full(4), random(4).
 */
#include <errno.h>
#include <string.h>
#include "arch/cpu.h"
#include "base/rng.h"
#include "base/spinlock.h"
#include "fs/dev.h"

#define RANDOM_PIECE 64u

static struct {
	struct spinlock lock; /* LOCK_DEVICE, interrupts off */
	struct rng rng;	      /* seeded when it is first asked */
} chance;

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

void dev_random_fill(void *to, uint32_t bytes)
{
	uint32_t saved = spin_lock_irq(&chance.lock, LOCK_DEVICE);
	uint8_t *at = to;

	if (chance.rng.x == 0)
		rng_seed(&chance.rng, (uint32_t)cpu_insns());
	while (bytes--)
		*at++ = (uint8_t)(rng_next(&chance.rng) >> 8);
	spin_unlock_irq(&chance.lock, saved);
}

static int read_random(struct file *f, struct io *io, uint64_t *position)
{
	uint8_t piece[RANDOM_PIECE];
	int error = 0;

	(void)f;
	(void)position;
	while (io->left && !error) {
		dev_random_fill(piece, sizeof(piece));
		error = io_give(io, piece, sizeof(piece));
		thread_yield_if_due();
		if (thread_is_dying())
			return -EINTR;
	}
	return error;
}

const struct file_ops dev_null_ops = { .read = read_nothing, .write = swallow, .no_end = true };
const struct file_ops dev_zero_ops = { .read = read_zeroes, .write = swallow, .no_end = true };
const struct file_ops dev_full_ops = { .read = read_zeroes,
				       .write = write_to_full,
				       .no_end = true };
const struct file_ops dev_random_ops = { .read = read_random, .write = swallow, .no_end = true };

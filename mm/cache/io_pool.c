/*
 * The pool: a list of free pieces, cut from whole frames.
 */
#include "mm/cache/io_pool.h"

#include <string.h>

#include "mm/phys/alloc.h"

static void *try_take(struct io_pool *pool)
{
	uint32_t saved = spin_lock_irq(&pool->lock, LOCK_FIGURES);
	void **piece = pool->free;

	if (piece) {
		pool->free = *piece;
		pool->in_use++;
	}
	spin_unlock_irq(&pool->lock, saved);
	return piece;
}

static void add(struct io_pool *pool, void *piece)
{
	uint32_t saved = spin_lock_irq(&pool->lock, LOCK_FIGURES);

	*(void **)piece = pool->free;
	pool->free = piece;
	spin_unlock_irq(&pool->lock, saved);
}

static bool grow(struct io_pool *pool)
{
	char *frame = alloc_kernel_pages(GFP_KERNEL | GFP_MEMALLOC, 0);

	if (!frame)
		return false;
	for (uint32_t at = 0; at + pool->piece_bytes <= PAGE_SIZE; at += pool->piece_bytes) {
		add(pool, frame + at);
		atomic_add_relaxed(&pool->pieces, 1);
	}
	return true;
}

void io_pool_reserve(struct io_pool *pool)
{
	bool grown = grow(pool);

	assert_that(grown);
}

void *io_pool_take(struct io_pool *pool)
{
	void *piece = try_take(pool);

	while (!piece && grow(pool))
		piece = try_take(pool);
	if (piece)
		memset(piece, 0, pool->piece_bytes);
	return piece;
}

void io_pool_give(struct io_pool *pool, void *piece)
{
	add(pool, piece);
	atomic_add_relaxed(&pool->in_use, -1u);
}

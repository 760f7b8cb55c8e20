/*
 * Words on their way, some at a time.
 */
#include "kernel/proc/words.h"

#include <errno.h>

#include "base/thread.h"

#define ROUND 64u
#define WORD  (uint32_t)sizeof(uint64_t)

static uint32_t round_words(const struct io *io, uint32_t first, uint32_t end)
{
	uint32_t n = io->left / WORD < ROUND ? io->left / WORD : ROUND;

	return n < end - first ? n : end - first;
}

int words_read(struct io *io, uint64_t *position, uint32_t end, words_fill fill, void *arg)
{
	uint64_t words[ROUND];
	int error = 0;

	if (*position % WORD || io->left % WORD)
		return -EINVAL;
	while (!error && io->left && *position < (uint64_t)end * WORD && !thread_is_dying()) {
		uint32_t first = (uint32_t)(*position / WORD);
		uint32_t count = round_words(io, first, end), before = io->done;

		fill(arg, first, words, count);
		error = io_give(io, words, count * WORD);
		*position += io->done - before;
		thread_yield_if_due();
	}
	return error;
}

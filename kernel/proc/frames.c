/*
 * kpageflags and kpagecount: one 64-bit word a frame, by frame number from 0 on.
 */
#include "kernel/proc/proc.h"

#include <errno.h>

#include "kernel/proc/words.h"
#include "mm/views/frames.h"

static void flags_words(void *arg, uint32_t first, uint64_t *words, uint32_t count)
{
	(void)arg;
	for (uint32_t i = 0; i < count; i++)
		words[i] = view_kpageflags(pfn(first + i));
}

static void count_words(void *arg, uint32_t first, uint64_t *words, uint32_t count)
{
	(void)arg;
	for (uint32_t i = 0; i < count; i++)
		words[i] = view_kpagecount(pfn(first + i));
}

static int read_flags(struct file *f, struct io *io, uint64_t *position)
{
	(void)f;
	return words_read(io, position, page_map_end.n, flags_words, NULL);
}

static int read_counts(struct file *f, struct io *io, uint64_t *position)
{
	(void)f;
	return words_read(io, position, page_map_end.n, count_words, NULL);
}

const struct file_ops proc_kpageflags_ops = { .read = read_flags };
const struct file_ops proc_kpagecount_ops = { .read = read_counts };

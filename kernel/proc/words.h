/*
 * Files that are an array of 64-bit words, which are made as they are read.
 */
#ifndef KERNEL_PROC_WORDS_H
#define KERNEL_PROC_WORDS_H

#include "fs/io.h"

/* Fills in words [first, first + count). No lock held. */
typedef void (*words_fill)(void *arg, uint32_t first, uint64_t *words, uint32_t count);

/*
 * Gives the words from *position on, up to `end` of them in the file. Position and bytes asked for
 * are multiples of a word's. Returns 0, -EINVAL, or what io_give says. Yields.
 */
int words_read(struct io *io, uint64_t *position, uint32_t end, words_fill fill, void *arg);

#endif

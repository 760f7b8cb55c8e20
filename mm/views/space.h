/*
 * What an address space looks like from outside: the files of /proc/PID that are about memory, in
 * the layout of Linux 6.1 (proc(5); Documentation/filesystems/proc.rst;
 * admin-guide/mm/pagemap.rst).
 *
 * Each takes mm->lock for reading while it looks. The caller holds the address space. Context: may
 * sleep.
 */
#ifndef MM_VIEWS_SPACE_H
#define MM_VIEWS_SPACE_H

#include "base/text.h"
#include "mm/virt/mm.h"

void view_maps(struct text *out, struct mm *mm);
void view_smaps(struct text *out, struct mm *mm);
void view_smaps_rollup(struct text *out, struct mm *mm);

/* The memory lines of /proc/PID/status. */
void view_status(struct text *out, struct mm *mm);

/* Sizes in pages. Pages that lie in several groups are counted in each, as in Linux. */
struct space_sizes {
	uint32_t total, resident, locked;
	uint32_t shared; /* of the resident: not anonymous */
	uint32_t text, data, stack;
};

struct space_sizes space_sizes(struct mm *mm);

/* /proc/PID/pagemap from page `first` on: one word a page, 0 where nothing is. */
void view_pagemap(struct mm *mm, uint32_t first, uint64_t *words, uint32_t count);

#define PAGEMAP_SOFT_DIRTY (1ull << 55)
#define PAGEMAP_EXCLUSIVE  (1ull << 56)
#define PAGEMAP_FILE	   (1ull << 61) /* of a file, or shared memory */
#define PAGEMAP_SWAP	   (1ull << 62) /* also: a migration entry */
#define PAGEMAP_PRESENT	   (1ull << 63)
#define PAGEMAP_PFN	   ((1ull << 55) - 1)

/* A migration entry as a swap entry: type in bits 0-4, frame above. Linux's last two types. */
#define PAGEMAP_TYPE_BITS	5u
#define PAGEMAP_MIGRATION_READ	30u
#define PAGEMAP_MIGRATION_WRITE 31u

#endif

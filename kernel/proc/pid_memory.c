/*
 * /proc/PID: the files about its memory.
 */
#include <errno.h>

#include "kernel/proc/proc.h"
#include "kernel/proc/words.h"
#include "kernel/process.h"
#include "mm/views/space.h"
#include "mm/virt/clear_refs.h"

/* A process that has ended, or not begun, has no memory: its files are empty, as in Linux. */
static int show_with(struct text *out, uint32_t id, void (*view)(struct text *out, struct mm *mm))
{
	struct mm *mm = proc_mm(id);

	if (!mm)
		return 0;
	view(out, mm);
	mm_put(mm);
	return 0;
}

int proc_show_maps(struct text *out, uint32_t id)
{
	return show_with(out, id, view_maps);
}

int proc_show_smaps(struct text *out, uint32_t id)
{
	return show_with(out, id, view_smaps);
}

/* Linux has no line to give here either, and says so. */
int proc_show_smaps_rollup(struct text *out, uint32_t id)
{
	struct mm *mm = proc_mm(id);

	if (!mm)
		return -ESRCH;
	view_smaps_rollup(out, mm);
	mm_put(mm);
	return 0;
}

/* Libraries and dirty pages are 0 in Linux since 2.6. */
int proc_show_statm(struct text *out, uint32_t id)
{
	struct mm *mm = proc_mm(id);
	struct space_sizes s = { 0 };

	if (mm) {
		s = space_sizes(mm);
		mm_put(mm);
	}
	text_printf(out, "%u %u %u %u 0 %u 0\n", (unsigned)s.total, (unsigned)s.resident,
		    (unsigned)s.shared, (unsigned)s.text, (unsigned)(s.data + s.stack));
	return 0;
}

enum { CLEAR_YOUNG = 1, CLEAR_SOFT_DIRTY = 4 };

int proc_store_clear_refs(const char *text, uint32_t id)
{
	struct mm *mm;
	int32_t what;

	if (proc_number(text, CLEAR_YOUNG, CLEAR_SOFT_DIRTY, &what))
		return -EINVAL;
	if (what != CLEAR_YOUNG && what != CLEAR_SOFT_DIRTY)
		return -EINVAL;
	mm = proc_mm(id);
	if (!mm)
		return -ESRCH;
	if (what == CLEAR_YOUNG)
		mm_clear_young(mm);
	else
		mm_clear_soft_dirty(mm);
	mm_put(mm);
	return 0;
}

static void pagemap_words(void *mm, uint32_t first, uint64_t *words, uint32_t count)
{
	view_pagemap(mm, first, words, count);
}

static int read_pagemap(struct file *f, struct io *io, uint64_t *position)
{
	struct mm *mm = proc_mm((uint32_t)(uintptr_t)f->state);
	int error;

	if (!mm)
		return 0;
	error = words_read(io, position, USER_END >> PAGE_SHIFT, pagemap_words, mm);
	mm_put(mm);
	return error;
}

const struct file_ops proc_pagemap_ops = { .read = read_pagemap };

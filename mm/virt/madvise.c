/*
 * Contents that nobody needs any more: MADV_DONTNEED and MADV_FREE, which here is the same at once;
 * and what an area is told for later.
 */
#include <errno.h>
#include "mm/virt/pgtable.h"

static bool range_has_locked(struct mm *mm, uint32_t start, uint32_t end)
{
	struct vma *v = vma_find_from(mm, vaddr(start));

	for (; v && v->start < end; v = vma_next(v))
		if (v->flags & VMA_LOCKED)
			return true;
	return false;
}

/* What is mapped of the range is discarded even if there are holes; then the answer says so. */
static int discard_locked(struct mm *mm, uint32_t start, uint32_t end)
{
	int result = vma_covers(mm, start, end) ? 0 : -ENOMEM;
	struct vma *v = vma_find_from(mm, vaddr(start));

	if (range_has_locked(mm, start, end))
		return -EINVAL;
	for (; v && v->start < end; v = vma_next(v))
		zap_range(v, v->start > start ? v->start : start, v->end < end ? v->end : end);
	return result;
}

int mm_discard(struct mm *mm, uint32_t start, uint32_t bytes)
{
	int result;

	if (start % PAGE_SIZE)
		return -EINVAL;
	if (!bytes)
		return 0;
	if (bytes > USER_END)
		return -EINVAL;
	if (!mm_range_is_user(start, page_align_up(bytes)))
		return -ENOMEM;
	rwsem_read_lock(&mm->lock);
	result = discard_locked(mm, start, start + page_align_up(bytes));
	rwsem_read_unlock(&mm->lock);
	return result;
}

static bool range_has_shared(struct mm *mm, uint32_t start, uint32_t end)
{
	struct vma *v;
	bool found = false;

	rwsem_read_lock(&mm->lock);
	for (v = vma_find_from(mm, vaddr(start)); v && v->start < end; v = vma_next(v))
		found |= v->mapping != NULL;
	rwsem_read_unlock(&mm->lock);
	return found;
}

int mm_free_lazily(struct mm *mm, uint32_t start, uint32_t bytes)
{
	if (bytes <= USER_END && range_has_shared(mm, start, start + page_align_up(bytes)))
		return -EINVAL;
	return mm_discard(mm, start, bytes);
}

static int set_flags_locked(struct mm *mm, uint32_t start, uint32_t end, uint32_t set,
			    uint32_t clear)
{
	int err = vma_cut_out(mm, start, end);
	struct vma *v;

	if (err)
		return err;
	for (v = vma_find(mm, vaddr(start)); v && v->start < end; v = vma_next(v))
		v->flags = (v->flags & ~clear) | set;
	vma_merge_range(mm, start, end);
	return 0;
}

int mm_set_flags(struct mm *mm, uint32_t start, uint32_t bytes, uint32_t set, uint32_t clear)
{
	int err;

	if (start % PAGE_SIZE || bytes > USER_END)
		return -EINVAL;
	if (!bytes)
		return 0;
	if (!mm_range_is_user(start, page_align_up(bytes)))
		return -ENOMEM;
	rwsem_write_lock(&mm->lock);
	err = set_flags_locked(mm, start, start + page_align_up(bytes), set, clear);
	rwsem_write_unlock(&mm->lock);
	return err;
}

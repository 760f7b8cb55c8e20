/*
 * Contents that nobody needs any more: MADV_DONTNEED.
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

/*
 * Pages taken out of an object while others map it: MADV_REMOVE.
 *
 * Race: a task may fault the page in again beside this. It needs the page's lock to map it, which
 * is held here from before the first entry goes until the page is out of the object; then it finds
 * nothing there, and brings zeroes.
 */
#include <errno.h>
#include "mm/virt/rmap.h"

static void remove_pages(struct address_space *m, uint32_t first, uint32_t count)
{
	uint32_t index = first;
	struct page *p;

	while ((p = mapping_next_lock(m, &index)) != NULL && index - first < count) {
		rmap_zap(p, NULL, vaddr(0));
		mapping_drop(m, p);
		thread_yield_if_due();
	}
	if (p)
		page_unlock(p);
}

static void remove_from_area(const struct vma *v, uint32_t start, uint32_t end)
{
	uint32_t from = v->start > start ? v->start : start, to = v->end < end ? v->end : end;

	remove_pages(v->mapping, vma_pgoff(v, vaddr(from)), (to - from) >> PAGE_SHIFT);
}

static int may_remove(const struct vma *v)
{
	if (!(v->flags & VMA_SHARED) || v->flags & VMA_LOCKED)
		return -EINVAL;
	return v->flags & VMA_WRITE ? 0 : -EACCES;
}

/* Up to the first area that refuses; what lies beyond a hole goes all the same. */
static int remove_locked(struct mm *mm, uint32_t start, uint32_t end)
{
	int result = vma_covers(mm, start, end) ? 0 : -ENOMEM;
	const struct vma *v = vma_find_from(mm, vaddr(start));

	for (; v && v->start < end; v = vma_next(v)) {
		int err = may_remove(v);

		if (err)
			return err;
		remove_from_area(v, start, end);
	}
	return result;
}

int mm_remove(struct mm *mm, uint32_t start, uint32_t bytes)
{
	int result;

	if (start % PAGE_SIZE || bytes > USER_END)
		return -EINVAL;
	if (!bytes)
		return 0;
	if (!mm_range_is_user(start, page_align_up(bytes)))
		return -ENOMEM;
	rwsem_read_lock(&mm->lock);
	result = remove_locked(mm, start, start + page_align_up(bytes));
	rwsem_read_unlock(&mm->lock);
	return result;
}

/*
 * What of a range is in memory, and whether a range is there at all: mincore, msync.
 */
#include <errno.h>
#include "mm/cache/mapping.h"
#include "mm/virt/pgtable.h"

static pte_t entry_of(const struct mm *mm, vaddr_t a)
{
	struct pte_place place = pte_lock(mm, a);
	pte_t e = pte_none();

	if (!place.entry)
		return e;
	e = pte_read(place.entry);
	pte_unlock(place);
	return e;
}

/* A page on its way to another frame is in memory all the while. */
static bool is_resident(const struct vma *v, vaddr_t a)
{
	if (!pte_is_none(entry_of(v->mm, a)))
		return true;
	return v->mapping && mapping_look(v->mapping, vma_pgoff(v, a));
}

static void fill(struct mm *mm, uint32_t start, uint32_t pages, uint8_t *resident)
{
	const struct vma *v = vma_find(mm, vaddr(start));

	for (uint32_t i = 0; i < pages; i++) {
		vaddr_t a = vaddr(start + i * PAGE_SIZE);

		if (a.a >= v->end)
			v = vma_next(v);
		resident[i] = is_resident(v, a);
	}
}

int mm_resident(struct mm *mm, uint32_t start, uint32_t pages, uint8_t *resident)
{
	uint32_t end = start + pages * PAGE_SIZE;
	bool covered;

	rwsem_read_lock(&mm->lock);
	covered = vma_covers(mm, start, end);
	if (covered)
		fill(mm, start, pages, resident);
	rwsem_read_unlock(&mm->lock);
	return covered ? 0 : -ENOMEM;
}

/* Nothing that is shared has another copy anywhere yet, so there is nothing to bring up to date. */
int mm_sync(struct mm *mm, uint32_t start, uint32_t bytes, bool invalidate)
{
	uint32_t end = start + page_align_up(bytes);
	const struct vma *v;
	int result;

	rwsem_read_lock(&mm->lock);
	result = vma_covers(mm, start, end) ? 0 : -ENOMEM;
	for (v = vma_find_from(mm, vaddr(start)); v && v->start < end; v = vma_next(v))
		if (invalidate && v->flags & VMA_LOCKED)
			result = -EBUSY;
	rwsem_read_unlock(&mm->lock);
	return result;
}

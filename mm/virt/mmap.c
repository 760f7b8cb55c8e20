/*
 * New areas, and areas no more.
 */
#include <errno.h>
#include "base/log.h"
#include "mm/virt/mlock.h"
#include "mm/virt/pgtable.h"

/*
 * Frees the tables that served [start, end), where no area is left, and serve no neighbour either.
 */
static void free_unused_tables(struct mm *mm, uint32_t start, uint32_t end)
{
	struct vma *next = vma_find_from(mm, vaddr(start));
	struct list *before = next ? next->node.prev : mm->areas.prev;
	uint32_t low = before == &mm->areas ? 0 : list_entry(before, struct vma, node)->end;
	uint32_t high = next ? next->start : USER_END;

	start = round_down(start, TABLE_SPAN);
	end = round_up(end, TABLE_SPAN);
	pgtable_free_range(mm, low > start ? low : start, high < end ? high : end);
}

int mm_unmap_locked(struct mm *mm, uint32_t start, uint32_t end)
{
	struct vma *v, *next;
	int err = vma_split_range(mm, start, end);

	if (err)
		return err;
	for (v = vma_find_from(mm, vaddr(start)); v && v->start < end; v = next) {
		next = vma_next(v);
		zap_range(v, v->start, v->end);
		vma_destroy(v);
	}
	free_unused_tables(mm, start, end);
	return 0;
}

int mm_unmap(struct mm *mm, uint32_t start, uint32_t bytes)
{
	int err;

	if (start % PAGE_SIZE || bytes > USER_END || !mm_range_is_user(start, page_align_up(bytes)))
		return -EINVAL;
	rwsem_write_lock(&mm->lock);
	err = mm_unmap_locked(mm, start, start + page_align_up(bytes));
	rwsem_write_unlock(&mm->lock);
	return err;
}

uint32_t mm_find_room(struct mm *mm, uint32_t hint, uint32_t bytes)
{
	uint32_t at = 0;

	if (hint)
		at = vma_find_gap(mm, hint & PAGE_MASK, bytes);
	if (!at)
		at = vma_find_gap(mm, MMAP_BASE, bytes);
	return at ? at : vma_find_gap(mm, USER_START, bytes);
}

/*
 * Puts a new area over what may be there: what can fail comes first, so that -ENOMEM leaves all as
 * it was.
 */
static int map_at(struct mm *mm, uint32_t start, uint32_t end, uint32_t flags)
{
	struct vma *v = vma_new();
	int err;

	if (!v)
		return -ENOMEM;
	err = mm_unmap_locked(mm, start, end);
	if (err) {
		vma_free(v);
		return err;
	}
	vma_insert(mm, v, start, end, flags);
	vma_merge_range(mm, start, end);
	return 0;
}

static int map_locked(struct mm *mm, uint32_t at, uint32_t bytes, uint32_t flags, bool fixed,
		      uint32_t *address)
{
	if (!fixed)
		at = mm_find_room(mm, at, bytes);
	if (!at)
		return -ENOMEM;
	*address = at;
	return map_at(mm, at, at + bytes, flags);
}

static int check_map(uint32_t hint, uint32_t bytes, bool fixed)
{
	if (!bytes || (fixed && (hint % PAGE_SIZE || hint < USER_START)))
		return -EINVAL;
	if (bytes > USER_END || (fixed && !mm_range_is_user(hint, page_align_up(bytes))))
		return -ENOMEM;
	return 0;
}

int mm_map(struct mm *mm, uint32_t hint, uint32_t bytes, uint32_t vma_flags, bool fixed,
	   uint32_t *address)
{
	int err = check_map(hint, bytes, fixed);

	if (err)
		return err;
	bytes = page_align_up(bytes);
	rwsem_write_lock(&mm->lock);
	err = map_locked(mm, hint, bytes, vma_flags, fixed, address);
	rwsem_write_unlock(&mm->lock);
	if (err)
		return err;
	if ((vma_flags & (VMA_WRITE | VMA_EXEC)) == (VMA_WRITE | VMA_EXEC))
		log_info("%s: 0x%x..0x%x is writable and executable", mm->name, (unsigned)*address,
			 (unsigned)(*address + bytes));
	/* As mmap(MAP_LOCKED) does: the area stands even if not every page could be had. */
	if (vma_flags & VMA_LOCKED)
		mm_populate(mm, *address, *address + bytes);
	return 0;
}

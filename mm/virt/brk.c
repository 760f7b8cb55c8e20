/*
 * Areas that grow: the heap upward when it is told to, a stack downward when it is touched.
 */
#include <errno.h>
#include "mm/virt/mlock.h"
#include "mm/virt/mm.h"

static bool heap_grow(struct mm *mm, uint32_t from, uint32_t to)
{
	struct vma *above = vma_find_from(mm, vaddr(from));

	if (above && above->start < to)
		return false;
	return vma_create(mm, from, to, VMA_READ | VMA_WRITE | mm->future_flags);
}

static bool heap_resize(struct mm *mm, uint32_t from, uint32_t to)
{
	if (to > from)
		return heap_grow(mm, from, to);
	return to == from || mm_unmap_locked(mm, to, from) == 0;
}

uint32_t mm_set_brk(struct mm *mm, uint32_t brk)
{
	uint32_t from;
	bool locked;

	rwsem_write_lock(&mm->lock);
	from = mm->brk;
	if (brk >= mm->brk_start && brk <= USER_END &&
	    heap_resize(mm, page_align_up(mm->brk), page_align_up(brk)))
		mm->brk = brk;
	from = mm->brk < from ? mm->brk : from;
	brk = mm->brk;
	locked = mm->future_flags & VMA_LOCKED;
	rwsem_write_unlock(&mm->lock);
	if (locked)
		mm_populate(mm, page_align_up(from), page_align_up(brk));
	return brk;
}

/*
 * The lowest address that the area may begin at: its limit, if it is the one that has it, and some
 * way above its neighbour below.
 */
static uint32_t stack_floor(const struct mm *mm, const struct vma *v)
{
	bool limited = mm->stack_limit > USER_START && v->start >= mm->stack_limit;
	uint32_t floor = limited ? mm->stack_limit : USER_START;
	const struct vma *below;

	if (v->node.prev == &mm->areas)
		return floor;
	below = list_entry(v->node.prev, struct vma, node);
	return below->end + STACK_GUARD > floor ? below->end + STACK_GUARD : floor;
}

int mm_grow_stack(struct mm *mm, struct vma *v, vaddr_t a)
{
	uint32_t start = vaddr_page(a).a;

	if (!(v->flags & VMA_GROWSDOWN) || start >= v->start)
		return -EFAULT;
	if (v->start - start > STACK_GROW_MAX || start < stack_floor(mm, v))
		return -EFAULT;
	vma_set_bounds(v, start, v->end);
	return 0;
}

uint32_t mm_stack_start(struct mm *mm, uint32_t a)
{
	const struct vma *v;
	uint32_t start;

	rwsem_read_lock(&mm->lock);
	v = vma_find(mm, vaddr(a));
	start = v && v->flags & VMA_GROWSDOWN ? v->start : 0;
	rwsem_read_unlock(&mm->lock);
	return start;
}

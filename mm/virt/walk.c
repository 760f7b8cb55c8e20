/*
 * Looking at the entries of an area: table after table, each under its lock.
 */
#include "mm/virt/walk.h"

static void walk_table(struct vma *v, uint32_t a, uint32_t end, area_visit visit, void *arg)
{
	struct pte_place place = pte_lock(v->mm, vaddr(a));

	if (!place.entry)
		return;
	for (; a < end; a += PAGE_SIZE, place.entry++) {
		pte_t e = pte_read(place.entry);

		if (!pte_is_none(e))
			visit(v, vaddr(a), e, arg);
	}
	pte_unlock(place);
}

void area_walk(struct vma *v, uint32_t start, uint32_t end, area_visit visit, void *arg)
{
	uint32_t next;

	for (uint32_t a = start; a < end; a = next) {
		next = table_walk_end(a, end);
		walk_table(v, a, next, visit, arg);
		thread_yield_if_due();
	}
}

/*
 * Code that a task has written where it may also run it: cacheflush.
 *
 * Only entries that may be executed matter: any other page is synchronised when it becomes
 * executable. Race: an entry that is a migration entry just now comes back executable, which
 * synchronises its new frame, and what the task stored before the move is in that frame by then.
 */
#include <errno.h>
#include "mm/virt/dcache.h"
#include "mm/virt/pgtable.h"

static void sync_table(const struct mm *mm, uint32_t a, uint32_t end)
{
	struct pte_place place = pte_lock(mm, vaddr(a));

	if (!place.entry)
		return;
	for (const pte_t *entry = place.entry; a < end; a += PAGE_SIZE, entry++) {
		pte_t e = pte_read(entry);

		if (pte_is_present(e) && pte_is_exec(e))
			sync_icache_page(pfn_to_page(pte_pfn(e)));
	}
	pte_unlock(place);
}

static void sync_covered(const struct mm *mm, uint32_t start, uint32_t end)
{
	for (uint32_t a = start, next; a < end; a = next) {
		next = table_walk_end(a, end);
		sync_table(mm, a, next);
	}
}

int mm_sync_instructions(struct mm *mm, uint32_t start, uint32_t end)
{
	bool covered;

	if (end > USER_END || start > end)
		return -EFAULT;
	start &= PAGE_MASK;
	end = page_align_up(end);
	if (start == end)
		return 0;
	rwsem_read_lock(&mm->lock);
	covered = vma_covers(mm, start, end);
	if (covered)
		sync_covered(mm, start, end);
	rwsem_read_unlock(&mm->lock);
	return covered ? 0 : -EFAULT;
}

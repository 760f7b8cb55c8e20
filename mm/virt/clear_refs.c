/*
 * Making entries old or soft clean.
 *
 * An entry that is soft clean must not be writable: the store that makes it soft dirty again is
 * seen because it faults (fault.c, reuse_page). Dirty itself stays, so nothing is lost for whoever
 * writes the page out. Entries change under their table's lock, and the TLBs forget before it is
 * released.
 */
#include "mm/virt/clear_refs.h"

#include "arch/tlb.h"
#include "mm/virt/dcache.h"
#include "mm/virt/fault.h"
#include "mm/virt/pgtable.h"

/* One round: the entries of one area in one table. */
struct clearing {
	struct vma *area;
	struct pte_place place;
	struct tlb_batch tlb;
};

typedef void (*clear_entry)(struct clearing *c, vaddr_t a, pte_t e);

/* Race: a migration entry is put back as it stands when the mover gets here, under this lock. */
static void clear_young(struct clearing *c, vaddr_t a, pte_t e)
{
	if (!pte_is_present(e)) {
		if (pte_is_migration(e))
			pte_write(c->place.entry, leaf_make_old(e));
		return;
	}
	if (pfn_to_page(pte_pfn(e)) != zero_page)
		page_clear(pfn_to_page(pte_pfn(e)), PG_REFERENCED);
	if (!pte_is_young(e))
		return;
	pte_write(c->place.entry, pte_mkold(e));
	tlb_batch_add(&c->tlb, &c->area->mm->arch, a);
}

/*
 * Race: of a migration entry the mover may not have flushed yet what stood here; no store may go
 * through it any more, or it would not be seen.
 */
static void clear_soft_dirty(struct clearing *c, vaddr_t a, pte_t e)
{
	if (!pte_is_present(e)) {
		if (!pte_is_migration(e))
			return;
		pte_write(c->place.entry, leaf_make_soft_clean(e));
		tlb_batch_add(&c->tlb, &c->area->mm->arch, a);
		return;
	}
	if (!pte_is_soft_dirty(e) && !pte_is_writable(e))
		return;
	if (pte_is_writable(e))
		flush_cache_page(c->area, a, pte_pfn(e));
	pte_write(c->place.entry, pte_clear_soft_dirty(pte_wrprotect(e)));
	tlb_batch_add(&c->tlb, &c->area->mm->arch, a);
}

static void clear_table(struct vma *v, uint32_t a, uint32_t end, clear_entry clear)
{
	struct clearing c = { .area = v, .place = pte_lock(v->mm, vaddr(a)) };

	if (!c.place.entry)
		return;
	tlb_batch_init(&c.tlb);
	for (; a < end; a += PAGE_SIZE, c.place.entry++)
		clear(&c, vaddr(a), pte_read(c.place.entry));
	tlb_batch_flush(&c.tlb);
	pte_unlock(c.place);
}

static void clear_areas(struct mm *mm, clear_entry clear)
{
	struct vma *v;
	uint32_t end;

	rwsem_read_lock(&mm->lock);
	list_for_each_entry(v, &mm->areas, node) {
		for (uint32_t a = v->start; a < v->end; a = end) {
			end = table_walk_end(a, v->end);
			clear_table(v, a, end, clear);
			thread_yield_if_due();
		}
	}
	rwsem_read_unlock(&mm->lock);
}

void mm_clear_young(struct mm *mm)
{
	clear_areas(mm, clear_young);
}

void mm_clear_soft_dirty(struct mm *mm)
{
	clear_areas(mm, clear_soft_dirty);
}

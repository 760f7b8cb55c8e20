/*
 * Other rights for a range.
 *
 * Race: a mover may put an entry back while this runs. It reads the area's flags under the table's
 * lock. The flags are changed before any table is locked here, so what it puts back before this
 * walk is corrected by the walk, and what it puts back afterwards has the new rights already.
 * Order: the plain store to the flags is seen with the table's lock, which this walk has taken and
 * given up since. Where there is no table there is no entry to put back either. mlock's flag goes
 * the same way.
 */
#include <errno.h>
#include "arch/tlb.h"
#include "mm/virt/dcache.h"
#include "mm/virt/pgtable.h"

static pte_t entry_with_rights(pte_t e, unsigned rights)
{
	pte_t n = pte_set_rights(e, rights);

	return pte_is_writable(e) && rights & PTE_WRITE ? pte_mkwritable(n) : n;
}

/*
 * Order: what is synchronised must not change before it can be fetched, so the right to write goes
 * first, on every cpu.
 */
static void make_fetchable(struct pte_place place, struct vma *v, vaddr_t a, pte_t e)
{
	if (pte_is_writable(e)) {
		pte_write(place.entry, pte_wrprotect(e));
		tlb_flush_page(&v->mm->arch, a);
	}
	sync_icache_page(pfn_to_page(pte_pfn(e)));
}

static void protect_present(struct pte_place place, struct vma *v, vaddr_t a, struct tlb_batch *tlb)
{
	pte_t e = pte_read(place.entry);
	pte_t n = entry_with_rights(e, vma_rights(v));

	if (n.bits == e.bits)
		return;
	if (pte_is_writable(e) && !pte_is_writable(n))
		flush_cache_page(v, a, pte_pfn(e));
	if (pte_is_exec(n) && !pte_is_exec(e))
		make_fetchable(place, v, a, e);
	pte_write(place.entry, n);
	tlb_batch_add(tlb, &v->mm->arch, a);
}

static void protect_entry(struct pte_place place, struct vma *v, vaddr_t a, struct tlb_batch *tlb)
{
	pte_t e = pte_read(place.entry);

	if (pte_is_present(e)) {
		protect_present(place, v, a, tlb);
		return;
	}
	if (!pte_is_migration(e))
		return;
	if (!(v->flags & VMA_WRITE))
		pte_write(place.entry, leaf_make_read(e));
	/* Race: the mover may not have flushed yet what stood here. */
	tlb_batch_add(tlb, &v->mm->arch, a);
}

static void protect_table(struct vma *v, uint32_t a, uint32_t end)
{
	struct pte_place place = pte_lock(v->mm, vaddr(a));
	struct tlb_batch tlb;

	if (!place.entry)
		return;
	tlb_batch_init(&tlb);
	for (; a < end; a += PAGE_SIZE, place.entry++)
		protect_entry(place, v, vaddr(a), &tlb);
	tlb_batch_flush(&tlb);
	pte_unlock(place);
}

static void protect_area(struct vma *v, uint32_t rights)
{
	uint32_t end;

	v->flags = (v->flags & ~(uint32_t)(VMA_READ | VMA_WRITE | VMA_EXEC)) | rights;
	for (uint32_t a = v->start; a < v->end; a = end) {
		end = table_walk_end(a, v->end);
		protect_table(v, a, end);
	}
}

static int protect_locked(struct mm *mm, uint32_t start, uint32_t end, uint32_t rights)
{
	int err = vma_cut_out(mm, start, end);
	struct vma *v;

	if (err)
		return err;
	for (v = vma_find(mm, vaddr(start)); v && v->start < end; v = vma_next(v))
		protect_area(v, rights);
	vma_merge_range(mm, start, end);
	return 0;
}

int mm_protect(struct mm *mm, uint32_t start, uint32_t bytes, uint32_t rights)
{
	int err;

	if (start % PAGE_SIZE || rights & ~(uint32_t)(VMA_READ | VMA_WRITE | VMA_EXEC))
		return -EINVAL;
	if (!bytes)
		return 0;
	if (bytes > USER_END || !mm_range_is_user(start, page_align_up(bytes)))
		return -ENOMEM;
	rwsem_write_lock(&mm->lock);
	err = protect_locked(mm, start, start + page_align_up(bytes), rights);
	rwsem_write_unlock(&mm->lock);
	return err;
}

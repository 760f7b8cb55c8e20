/*
 * Taking mappings away. An entry goes under its table's lock, the TLBs forget it before that lock
 * is released, and only then are the frames let go: nobody can reach a frame that may already be
 * somebody else's.
 */
#include "arch/tlb.h"
#include "base/thread.h"
#include "mm/virt/dcache.h"
#include "mm/virt/fault.h"
#include "mm/virt/mlock.h"
#include "mm/virt/rmap.h"

/* What one round takes: as many entries as one TLB batch holds, all in one table. */
struct zap_round {
	struct tlb_batch tlb;
	uint32_t anon_entries, shared_entries; /* gone that the address space counted */
	uint32_t count;
	struct page *pages[TLB_BATCH_PAGES]; /* each still held for its entry */
};

static void count_gone(struct zap_round *z, const struct page *p)
{
	if (page_kind(p) == KIND_ANON)
		z->anon_entries++;
	else
		z->shared_entries++;
}

static void zap_present(struct zap_round *z, struct vma *v, struct pte_place place, vaddr_t a)
{
	pte_t e = pte_read(place.entry);
	struct page *p = pfn_to_page(pte_pfn(e));

	flush_cache_page(v, a, pte_pfn(e));
	pte_replace(place, pte_none());
	tlb_batch_add(&z->tlb, &v->mm->arch, a);
	if (p == zero_page)
		return;
	if (page_kind(p) == KIND_SHMEM && pte_is_dirty(e))
		page_set(p, PG_DIRTY); /* its object keeps it, and has nobody to ask later */
	count_gone(z, p);
	z->pages[z->count++] = p;
}

/*
 * BS-6: a migration entry holds nothing and counts on no page; try_to_unmap saw to that. The page
 * it names keeps its kind until every migration entry for it is gone. Race: a batch puts off its
 * flush, so a TLB may still know what stood here before; it must not when we return.
 */
static void zap_entry(struct zap_round *z, struct vma *v, struct pte_place place, vaddr_t a)
{
	pte_t e = pte_read(place.entry);

	if (pte_is_none(e))
		return;
	if (pte_is_present(e)) {
		zap_present(z, v, place, a);
		return;
	}
	assert_eq(leaf_type(e), LEAF_MIGRATION);
	pte_replace(place, pte_none());
	tlb_batch_add(&z->tlb, &v->mm->arch, a);
	count_gone(z, pfn_to_page(leaf_migration_pfn(e)));
}

/*
 * Order: after the flush. A sharer in another address space that counts itself alone stores to the
 * page at once; no TLB may show that here any more. Before the table is unlocked: a walk of the
 * reverse map that finds no entry here shall not find one counted either.
 */
static void uncount_mappings(const struct zap_round *z)
{
	for (uint32_t i = 0; i < z->count; i++)
		rmap_remove(z->pages[i]);
}

/* One round over [a, end), which lies in one table. Returns where the next begins. */
static uint32_t zap_some(struct vma *v, uint32_t a, uint32_t end)
{
	struct pte_place place = pte_lock(v->mm, vaddr(a));
	struct zap_round z;

	if (!place.entry)
		return end;
	tlb_batch_init(&z.tlb);
	z.anon_entries = z.shared_entries = z.count = 0;
	for (; a < end && z.tlb.pages < TLB_BATCH_PAGES; a += PAGE_SIZE, place.entry++)
		zap_entry(&z, v, place, vaddr(a));
	tlb_batch_flush(&z.tlb);
	uncount_mappings(&z);
	atomic_add_relaxed(&v->mm->anon_pages, -z.anon_entries);
	atomic_add_relaxed(&v->mm->shared_pages, -z.shared_entries);
	pte_unlock(place);
	for (uint32_t i = 0; i < z.count; i++)
		page_put(z.pages[i]);
	return a;
}

void zap_range(struct vma *v, uint32_t start, uint32_t end)
{
	if (v->flags & VMA_LOCKED)
		munlock_range(v, start, end);
	while (start < end) {
		start = zap_some(v, start, table_walk_end(start, end));
		thread_yield_if_due();
	}
}

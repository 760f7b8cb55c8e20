/*
 * The reverse map of anonymous pages: one walk, and the two things a migration does with it.
 *
 * A family's areas are walked in the order they joined. An area covers the page if the page's
 * offset lies within it; where it has a table, the entry there is looked at under the table's lock.
 * That the entry may be none, or map another page (a copy made before a write), is normal: the
 * visitor decides.
 *
 * Race: a task may fault, unmap or protect while the walk runs. Areas keep their bounds while the
 * family's lock is held; entries are changed under their table's lock only; and the mover holds the
 * page lock, so nobody else takes entries of this page away and expects it to stay away.
 */
#include "mm/virt/rmap.h"

#include "base/trace.h"
#include "mm/phys/lru.h"
#include "mm/phys/page_kind.h"
#include "mm/virt/dcache.h"

void rmap_add_new_anon(struct page *p, struct vma *v, vaddr_t a)
{
	anon_vma_get(v->anon);
	p->anon = v->anon;
	p->index = vma_pgoff(v, a);
	p->mapcount = 1;
	zone_stat_add(page_zone(p), NR_ANON_PAGES, 1);
}

void rmap_add_anon(struct page *p)
{
	if (atomic_fetch_add(&p->mapcount, 1) == 0)
		zone_stat_add(page_zone(p), NR_ANON_PAGES, 1);
}

void rmap_remove(struct page *p)
{
	uint32_t before = atomic_fetch_add(&p->mapcount, ~0u);

	assert_that(before != 0);
	if (before == 1)
		zone_stat_add(page_zone(p), NR_ANON_PAGES, -1);
}

/*
 * What an anonymous page gives up with its last hold: its place on a list, its family. An mlock mark
 * usually goes before, with the last locked area; where a page was shared it may stay on one that no
 * locked area maps any more, and ends here at the latest.
 */
static void release_anon(struct page *p)
{
	lru_forget_released(p);
	if (page_has(p, PG_MLOCKED)) {
		zone_stat_add(page_zone(p), NR_MLOCK, -1);
		p->flags &= ~(uint32_t)PG_MLOCKED;
	}
	anon_vma_put(p->anon);
	p->anon = NULL;
}

static const struct page_kind anon_kind = { .name = "anon", .release = release_anon };

void rmap_init(void)
{
	page_kind_register(KIND_ANON, &anon_kind);
}

static inline bool area_covers(const struct vma *v, uint32_t index)
{
	return index - v->pgoff < vma_pages(v);
}

void rmap_walk_anon(struct page *p, struct anon_vma *family, rmap_visit visit, void *arg)
{
	struct vma *v;
	bool more = true;

	anon_vma_lock(family);
	list_for_each_entry(v, &family->areas, family) {
		struct rmap_place place;

		if (!area_covers(v, p->index))
			continue;
		place.vma = v;
		place.address = vma_address(v, p->index);
		place.pte = pte_lock(v->mm, place.address);
		if (!place.pte.entry)
			continue;
		more = visit(p, &place, arg);
		pte_unlock(place.pte);
		if (!more)
			break;
	}
	anon_vma_unlock(family);
}

/*
 * One store from mapping to migration entry: nobody ever sees the entry empty (TU-6). The hardware
 * does not write to entries, so nothing is lost between the read and the store.
 */
static bool unmap_one(struct page *p, const struct rmap_place *place, void *arg)
{
	struct tlb_batch *batch = arg;
	pte_t old = pte_read(place->pte.entry), entry;

	if (!pte_is_present(old) || pte_pfn(old).n != page_to_pfn(p).n)
		return true;
	flush_cache_page(place->vma, place->address, pte_pfn(old));
	entry = leaf_make_migration(old);
	pte_write(place->pte.entry, entry);
	tlb_batch_add(batch, &place->vma->mm->arch, place->address);
	if (pte_is_dirty(old))
		page_set(p, PG_DIRTY); /* TU-2 */
	TRACE(SET_MIGRATION_PTE, place->address.a, entry.bits, 0);
	rmap_remove(p);
	/* The entry's hold. The mover has its own, so this is never the last. */
	page_put(p);
	return page_is_mapped(p);
}

bool try_to_unmap(struct page *p, struct anon_vma *family, struct tlb_batch *batch)
{
	rmap_walk_anon(p, family, unmap_one, batch);
	return !page_is_mapped(p);
}

struct restore {
	struct page *to;
	pfn_t from_pfn, to_pfn;
	uint32_t restored;
};

/*
 * RM-9: the mark came over with the flags, unless the area was locked while the page was in flight.
 */
static void relock(struct page *to)
{
	if (page_set(to, PG_MLOCKED | PG_UNEVICTABLE) & PG_MLOCKED)
		return;
	page_clear(to, PG_ACTIVE);
	zone_stat_add(page_zone(to), NR_MLOCK, 1);
}

/* RM-2 leaves alone what is not a migration entry for this very frame. */
static bool restore_one(struct page *from, const struct rmap_place *place, void *arg)
{
	struct restore *r = arg;
	pte_t old = pte_read(place->pte.entry), entry;

	(void)from;
	if (!pte_is_migration(old) || leaf_migration_pfn(old).n != r->from_pfn.n)
		return true;
	entry = leaf_restore(old, r->to_pfn, vma_rights(place->vma));
	if (pte_is_exec(entry))
		sync_icache_page(r->to);
	if (place->vma->flags & VMA_LOCKED)
		relock(r->to);
	page_get(r->to);
	rmap_add_anon(r->to);
	pte_write(place->pte.entry, entry); /* RM-10: it was not present, so no TLB remembers it */
	TRACE(REMOVE_MIGRATION_PTE, place->address.a, entry.bits, 0);
	r->restored++;
	return true;
}

uint32_t remove_migration_ptes(struct page *from, struct page *to, struct anon_vma *family)
{
	struct restore r = { .to = to, .from_pfn = page_to_pfn(from), .to_pfn = page_to_pfn(to) };

	flush_dcache_page(to); /* RM-7: before any entry is visible */
	rmap_walk_anon(to, family, restore_one, &r);
	pte_publish();
	return r.restored;
}

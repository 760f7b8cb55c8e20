/*
 * The reverse map: one walk, and what a migration and a removal from an object do with it.
 *
 * The areas of a family, or those that map an object, are walked in the order they joined. An area
 * covers the page if the page's offset lies within it; where it has a table, the entry there is
 * looked at under the table's lock. That the entry may be none, or map another page (a copy made
 * before a write), is normal: the visitor decides.
 *
 * Race: a task may fault, unmap or protect while the walk runs. Areas keep their bounds while the
 * family's or the object's lock is held; entries are changed under their table's lock only; and who
 * walks holds the page lock, so nobody else takes entries of this page away and expects it to stay
 * away, and no fault maps a page of an object anew.
 */
#include "mm/virt/rmap.h"

#include "base/trace.h"
#include "mm/cache/mapping.h"
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

/* Which count of its zone a mapped page is in. */
static enum zone_stat mapped_stat(const struct page *p)
{
	return page_kind(p) == KIND_ANON ? NR_ANON_PAGES : NR_FILE_MAPPED;
}

void rmap_add(struct page *p)
{
	if (atomic_fetch_add(&p->mapcount, 1) == 0)
		zone_stat_add(page_zone(p), mapped_stat(p), 1);
}

void rmap_remove(struct page *p)
{
	uint32_t before = atomic_fetch_add(&p->mapcount, ~0u);

	assert_that(before != 0);
	if (before == 1)
		zone_stat_add(page_zone(p), mapped_stat(p), -1);
}

/*
 * What a page gives up with its last hold: its place on a list. An mlock mark usually goes before,
 * with the last locked area; where a page was shared it may stay on one that no locked area maps
 * any more, and ends here at the latest.
 */
static void release_mapped(struct page *p)
{
	lru_forget_released(p);
	if (page_has(p, PG_MLOCKED)) {
		zone_stat_add(page_zone(p), NR_MLOCK, -1);
		p->flags &= ~(uint32_t)PG_MLOCKED;
	}
}

/* And its family. */
static void release_anon(struct page *p)
{
	release_mapped(p);
	anon_vma_put(p->anon);
	p->anon = NULL;
}

static void release_objects(struct page *p)
{
	assert_that(p->cache == NULL);
	release_mapped(p);
}

static void unmap_everywhere(struct page *p)
{
	rmap_zap(p, NULL, vaddr(0));
}

static const struct page_kind anon_kind = { .name = "anon", .release = release_anon };
static const struct page_kind shmem_kind = { .name = "shmem",
					     .release = release_objects,
					     .unmap = unmap_everywhere,
					     .write_protect = rmap_write_protect };
static const struct page_kind file_kind = { .name = "file",
					    .release = release_objects,
					    .unmap = unmap_everywhere,
					    .write_protect = rmap_write_protect };

void rmap_init(void)
{
	page_kind_register(KIND_ANON, &anon_kind);
	page_kind_register(KIND_SHMEM, &shmem_kind);
	page_kind_register(KIND_FILE, &file_kind);
}

static inline bool area_covers(const struct vma *v, uint32_t index)
{
	return index - v->pgoff < vma_pages(v);
}

/* One area of the walk. False: the visitor has seen enough. */
static bool walk_area(struct page *p, struct vma *v, rmap_visit visit, void *arg)
{
	struct rmap_place place = { .vma = v };
	bool more;

	if (!area_covers(v, p->index))
		return true;
	place.address = vma_address(v, p->index);
	place.pte = pte_lock(v->mm, place.address);
	if (!place.pte.entry)
		return true;
	more = visit(p, &place, arg);
	pte_unlock(place.pte);
	return more;
}

static void walk_family(struct page *p, struct anon_vma *family, rmap_visit visit, void *arg)
{
	struct vma *v;

	anon_vma_lock(family);
	list_for_each_entry(v, &family->areas, family)
		if (!walk_area(p, v, visit, arg))
			break;
	anon_vma_unlock(family);
}

static void walk_object(struct page *p, struct address_space *m, rmap_visit visit, void *arg)
{
	struct vma *v;

	mapping_lock_areas(m);
	list_for_each_entry(v, &m->areas, sharers)
		if (!walk_area(p, v, visit, arg))
			break;
	mapping_unlock_areas(m);
}

/* Who maps an object has a family of its own for the copies it made; a page is one or the other. */
void rmap_walk(struct page *p, rmap_visit visit, void *arg)
{
	if (page_kind(p) == KIND_ANON)
		walk_family(p, p->anon, visit, arg);
	else if (page_mapping(p))
		walk_object(p, page_mapping(p), visit, arg);
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

bool try_to_unmap(struct page *p, struct tlb_batch *batch)
{
	rmap_walk(p, unmap_one, batch);
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
	rmap_add(r->to);
	pte_write(place->pte.entry, entry); /* RM-10: it was not present, so no TLB remembers it */
	TRACE(REMOVE_MIGRATION_PTE, place->address.a, entry.bits, 0);
	r->restored++;
	return true;
}

uint32_t remove_migration_ptes(struct page *from, struct page *to)
{
	struct restore r = { .to = to, .from_pfn = page_to_pfn(from), .to_pfn = page_to_pfn(to) };

	flush_dcache_page(to); /* RM-7: before any entry is visible */
	rmap_walk(to, restore_one, &r);
	pte_publish();
	return r.restored;
}

/* ---- entries of an object's page taken away for good */

struct zap {
	const struct vma *beside; /* NULL: nobody's entry stays */
	vaddr_t a;
};

/* A task finds the page again by a fault, so only what the entry knew of stores is kept. TU-2 */
static bool zap_one(struct page *p, const struct rmap_place *place, void *arg)
{
	const struct zap *z = arg;
	struct mm *mm = place->vma->mm;
	pte_t old = pte_read(place->pte.entry);

	if (!pte_is_present(old) || pte_pfn(old).n != page_to_pfn(p).n)
		return true;
	if (z->beside && dcache_agrees(place->address, z->a))
		return true;
	flush_cache_page(place->vma, place->address, pte_pfn(old));
	pte_replace(place->pte, pte_none());
	tlb_flush_page(&mm->arch, place->address);
	if (pte_is_dirty(old))
		page_set(p, PG_DIRTY);
	atomic_add_relaxed(&mm->shared_pages, -1u);
	rmap_remove(p);
	page_put(p); /* the entry's hold; the cache has its own, so this is not the last */
	return page_is_mapped(p);
}

void rmap_zap(struct page *p, const struct vma *v, vaddr_t a)
{
	struct zap z = { v, a };

	assert_that(page_is_objects(p));
	if (page_is_mapped(p))
		rmap_walk(p, zap_one, &z);
}

/* ---- entries that let no store through any more */

/* What a virtually indexed cache holds of stores reaches the frame, which is about to be read. */
static bool protect_one(struct page *p, const struct rmap_place *place, void *unused)
{
	pte_t old = pte_read(place->pte.entry);

	(void)unused;
	if (!pte_is_present(old) || pte_pfn(old).n != page_to_pfn(p).n || !pte_is_dirty(old))
		return true;
	flush_cache_page(place->vma, place->address, pte_pfn(old));
	pte_write(place->pte.entry, pte_mkclean(old));
	tlb_flush_page(&place->vma->mm->arch, place->address);
	return true;
}

void rmap_write_protect(struct page *p)
{
	assert_that(page_has(p, PG_LOCKED) && page_is_objects(p));
	rmap_walk(p, protect_one, NULL);
}

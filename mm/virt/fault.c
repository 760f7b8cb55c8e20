/*
 * From a fault to an entry.
 *
 * A fault looks at its entry once without a lock, to see what has to be done. What may sleep (a new
 * page, a table, a family) is done first; then the table is locked and the entry must be what it
 * was, or the work is thrown away and the access retried. So every way through here ends in one
 * store under the table's lock, or in no change at all.
 *
 * Where an area maps an object, the page is found in the object or added to it, and stays locked
 * until its entry stands: so it is the object's page that is mapped, and no mover and no removal
 * comes in between.
 *
 * Locks: mm->lock for reading throughout; a page of an object; then the table's. The lock of a
 * private page that is written for the first time is tried under the table's lock, never waited for
 * there. Whoever has to wait for a page's lock lets go of everything first.
 */
#include <errno.h>
#include "arch/cache.h"
#include "arch/frame.h"
#include "base/failpoint.h"
#include "base/waitq.h"
#include "mm/cache/mapping.h"
#include "mm/phys/alloc.h"
#include "mm/phys/lru.h"
#include "mm/virt/dcache.h"
#include "mm/virt/fault.h"
#include "mm/virt/mlock.h"
#include "mm/virt/rmap.h"

FAILPOINT(anon_fault_alloc);
FAILPOINT(shared_fault_alloc);

struct page *zero_page;

/* One fault on its way. */
struct faulting {
	struct mm *mm;
	struct vma *vma;
	vaddr_t address; /* of the page */
	enum fault_access access;
	struct page *table;
	pte_t seen;	       /* the entry as it was found */
	struct page *wait_for; /* NULL, or queued: sleep until its lock is released */
	struct waiter waiter;
};

void fault_init(void)
{
	zero_page = alloc_pages(GFP_KERNEL | GFP_ZERO, 0);
	assert_that(zero_page != NULL);
	cache_flush_kernel_page(page_to_pfn(zero_page));
	cache_sync_instructions(page_to_pfn(zero_page));
}

static bool lock_unchanged(struct faulting *f, struct pte_place *place)
{
	spin_lock(&f->table->table_lock, LOCK_TABLE);
	*place = (struct pte_place){ table_entry(f->table, f->address), f->table };
	if (pte_read(place->entry).bits == f->seen.bits)
		return true;
	pte_unlock(*place);
	return false;
}

/*
 * Order: break before make. Two translations of one address to two frames must not be in the TLBs
 * side by side. Source: ARM DDI 0406C B3.10.1, "Using break-before-make when updating translation
 * tables".
 */
static void break_entry(struct faulting *f, struct pte_place place)
{
	if (pte_is_none(f->seen))
		return;
	flush_cache_page(f->vma, f->address, pte_pfn(f->seen));
	pte_replace(place, pte_none());
	tlb_flush_page(&f->mm->arch, f->address);
}

/*
 * Order: the contents were stored before the table's lock was taken, which is a barrier, so nobody
 * who sees the entry sees the frame as it was before.
 */
static void make_entry(struct faulting *f, struct pte_place place, struct page *p, pte_t entry)
{
	if (pte_is_exec(entry))
		sync_icache_page(p);
	pte_replace(place, entry);
	pte_publish();
	(void)f;
}

static struct page *new_anon_page(struct faulting *f, gfp_t zero)
{
	struct page *p;

	if (failpoint_hit(&anon_fault_alloc) || anon_vma_prepare(f->vma) != 0)
		return NULL;
	p = alloc_pages(GFP_USER | zero, 0);
	if (!p)
		return NULL;
	page_init_flags(p, PG_KIND_MASK,
			(uint32_t)KIND_ANON << PG_KIND_SHIFT | PG_SWAPBACKED | PG_UPTODATE);
	return p;
}

/* A page that was never mapped: nothing of new_anon_page but the flags has to be undone. */
static void discard_new_page(struct page *p)
{
	page_init_flags(p, PG_KIND_MASK | PG_SWAPBACKED | PG_UPTODATE, 0);
	page_put(p); /* somebody may have found it by its number: then it is freed with that hold */
}

/* The page and everything that knows it, first; the entry last. */
static void map_new_page(struct faulting *f, struct pte_place place, struct page *p)
{
	if (f->vma->flags & VMA_LOCKED) {
		page_init_flags(p, 0, PG_MLOCKED | PG_UNEVICTABLE);
		zone_stat_add(page_zone(p), NR_MLOCK, 1);
	}
	flush_filled_page(p);
	break_entry(f, place);
	rmap_add_new_anon(p, f->vma, f->address);
	lru_add(p);
	make_entry(f, place, p, pte_mkwritable(pte_make(page_to_pfn(p), vma_rights(f->vma))));
}

/* First write where nothing is, or where zeroes were only read so far. */
static int write_new_page(struct faulting *f)
{
	struct page *p = new_anon_page(f, GFP_ZERO);
	struct pte_place place;

	if (!p)
		return -ENOMEM;
	if (!lock_unchanged(f, &place)) {
		discard_new_page(p);
		return 0;
	}
	map_new_page(f, place, p);
	atomic_add_relaxed(&f->mm->anon_pages, 1);
	pte_unlock(place);
	return 0;
}

static int map_zeroes(struct faulting *f)
{
	struct pte_place place;

	if (!lock_unchanged(f, &place))
		return 0;
	make_entry(f, place, zero_page, pte_make(page_to_pfn(zero_page), vma_rights(f->vma)));
	pte_unlock(place);
	return 0;
}

/*
 * Queued under the table's lock; mm_fault sleeps when all locks are gone. No hold on the page is
 * taken.
 */
static void queue_for(struct faulting *f, struct page *p, const char *reason)
{
	waitq_prepare(&f->waiter, p, reason);
	f->wait_for = p;
}

/*
 * TU-5. Race: no wake-up is lost. The entry is a migration entry and its table is locked, so the
 * mover has yet to replace it; it does so under the same lock, and releases the page lock, which
 * wakes us, after that. Holding the page instead would make every pass of the move fail (BS-10).
 */
static int migration_entry_wait(struct faulting *f)
{
	struct pte_place place;

	if (thread_is_dying() || !lock_unchanged(f, &place))
		return 0;
	vm_event_add(MIGRATION_WAIT, 1);
	queue_for(f, pfn_to_page(leaf_migration_pfn(f->seen)), "migration entry");
	pte_unlock(place);
	return 0;
}

/* The page is this entry's alone: it becomes writable, young and dirty. */
static void reuse_page(struct faulting *f, struct pte_place place)
{
	pte_write(place.entry, pte_mkwritable(pte_mkyoung(f->seen)));
	tlb_flush_page(&f->mm->arch, f->address);
}

/*
 * A copy takes the place of a page that others see too. The caller holds it.
 * Race: whoever shares the page maps it read-only, and it stays so while we map it too; so it holds
 * still.
 */
static int copy_page(struct faulting *f, struct page *shared)
{
	struct page *p = new_anon_page(f, 0);
	struct pte_place place;

	if (!p)
		return -ENOMEM;
	flush_before_read(f->vma, f->address, shared);
	frame_copy(page_to_pfn(p), page_to_pfn(shared));
	flush_after_read(shared);
	if (!lock_unchanged(f, &place)) {
		discard_new_page(p);
		return 0;
	}
	map_new_page(f, place, p);
	rmap_remove(shared);
	pte_unlock(place);
	page_put(shared); /* the entry's hold */
	return 0;
}

enum first_write { WRITE_HERE, WRITE_COPY, WRITE_LATER };

/*
 * Race: mapcount alone can not be trusted while the page moves: entries of others that are
 * migration entries just now are not counted and will map the page again. The mover holds the page
 * lock all that time, so where we get the lock the count is whole; where we do not, we wait. Order:
 * who unmapped the page elsewhere lowered the count when no TLB led there any more (zap.c). Other
 * holds (an LRU batch, an isolation) do not write and do not matter.
 */
static enum first_write first_write_locked(struct faulting *f, struct pte_place place,
					   struct page *p)
{
	bool alone;

	if (!page_try_lock(p)) {
		if (!thread_is_dying())
			queue_for(f, p, "page lock");
		return WRITE_LATER;
	}
	alone = atomic_load_relaxed(&p->mapcount) == 1;
	if (alone)
		reuse_page(f, place);
	else
		page_get(p); /* for the copy */
	page_unlock(p);
	return alone ? WRITE_HERE : WRITE_COPY;
}

static int first_write(struct faulting *f, struct page *p)
{
	struct pte_place place;
	enum first_write how;
	int result;

	if (!lock_unchanged(f, &place))
		return 0;
	how = first_write_locked(f, place, p);
	pte_unlock(place);
	if (how != WRITE_COPY)
		return 0;
	result = copy_page(f, p);
	if (f->vma->flags & VMA_LOCKED)
		munlock_shared_page(p, NULL); /* the copy has the mark now */
	page_put(p);
	return result;
}

/*
 * Order: an old entry is in no TLB, so making it young needs no invalidation. ARM DDI 0406C B3.7.2.
 */
static int make_young(struct faulting *f)
{
	struct pte_place place;

	if (pte_is_young(f->seen) || !lock_unchanged(f, &place))
		return 0; /* somebody was faster: retry */
	pte_write(place.entry, pte_mkyoung(f->seen));
	pte_publish();
	pte_unlock(place);
	return 0;
}

/* ---- areas that map an object */

/* Somebody else has the lock of the object's page; the waiter is queued. TU-5 */
static void wait_for_object_page(struct faulting *f, struct page *p)
{
	if (thread_is_dying())
		waitq_finish(&f->waiter);
	else
		f->wait_for = p;
}

/* A page of zeroes goes in, if nobody was faster. Afterwards it is looked up like any other. */
static int add_object_page(struct faulting *f, uint32_t index)
{
	struct page *p;
	int error;

	if (failpoint_hit(&shared_fault_alloc))
		return -ENOMEM;
	p = alloc_pages(GFP_USER | GFP_ZERO, 0);
	if (!p)
		return -ENOMEM;
	error = mapping_add_new(f->vma->mapping, index, p);
	if (!error) {
		lru_add(p);
		page_unlock(p);
	}
	page_put(p); /* the allocation's hold: the object keeps it, or nobody */
	return error == -EEXIST ? 0 : error;
}

/* The page and everything that knows it, first; the entry last. */
static void map_object_page(struct faulting *f, struct pte_place place, struct page *p)
{
	pte_t e = pte_make(page_to_pfn(p), vma_rights(f->vma));

	page_get(p); /* the entry's hold */
	rmap_add(p);
	make_entry(f, place, p, f->access == ACCESS_WRITE ? pte_mkwritable(e) : e);
	if (f->vma->flags & VMA_LOCKED)
		mlock_page(p);
	atomic_add_relaxed(&f->mm->shared_pages, 1);
}

/* The page is locked. What the cache can not show beside the new entry goes first. */
static void map_locked_page(struct faulting *f, struct page *p)
{
	struct pte_place place;

	if (cache_type() != CACHE_PIPT) {
		rmap_zap(p, f->vma, f->address);
		flush_unmapped_page(p);
	}
	if (!lock_unchanged(f, &place))
		return;
	map_object_page(f, place, p);
	pte_unlock(place);
}

/* Nothing is mapped here yet. Returning 0 without an entry is harmless: the access comes again. */
static int fault_object(struct faulting *f)
{
	uint32_t index = vma_pgoff(f->vma, f->address);
	struct page *p;

	if (index >= f->vma->mapping->size_pages)
		return -ENXIO;
	switch (mapping_find_lock(f->vma->mapping, index, &p, &f->waiter)) {
	case MAPPING_NONE:
		return add_object_page(f, index);
	case MAPPING_BUSY:
		wait_for_object_page(f, p);
		return 0;
	case MAPPING_LOCKED:
		map_locked_page(f, p);
		page_unlock(p);
	}
	return 0;
}

/*
 * First store through an entry that was made for reading: the page is everybody's, so it is not
 * copied. Race: as long as the entry is what it was, the page is mapped by it and not on its way.
 */
static int write_shared(struct faulting *f)
{
	struct pte_place place;

	if (!lock_unchanged(f, &place))
		return 0;
	reuse_page(f, place);
	pte_unlock(place);
	return 0;
}

/* ---- by what the entry says */

static int fault_present(struct faulting *f)
{
	struct page *p = pfn_to_page(pte_pfn(f->seen));

	if (f->access != ACCESS_WRITE || pte_is_writable(f->seen))
		return make_young(f);
	if (f->vma->flags & VMA_SHARED)
		return write_shared(f);
	return p == zero_page ? write_new_page(f) : first_write(f, p);
}

static int fault_none(struct faulting *f)
{
	if (f->vma->mapping)
		return fault_object(f);
	return f->access == ACCESS_WRITE ? write_new_page(f) : map_zeroes(f);
}

static int fault_entry(struct faulting *f)
{
	f->table = pgtable_get(f->mm, f->address);
	if (!f->table)
		return -ENOMEM;
	f->seen = pte_read(table_entry(f->table, f->address));
	if (pte_is_none(f->seen))
		return fault_none(f);
	return pte_is_present(f->seen) ? fault_present(f) : migration_entry_wait(f);
}

/* On this machine what can be written or executed can be read. */
static bool area_allows(const struct vma *v, enum fault_access access)
{
	return access == ACCESS_READ ? vma_rights(v) : v->flags & (uint32_t)access;
}

_Static_assert(ACCESS_WRITE == (int)VMA_WRITE && ACCESS_EXEC == (int)VMA_EXEC,
	       "accesses are rights");

/* No area here: the one above may be a stack. What was true without the lock is looked at again. */
static int fault_outside(struct mm *mm, vaddr_t a)
{
	struct vma *v;
	int result = -EFAULT;

	rwsem_write_lock(&mm->lock);
	v = vma_find_from(mm, a);
	if (v)
		result = v->start <= a.a ? 0 : mm_grow_stack(mm, v, a);
	rwsem_write_unlock(&mm->lock);
	return result;
}

/*
 * The locks are gone, the waiter is queued. Race: the page lock may have been released since, and
 * the page even freed; its descriptor stays, and a wake-up that came already makes sched_block
 * return at once.
 */
static void sleep_until_unlocked(struct faulting *f)
{
	if (page_has(f->wait_for, PG_LOCKED))
		sched_block();
	waitq_finish(&f->waiter);
}

int mm_fault(struct mm *mm, vaddr_t address, enum fault_access access)
{
	struct faulting f;
	int result;

	vm_event_add(PGFAULT, 1);
	atomic_add_relaxed(&mm->faults, 1);
	rwsem_read_lock(&mm->lock);
	f.mm = mm;
	f.vma = vma_find(mm, address);
	if (!f.vma) {
		rwsem_read_unlock(&mm->lock);
		return fault_outside(mm, address);
	}
	f.address = vaddr_page(address);
	f.access = access;
	f.wait_for = NULL;
	result = area_allows(f.vma, access) ? fault_entry(&f) : -EACCES;
	rwsem_read_unlock(&mm->lock);
	if (f.wait_for)
		sleep_until_unlocked(&f);
	return result;
}

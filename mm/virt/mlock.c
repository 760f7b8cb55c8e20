/*
 * Pages that must stay resident: mlock, munlock.
 *
 * A page that a locked area maps has PG_MLOCKED, is counted in NR_MLOCK and belongs on the
 * unevictable list. A new page of a locked area is marked by the fault that maps it, the rest here;
 * a move carries the mark along. A page that several areas map (fork) keeps it for as long as one
 * of them is locked.
 */
#include <errno.h>
#include "base/waitq.h"
#include "mm/phys/lru.h"
#include "mm/virt/fault.h"
#include "mm/virt/mlock.h"
#include "mm/virt/rmap.h"

/* The list that a page off all lists will go to. False: it is on one. */
static bool retarget_unlisted(struct page *p, uint32_t clear, uint32_t set)
{
	struct zone *z = page_zone(p);
	uint32_t saved = spin_lock_irq(&z->lru_lock, LOCK_LRU);
	bool listed = page_has(p, PG_LRU);

	if (!listed) {
		page_clear(p, clear);
		page_set(p, set);
	}
	spin_unlock_irq(&z->lru_lock, saved);
	return !listed;
}

/*
 * Race: a drain may list the page, or a mover unlist it, at any moment; then the other way works.
 * The page can not be freed, so one of them does.
 */
static void change_lru_list(struct page *p, uint32_t clear, uint32_t set)
{
	while (lru_isolate(p) != 0)
		if (retarget_unlisted(p, clear, set))
			return;
	page_clear(p, clear);
	page_set(p, set);
	lru_putback(p);
}

void mlock_page(struct page *p)
{
	if (page_set(p, PG_MLOCKED) & PG_MLOCKED)
		return;
	zone_stat_add(page_zone(p), NR_MLOCK, 1);
	change_lru_list(p, PG_ACTIVE, PG_UNEVICTABLE);
}

void munlock_page(struct page *p)
{
	if (!(page_clear(p, PG_MLOCKED) & PG_MLOCKED))
		return;
	zone_stat_add(page_zone(p), NR_MLOCK, -1);
	change_lru_list(p, PG_UNEVICTABLE, 0);
}

/*
 * Race: as in migration_entry_wait of fault.c: the mover needs the table's lock before it can
 * unlock the page, so it finds the waiter. It never waits for mm->lock, so that may stay held.
 */
static void sleep_on_move(struct pte_place place)
{
	struct page *p = pfn_to_page(leaf_migration_pfn(pte_read(place.entry)));
	struct waiter w;

	waitq_prepare(&w, p, "migration entry");
	pte_unlock(place);
	if (page_has(p, PG_LOCKED))
		sched_block();
	waitq_finish(&w);
}

/* The place of an entry that is not in the middle of a move, or none at all. */
static struct pte_place lock_settled(struct mm *mm, vaddr_t a)
{
	struct pte_place place = pte_lock(mm, a);

	while (place.entry && pte_is_migration(pte_read(place.entry))) {
		sleep_on_move(place);
		place = pte_lock(mm, a);
	}
	return place;
}

static bool keep_mark_if_locked(struct page *p, const struct rmap_place *place, void *arg)
{
	const struct vma *left = arg;
	pte_t e = pte_read(place->pte.entry);

	if (place->vma == left || !(place->vma->flags & VMA_LOCKED) || !pte_is_present(e) ||
	    pte_pfn(e).n != page_to_pfn(p).n)
		return true;
	mlock_page(p);
	return false;
}

/*
 * Race: an area of another address space may be locked beside this. It has VMA_LOCKED before its
 * entries are marked, each under its table's lock. So the walk sees the flag, or the area's own
 * mark comes after the walk. The page lock keeps movers away, whose entries the walk would not
 * count.
 */
void munlock_shared_page(struct page *p, struct vma *left)
{
	page_lock(p);
	munlock_page(p);
	rmap_walk(p, keep_mark_if_locked, left);
	page_unlock(p);
}

/*
 * Gives up the table's lock. Race: a page of an object may be mapped by others at any moment, so
 * its map count tells nothing here.
 */
static void mark_entry(struct vma *v, struct pte_place place, bool lock)
{
	pte_t e = pte_read(place.entry);
	struct page *p = pte_is_present(e) ? pfn_to_page(pte_pfn(e)) : zero_page;
	bool shared = page_is_objects(p) ||
		      (p != zero_page && atomic_load_relaxed(&p->mapcount) > 1);

	if (shared && !lock)
		page_get(p);
	else if (p != zero_page)
		(lock ? mlock_page : munlock_page)(p);
	pte_unlock(place);
	if (!shared || lock)
		return;
	munlock_shared_page(p, v);
	page_put(p);
}

static void mark_range(struct vma *v, uint32_t start, uint32_t end, bool lock)
{
	for (uint32_t a = start; a < end; a += PAGE_SIZE) {
		struct pte_place place = lock_settled(v->mm, vaddr(a));

		if (place.entry)
			mark_entry(v, place, lock);
		else
			a = table_walk_end(a, end) - PAGE_SIZE;
	}
}

void munlock_range(struct vma *v, uint32_t start, uint32_t end)
{
	mark_range(v, start, end, false);
}

static void set_area_locked(struct vma *v, bool lock)
{
	bool was = v->flags & VMA_LOCKED;

	if (lock == was)
		return;
	v->flags ^= VMA_LOCKED;
	mark_range(v, v->start, v->end, lock);
}

static int lock_range_locked(struct mm *mm, uint32_t start, uint32_t end, bool lock)
{
	int err = vma_cut_out(mm, start, end);
	struct vma *v;

	if (err)
		return err;
	for (v = vma_find(mm, vaddr(start)); v && v->start < end; v = vma_next(v))
		set_area_locked(v, lock);
	vma_merge_range(mm, start, end);
	return 0;
}

/* What the area at `a` lets anybody do; 0: nothing, or no area. */
static unsigned rights_at(struct mm *mm, vaddr_t a)
{
	struct vma *v;
	unsigned rights;

	rwsem_read_lock(&mm->lock);
	v = vma_find(mm, a);
	rights = v ? vma_rights(v) : 0;
	rwsem_read_unlock(&mm->lock);
	return rights;
}

/* The entry is there, and for a store is one that lets stores through; or nobody may reach it. */
static bool is_populated(struct mm *mm, vaddr_t a, enum fault_access access)
{
	struct pte_place place;
	pte_t e = pte_none();

	rwsem_read_lock(&mm->lock);
	place = pte_lock(mm, a);
	if (place.entry) {
		e = pte_read(place.entry);
		pte_unlock(place);
	}
	rwsem_read_unlock(&mm->lock);
	return pte_is_present(e) && (access != ACCESS_WRITE || pte_is_writable(e));
}

/* A fault may only have waited, or made the page an object's: then it is taken again. */
static int populate_page(struct mm *mm, vaddr_t a, enum fault_access access)
{
	int err;

	do {
		err = mm_fault(mm, a, access);
	} while (!err && !thread_is_dying() && !is_populated(mm, a, access));
	return err;
}

int mm_populate(struct mm *mm, uint32_t start, uint32_t end)
{
	for (uint32_t a = start; a < end && !thread_is_dying(); a += PAGE_SIZE) {
		unsigned rights = rights_at(mm, vaddr(a));
		int err = 0;

		if (rights)
			err = populate_page(mm, vaddr(a),
					    rights & PTE_WRITE ? ACCESS_WRITE : ACCESS_READ);
		if (err == -ENOMEM)
			return -ENOMEM;
		thread_yield_if_due();
	}
	return 0;
}

int mm_populate_for(struct mm *mm, uint32_t start, uint32_t end, enum fault_access access)
{
	int err = 0;

	for (uint32_t a = start; a < end && !err && !thread_is_dying(); a += PAGE_SIZE) {
		err = populate_page(mm, vaddr(a), access);
		thread_yield_if_due();
	}
	return err;
}

/* The area at `a` or the next one above it. False: none. */
static bool next_area(struct mm *mm, uint32_t a, uint32_t *start, uint32_t *end)
{
	const struct vma *v;

	rwsem_read_lock(&mm->lock);
	v = vma_find_from(mm, vaddr(a));
	*start = v ? v->start : 0;
	*end = v ? v->end : 0;
	rwsem_read_unlock(&mm->lock);
	return v;
}

static int populate_areas(struct mm *mm)
{
	uint32_t start, end = 0;
	int err = 0;

	while (!err && next_area(mm, end, &start, &end))
		err = mm_populate(mm, start, end);
	return err;
}

static int lock_checked(struct mm *mm, uint32_t start, uint32_t bytes, bool lock)
{
	int err;

	if (start % PAGE_SIZE)
		return -EINVAL;
	if (bytes > USER_END || !mm_range_is_user(start, page_align_up(bytes)))
		return -ENOMEM;
	rwsem_write_lock(&mm->lock);
	err = lock_range_locked(mm, start, start + page_align_up(bytes), lock);
	rwsem_write_unlock(&mm->lock);
	return err;
}

int mm_lock_on_fault(struct mm *mm, uint32_t start, uint32_t bytes)
{
	if (start % PAGE_SIZE)
		return -EINVAL;
	return bytes ? lock_checked(mm, start, bytes, true) : 0;
}

int mm_lock_range(struct mm *mm, uint32_t start, uint32_t bytes, bool lock)
{
	int err;

	if (start % PAGE_SIZE)
		return -EINVAL;
	if (!bytes)
		return 0;
	err = lock_checked(mm, start, bytes, lock);
	return err || !lock ? err : mm_populate(mm, start, start + page_align_up(bytes));
}

/* Neighbours that become alike stay apart: merging here would pull the list from under the walk. */
static void lock_every_area(struct mm *mm, bool lock)
{
	struct vma *v;

	list_for_each_entry(v, &mm->areas, node)
		set_area_locked(v, lock);
}

int mm_lock_all(struct mm *mm, struct lock_all what)
{
	rwsem_write_lock(&mm->lock);
	atomic_store_relaxed(&mm->future_flags, what.future ? VMA_LOCKED : 0);
	if (what.current)
		lock_every_area(mm, true);
	rwsem_write_unlock(&mm->lock);
	return what.current && what.now ? populate_areas(mm) : 0;
}

void mm_unlock_all(struct mm *mm)
{
	rwsem_write_lock(&mm->lock);
	atomic_store_relaxed(&mm->future_flags, 0);
	lock_every_area(mm, false);
	rwsem_write_unlock(&mm->lock);
}

/*
 * A range of one area, larger or smaller, here or elsewhere.
 *
 * A move changes no page: entries go from table to table as they are, and the new area continues
 * the offsets of the old one in the same family or object, so every page is found where it is now.
 *
 * Locks: mm->lock for writing; then, for each piece, the family's or object's, the old table's and
 * the new table's (LOCK_TABLE_TO).
 *
 * Race: movers take no mm->lock. A walk of the family (or of the object's areas) lies wholly before
 * a piece or wholly after it, because the piece is moved under its lock, and until the last piece
 * has been moved both areas are in it: wherever an entry is, a walk finds it, in whatever order the
 * areas stand (BS-2). What stands between two walks of one migration is a migration entry, and
 * moves like any other; its page's lock and its waiters know nothing of addresses.
 */
#include <errno.h>
#include "arch/cache.h"
#include "arch/tlb.h"
#include "mm/virt/anon_vma.h"
#include "mm/virt/dcache.h"
#include "mm/virt/mlock.h"
#include "mm/virt/pgtable.h"

struct remap {
	struct mm *mm;
	uint32_t old, old_bytes, new_bytes;
	uint32_t target; /* where it begins afterwards */
	bool may_move, fixed;
	bool locked; /* VMA_LOCKED: what is new has to be there at once */
};

static uint32_t kept_bytes(const struct remap *r)
{
	return r->new_bytes < r->old_bytes ? r->new_bytes : r->old_bytes;
}

/* ---- entries from table to table */

/* What can be moved at once from `done` on: one table on either side, one batch for the TLB. */
static uint32_t piece_bytes(const struct remap *r, uint32_t done)
{
	uint32_t from = r->old + done, to = r->target + done, rest = kept_bytes(r) - done;
	uint32_t most = rest < TLB_BATCH_PAGES * PAGE_SIZE ? rest : TLB_BATCH_PAGES * PAGE_SIZE;
	uint32_t below_border = table_walk_end(from, from + most) - from;

	return table_walk_end(to, to + below_border) - to;
}

static bool piece_has_table(const struct remap *r, uint32_t done)
{
	return pgtable_find(r->mm, vaddr(r->old + done)) != NULL;
}

/* Tables for all that will be moved, so that moving can not fail. */
static int make_tables(const struct remap *r)
{
	for (uint32_t done = 0; done < kept_bytes(r); done += piece_bytes(r, done))
		if (piece_has_table(r, done) && !pgtable_get(r->mm, vaddr(r->target + done)))
			return -ENOMEM;
	return 0;
}

/*
 * The new place was empty, so no TLB knows it. One may know the old place, also where a migration
 * entry stands: the mover's batch may not have been flushed yet.
 */
static void move_entry(struct pte_place from, struct pte_place to, const struct vma *v, vaddr_t a,
		       struct tlb_batch *tlb)
{
	pte_t e = pte_read(from.entry);

	if (pte_is_none(e))
		return;
	if (pte_is_present(e))
		flush_cache_page(v, a, pte_pfn(e));
	pte_replace(from, pte_none());
	pte_replace(to, e);
	tlb_batch_add(tlb, &v->mm->arch, a);
}

/*
 * Order: the TLBs forget the old place before its table is unlocked. As soon as the new one is,
 * somebody may take the page away from there, and then nothing would make them forget the old one
 * before the frame is another's (BS-18).
 */
static void move_piece(const struct remap *r, const struct vma *v, uint32_t done, uint32_t bytes)
{
	struct pte_place from, to;
	struct tlb_batch tlb;

	tlb_batch_init(&tlb);
	vma_lock_rmap(v);
	from = pte_lock(r->mm, vaddr(r->old + done));
	to = pte_lock_to(from, r->mm, vaddr(r->target + done));
	for (uint32_t i = 0; i < bytes; i += PAGE_SIZE, from.entry++, to.entry++)
		move_entry(from, to, v, vaddr(r->old + done + i), &tlb);
	tlb_batch_flush(&tlb);
	pte_publish();
	pte_unlock_both(from, to);
	vma_unlock_rmap(v);
}

static void move_entries(const struct remap *r, const struct vma *v)
{
	uint32_t bytes;

	for (uint32_t done = 0; done < kept_bytes(r); done += bytes) {
		bytes = piece_bytes(r, done);
		if (piece_has_table(r, done))
			move_piece(r, v, done, bytes);
		thread_yield_if_due();
	}
}

/* ---- moving: all that can fail, then all that changes */

static int prepare_move(const struct remap *r)
{
	uint32_t target_end = r->target + r->new_bytes;
	int err = vma_split_range(r->mm, r->old, r->old + r->old_bytes);

	if (!err && r->fixed)
		err = mm_unmap_locked(r->mm, r->target, target_end);
	if (err)
		return err;
	err = make_tables(r);
	if (err)
		mm_unmap_locked(r->mm, r->target, target_end); /* no area there: tables only */
	return err;
}

/*
 * Entries of an object's pages do not go along to where the data cache would not show them as
 * others see them at the old place (dcache.h): there each comes by a fault, which takes theirs
 * away.
 */
static bool entries_may_follow(const struct remap *r, const struct vma *v)
{
	if (!(v->flags & VMA_SHARED))
		return true;
	return cache_type() == CACHE_PIPT || dcache_agrees(vaddr(r->old), vaddr(r->target));
}

/* False: there are zeroes at most, so nothing has to be moved, and the offsets may be its own. */
static bool area_has_pages(const struct vma *v)
{
	return v->anon || v->mapping;
}

static void continue_area(struct vma *fresh, const struct vma *v)
{
	if (!area_has_pages(v))
		return;
	fresh->pgoff = v->pgoff;
	vma_join(fresh, v);
}

/* Cannot: fail to unmap the old place; its borders are cut already. */
static void commit_move(const struct remap *r, struct vma *fresh)
{
	uint32_t target_end = r->target + r->new_bytes;
	struct vma *v = vma_find(r->mm, vaddr(r->old));
	int err;

	vma_insert(r->mm, fresh, r->target, target_end, v->flags);
	continue_area(fresh, v);
	if (area_has_pages(v) && entries_may_follow(r, v))
		move_entries(r, v);
	err = mm_unmap_locked(r->mm, r->old, r->old + r->old_bytes);
	assert_eq(err, 0);
	vma_merge_range(r->mm, r->target, target_end);
}

static int move_area(const struct remap *r)
{
	struct vma *fresh = vma_new();
	int err;

	if (!fresh)
		return -ENOMEM;
	err = prepare_move(r);
	if (!err) {
		commit_move(r, fresh);
		return 0;
	}
	vma_free(fresh);
	vma_merge_range(r->mm, r->old, r->old + r->old_bytes);
	return err;
}

/* ---- in place, or not */

static int shrink(const struct remap *r)
{
	if (r->new_bytes == r->old_bytes)
		return 0;
	return mm_unmap_locked(r->mm, r->old + r->new_bytes, r->old + r->old_bytes);
}

static bool try_grow(const struct remap *r, struct vma *v)
{
	const struct vma *next = vma_next(v);
	uint32_t end = r->old + r->new_bytes;

	if (v->end != r->old + r->old_bytes || r->new_bytes > USER_END - r->old)
		return false;
	if (next && next->start < end)
		return false;
	vma_set_bounds(v, v->start, end);
	vma_merge_range(r->mm, r->old, end);
	return true;
}

static int remap_locked(struct remap *r)
{
	struct vma *v = vma_find(r->mm, vaddr(r->old));

	if (!v || r->old_bytes > v->end - r->old)
		return -EFAULT;
	r->locked = v->flags & VMA_LOCKED;
	if (r->fixed)
		return move_area(r);
	r->target = r->old;
	if (r->new_bytes <= r->old_bytes)
		return shrink(r);
	if (try_grow(r, v))
		return 0;
	r->target = r->may_move ? mm_find_room(r->mm, 0, r->new_bytes) : 0;
	return r->target ? move_area(r) : -ENOMEM;
}

static bool ranges_overlap(const struct remap *r)
{
	return r->target - r->old < r->old_bytes || r->old - r->target < r->new_bytes;
}

static int check_remap(const struct remap *r)
{
	if (r->old % PAGE_SIZE || !r->old_bytes || !r->new_bytes || (r->fixed && !r->may_move))
		return -EINVAL;
	if (!r->fixed)
		return 0;
	if (r->target % PAGE_SIZE || !mm_range_is_user(r->target, r->new_bytes))
		return -EINVAL;
	return ranges_overlap(r) ? -EINVAL : 0;
}

int mm_remap(struct mm *mm, uint32_t old, uint32_t old_bytes, uint32_t new_bytes, bool may_move,
	     bool fixed, uint32_t new_hint, uint32_t *address)
{
	struct remap r = { .mm = mm,
			   .old = old,
			   .old_bytes = page_align_up(old_bytes),
			   .new_bytes = page_align_up(new_bytes),
			   .target = new_hint,
			   .may_move = may_move,
			   .fixed = fixed };
	int err = check_remap(&r);

	if (err)
		return err;
	rwsem_write_lock(&mm->lock);
	err = remap_locked(&r);
	rwsem_write_unlock(&mm->lock);
	if (err)
		return err;
	*address = r.target;
	/* As mremap does: the range stands even if not every new page could be had. */
	if (r.locked && r.new_bytes > r.old_bytes)
		mm_populate(mm, r.target + r.old_bytes, r.target + r.new_bytes);
	return 0;
}

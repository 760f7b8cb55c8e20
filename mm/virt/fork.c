/*
 * A second address space with the same memory: its areas join the families of the first one's, and
 * their pages are shared, read-only on both sides, until somebody writes.
 *
 * Locks, outermost first: parent->lock, child->lock (both for writing: no fault, and no other
 * request, changes an entry or gives an area a family meanwhile); then the parent's table
 * (LOCK_TABLE) and the child's (LOCK_TABLE_TO), both held while one's entry becomes the other's.
 *
 * Race: movers take no mm->lock; a walk of the family (try_to_unmap, remove_migration_ptes) may run
 * beside all of this. It must see the child's entry whenever it saw the parent's before that was
 * copied, or a migration entry stays in the child for ever. It does:
 *   - The child's area joins its family, at the tail, before the first entry of it is written. A
 *     walk holds the family's lock from its first area to its last, so it lies wholly before the
 *     join, or knows the child's area and visits it after the parent's.
 *   - Entry and copy are one step for a walk: both tables are locked. So the parent's entry is
 *     visited before the step, and the copy is of what the walk left there (mapped, unmapped or
 *     restored, as is right for both); or after it, and then the child's entry, visited later
 *     still, is there and is treated alike.
 * That also holds for two walks of one migration with this step between them.
 */
#include <errno.h>
#include "arch/tlb.h"
#include "mm/virt/dcache.h"
#include "mm/virt/fault.h"
#include "mm/virt/rmap.h"

/* One round: the entries of one area in one table. */
struct sharing {
	const struct vma *area; /* the parent's */
	struct pte_place from, to;
	struct tlb_batch tlb;
	uint32_t anon_entries; /* written that the child's anon_pages will count */
};

/*
 * What a virtually indexed cache holds of the parent's stores must reach the frame: the child reads
 * there.
 */
static void forbid_writing(struct sharing *s, vaddr_t a, pte_t e)
{
	flush_cache_page(s->area, a, pte_pfn(e));
	pte_write(s->from.entry, pte_wrprotect(e));
	tlb_batch_add(&s->tlb, &s->area->mm->arch, a);
}

/* Young, dirty and soft dirty are true of the child's entry as well. */
static void share_present(struct sharing *s, vaddr_t a, pte_t e)
{
	struct page *p = pfn_to_page(pte_pfn(e));

	if (p != zero_page) {
		page_get(p); /* the child's entry's hold */
		rmap_add(p);
		s->anon_entries++;
	}
	if (pte_is_writable(e))
		forbid_writing(s, a, e);
	pte_replace(s->to, pte_wrprotect(e));
}

/*
 * BS-5: in the read form on both sides. It holds nothing; who restores it finds both.
 * Race: the mover may not have flushed what stood here; the parent's stores must not go through any
 * more.
 */
static void share_migration(struct sharing *s, vaddr_t a, pte_t e)
{
	assert_eq(leaf_type(e), LEAF_MIGRATION);
	pte_write(s->from.entry, leaf_make_read(e));
	pte_replace(s->to, leaf_make_read(e));
	tlb_batch_add(&s->tlb, &s->area->mm->arch, a);
	s->anon_entries++;
}

static void share_entry(struct sharing *s, vaddr_t a)
{
	pte_t e = pte_read(s->from.entry);

	if (pte_is_present(e))
		share_present(s, a, e);
	else if (!pte_is_none(e))
		share_migration(s, a, e);
}

/*
 * Order: the TLBs forget the parent's right to write before either table is unlocked: whoever finds
 * the page through an entry from here on finds it still.
 */
static void share_table(const struct vma *v, struct mm *child, uint32_t a, uint32_t end)
{
	struct sharing s = { .area = v };

	s.from = pte_lock(v->mm, vaddr(a));
	s.to = pte_lock_to(s.from, child, vaddr(a));
	tlb_batch_init(&s.tlb);
	for (; a < end; a += PAGE_SIZE, s.from.entry++, s.to.entry++)
		share_entry(&s, vaddr(a));
	tlb_batch_flush(&s.tlb);
	pte_publish();
	atomic_add_relaxed(&child->anon_pages, s.anon_entries);
	pte_unlock_both(s.from, s.to);
}

static int share_range(const struct vma *v, struct mm *child)
{
	uint32_t end;

	for (uint32_t a = v->start; a < v->end; a = end) {
		end = table_walk_end(a, v->end);
		if (!pgtable_find(v->mm, vaddr(a)))
			continue;
		if (!pgtable_get(child, vaddr(a)))
			return -ENOMEM;
		share_table(v, child, a, end);
		thread_yield_if_due();
	}
	return 0;
}

/*
 * Only copies of its own, which a family knows, have to be shared here. Zeroes, and the pages of an
 * object, the child's faults find themselves.
 */
static int fork_area(const struct vma *v, struct mm *child)
{
	struct vma *copy = vma_new();

	if (!copy)
		return -ENOMEM;
	vma_insert(child, copy, v->start, v->end, v->flags & ~(uint32_t)VMA_LOCKED);
	copy->pgoff = v->pgoff;
	vma_join(copy, v);
	return v->anon ? share_range(v, child) : 0;
}

static int fork_areas(struct mm *parent, struct mm *child)
{
	const struct vma *v;
	int err = 0;

	list_for_each_entry(v, &parent->areas, node) {
		err = v->flags & VMA_DONTFORK ? 0 : fork_area(v, child);
		if (err)
			break;
	}
	return err;
}

/* No area crosses a border of user space, so nothing has to be cut, and nothing can fail. */
static void empty(struct mm *mm)
{
	int err = mm_unmap_locked(mm, USER_START, USER_END);

	assert_eq(err, 0);
	assert_eq(mm->table_pages, 0);
}

static void fork_limits(const struct mm *parent, struct mm *child)
{
	child->brk_start = parent->brk_start;
	child->brk = parent->brk;
	child->stack_limit = parent->stack_limit;
}

int mm_fork(struct mm *parent, struct mm *child)
{
	int err;

	rwsem_write_lock(&parent->lock);
	rwsem_write_lock(&child->lock);
	assert_eq(child->area_count, 0);
	err = fork_areas(parent, child);
	if (err)
		empty(child);
	else
		fork_limits(parent, child);
	rwsem_write_unlock(&child->lock);
	rwsem_write_unlock(&parent->lock);
	return err;
}

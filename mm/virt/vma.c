/*
 * Areas: a list by address, a treap over the same areas to find one, and the changes that keep
 * both.
 *
 * A treap is a search tree by address and at the same time a heap by a fixed random priority; that
 * makes it about as deep as a balanced tree with no balancing but two kinds of rotation. Locks:
 * mm->lock for writing to change, for reading to look; the family's lock for bounds, because a
 * mover reads them without mm->lock.
 */
#include <errno.h>
#include "base/failpoint.h"
#include "mm/cache/mapping.h"
#include "mm/phys/objcache.h"
#include "mm/virt/anon_vma.h"
#include "mm/virt/mm.h"

FAILPOINT(vma_alloc);

static struct objcache vma_cache = OBJCACHE_INIT(vma_cache, "vma", struct vma);

/* The pointer that leads to the area. */
static struct vma **tree_link(struct mm *mm, struct vma *v)
{
	if (!v->parent)
		return &mm->tree;
	return v->parent->left == v ? &v->parent->left : &v->parent->right;
}

static void tree_set_child(struct vma *parent, struct vma **slot, struct vma *child)
{
	*slot = child;
	if (child)
		child->parent = parent;
}

/* The area and its parent change places; the order by address stays. */
static void tree_rotate_up(struct mm *mm, struct vma *v)
{
	struct vma *below = v->parent;

	*tree_link(mm, below) = v;
	v->parent = below->parent;
	if (below->left == v) {
		tree_set_child(below, &below->left, v->right);
		tree_set_child(v, &v->right, below);
	} else {
		tree_set_child(below, &below->right, v->left);
		tree_set_child(v, &v->left, below);
	}
}

/* Multiples of the golden ratio: even a run of neighbours gets well spread priorities. */
static uint32_t priority_for(uint32_t start)
{
	return (start >> PAGE_SHIFT) * 2654435761u;
}

/* Returns the area before the new one by address, or NULL. */
static struct vma *tree_insert(struct mm *mm, struct vma *v)
{
	struct vma **link = &mm->tree, *parent = NULL, *before = NULL;

	while (*link) {
		parent = *link;
		if (v->start > parent->start)
			before = parent;
		link = v->start < parent->start ? &parent->left : &parent->right;
	}
	*link = v;
	v->parent = parent;
	v->left = v->right = NULL;
	v->priority = priority_for(v->start);
	while (v->parent && v->parent->priority < v->priority)
		tree_rotate_up(mm, v);
	return before;
}

static void tree_remove(struct mm *mm, struct vma *v)
{
	while (v->left || v->right) {
		bool left = !v->right || (v->left && v->left->priority > v->right->priority);

		tree_rotate_up(mm, left ? v->left : v->right);
	}
	*tree_link(mm, v) = NULL;
}

struct vma *vma_find_from(struct mm *mm, vaddr_t a)
{
	struct vma *best = NULL, *v = mm->tree;

	while (v) {
		if (a.a >= v->end) {
			v = v->right;
			continue;
		}
		best = v;
		v = v->left;
	}
	return best;
}

/*
 * Race: readers of mm->lock store last_found side by side. Each stores an area that exists until
 * the lock is held for writing, and whoever destroys one then forgets it here. Order: relaxed is
 * enough. What is in an area was stored under the lock for writing, which came before ours for
 * reading; what a reader stored here it stored before it let go, and so before the next writer.
 */
struct vma *vma_find(struct mm *mm, vaddr_t a)
{
	struct vma *v = __atomic_load_n(&mm->last_found, __ATOMIC_RELAXED);

	if (v && a.a - v->start < v->end - v->start)
		return v;
	v = vma_find_from(mm, a);
	if (!v || v->start > a.a)
		return NULL;
	__atomic_store_n(&mm->last_found, v, __ATOMIC_RELAXED);
	return v;
}

struct vma *vma_next(const struct vma *v)
{
	return v->node.next == &v->mm->areas ? NULL : list_first(&v->node, struct vma, node);
}

bool vma_covers(struct mm *mm, uint32_t start, uint32_t end)
{
	struct vma *v = vma_find(mm, vaddr(start));

	while (v && v->start <= start && v->end < end) {
		start = v->end;
		v = vma_next(v);
	}
	return v && v->start <= start;
}

struct vma *vma_new(void)
{
	if (failpoint_hit(&vma_alloc))
		return NULL;
	return objcache_alloc(&vma_cache, GFP_KERNEL);
}

void vma_free(struct vma *v)
{
	objcache_free(&vma_cache, v);
}

static void vma_link(struct mm *mm, struct vma *v)
{
	struct vma *before = tree_insert(mm, v);

	list_add(before ? &before->node : &mm->areas, &v->node);
	mm->area_count++;
}

void vma_insert(struct mm *mm, struct vma *v, uint32_t start, uint32_t end, uint32_t flags)
{
	v->mm = mm;
	v->start = start;
	v->end = end;
	v->flags = flags;
	v->pgoff = start >> PAGE_SHIFT;
	v->anon = NULL;
	v->mapping = NULL;
	list_init(&v->family);
	list_init(&v->sharers);
	vma_link(mm, v);
}

struct vma *vma_create(struct mm *mm, uint32_t start, uint32_t end, uint32_t flags)
{
	struct vma *v = vma_new();

	if (!v)
		return NULL;
	vma_insert(mm, v, start, end, flags);
	vma_merge_range(mm, start, end);
	return vma_find(mm, vaddr(start));
}

void vma_map_object(struct vma *v, struct address_space *m)
{
	mapping_get(m);
	mapping_lock_areas(m);
	list_add_tail(&m->areas, &v->sharers);
	v->mapping = m;
	mapping_unlock_areas(m);
}

static void leave_object(struct vma *v)
{
	struct address_space *m = v->mapping;

	mapping_lock_areas(m);
	list_del_init(&v->sharers);
	mapping_unlock_areas(m);
	v->mapping = NULL;
	mapping_put(m);
}

void vma_join(struct vma *v, const struct vma *like)
{
	if (like->mapping)
		vma_map_object(v, like->mapping);
	if (like->anon)
		anon_vma_join(v, like->anon);
}

void vma_lock_rmap(const struct vma *v)
{
	if (v->mapping)
		mapping_lock_areas(v->mapping);
	if (v->anon)
		anon_vma_lock(v->anon);
}

void vma_unlock_rmap(const struct vma *v)
{
	if (v->anon)
		anon_vma_unlock(v->anon);
	if (v->mapping)
		mapping_unlock_areas(v->mapping);
}

void vma_destroy(struct vma *v)
{
	struct mm *mm = v->mm;

	if (v->anon)
		anon_vma_leave(v);
	if (v->mapping)
		leave_object(v);
	tree_remove(mm, v);
	list_del(&v->node);
	mm->area_count--;
	__atomic_store_n(&mm->last_found, NULL, __ATOMIC_RELAXED);
	vma_free(v);
}

void vma_set_bounds(struct vma *v, uint32_t start, uint32_t end)
{
	vma_lock_rmap(v);
	v->pgoff += (start >> PAGE_SHIFT) - (v->start >> PAGE_SHIFT);
	v->start = start;
	v->end = end;
	vma_unlock_rmap(v);
}

/*
 * Race: a walk of the family may run between the two steps and see both areas over the upper half.
 * It then visits those entries twice, which it bears; the other order would hide them from it.
 */
int vma_split_at(struct mm *mm, vaddr_t at)
{
	struct vma *v = vma_find(mm, at), *upper;

	if (!v || v->start == at.a)
		return 0;
	upper = vma_new();
	if (!upper)
		return -ENOMEM;
	*upper = *v;
	upper->anon = NULL;
	upper->mapping = NULL;
	list_init(&upper->family);
	list_init(&upper->sharers);
	upper->pgoff = vma_pgoff(v, at);
	upper->start = at.a;
	vma_join(upper, v);
	vma_set_bounds(v, v->start, at.a);
	vma_link(mm, upper);
	return 0;
}

int vma_split_range(struct mm *mm, uint32_t start, uint32_t end)
{
	int err = vma_split_at(mm, vaddr(start));

	if (!err)
		err = vma_split_at(mm, vaddr(end));
	if (err)
		vma_merge_range(mm, start, end);
	return err;
}

int vma_cut_out(struct mm *mm, uint32_t start, uint32_t end)
{
	return vma_covers(mm, start, end) ? vma_split_range(mm, start, end) : -ENOMEM;
}

static bool vma_are_alike(const struct vma *left, const struct vma *right)
{
	return left->end == right->start && left->flags == right->flags &&
	       left->pgoff + vma_pages(left) == right->pgoff && left->mapping == right->mapping &&
	       (left->anon == right->anon || !left->anon || !right->anon);
}

/*
 * The one that has a family stays. Race: as in vma_split_at, first it grows, then the other leaves.
 */
static struct vma *vma_merge(struct vma *left, struct vma *right)
{
	struct vma *stays = left->anon ? left : right;

	vma_set_bounds(stays, left->start, right->end);
	vma_destroy(stays == left ? right : left);
	return stays;
}

void vma_merge_range(struct mm *mm, uint32_t start, uint32_t end)
{
	struct vma *v = vma_find_from(mm, vaddr(start - 1u)), *next;

	for (; v; v = next) {
		next = vma_next(v);
		if (!next || next->start > end)
			return;
		if (vma_are_alike(v, next))
			next = vma_merge(v, next);
	}
}

/* Where the room that an area keeps for itself begins: a stack may still grow down to its limit. */
static uint32_t vma_room_start(const struct vma *v)
{
	bool reserves = v->flags & VMA_GROWSDOWN && v->mm->stack_limit;

	return reserves && v->mm->stack_limit < v->start ? v->mm->stack_limit : v->start;
}

uint32_t vma_find_gap(struct mm *mm, uint32_t hint, uint32_t bytes)
{
	uint32_t at = hint < USER_START ? USER_START : page_align_up(hint);
	struct vma *v = vma_find_from(mm, vaddr(at));

	for (; v; v = vma_next(v)) {
		uint32_t limit = vma_room_start(v);

		if (at < limit && limit - at >= bytes)
			return at;
		if (at < v->end)
			at = v->end;
	}
	return at < USER_END && USER_END - at >= bytes ? at : 0;
}

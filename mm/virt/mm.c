/*
 * Address spaces: made, held, found, torn down.
 *
 * Every address space is on one list from its creation until its last table is freed. Whoever finds
 * it there must take a hold before the list's lock is released; one whose holds are gone is passed
 * over.
 */
#include <string.h>
#include "mm/phys/objcache.h"
#include "mm/virt/mm.h"
#include "mm/virt/pgtable.h"

#define L1_ORDER 1u /* 8 KiB */

static struct objcache mm_cache = OBJCACHE_INIT(mm_cache, "mm", struct mm);

static struct {
	struct spinlock lock; /* LOCK_MM_LIST */
	struct list all;      /* struct mm.all */
} spaces = { .all = LIST_INIT(spaces.all) };

static bool mm_try_get(struct mm *mm)
{
	uint32_t refs = atomic_load(&mm->refs);

	while (refs && !atomic_cas(&mm->refs, refs, refs + 1))
		refs = atomic_load(&mm->refs);
	return refs;
}

static void mm_init(struct mm *mm, void *l1, const char *name)
{
	arch_mm_init(&mm->arch, l1);
	rwsem_init(&mm->lock);
	list_init(&mm->areas);
	mm->refs = 1;
	strncpy(mm->name, name, sizeof(mm->name) - 1);
	spin_lock(&spaces.lock, LOCK_MM_LIST);
	list_add_tail(&spaces.all, &mm->all);
	spin_unlock(&spaces.lock);
}

struct mm *mm_create(const char *name)
{
	struct mm *mm = objcache_alloc(&mm_cache, GFP_KERNEL);
	void *l1;

	if (!mm)
		return NULL;
	l1 = alloc_kernel_pages(GFP_KERNEL | GFP_ZERO, L1_ORDER);
	if (!l1) {
		objcache_free(&mm_cache, mm);
		return NULL;
	}
	mm_init(mm, l1, name);
	return mm;
}

void mm_get(struct mm *mm)
{
	uint32_t before = atomic_fetch_add(&mm->refs, 1);

	assert_that(before != 0);
}

/* Nobody else reaches it any more but movers, through the families of its areas. */
static void mm_unmap_all(struct mm *mm)
{
	struct vma *v, *next;

	rwsem_write_lock(&mm->lock);
	list_for_each_entry_safe(v, next, &mm->areas, node) {
		zap_range(v, v->start, v->end);
		vma_destroy(v);
	}
	pgtable_free_range(mm, 0, USER_END);
	rwsem_write_unlock(&mm->lock);
	assert_eq(mm->anon_pages, 0);
	assert_eq(mm->shared_pages, 0);
	assert_eq(mm->table_pages, 0);
}

void mm_put(struct mm *mm)
{
	void *l1 = mm->arch.l1;

	if (atomic_fetch_add(&mm->refs, -1u) != 1)
		return;
	mm_unmap_all(mm);
	spin_lock(&spaces.lock, LOCK_MM_LIST);
	list_del(&mm->all);
	spin_unlock(&spaces.lock);
	arch_mm_destroy(&mm->arch);
	free_kernel_pages(l1, L1_ORDER);
	objcache_free(&mm_cache, mm);
}

/* The next one on the list that can be held, held; NULL at the end. `before` NULL: the first. */
static struct mm *mm_next_held(const struct mm *before)
{
	const struct list *node = before ? &before->all : &spaces.all;
	struct mm *mm = NULL;

	spin_lock(&spaces.lock, LOCK_MM_LIST);
	for (node = node->next; node != &spaces.all; node = node->next) {
		mm = container_of(node, struct mm, all);
		if (mm_try_get(mm))
			break;
		mm = NULL;
	}
	spin_unlock(&spaces.lock);
	return mm;
}

void mm_for_each(void (*visit)(struct mm *, void *), void *arg)
{
	struct mm *mm = mm_next_held(NULL), *next;

	while (mm) {
		visit(mm, arg);
		next = mm_next_held(mm);
		mm_put(mm);
		mm = next;
	}
}

void mm_for_each_at_rest(void (*visit)(struct mm *, void *), void *arg)
{
	struct mm *mm;

	list_for_each_entry(mm, &spaces.all, all)
		visit(mm, arg);
}

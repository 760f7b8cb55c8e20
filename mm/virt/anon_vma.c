/*
 * Families of areas. A family is freed by its last holder, whoever that is: an area, or a page.
 */
#include "mm/virt/anon_vma.h"

#include <errno.h>

#include "mm/phys/objcache.h"
#include "mm/virt/mm.h"

static struct objcache families = OBJCACHE_INIT(families, "anon_vma", struct anon_vma);

/* Two faults in one area may both find it without a family; the first to get here gives it one. */
static struct spinlock birth_lock;

/*
 * Order: release, because a fault beside this one reads v->anon under mm->lock for reading alone:
 * who sees the family sees it made, with the area in it (acquire in anon_vma_prepare).
 */
static void join_locked(struct vma *v, struct anon_vma *family)
{
	anon_vma_get(family);
	list_add_tail(&family->areas, &v->family);
	__atomic_store_n(&v->anon, family, __ATOMIC_RELEASE);
}

static bool give_birth(struct vma *v, struct anon_vma *fresh)
{
	bool first;

	spin_lock(&birth_lock, LOCK_MM_LIST);
	first = v->anon == NULL;
	if (first)
		join_locked(v, fresh);
	spin_unlock(&birth_lock);
	return first;
}

int anon_vma_prepare(struct vma *v)
{
	struct anon_vma *fresh;

	if (__atomic_load_n(&v->anon, __ATOMIC_ACQUIRE))
		return 0;
	fresh = objcache_alloc(&families, GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	list_init(&fresh->areas);
	if (!give_birth(v, fresh))
		objcache_free(&families, fresh);
	return 0;
}

void anon_vma_join(struct vma *v, struct anon_vma *family)
{
	anon_vma_lock(family);
	join_locked(v, family);
	anon_vma_unlock(family);
}

void anon_vma_leave(struct vma *v)
{
	struct anon_vma *family = v->anon;

	if (!family)
		return;
	anon_vma_lock(family);
	list_del_init(&v->family);
	anon_vma_unlock(family);
	v->anon = NULL;
	anon_vma_put(family);
}

void anon_vma_put_many(struct anon_vma *a, uint32_t n)
{
	uint32_t before = atomic_fetch_add(&a->refs, 0u - n);

	assert_that(before >= n);
	if (before > n)
		return;
	assert_that(list_is_empty(&a->areas));
	objcache_free(&families, a);
}

uint32_t anon_vma_count(void)
{
	return families.in_use;
}

/*
 * New areas, and areas no more.
 */
#include <errno.h>
#include "arch/cache.h"
#include "base/log.h"
#include "mm/cache/mapping.h"
#include "mm/virt/mlock.h"
#include "mm/virt/pgtable.h"

/*
 * Frees the tables that served [start, end), where no area is left, and serve no neighbour either.
 */
static void free_unused_tables(struct mm *mm, uint32_t start, uint32_t end)
{
	struct vma *next = vma_find_from(mm, vaddr(start));
	struct list *before = next ? next->node.prev : mm->areas.prev;
	uint32_t low = before == &mm->areas ? 0 : list_entry(before, struct vma, node)->end;
	uint32_t high = next ? next->start : USER_END;

	start = round_down(start, TABLE_SPAN);
	end = round_up(end, TABLE_SPAN);
	pgtable_free_range(mm, low > start ? low : start, high < end ? high : end);
}

int mm_unmap_locked(struct mm *mm, uint32_t start, uint32_t end)
{
	struct vma *v, *next;
	int err = vma_split_range(mm, start, end);

	if (err)
		return err;
	for (v = vma_find_from(mm, vaddr(start)); v && v->start < end; v = next) {
		next = vma_next(v);
		zap_range(v, v->start, v->end);
		vma_destroy(v);
	}
	free_unused_tables(mm, start, end);
	return 0;
}

int mm_unmap(struct mm *mm, uint32_t start, uint32_t bytes)
{
	int err;

	if (start % PAGE_SIZE || bytes > USER_END || !mm_range_is_user(start, page_align_up(bytes)))
		return -EINVAL;
	rwsem_write_lock(&mm->lock);
	err = mm_unmap_locked(mm, start, start + page_align_up(bytes));
	rwsem_write_unlock(&mm->lock);
	return err;
}

uint32_t mm_find_room(struct mm *mm, uint32_t hint, uint32_t bytes)
{
	uint32_t at = 0;

	if (hint)
		at = vma_find_gap(mm, hint & PAGE_MASK, bytes);
	if (!at)
		at = vma_find_gap(mm, MMAP_BASE, bytes);
	return at ? at : vma_find_gap(mm, USER_START, bytes);
}

/*
 * The object of a shared area begins at the colour of the area's address, so that all who map it
 * where this one does, or where a move by mremap keeps to colours, agree in a cache that has them.
 */
static uint32_t object_start(uint32_t start)
{
	return start >> PAGE_SHIFT & (cache_colours() - 1u);
}

/* An area that is nowhere yet, and the object that it will map. */
struct fresh_area {
	struct vma *v;
	struct address_space *object; /* NULL: private */
};

static int fresh_area_make(struct fresh_area *fresh, uint32_t start, uint32_t end, uint32_t flags)
{
	*fresh = (struct fresh_area){ .v = vma_new() };
	if (!fresh->v)
		return -ENOMEM;
	if (!(flags & VMA_SHARED))
		return 0;
	fresh->object = mapping_create(object_start(start) + ((end - start) >> PAGE_SHIFT));
	if (fresh->object)
		return 0;
	vma_free(fresh->v);
	return -ENOMEM;
}

static void fresh_area_discard(const struct fresh_area *fresh)
{
	vma_free(fresh->v);
	if (fresh->object)
		mapping_put(fresh->object);
}

/* The area holds its object from here on. */
static void fresh_area_insert(const struct fresh_area *fresh, struct mm *mm, uint32_t start,
			      uint32_t end, uint32_t flags)
{
	vma_insert(mm, fresh->v, start, end, flags);
	if (!fresh->object)
		return;
	fresh->v->pgoff = object_start(start);
	vma_map_object(fresh->v, fresh->object);
	mapping_put(fresh->object);
}

/*
 * Puts a new area over what may be there: what can fail comes first, so that -ENOMEM leaves all as
 * it was.
 */
static int map_at(struct mm *mm, uint32_t start, uint32_t end, uint32_t flags)
{
	struct fresh_area fresh;
	int err = fresh_area_make(&fresh, start, end, flags);

	if (err)
		return err;
	err = mm_unmap_locked(mm, start, end);
	if (err) {
		fresh_area_discard(&fresh);
		return err;
	}
	fresh_area_insert(&fresh, mm, start, end, flags);
	vma_merge_range(mm, start, end);
	return 0;
}

static bool is_free(struct mm *mm, uint32_t start, uint32_t end)
{
	const struct vma *v = vma_find_from(mm, vaddr(start));

	return !v || v->start >= end;
}

static int map_locked(struct mm *mm, const struct map_request *r, uint32_t *address)
{
	uint32_t bytes = page_align_up(r->bytes), at = r->hint;

	if (r->place == MAP_NEAR_HINT)
		at = mm_find_room(mm, at, bytes);
	if (!at)
		return -ENOMEM;
	if (r->place == MAP_AT_HINT_IF_FREE && !is_free(mm, at, at + bytes))
		return -EEXIST;
	*address = at;
	return map_at(mm, at, at + bytes, r->vma_flags | mm->future_flags);
}

static int check_map(const struct map_request *r)
{
	bool fixed = r->place != MAP_NEAR_HINT;

	if (!r->bytes || (fixed && (r->hint % PAGE_SIZE || r->hint < USER_START)))
		return -EINVAL;
	if (r->bytes > USER_END || (fixed && !mm_range_is_user(r->hint, page_align_up(r->bytes))))
		return -ENOMEM;
	return 0;
}

static void tell_writable_code(const struct mm *mm, const struct map_request *r, uint32_t address)
{
	if ((r->vma_flags & (VMA_WRITE | VMA_EXEC)) == (VMA_WRITE | VMA_EXEC))
		log_info("%s: 0x%x..0x%x is writable and executable", mm->name, (unsigned)address,
			 (unsigned)(address + page_align_up(r->bytes)));
}

int mm_map_request(struct mm *mm, const struct map_request *r, uint32_t *address)
{
	int err = check_map(r);

	if (err)
		return err;
	rwsem_write_lock(&mm->lock);
	err = map_locked(mm, r, address);
	rwsem_write_unlock(&mm->lock);
	if (err)
		return err;
	tell_writable_code(mm, r, *address);
	/* As mmap(MAP_LOCKED) does: the area stands even if not every page could be had. */
	if ((r->vma_flags | atomic_load_relaxed(&mm->future_flags)) & VMA_LOCKED || r->populate)
		mm_populate(mm, *address, *address + page_align_up(r->bytes));
	return 0;
}

int mm_map(struct mm *mm, uint32_t hint, uint32_t bytes, uint32_t vma_flags, bool fixed,
	   uint32_t *address)
{
	struct map_request r = { .hint = hint,
				 .bytes = bytes,
				 .vma_flags = vma_flags,
				 .place = fixed ? MAP_AT_HINT : MAP_NEAR_HINT };

	return mm_map_request(mm, &r, address);
}

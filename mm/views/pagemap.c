/*
 * pagemap: what stands at each page of an address space.
 */
#include "mm/views/space.h"
#include "mm/virt/fault.h"
#include "mm/virt/walk.h"

struct map_window {
	uint32_t first; /* page */
	uint64_t *words;
};

/* The page of zeroes is nobody's, so not exclusive; it is not of a file either. */
static uint64_t present_word(pte_t e)
{
	const struct page *p = pfn_to_page(pte_pfn(e));
	uint64_t word = PAGEMAP_PRESENT | pte_pfn(e).n;

	if (pte_is_soft_dirty(e))
		word |= PAGEMAP_SOFT_DIRTY;
	if (p == zero_page)
		return word;
	if (atomic_load_relaxed(&p->mapcount) == 1)
		word |= PAGEMAP_EXCLUSIVE;
	return page_kind(p) == KIND_ANON ? word : word | PAGEMAP_FILE;
}

/* As Linux shows it: swapped out, to a place whose type says migration and whose offset the frame.
 */
static uint64_t migration_word(pte_t e)
{
	uint32_t type = leaf_is_write(e) ? PAGEMAP_MIGRATION_WRITE : PAGEMAP_MIGRATION_READ;
	const struct page *p = pfn_to_page(leaf_migration_pfn(e));
	uint64_t word =
		PAGEMAP_SWAP | (uint64_t)leaf_migration_pfn(e).n << PAGEMAP_TYPE_BITS | type;

	if (leaf_is_soft_dirty(e))
		word |= PAGEMAP_SOFT_DIRTY;
	return page_kind(p) == KIND_ANON ? word : word | PAGEMAP_FILE;
}

static void put_word(struct vma *v, vaddr_t a, pte_t e, void *arg)
{
	struct map_window *w = arg;
	uint64_t *word = &w->words[(a.a >> PAGE_SHIFT) - w->first];

	(void)v;
	if (pte_is_present(e))
		*word = present_word(e);
	else if (pte_is_migration(e))
		*word = migration_word(e);
}

void view_pagemap(struct mm *mm, uint32_t first, uint64_t *words, uint32_t count)
{
	uint32_t start = first << PAGE_SHIFT, end = (first + count) << PAGE_SHIFT;
	struct map_window w = { first, words };
	struct vma *v;

	for (uint32_t i = 0; i < count; i++)
		words[i] = 0;
	rwsem_read_lock(&mm->lock);
	for (v = vma_find_from(mm, vaddr(start)); v && v->start < end; v = vma_next(v))
		area_walk(v, v->start > start ? v->start : start, v->end < end ? v->end : end,
			  put_word, &w);
	rwsem_read_unlock(&mm->lock);
}

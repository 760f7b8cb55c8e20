/*
 * What the three types of data cache need.
 *
 * A page of an object may be mapped at several addresses and stored to at each. A physically tagged
 * cache shows all of them the same. One with aliases does not where colours differ (VIPT), a
 * virtual one never: there a fault takes the entries away that do not agree before it makes its own
 * (rmap_zap), so of aliases that differ only one is ever mapped, and flushing that one is enough.
 */
#include "arch/cache.h"
#include "mm/virt/dcache.h"
#include "mm/virt/fault.h"
#include "mm/virt/mm.h"

/*
 * A physically tagged data cache shows every mapping the same bytes, so there is nothing to write
 * back; only what is fetched as instructions may differ, and sync_icache_page sees to that when an
 * executable entry is made.
 */
void flush_dcache_page(struct page *p)
{
	pfn_t frame = page_to_pfn(p);

	if (p == zero_page || cache_type() == CACHE_PIPT) /* DC-1 */
		return;
	cache_flush_kernel_page(frame); /* DC-3 */
	/* DC-6: an anonymous page has the same colour wherever it is mapped, that of its offset. */
	if (cache_type() == CACHE_VIPT_ALIASING)
		cache_flush_user_page(NULL, vaddr(p->index << PAGE_SHIFT), frame);
	page_set(p, PG_DCACHE_CLEAN);
}

void flush_cache_page(const struct vma *v, vaddr_t a, pfn_t frame)
{
	if (cache_type() != CACHE_PIPT)
		cache_flush_user_page(&v->mm->arch, a, frame);
}

void flush_filled_page(struct page *p)
{
	if (cache_type() != CACHE_PIPT)
		cache_flush_kernel_page(page_to_pfn(p));
}

/* The kernel's alias may hold lines from an earlier look, so both sides go. */
void flush_before_kernel(const struct mm *mm, vaddr_t a, struct page *p)
{
	if (cache_type() == CACHE_PIPT)
		return;
	cache_flush_user_page(&mm->arch, a, page_to_pfn(p));
	cache_flush_kernel_page(page_to_pfn(p));
}

void flush_before_read(const struct vma *v, vaddr_t a, struct page *p)
{
	flush_before_kernel(v->mm, a, p);
}

bool dcache_agrees(vaddr_t one, vaddr_t other)
{
	uint32_t differ = (one.a ^ other.a) >> PAGE_SHIFT;

	if (cache_type() == CACHE_VIVT)
		return false;
	return (differ & (cache_colours() - 1u)) == 0;
}

/* Nobody stores under the kernel's address without flushing it while the page is mapped. */
void flush_unmapped_page(struct page *p)
{
	if (page_has(p, PG_DCACHE_CLEAN))
		return;
	flush_filled_page(p);
	page_set(p, PG_DCACHE_CLEAN);
}

void flush_after_read(struct page *p)
{
	if (cache_type() != CACHE_PIPT)
		cache_flush_kernel_page(page_to_pfn(p));
}

void sync_icache_page(struct page *p)
{
	if (p != zero_page)
		cache_sync_instructions(page_to_pfn(p));
}

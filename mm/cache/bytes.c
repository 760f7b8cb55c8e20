/*
 * The kernel and users take turns at a page.
 */
#include "mm/cache/bytes.h"

#include <string.h>

#include "arch/cache.h"
#include "arch/frame.h"
#include "mm/phys/page_kind.h"

char *page_bytes_begin(struct page *p)
{
	assert_that(page_has(p, PG_LOCKED));
	if (cache_type() != CACHE_PIPT && page_is_mapped(p))
		page_kinds[page_kind(p)]->unmap(p);
	return frame_map(page_to_pfn(p));
}

void page_bytes_end(struct page *p, char *bytes)
{
	frame_unmap(bytes);
	page_clear(p, PG_DCACHE_CLEAN);
}

void page_zero(struct page *p, uint32_t from, uint32_t to)
{
	char *bytes = page_bytes_begin(p);

	memset(bytes + from, 0, to - from);
	page_bytes_end(p, bytes);
}

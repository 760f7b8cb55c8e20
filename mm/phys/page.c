/*
 * Descriptors: the last hold, the page lock, and a page in words.
 */
#include "mm/phys/page.h"

#include <stdio.h>

#include "base/waitq.h"
#include "mm/phys/alloc.h"
#include "mm/phys/page_kind.h"

struct page *page_map;
pfn_t page_map_start, page_map_end;

const struct page_kind *page_kinds[KIND_COUNT];

void page_put(struct page *p)
{
	uint32_t before = atomic_fetch_add(&p->refs, (uint32_t)-1);
	const struct page_kind *kind;

	assert_that(before != 0);
	if (before != 1)
		return;
	kind = page_kinds[page_kind(p)];
	if (kind && kind->release)
		kind->release(p);
	free_frozen_page(p);
}

void page_lock(struct page *p)
{
	bool locked = page_try_lock(p);

	while (!locked) {
		struct waiter w;

		waitq_prepare(&w, p, "page lock");
		locked = page_try_lock(p);
		if (!locked)
			sched_block();
		waitq_finish(&w);
	}
}

void page_unlock(struct page *p)
{
	uint32_t before = page_clear(p, PG_LOCKED);

	assert_that(before & PG_LOCKED);
	waitq_wake(p);
}

static const char *const flag_names[] = {
	"locked",      "dirty",	       "referenced", "uptodate",  "lru",	  "active",
	"unevictable", "swapbacked",   "mlocked",    "reserved",  "buddy",	  "pcp",
	"isolated",    "dcache_clean", "error",	     "checked",	  "mappedtodisk", "lru_batch",
	"unmovable",   "refused",      "private",    "writeback",
};

#define FLAG_NAMES (sizeof(flag_names) / sizeof(flag_names[0]))

static const char *const kind_names[KIND_COUNT] = { "kernel", "anon", "table", "shmem", "file" };

/* Appends to text[0 .. room), where `used` bytes stand already; returns what stands there then. */
static size_t append(char *text, size_t room, size_t used, const char *word, const char *separator)
{
	int length = snprintf(text + used, room - used, "%s%s", separator, word);

	return length < 0 || used + (size_t)length >= room ? room - 1 : used + (size_t)length;
}

void page_describe(const struct page *p, char *text, size_t room)
{
	uint32_t flags = page_flags(p);
	enum page_kind_id kind = page_kind(p);
	const char *separator = " flags ";
	size_t used;
	int length;

	length = snprintf(text, room, "pfn 0x%x %s refs %u mapcount %u mapping 0x%lx index %u",
			  (unsigned)page_to_pfn(p).n, kind < KIND_COUNT ? kind_names[kind] : "?",
			  (unsigned)p->refs, (unsigned)p->mapcount, (unsigned long)p->mapping,
			  (unsigned)p->index);
	used = length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1;
	for (unsigned bit = 0; bit < FLAG_NAMES; bit++) {
		if (!(flags & 1u << bit))
			continue;
		used = append(text, room, used, flag_names[bit], separator);
		separator = ",";
	}
}

/*
 * The bytes of an object's page under the kernel's own address.
 *
 * A data cache with aliases may hold what users stored under theirs. While the kernel looks at the
 * page nobody maps it there, and afterwards the kernel's lines are written back before anybody maps
 * it again (PG_DCACHE_CLEAN, DC-2): so the kernel's address and users' are never in use side by
 * side. With a cache without aliases none of this costs anything. Locks: the page's throughout, so
 * that no fault maps it. Context: nothing sleeps in between.
 */
#ifndef MM_CACHE_BYTES_H
#define MM_CACHE_BYTES_H

#include "mm/phys/page.h"

char *page_bytes_begin(struct page *p);
void page_bytes_end(struct page *p, char *bytes);

/* Bytes [from, to) become zero. */
void page_zero(struct page *p, uint32_t from, uint32_t to);

#endif

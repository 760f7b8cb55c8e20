/*
 * Files by their pages.
 *
 * Every page here is used under its lock and nothing else: the lock keeps it in its object. What is
 * on its way in is locked until it is there, so that who wants it queues like for any other lock.
 */
#include "mm/cache/filemap.h"

#include <errno.h>
#include <string.h>

#include "base/failpoint.h"
#include "mm/cache/bytes.h"
#include "mm/cache/dirty.h"
#include "mm/phys/alloc.h"
#include "mm/phys/lru.h"
#include "mm/phys/page_kind.h"

FAILPOINT(file_page_alloc);

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t size_pages(const struct address_space *m)
{
	return atomic_load(&m->size_pages);
}

/* ---- a page that is not there */

/* A new page, locked and in its object; nothing is in it. Returns 0, -EEXIST, -ENOMEM. */
static int add_page(struct address_space *m, uint32_t index, gfp_t gfp, struct page **page)
{
	struct page *p = failpoint_hit(&file_page_alloc) ? NULL : alloc_pages(GFP_USER | gfp, 0);
	int error;

	if (!p)
		return -ENOMEM;
	error = mapping_add_new(m, index, p);
	if (!error)
		lru_add(p);
	page_put(p); /* the allocation's hold: the object keeps it, or nobody */
	*page = p;
	return error;
}

/* Somebody else may have been faster; then it is there, or on its way, as well. */
static int bring_in(struct address_space *m, uint32_t index, gfp_t gfp)
{
	struct page *p;
	int error = add_page(m, index, gfp, &p);

	if (error)
		return error == -EEXIST ? 0 : error;
	return m->ops->read_page(m, p);
}

/* How many pages to ask for, the one that is wanted included. */
static uint32_t window(const struct address_space *m, uint32_t index, struct read_ahead *ahead)
{
	uint32_t pages = 1;

	if (!ahead)
		return 1;
	if (index == ahead->next)
		pages = ahead->pages ? least(ahead->pages * 2, READ_AHEAD_MOST) : READ_AHEAD_LEAST;
	pages = least(pages, size_pages(m) - index);
	ahead->pages = pages;
	ahead->next = index + pages;
	return pages;
}

/*
 * BS-36: each page is submitted before memory for the next is asked for. What is read ahead is
 * worth no effort, and its failures are told to who comes to read it.
 */
static int bring_in_ahead(struct address_space *m, uint32_t index, struct read_ahead *ahead)
{
	uint32_t pages = window(m, index, ahead);
	int error = bring_in(m, index, 0);

	for (uint32_t n = 1; n < pages && !error; n++)
		if (bring_in(m, index + n, GFP_NOWARN | GFP_NORETRY))
			break;
	return error;
}

/* ---- a page, locked and up to date */

/* The page is locked and not up to date: asked for once more, if it was not. */
static int read_again(struct address_space *m, struct page *p, unsigned *tries)
{
	if (page_has(p, PG_ERROR) && (*tries)++) {
		page_unlock(p);
		return -EIO;
	}
	page_clear(p, PG_ERROR);
	return m->ops->read_page(m, p);
}

int filemap_try_lock_page(struct address_space *m, uint32_t index, struct read_ahead *ahead,
			  struct page **page, struct waiter *w, unsigned *tries)
{
	int error = 0;

	while (!error) {
		if (index >= size_pages(m))
			return -ENXIO;
		switch (mapping_find_lock(m, index, page, w)) {
		case MAPPING_NONE:
			error = bring_in_ahead(m, index, ahead);
			break;
		case MAPPING_BUSY:
			return -EAGAIN;
		case MAPPING_LOCKED:
			if (page_has(*page, PG_UPTODATE))
				return 0;
			error = read_again(m, *page, tries);
		}
	}
	return error;
}

static void wait_for(struct page *p, struct waiter *w)
{
	if (page_has(p, PG_LOCKED))
		sched_block();
	waitq_finish(w);
}

int filemap_lock_page(struct address_space *m, uint32_t index, struct read_ahead *ahead,
		      struct page **page)
{
	struct waiter w;
	unsigned tries = 0;
	int error;

	while ((error = filemap_try_lock_page(m, index, ahead, page, &w, &tries)) == -EAGAIN)
		wait_for(*page, &w);
	return error;
}

/* ---- reading */

/* What of [position, position + bytes) is in one page, and before the end of the file. */
static uint32_t piece_of(struct address_space *m, uint64_t position, uint32_t bytes)
{
	uint64_t end = mapping_bytes(m);
	uint32_t in_page = PAGE_SIZE - ((uint32_t)position & (PAGE_SIZE - 1u));

	if (position >= end)
		return 0;
	if (end - position < bytes)
		bytes = (uint32_t)(end - position);
	return least(bytes, in_page);
}

static void copy_out(struct page *p, uint32_t offset, void *to, uint32_t bytes)
{
	char *from = page_bytes_begin(p);

	memcpy(to, from + offset, bytes);
	page_bytes_end(p, from);
	page_set(p, PG_REFERENCED);
}

static int read_piece(struct address_space *m, uint64_t position, void *to, uint32_t bytes,
		      struct read_ahead *ahead)
{
	struct page *p;
	int error = filemap_lock_page(m, (uint32_t)(position >> PAGE_SHIFT), ahead, &p);

	if (error)
		return error;
	copy_out(p, (uint32_t)position & (PAGE_SIZE - 1u), to, bytes);
	page_unlock(p);
	return 0;
}

int32_t filemap_read(struct address_space *m, uint64_t position, void *to, uint32_t bytes,
		     struct read_ahead *ahead)
{
	uint32_t done = 0, piece;
	int error = 0;

	while ((piece = piece_of(m, position + done, bytes - done)) != 0) {
		error = read_piece(m, position + done, (char *)to + done, piece, ahead);
		if (error)
			break;
		done += piece;
		thread_yield_if_due();
	}
	return done || error == -ENXIO ? (int32_t)done : error;
}

/* ---- storing */

/* Locked, whatever is in it; an empty one if it was not there. */
static int lock_any_page(struct address_space *m, uint32_t index, struct page **page)
{
	int error = -EEXIST;

	while (error == -EEXIST) {
		struct waiter w;

		switch (mapping_find_lock(m, index, page, &w)) {
		case MAPPING_LOCKED:
			return 0;
		case MAPPING_BUSY:
			wait_for(*page, &w);
			break;
		case MAPPING_NONE:
			error = add_page(m, index, 0, page);
		}
	}
	return error;
}

/* Locked, and ready for bytes [from, to) to be stored. */
static int lock_to_store(struct address_space *m, uint32_t index, uint32_t from, uint32_t to,
			 struct page **page)
{
	bool whole = from == 0 && to == PAGE_SIZE;
	int error;

	if (m->ops->prepare_write || whole || index >= size_pages(m))
		error = lock_any_page(m, index, page);
	else
		error = filemap_lock_page(m, index, NULL, page);
	if (error || !m->ops->prepare_write)
		return error;
	error = m->ops->prepare_write(m, *page, from, to);
	if (error)
		page_unlock(*page);
	return error;
}

/* Without a file system that knows blocks, a page that was not there is zeroes beside what comes.
 */
static void copy_in(struct address_space *m, struct page *p, uint32_t offset, const void *from,
		    uint32_t bytes)
{
	char *to = page_bytes_begin(p);

	if (!m->ops->prepare_write && !page_has(p, PG_UPTODATE)) {
		memset(to, 0, PAGE_SIZE);
		page_set(p, PG_UPTODATE);
	}
	memcpy(to + offset, from, bytes);
	page_bytes_end(p, to);
	page_set_dirty(p);
}

static int write_piece(struct address_space *m, uint64_t position, const void *from, uint32_t bytes)
{
	uint32_t offset = (uint32_t)position & (PAGE_SIZE - 1u);
	struct page *p;
	int error =
		lock_to_store(m, (uint32_t)(position >> PAGE_SHIFT), offset, offset + bytes, &p);

	if (error)
		return error;
	copy_in(m, p, offset, from, bytes);
	if (position + bytes > mapping_bytes(m))
		mapping_set_bytes(m, position + bytes);
	page_unlock(p);
	return 0;
}

/* What a mapping stored beyond the end was nobody's; it shall not come to light when the file
 * grows. */
static void zero_old_tail(struct address_space *m)
{
	uint64_t end = mapping_bytes(m);
	uint32_t offset = (uint32_t)end & (PAGE_SIZE - 1u), wanted = (uint32_t)(end >> PAGE_SHIFT);
	uint32_t index = wanted;
	struct page *p = offset ? mapping_next_lock(m, &index) : NULL;

	if (!p)
		return;
	if (index == wanted && page_has(p, PG_UPTODATE))
		page_zero(p, offset, PAGE_SIZE);
	page_unlock(p);
}

int32_t filemap_write(struct address_space *m, uint64_t position, const void *from, uint32_t bytes)
{
	uint32_t done = 0;
	int error = 0;

	if (position + bytes > (uint64_t)UINT32_MAX << PAGE_SHIFT)
		return -EFBIG;
	if (position > mapping_bytes(m))
		zero_old_tail(m);
	while (done < bytes && !error) {
		uint64_t at = position + done;
		uint32_t piece = least(bytes - done, PAGE_SIZE - ((uint32_t)at & (PAGE_SIZE - 1u)));

		error = write_piece(m, at, (const char *)from + done, piece);
		done += error ? 0 : piece;
		thread_yield_if_due();
	}
	return done ? (int32_t)done : error;
}

/* ---- a new end */

static void remove_page(struct address_space *m, struct page *p)
{
	if (page_is_mapped(p))
		page_kinds[page_kind(p)]->unmap(p);
	page_throw_away(p);
	mapping_drop(m, p);
}

static void remove_from(struct address_space *m, uint32_t index)
{
	struct page *p;

	while ((p = mapping_next_lock(m, &index)) != NULL) {
		remove_page(m, p);
		thread_yield_if_due();
	}
}

/* Has the byte at this offset of the page room on the disk? Then its block has to be rewritten. */
static bool has_room(struct address_space *m, const struct page *p, uint32_t offset)
{
	uint64_t at = ((uint64_t)p->index << PAGE_SHIFT) + offset;
	struct block_place place = { 0 };

	if (!m->ops->get_block)
		return true;
	return !m->ops->get_block(m, (uint32_t)(at / m->block_bytes), false, &place) &&
	       !place.is_hole;
}

static void cut_page(struct address_space *m, struct page *p, uint32_t offset)
{
	page_wait_writeback(p);
	page_zero(p, offset, PAGE_SIZE);
	if (page_has(p, PG_PRIVATE) && m->ops->cut_private)
		m->ops->cut_private(m, p, offset);
	if (!has_room(m, p, offset - 1))
		return;
	if (!m->ops->prepare_write || !m->ops->prepare_write(m, p, offset - 1, offset))
		page_set_dirty(p);
}

/*
 * The page with the new end is had first, which may fail. Order: the size before the pages. A fault
 * that adds a page has its lock, and looks at the size, after that; so it sees it, or we see the
 * page.
 */
static int shrink(struct address_space *m, uint64_t bytes)
{
	uint32_t offset = (uint32_t)bytes & (PAGE_SIZE - 1u);
	struct page *last = NULL;
	int error = 0;

	if (offset)
		error = filemap_lock_page(m, (uint32_t)(bytes >> PAGE_SHIFT), NULL, &last);
	if (error)
		return error;
	mapping_set_bytes(m, bytes);
	remove_from(m, size_pages(m));
	if (last) {
		cut_page(m, last, offset);
		page_unlock(last);
	}
	return 0;
}

int filemap_set_size(struct address_space *m, uint64_t bytes)
{
	uint64_t before = mapping_bytes(m);

	if (bytes < before)
		return shrink(m, bytes);
	if (bytes > before) {
		zero_old_tail(m);
		mapping_set_bytes(m, bytes);
	}
	return 0;
}

/* ---- clean pages that nobody needs */

static bool drop_if_idle(struct address_space *m, struct page *p)
{
	if (page_has(p, PG_DIRTY | PG_WRITEBACK) || page_is_mapped(p))
		return false;
	if (page_has(p, PG_PRIVATE) && !m->ops->release_private(p, false))
		return false;
	mapping_drop(m, p);
	return true;
}

uint32_t filemap_drop_clean(struct address_space *m)
{
	uint32_t index = 0, dropped = 0;
	struct page *p;

	while ((p = mapping_next_lock(m, &index)) != NULL) {
		if (drop_if_idle(m, p))
			dropped++;
		else
			page_unlock(p);
		index++;
		thread_yield_if_due();
	}
	return dropped;
}

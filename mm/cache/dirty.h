/*
 * Dirty pages of files, and pages on their way to the disk.
 *
 *            store (write, first store of a mapping)
 *   clean ------------------------------------------> dirty  (PG_DIRTY, MARK_DIRTY, nr_dirty)
 *     ^                                                 |  page_clear_dirty_for_io: entries are
 *     |  the disk has it                                v  clean and let no store through
 *   writeback (PG_WRITEBACK, MARK_WRITEBACK, nr_writeback) -- it failed --> dirty again
 *
 * PG_DIRTY is set and cleared with the page locked, but for a write that failed. The entries of a
 * dirty file page let stores through only after a fault made the page dirty, with the page locked;
 * so an entry that is dirty has a page that is. A page under writeback is not locked, stays in its
 * object, is read and even made dirty again; who wants to change what is written, move it or take
 * it out waits for the end (WB).
 */
#ifndef MM_CACHE_DIRTY_H
#define MM_CACHE_DIRTY_H

#include "mm/cache/mapping.h"

/* The page is locked, a file's, and has what is to be written. False: it was dirty already. */
bool page_set_dirty(struct page *p);

/*
 * The page is locked. Its entries become clean and let no store through; PG_DIRTY and the mark go.
 * Whoever clears it writes it, or throws it away. False: it was not dirty, nothing changed.
 */
bool page_clear_dirty_for_io(struct page *p);

/* The page is locked, and will not be written: what was stored is not wanted any more. */
void page_cancel_dirty(struct page *p);

/* The page is locked, its dirt cleared; it may be unlocked afterwards. */
void page_start_writeback(struct page *p);

/*
 * The bytes are on the disk, or `error` says why not: then the page is dirty again and its object
 * has the error. Wakes who waits. Any context. CP-11
 */
void page_end_writeback(struct page *p, int error);

/* The same where nothing was started: the page, still locked, is dirty as before. */
void page_refuse_write(struct page *p, int error);

static inline bool page_is_under_writeback(const struct page *p)
{
	return page_has(p, PG_WRITEBACK);
}

/* WB-1, WB-2. The page is locked, or held. Context: may sleep. */
void page_wait_writeback(struct page *p);

/*
 * A locked page of a file that nobody maps is about to leave its object: no writeback, no dirt and
 * nothing private is left. Context: may sleep.
 */
void page_throw_away(struct page *p);

/* Counts of dirty and writeback pages of a page that goes from one frame to another. MG-8 */
void page_move_dirty_counts(const struct page *from, const struct page *to);

#endif

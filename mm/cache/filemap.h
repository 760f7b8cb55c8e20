/*
 * Pages of files: found, brought in, read ahead, read from, stored to.
 *
 * Bytes go between a page and the kernel's own memory with the page locked, and between that memory
 * and a user with nothing locked (a copy to or from a user may fault, and the fault may want any
 * page). So a reader holds no page while it sleeps, and no move fails because somebody reads.
 *
 * PG_DCACHE_CLEAN: see mm/cache/bytes.h.
 */
#ifndef MM_CACHE_FILEMAP_H
#define MM_CACHE_FILEMAP_H

#include "base/waitq.h"
#include "mm/cache/mapping.h"

/* Pages that a reader in order asks for before it needs them: from 4, twice as many each time. */
#define READ_AHEAD_LEAST 4u
#define READ_AHEAD_MOST	 32u

/* What one reader of a file is up to. Zeroes: it has not read yet. */
struct read_ahead {
	uint32_t next;	/* the page that comes in next if it goes on in order */
	uint32_t pages; /* how many came in the last time */
};

/*
 * The page at `index`, locked and up to date; brought in if need be. *page is not held, the lock
 * keeps it. `ahead` may be NULL: nothing is read ahead. Context: may sleep. Returns: 0; -EIO;
 * -ENOMEM; -ENXIO beyond the end.
 */
int filemap_lock_page(struct address_space *m, uint32_t index, struct read_ahead *ahead,
		      struct page **page);

/*
 * The same in steps for who may not sleep with what it holds: 0 and the page; -EAGAIN: queued in
 * `w` for a page that is locked or on its way in (waitq.h), so let go of everything, sleep, and
 * come again; else as above. *tries starts at 0 and stays the caller's: a page that could not be
 * read is read once more.
 */
int filemap_try_lock_page(struct address_space *m, uint32_t index, struct read_ahead *ahead,
			  struct page **page, struct waiter *w, unsigned *tries);

/*
 * Bytes from `position` on, up to the end of the file. Returns how many, 0 at the end; -EIO,
 * -ENOMEM when there were none.
 */
int32_t filemap_read(struct address_space *m, uint64_t position, void *to, uint32_t bytes,
		     struct read_ahead *ahead);

/*
 * Stores bytes; the file grows if they go beyond its end. Others are kept from changing its size.
 * Returns how many; -ENOSPC, -EIO, -ENOMEM, -EFBIG when there were none.
 */
int32_t filemap_write(struct address_space *m, uint64_t position, const void *from, uint32_t bytes);

/*
 * The file ends there from now on: what lies beyond goes from whoever maps it, and reads as zeroes
 * if the file grows again. Others are kept from changing its size. Returns 0, or -EIO, -ENOMEM: the
 * page that has the new end could not be had, and nothing has changed.
 * Race: a fault may bring a page in beside this; it looks at the size again with the page locked.
 */
int filemap_set_size(struct address_space *m, uint64_t bytes);

/* Clean pages nobody maps leave the object; posix_fadvise(DONTNEED), drop_caches. How many. */
uint32_t filemap_drop_clean(struct address_space *m);

#endif

/*
 * Buffers: what a page knows of the blocks that its bytes go to, where blocks are smaller than
 * pages or do not lie in a row.
 *
 *   page->private --> buffer --> buffer --> buffer --> buffer --+     one a block of the page,
 *   (PG_PRIVATE,       ^ flags, block, offset in the page       |     lowest offset first
 *    one hold)         +----------------------------------------+
 *
 * A buffer is locked while its block is read or written: that is its own lock, beside the page's.
 * Reads keep the page locked as well; a write of the whole page keeps it under writeback; a write
 * of one block (buffer_sync_block) has nothing but the buffer's lock. So who moves a page locks all
 * its buffers (BF-2, BF-3), and then nothing of it is under way.
 *
 * Locks: ring and places change with the page locked. A buffer's lock is taken with the page's held
 * and may be held without it. Who has more than one has the page's too, and took them in the order
 * of the ring; who has one without the page's waits for nothing but the disk.
 */
#ifndef MM_CACHE_BUFFER_H
#define MM_CACHE_BUFFER_H

#include "mm/cache/mapping.h"

#define BUFFER_BYTES_LEAST 1024u

enum buffer_flags {
	BUFFER_LOCKED = 1u << 0,   /* its block is under way, or the page is about to move */
	BUFFER_UPTODATE = 1u << 1, /* its bytes of the page are what they should be */
	BUFFER_DIRTY = 1u << 2,	   /* and the disk has others */
	BUFFER_MAPPED = 1u << 3,   /* `block` says where */
};

struct buffer {
	uint32_t flags;	     /* (A) enum buffer_flags */
	uint32_t block;	     /* page lock */
	uint32_t offset;     /* constant: where its bytes begin in the page */
	struct page *page;   /* page lock and buffer lock */
	struct buffer *next; /* constant: a ring */
};

/* Once, at start: memory for the first pages that are under way. */
void buffer_init(void);

/* What struct address_space_ops wants, for a file with get_block. */
int buffer_read_page(struct address_space *m, struct page *p);
int buffer_write_page(struct address_space *m, struct page *p);
int buffer_prepare_write(struct address_space *m, struct page *p, uint32_t from, uint32_t to);
bool buffer_release(struct page *p, bool wait);
void buffer_cut(struct address_space *m, struct page *p, uint32_t from);

/*
 * The dirty block that has this byte of the object is written and waited for, and nothing else of
 * its page. Returns 0; -EIO. Context: may sleep.
 */
int buffer_sync_block(struct address_space *m, uint64_t position);

/*
 * Moving. The page is locked, and has buffers (or these do nothing). `wait`: else the first that is
 * locked already makes all be unlocked again, and false. BF-2, BF-3
 */
bool buffers_lock(struct page *p, bool wait);
void buffers_unlock(struct page *p); /* BF-5: wakes who waits */

/* `to`, which nobody knows yet, gets what `from` has: ring, flag and hold. Both frozen or private.
 * BF-4 */
void buffers_move(struct page *from, struct page *to);

struct check;

/* Each ring is whole and its buffers point at their page; nothing runs. */
void buffer_check(struct check *c);

#endif

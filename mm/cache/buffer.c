/*
 * Blocks of a page, in, out and along with it.
 *
 * Which blocks a page reads or writes is found with the page locked; blocks that lie in a row on
 * the disk go as one request (a run). The page's I/O ends with its last run, mostly in an
 * interrupt, which touches flags, the tree's marks and the pool, and takes no other lock.
 */
#include "mm/cache/buffer.h"

#include <errno.h>

#include "base/failpoint.h"
#include "base/waitq.h"
#include "mm/cache/block.h"
#include "mm/cache/bytes.h"
#include "mm/cache/dirty.h"
#include "mm/cache/io_pool.h"
#include "mm/check.h"
#include "mm/phys/objcache.h"

#define MOST_RUNS (PAGE_SIZE / BUFFER_BYTES_LEAST)

FAILPOINT(buffer_alloc);

struct page_io;

/* Blocks of a page that lie in a row. */
struct run {
	struct block_request request;
	struct page_io *io;
	struct buffer *first;
	uint32_t count;
};

/* One page on its way. */
struct page_io {
	struct page *page;
	bool write;
	int32_t error;	  /* (A) the first */
	uint32_t pending; /* (A) runs that are not over */
	uint32_t runs;
	struct run run[MOST_RUNS];
};

static struct objcache buffers = OBJCACHE_INIT(buffers, "buffer", struct buffer);
static struct io_pool page_ios = IO_POOL_INIT("page_io", struct page_io);

void buffer_init(void)
{
	io_pool_reserve(&page_ios);
}

/* ---- one buffer */

static bool buffer_has(const struct buffer *b, uint32_t flag)
{
	return atomic_load(&b->flags) & flag;
}

static bool try_lock_buffer(struct buffer *b)
{
	return !(atomic_fetch_or(&b->flags, BUFFER_LOCKED) & BUFFER_LOCKED);
}

static void lock_buffer(struct buffer *b)
{
	while (!try_lock_buffer(b)) {
		struct waiter w;

		waitq_prepare(&w, b, "buffer lock");
		if (buffer_has(b, BUFFER_LOCKED))
			sched_block();
		waitq_finish(&w);
	}
}

static void unlock_buffer(struct buffer *b)
{
	uint32_t before = atomic_fetch_and(&b->flags, ~(uint32_t)BUFFER_LOCKED);

	assert_that(before & BUFFER_LOCKED);
	waitq_wake(b);
}

static void set(struct buffer *b, uint32_t flags)
{
	atomic_fetch_or(&b->flags, flags);
}

static void clear(struct buffer *b, uint32_t flags)
{
	atomic_fetch_and(&b->flags, ~flags);
}

/* ---- the ring */

static struct buffer *first_of(const struct page *p)
{
	return page_has(p, PG_PRIVATE) ? (struct buffer *)p->private : NULL;
}

/* The next of the same page, or NULL after the last. */
static struct buffer *next_of(const struct buffer *b)
{
	return b->next->offset ? b->next : NULL;
}

static void free_ring(struct buffer *first)
{
	for (struct buffer *b = first, *next; b; b = next) {
		next = b->next == first ? NULL : b->next;
		objcache_free(&buffers, b);
	}
}

/* NULL: no memory, and nothing is left. */
static struct buffer *make_ring(struct page *p, uint32_t block_bytes)
{
	struct buffer *first = NULL, *last = NULL;

	for (uint32_t at = 0; at < PAGE_SIZE; at += block_bytes) {
		struct buffer *b =
			failpoint_hit(&buffer_alloc) ? NULL : objcache_alloc(&buffers, GFP_KERNEL);

		if (!b) {
			free_ring(first);
			return NULL;
		}
		*b = (struct buffer){ .offset = at, .page = p };
		first = first ? first : b;
		if (last)
			last->next = b;
		last = b;
		b->next = first;
	}
	return first;
}

static int attach(struct address_space *m, struct page *p)
{
	struct buffer *first;

	if (page_has(p, PG_PRIVATE))
		return 0;
	first = make_ring(p, m->block_bytes);
	if (!first)
		return -ENOMEM;
	if (page_has(p, PG_UPTODATE))
		for (struct buffer *b = first; b; b = next_of(b))
			set(b, BUFFER_UPTODATE);
	p->private = (uintptr_t)first;
	page_get(p); /* the buffers' hold */
	page_set(p, PG_PRIVATE);
	return 0;
}

static bool is_busy(const struct page *p)
{
	for (const struct buffer *b = first_of(p); b; b = next_of(b))
		if (buffer_has(b, BUFFER_LOCKED))
			return true;
	return false;
}

bool buffer_release(struct page *p, bool wait)
{
	struct buffer *first = first_of(p);

	if (!wait && is_busy(p))
		return false;
	buffers_lock(p, true);
	page_clear(p, PG_PRIVATE);
	p->private = 0;
	free_ring(first);
	page_put(p); /* the buffers' hold; the cache has its own */
	return true;
}

/* ---- places */

static void zero_buffer(struct address_space *m, struct buffer *b)
{
	page_zero(b->page, b->offset, b->offset + m->block_bytes);
	set(b, BUFFER_UPTODATE);
}

static uint32_t block_of(const struct address_space *m, const struct buffer *b)
{
	return b->page->index * (PAGE_SIZE / m->block_bytes) + b->offset / m->block_bytes;
}

static bool is_beyond_end(struct address_space *m, const struct buffer *b)
{
	return (uint64_t)block_of(m, b) * m->block_bytes >= mapping_bytes(m);
}

/* ---- a page's I/O */

static struct page_io *io_begin(struct page *p, bool write)
{
	struct page_io *io = io_pool_take(&page_ios);

	if (!io)
		return NULL;
	io->page = p;
	io->write = write;
	return io;
}

static void page_over(struct page *p, bool write, int error)
{
	if (write) {
		page_end_writeback(p, error);
		return;
	}
	page_set(p, error ? PG_ERROR : PG_UPTODATE);
	page_unlock(p);
}

static void buffer_over(struct buffer *b, bool write, int error)
{
	if (!write && !error)
		set(b, BUFFER_UPTODATE);
	if (write && error)
		set(b, BUFFER_DIRTY);
	unlock_buffer(b);
}

/* Race: other runs of the page end beside this; who ends last sees what all have stored. */
static void run_over(struct block_request *request)
{
	struct run *r = request->owner;
	struct page_io *io = r->io;
	struct buffer *b = r->first, *next;
	struct page *p = io->page;

	if (request->status)
		atomic_cas((uint32_t *)&io->error, 0, (uint32_t)request->status);
	for (uint32_t n = 0; n < r->count; n++, b = next) {
		next = b->next;
		buffer_over(b, io->write, request->status);
	}
	if (atomic_fetch_add(&io->pending, -1u) != 1)
		return;
	page_over(p, io->write, io->error);
	io_pool_give(&page_ios, io);
}

static bool continues(const struct run *r, const struct buffer *b)
{
	return r->first->block + r->count == b->block &&
	       r->first->offset + r->request.segments[0].bytes == b->offset;
}

static void run_begin(struct address_space *m, struct page_io *io, struct buffer *b)
{
	struct run *r = &io->run[io->runs++];

	r->io = io;
	r->first = b;
	r->request = (struct block_request){
		.device = m->device,
		.op = io->write ? BLOCK_WRITE : BLOCK_READ,
		.sector = (uint64_t)b->block * (m->block_bytes >> SECTOR_SHIFT),
		.count = 1,
		.segments = { { .frame = page_to_pfn(io->page), .offset = b->offset } },
		.done = run_over,
		.owner = r,
	};
}

/* One more locked buffer of the page is to be read or written. */
static void io_add(struct address_space *m, struct page_io *io, struct buffer *b)
{
	struct run *r = io->runs ? &io->run[io->runs - 1] : NULL;

	if (!r || !continues(r, b))
		run_begin(m, io, b);
	r = &io->run[io->runs - 1];
	r->count++;
	r->request.segments[0].bytes += m->block_bytes;
}

/* Once the last run is submitted, io and page may be gone. */
static void io_submit(struct page_io *io)
{
	uint32_t runs = io->runs;
	struct page *p = io->page;
	bool write = io->write;

	io->pending = runs;
	if (!runs) {
		io_pool_give(&page_ios, io);
		page_over(p, write, 0);
	}
	for (uint32_t n = 0; n < runs; n++)
		block_submit(&io->run[n].request);
}

/* ---- reading */

/* Where a block is that has to be read; one that is nowhere is zeroes. */
static int find_place(struct address_space *m, struct buffer *b)
{
	struct block_place place = { .is_hole = true };
	int error = is_beyond_end(m, b) ? 0 : m->ops->get_block(m, block_of(m, b), false, &place);

	if (error)
		return error;
	if (place.is_hole) {
		zero_buffer(m, b);
		return 0;
	}
	b->block = place.block;
	set(b, BUFFER_MAPPED);
	return 0;
}

static int find_places(struct address_space *m, struct page *p)
{
	int error = 0;

	for (struct buffer *b = first_of(p); b && !error; b = next_of(b))
		if (!buffer_has(b, BUFFER_UPTODATE | BUFFER_MAPPED))
			error = find_place(m, b);
	return error;
}

static int read_failed(struct page *p, int error)
{
	page_set(p, PG_ERROR);
	page_unlock(p);
	return error;
}

int buffer_read_page(struct address_space *m, struct page *p)
{
	struct page_io *io;
	int error = attach(m, p);

	if (!error)
		error = find_places(m, p);
	if (error)
		return read_failed(p, error);
	io = io_begin(p, false);
	if (!io)
		return read_failed(p, -ENOMEM);
	page_clear(p, PG_DCACHE_CLEAN);
	for (struct buffer *b = first_of(p); b; b = next_of(b))
		if (!buffer_has(b, BUFFER_UPTODATE)) {
			lock_buffer(b);
			io_add(m, io, b);
		}
	io_submit(io);
	return 0;
}

/* One block, while its page stays locked. */
static int run_one_block(struct address_space *m, struct buffer *b, enum block_op op)
{
	struct block_request r = {
		.device = m->device,
		.op = op,
		.sector = (uint64_t)b->block * (m->block_bytes >> SECTOR_SHIFT),
		.count = 1,
		.segments = { { page_to_pfn(b->page), b->offset, m->block_bytes } },
	};

	return block_run(&r);
}

/* ---- before a store */

static int read_block(struct address_space *m, struct buffer *b)
{
	int error;

	lock_buffer(b);
	page_clear(b->page, PG_DCACHE_CLEAN);
	error = run_one_block(m, b, BLOCK_READ);
	if (!error)
		set(b, BUFFER_UPTODATE);
	unlock_buffer(b);
	return error;
}

/* The block gets room on the disk; what is new there has nothing of the file in it yet. */
static int make_place(struct address_space *m, struct buffer *b)
{
	struct block_place place = { 0 };
	int error = m->ops->get_block(m, block_of(m, b), true, &place);

	if (error)
		return error;
	b->block = place.block;
	set(b, BUFFER_MAPPED);
	if (!place.is_new)
		return 0;
	if (!buffer_has(b, BUFFER_UPTODATE))
		zero_buffer(m, b);
	set(b, BUFFER_DIRTY);
	return 0;
}

static int prepare_block(struct address_space *m, struct buffer *b, uint32_t from, uint32_t to)
{
	uint32_t end = b->offset + m->block_bytes;
	bool whole = from <= b->offset && to >= end;
	int error = 0;

	if (from >= end || to <= b->offset)
		return 0;
	if (!buffer_has(b, BUFFER_MAPPED))
		error = make_place(m, b);
	if (!error && !whole && !buffer_has(b, BUFFER_UPTODATE))
		error = read_block(m, b);
	if (!error)
		set(b, BUFFER_UPTODATE | BUFFER_DIRTY);
	return error;
}

static bool all_have(const struct page *p, uint32_t flag)
{
	for (const struct buffer *b = first_of(p); b; b = next_of(b))
		if (!buffer_has(b, flag))
			return false;
	return true;
}

/*
 * Where a later block refuses, earlier ones may be new on the disk already: they are dirty, and so
 * the page has to be.
 */
int buffer_prepare_write(struct address_space *m, struct page *p, uint32_t from, uint32_t to)
{
	int error = attach(m, p);

	for (struct buffer *b = first_of(p); b && !error; b = next_of(b))
		error = prepare_block(m, b, from, to);
	if (error && page_has(p, PG_PRIVATE))
		page_set_dirty(p);
	else if (!error && all_have(p, BUFFER_UPTODATE))
		page_set(p, PG_UPTODATE);
	return error;
}

/* ---- writing */

/* What lies beyond the end is nobody's; in the block that has the end, it is written as zeroes. */
static void cut_at_end(struct address_space *m, struct page *p)
{
	uint64_t bytes = mapping_bytes(m), start = (uint64_t)p->index << PAGE_SHIFT;

	if (bytes < start + PAGE_SIZE)
		page_zero(p, bytes > start ? (uint32_t)(bytes - start) : 0, PAGE_SIZE);
	for (struct buffer *b = first_of(p); b; b = next_of(b))
		if (is_beyond_end(m, b))
			clear(b, BUFFER_DIRTY);
}

static void take_dirty(struct address_space *m, struct page_io *io, struct buffer *b)
{
	if (!buffer_has(b, BUFFER_DIRTY))
		return;
	assert_that(buffer_has(b, BUFFER_MAPPED));
	lock_buffer(b);
	clear(b, BUFFER_DIRTY);
	io_add(m, io, b);
}

/* Race: a block of it may be under way by itself; it is waited for, so that the later bytes win. */
int buffer_write_page(struct address_space *m, struct page *p)
{
	struct page_io *io = io_begin(p, true);

	if (!io) {
		page_refuse_write(p, 0);
		page_unlock(p);
		return -ENOMEM;
	}
	cut_at_end(m, p);
	for (struct buffer *b = first_of(p); b; b = next_of(b))
		take_dirty(m, io, b);
	page_start_writeback(p);
	page_unlock(p);
	io_submit(io);
	return 0;
}

/* Blocks that begin at or beyond `from` are not the file's any more; others may get their places.
 */
void buffer_cut(struct address_space *m, struct page *p, uint32_t from)
{
	(void)m;
	for (struct buffer *b = first_of(p); b; b = next_of(b)) {
		if (b->offset < from)
			continue;
		lock_buffer(b);
		clear(b, BUFFER_MAPPED | BUFFER_DIRTY);
		unlock_buffer(b);
	}
}

/* ---- one block alone */

static struct buffer *buffer_at(const struct page *p, uint32_t offset, uint32_t block_bytes)
{
	struct buffer *b = first_of(p);

	while (b && b->offset + block_bytes <= offset)
		b = next_of(b);
	return b;
}

static int sync_buffer(struct address_space *m, struct page *p, struct buffer *b)
{
	int error;

	lock_buffer(b);
	clear(b, BUFFER_DIRTY);
	page_unlock(p);
	error = run_one_block(m, b, BLOCK_WRITE);
	if (error)
		set(b, BUFFER_DIRTY);
	unlock_buffer(b);
	return error;
}

int buffer_sync_block(struct address_space *m, uint64_t position)
{
	uint32_t index = (uint32_t)(position >> PAGE_SHIFT), wanted = index;
	struct page *p = mapping_next_lock(m, &index);
	struct buffer *b;

	if (!p || index != wanted) {
		if (p)
			page_unlock(p);
		return 0;
	}
	b = buffer_at(p, (uint32_t)position & (PAGE_SIZE - 1u), m->block_bytes);
	if (b && buffer_has(b, BUFFER_DIRTY))
		return sync_buffer(m, p, b);
	page_unlock(p);
	return 0;
}

/* ---- moving: BF */

/* BF-2: back to how it was. */
static void unlock_before(struct page *p, const struct buffer *end)
{
	for (struct buffer *b = first_of(p); b != end; b = next_of(b))
		unlock_buffer(b);
}

bool buffers_lock(struct page *p, bool wait)
{
	for (struct buffer *b = first_of(p); b; b = next_of(b)) {
		if (wait) {
			lock_buffer(b);
		} else if (!try_lock_buffer(b)) {
			unlock_before(p, b);
			return false;
		}
	}
	return true;
}

void buffers_unlock(struct page *p)
{
	unlock_before(p, NULL);
}

void buffers_move(struct page *from, struct page *to)
{
	struct buffer *first = first_of(from);

	if (!first)
		return;
	for (struct buffer *b = first; b; b = next_of(b)) {
		assert_that(buffer_has(b, BUFFER_LOCKED));
		b->page = to;
	}
	to->private = from->private;
	page_set(to, PG_PRIVATE);
	page_get(to); /* the buffers' hold; that on `from` is frozen, and ends with it */
	page_clear(from, PG_PRIVATE);
	from->private = 0;
}

/* ---- check */

static void check_ring(struct check *c, const struct page *p)
{
	uint32_t count = 0;

	for (const struct buffer *b = first_of(p); b; b = next_of(b)) {
		if (b->page != p)
			check_broken(c, "buffer: one of pfn 0x%x says it is of another page",
				     page_to_pfn(p).n);
		count++;
	}
	check_equal(c, "buffers of a page", count, PAGE_SIZE / p->cache->block_bytes);
}

void buffer_check(struct check *c)
{
	for (uint32_t n = page_map_start.n; n < page_map_end.n; n++) {
		const struct page *p = pfn_to_page(pfn(n));

		if (page_refs(p) && page_kind(p) == KIND_FILE && page_has(p, PG_PRIVATE))
			check_ring(c, p);
	}
}

/*
 * A ring of pages. `put` and `taken` count bytes since the pipe was made; the page that a byte is
 * in follows from its number, and a page is there exactly while a byte in it waits or the next one
 * goes to it.
 *
 * Locks: pipe.lock (written) around each copy, which may fault and sleep; nobody waits for bytes or
 * room with it held. Who waits looks at the counts without it, queued before looking.
 */
#include <errno.h>
#include <stddef.h>
#include "base/waitq.h"
#include "fs/pipe.h"
#include "mm/phys/objcache.h"

#define ASK_BYTES 0x541bu /* FIONREAD: uapi/asm-generic/ioctls.h */

struct pipe {
	struct inode inode; /* first */
	struct rwsem lock;  /* all below, for writing */
	char *page[PIPE_PAGES];
	uint32_t put, taken;	   /* (A) to look at; both wrap */
	uint32_t readers, writers; /* (A) open files that read, that write */
};

static const struct file_system pipe_fs = {
	.name = "pipefs",
	.magic = 0x50495045,
	.device = 2,
};

static struct objcache pipe_cache = OBJCACHE_INIT(pipe_cache, "pipe", struct pipe);

static struct pipe *pipe_of(const struct inode *i)
{
	return (struct pipe *)i;
}

static uint32_t waiting(const struct pipe *p)
{
	return atomic_load(&p->put) - atomic_load(&p->taken);
}

static uint32_t room(const struct pipe *p)
{
	return PIPE_BYTES - waiting(p);
}

static char **page_at(struct pipe *p, uint32_t byte)
{
	return &p->page[byte / PAGE_SIZE % PIPE_PAGES];
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void wake(const uint32_t *key)
{
	waitq_wake(key);
	waitq_wake(&file_poll_key);
}

static void drop_page(char **page)
{
	if (*page)
		free_kernel_pages(*page, 0);
	*page = NULL;
}

/*
 * A page goes when nothing waits any more, or when its last byte is taken, unless the ring was so
 * full that newer bytes are in front of it.
 */
static void advance_taken(struct pipe *p, uint32_t bytes)
{
	char **page = page_at(p, p->taken);
	uint32_t taken = p->taken + bytes;

	if (!bytes)
		return;
	if (taken == p->put || (taken % PAGE_SIZE == 0 && page_at(p, p->put - 1) != page))
		drop_page(page);
	atomic_store(&p->taken, taken);
}

/* Locks: p->lock. */
static int give_waiting(struct pipe *p, struct io *io)
{
	int error = 0;

	while (io->left && waiting(p) && !error) {
		uint32_t at = p->taken % PAGE_SIZE, had = io->done;
		uint32_t n = smaller(waiting(p), PAGE_SIZE - at);

		error = io_give(io, *page_at(p, p->taken) + at, n);
		advance_taken(p, io->done - had);
	}
	return error;
}

/* Locks: p->lock. The page that the next byte goes to. */
static char *page_to_fill(struct pipe *p)
{
	char **page = page_at(p, p->put);

	if (!*page)
		*page = alloc_kernel_pages(GFP_KERNEL, 0);
	return *page;
}

/* Locks: p->lock. As many as there is room for. */
static int take_what_fits(struct pipe *p, struct io *io)
{
	int error = 0;

	while (io->left && room(p) && !error) {
		uint32_t at = p->put % PAGE_SIZE, had = io->done;
		uint32_t n = smaller(room(p), PAGE_SIZE - at);
		char *page = page_to_fill(p);

		if (!page)
			return -ENOMEM;
		error = io_take(io, page + at, n);
		atomic_store(&p->put, p->put + (io->done - had));
	}
	if (!waiting(p))
		drop_page(page_at(p, p->put));
	return error;
}

static bool can_read(const struct pipe *p, uint32_t unused)
{
	(void)unused;
	return waiting(p) || atomic_load(&p->writers) == 0;
}

static bool can_write(const struct pipe *p, uint32_t bytes)
{
	return room(p) >= bytes || atomic_load(&p->readers) == 0;
}

/*
 * Sleeps until `can` says so. Race: who changes the counts wakes `key` afterwards; the waiter is
 * queued before it looks. Returns 0 or -EINTR.
 */
static int wait_until(struct pipe *p, const uint32_t *key,
		      bool (*can)(const struct pipe *, uint32_t), uint32_t bytes)
{
	bool ready;

	do {
		struct waiter w;

		waitq_prepare(&w, key, "a pipe");
		if (!can(p, bytes) && !thread_is_interrupted())
			sched_block();
		waitq_finish(&w);
		ready = can(p, bytes);
	} while (!ready && !thread_is_interrupted());
	return ready ? 0 : -EINTR;
}

static int read_pipe(struct file *f, struct io *io, uint64_t *position)
{
	struct pipe *p = pipe_of(f->inode);
	int error = 0;

	(void)position;
	while (io->left && !io->done && !error) {
		rwsem_write_lock(&p->lock);
		error = give_waiting(p, io);
		rwsem_write_unlock(&p->lock);
		if (io->done)
			wake(&p->taken);
		if (io->done || error || atomic_load(&p->writers) == 0)
			break;
		error = f->flags & OPEN_NONBLOCK ? -EAGAIN : wait_until(p, &p->put, can_read, 0);
	}
	return error;
}

/* What must fit at once: a small write whole, of a large one any byte. */
static uint32_t least_room(uint32_t bytes, bool is_small)
{
	return is_small ? bytes : 1;
}

/* One pass under the lock. 0 when it took something, -EAGAIN when it has to wait. */
static int try_write(struct pipe *p, struct io *io, bool is_small)
{
	uint32_t had = io->done;
	int error = -EAGAIN;

	rwsem_write_lock(&p->lock);
	if (atomic_load(&p->readers) == 0)
		error = -EPIPE;
	else if (room(p) >= least_room(io->left, is_small))
		error = take_what_fits(p, io);
	rwsem_write_unlock(&p->lock);
	if (io->done != had)
		wake(&p->put);
	return error;
}

static int write_pipe(struct file *f, struct io *io, uint64_t *position)
{
	struct pipe *p = pipe_of(f->inode);
	bool is_small = io->left <= PIPE_WHOLE;
	int error = 0;

	(void)position;
	while (io->left && !error) {
		error = try_write(p, io, is_small);
		if (error == -EAGAIN && !(f->flags & OPEN_NONBLOCK))
			error = wait_until(p, &p->taken, can_write, least_room(io->left, is_small));
	}
	return error;
}

static uint32_t poll_pipe(struct file *f)
{
	const struct pipe *p = pipe_of(f->inode);
	uint32_t events = 0;

	if (file_may_read(f)) {
		events |= waiting(p) ? POLL_IN | POLL_READ : 0u;
		events |= atomic_load(&p->writers) ? 0u : (uint32_t)POLL_HANGUP;
	}
	if (file_may_write(f)) {
		events |= room(p) >= PIPE_WHOLE ? POLL_OUT | POLL_WRITE : 0u;
		events |= atomic_load(&p->readers) ? 0u : (uint32_t)POLL_ERROR;
	}
	return events;
}

static int control_pipe(struct file *f, uint32_t request, uint32_t arg)
{
	uint32_t bytes = waiting(pipe_of(f->inode));

	if (request != ASK_BYTES)
		return -ENOTTY;
	return copy_to_user(vaddr(arg), &bytes, sizeof(bytes)) ? -EFAULT : 0;
}

static void release_end(struct file *f)
{
	struct pipe *p = pipe_of(f->inode);

	if (file_may_read(f))
		atomic_fetch_add(&p->readers, -1u);
	if (file_may_write(f))
		atomic_fetch_add(&p->writers, -1u);
	wake(&p->put);
	wake(&p->taken);
}

static const struct file_ops pipe_ops = {
	.read = read_pipe,
	.write = write_pipe,
	.ioctl = control_pipe,
	.poll = poll_pipe,
	.release = release_end,
	.is_stream = true,
};

/* Also by /dev/fd: one more end. */
static int open_end(struct inode *i, struct file *f)
{
	struct pipe *p = pipe_of(i);

	f->ops = &pipe_ops;
	if (file_may_read(f))
		atomic_fetch_add(&p->readers, 1);
	if (file_may_write(f))
		atomic_fetch_add(&p->writers, 1);
	return 0;
}

/* The last end is closed. */
static void release_pipe(struct inode *i)
{
	struct pipe *p = pipe_of(i);

	for (uint32_t n = 0; n < PIPE_PAGES; n++)
		drop_page(&p->page[n]);
	objcache_free(&pipe_cache, p);
}

static const struct inode_ops pipe_inode_ops = { .open = open_end, .release = release_pipe };

static struct pipe *new_pipe(void)
{
	static uint32_t made; /* (A) */
	struct pipe *p = objcache_alloc(&pipe_cache, GFP_KERNEL);

	if (!p)
		return NULL;
	p->inode = (struct inode){ .ops = &pipe_inode_ops, .fs = &pipe_fs, .refs = 1, .links = 1 };
	p->inode.mode = MODE_FIFO | 0600;
	p->inode.ino = atomic_fetch_add(&made, 1) + 1;
	rwsem_init(&p->lock);
	return p;
}

static struct file *new_end(struct pipe *p, uint32_t flags)
{
	struct file *f = file_create(&p->inode, flags, NULL, NULL);

	if (f)
		open_end(&p->inode, f);
	return f;
}

int pipe_create(struct file *end[2], uint32_t flags)
{
	struct pipe *p = new_pipe();

	if (!p)
		return -ENOMEM;
	end[0] = new_end(p, flags);
	end[1] = end[0] ? new_end(p, flags | OPEN_WRONLY) : NULL;
	if (end[0] && !end[1])
		file_put(end[0]);
	inode_put(&p->inode); /* the ends hold it */
	return end[1] ? 0 : -ENOMEM;
}

/*
 * One process's memory read or written by another: process_vm_readv, process_vm_writev.
 *
 * Page by page: the other's page is pinned (mm/virt/gup.h) for the time of one copy to or from a
 * frame of the kernel's, and let go before the caller's memory is touched, which may sleep. So
 * nothing that a caller does keeps a page of another process from moving.
 */
#include <errno.h>
#include "arch/uaccess.h"
#include "fs/io.h"
#include "kernel/process.h"
#include "kernel/syscall.h"
#include "mm/phys/alloc.h"
#include "mm/virt/gup.h"

#define MOST_PARTS  1024u /* UIO_MAXIOV */
#define PARTS_ORDER 1u
#define MOST_BYTES  0x7fffffffu

_Static_assert(MOST_PARTS * sizeof(struct io_part) <= PAGE_SIZE << PARTS_ORDER, "parts fit");

/* One call on its way. */
struct vm_copy {
	bool write; /* to the other process */
	struct mm *mm;
	struct io_part *here_parts, *there_parts;
	char *bounce;	/* one page */
	struct io here; /* the caller's side */
	uint32_t there_count, done;
};

/* Returns the sum, or -EFAULT, -EINVAL. */
static int32_t get_parts(struct io_part *parts, uint32_t user, uint32_t count)
{
	uint32_t sum = 0;

	if (copy_from_user(parts, vaddr(user), count * sizeof(*parts)))
		return -EFAULT;
	for (uint32_t i = 0; i < count; i++) {
		if (parts[i].bytes > MOST_BYTES - sum)
			return -EINVAL;
		sum += parts[i].bytes;
	}
	return (int32_t)sum;
}

static int pull(struct vm_copy *c, vaddr_t there, uint32_t bytes)
{
	struct gup g;
	int error = gup_pin(&g, c->mm, there, false);

	if (error)
		return error;
	gup_read(&g, there.a & (PAGE_SIZE - 1u), c->bounce, bytes);
	gup_unpin(&g);
	error = io_give(&c->here, c->bounce, bytes);
	c->done = c->here.done;
	return error;
}

static int push(struct vm_copy *c, vaddr_t there, uint32_t bytes)
{
	struct gup g;
	int error = io_take(&c->here, c->bounce, bytes);

	if (!error)
		error = gup_pin(&g, c->mm, there, true);
	if (error)
		return error;
	gup_write(&g, there.a & (PAGE_SIZE - 1u), c->bounce, bytes);
	gup_unpin(&g);
	c->done += bytes;
	return 0;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int copy_part(struct vm_copy *c, const struct io_part *part)
{
	uint32_t at = part->user, left = part->bytes;
	int error = 0;

	while (left && c->here.left && !error) {
		uint32_t in_page = PAGE_SIZE - (at & (PAGE_SIZE - 1u));
		uint32_t bytes = least(least(left, in_page), c->here.left);

		error = (c->write ? push : pull)(c, vaddr(at), bytes);
		at += bytes;
		left -= bytes;
		thread_yield_if_due();
	}
	return error;
}

/* What was done before something refused counts; only where that is nothing the refusal is told. */
static int32_t copy_all(struct vm_copy *c)
{
	int error = 0;

	for (uint32_t i = 0; i < c->there_count && !error; i++)
		error = copy_part(c, &c->there_parts[i]);
	return c->done ? (int32_t)c->done : error;
}

static int find_mm(struct vm_copy *c, uint32_t pid)
{
	struct process *p = process_find(pid);

	if (!p)
		return -ESRCH;
	c->mm = process_mm(p);
	process_put(p);
	return c->mm ? 0 : -ESRCH;
}

static int32_t copy_with_parts(struct vm_copy *c, const uint32_t *arg)
{
	int32_t here = get_parts(c->here_parts, arg[1], arg[2]), there;
	int32_t result;

	if (here <= 0)
		return here;
	there = get_parts(c->there_parts, arg[3], arg[4]);
	if (there < 0)
		return there;
	result = find_mm(c, arg[0]);
	if (result)
		return result;
	c->here = io_parts(c->here_parts, (uint32_t)here);
	c->there_count = arg[4];
	result = copy_all(c);
	mm_put(c->mm);
	return result;
}

static void give_back(const struct vm_copy *c)
{
	if (c->here_parts)
		free_kernel_pages(c->here_parts, PARTS_ORDER);
	if (c->there_parts)
		free_kernel_pages(c->there_parts, PARTS_ORDER);
	if (c->bounce)
		free_kernel_pages(c->bounce, 0);
}

static int32_t process_vm(const uint32_t *arg, bool write)
{
	struct vm_copy c = { .write = write };
	int32_t result = -ENOMEM;

	if (arg[5] || arg[2] > MOST_PARTS || arg[4] > MOST_PARTS)
		return -EINVAL;
	c.here_parts = alloc_kernel_pages(GFP_KERNEL, PARTS_ORDER);
	c.there_parts = alloc_kernel_pages(GFP_KERNEL, PARTS_ORDER);
	c.bounce = alloc_kernel_pages(GFP_KERNEL, 0);
	if (c.here_parts && c.there_parts && c.bounce)
		result = copy_with_parts(&c, arg);
	give_back(&c);
	return result;
}

int32_t sys_process_vm_readv(const uint32_t *arg)
{
	return process_vm(arg, false);
}

int32_t sys_process_vm_writev(const uint32_t *arg)
{
	return process_vm(arg, true);
}

/*
 * Calls about memory: arguments are checked and rounded here, the work is mm/virt's.
 */
#include <errno.h>
#include "base/thread.h"
#include "kernel/syscall.h"
#include "mm/virt/mm.h"

/* Linux: uapi/asm-generic/mman-common.h. */
enum {
	PROT_ALL = 7, /* read 1, write 2, execute 4: as in vma_flags */
	USER_MAP_SHARED = 0x01,
	USER_MAP_PRIVATE = 0x02,
	USER_MAP_TYPE = 0x0f,
	USER_MAP_FIXED = 0x10,
	USER_MAP_ANONYMOUS = 0x20,
};

enum { REMAP_MAY_MOVE = 1, REMAP_FIXED = 2 }; /* uapi/linux/mman.h */

enum { ADVISE_DONTNEED = 4, ADVISE_NOHUGEPAGE = 15 };

/* A page-aligned range within user space, from what a user asked for. */
struct range {
	uint32_t start, bytes;
};

static struct mm *my_mm(void)
{
	return cpu_current()->mm;
}

static bool is_page_aligned(uint32_t a)
{
	return (a & (PAGE_SIZE - 1u)) == 0;
}

/* Rounds outward to pages. False if it leaves user space or wraps. */
static bool range_from_user(uint32_t start, uint32_t bytes, struct range *r)
{
	uint32_t within = start & (PAGE_SIZE - 1u);

	if (start >= USER_END || bytes > USER_END - start)
		return false;
	r->start = start - within;
	r->bytes = page_align_up(bytes + within);
	return true;
}

int32_t sys_brk(const uint32_t *arg)
{
	return (int32_t)mm_set_brk(my_mm(), arg[0]);
}

int32_t sys_munmap(const uint32_t *arg)
{
	struct range r;

	if (!is_page_aligned(arg[0]) || arg[1] == 0 || !range_from_user(arg[0], arg[1], &r))
		return -EINVAL;
	return mm_unmap(my_mm(), r.start, r.bytes);
}

int32_t sys_mprotect(const uint32_t *arg)
{
	struct range r;

	if (!is_page_aligned(arg[0]) || arg[2] & ~(uint32_t)PROT_ALL)
		return -EINVAL;
	if (arg[1] == 0)
		return 0;
	if (!range_from_user(arg[0], arg[1], &r))
		return -ENOMEM;
	return mm_protect(my_mm(), r.start, r.bytes, arg[2]);
}

static int32_t set_locked(const uint32_t *arg, bool lock)
{
	struct range r;

	if (arg[1] == 0)
		return 0;
	if (!range_from_user(arg[0], arg[1], &r))
		return -ENOMEM;
	return mm_lock_range(my_mm(), r.start, r.bytes, lock);
}

int32_t sys_mlock(const uint32_t *arg)
{
	return set_locked(arg, true);
}

int32_t sys_munlock(const uint32_t *arg)
{
	return set_locked(arg, false);
}

/* What mmap2 must refuse before anything is looked for. */
static int check_mmap(const uint32_t *arg)
{
	uint32_t type = arg[3] & USER_MAP_TYPE;

	if (arg[1] == 0 || arg[2] & ~(uint32_t)PROT_ALL)
		return -EINVAL;
	if (type != USER_MAP_PRIVATE && type != USER_MAP_SHARED)
		return -EINVAL;
	if (!(arg[3] & USER_MAP_ANONYMOUS) || type == USER_MAP_SHARED)
		return -ENODEV;
	if (arg[3] & USER_MAP_FIXED && !is_page_aligned(arg[0]))
		return -EINVAL;
	return arg[1] > USER_END ? -ENOMEM : 0;
}

int32_t sys_mmap2(const uint32_t *arg)
{
	bool fixed = arg[3] & USER_MAP_FIXED;
	uint32_t address;
	int error = check_mmap(arg);

	if (!error)
		error = mm_map(my_mm(), arg[0] & PAGE_MASK, page_align_up(arg[1]), arg[2], fixed,
			       &address);
	return error ? error : (int32_t)address;
}

int32_t sys_mremap(const uint32_t *arg)
{
	bool may_move = arg[3] & REMAP_MAY_MOVE, fixed = arg[3] & REMAP_FIXED;
	uint32_t address;
	int error;

	if (arg[3] & ~(uint32_t)(REMAP_MAY_MOVE | REMAP_FIXED))
		return -EINVAL;
	error = mm_remap(my_mm(), arg[0], arg[1], arg[2], may_move, fixed, arg[4], &address);
	return error ? error : (int32_t)address;
}

int32_t sys_madvise(const uint32_t *arg)
{
	struct range r;

	if (!is_page_aligned(arg[0]) || (arg[2] != ADVISE_DONTNEED && arg[2] != ADVISE_NOHUGEPAGE))
		return -EINVAL;
	if (arg[1] == 0)
		return 0;
	if (!range_from_user(arg[0], arg[1], &r))
		return -EINVAL;
	return arg[2] == ADVISE_DONTNEED ? mm_discard(my_mm(), r.start, r.bytes) : 0;
}

/* Linux: arch/arm/kernel/traps.c, do_cache_op: upside down is -EINVAL, out of reach -EFAULT. */
int32_t sys_cacheflush(const uint32_t *arg)
{
	if (arg[2] != 0 || arg[1] < arg[0])
		return -EINVAL;
	return mm_sync_instructions(my_mm(), arg[0], arg[1]);
}

/*
 * Calls about memory: arguments are checked and rounded here, the work is mm/virt's.
 */
#include <errno.h>
#include "arch/uaccess.h"
#include "base/thread.h"
#include "kernel/fdtable.h"
#include "kernel/process.h"
#include "kernel/syscall.h"
#include "mm/virt/mlock.h"
#include "mm/virt/mm.h"

/* Linux: uapi/asm-generic/mman-common.h, uapi/asm-generic/mman.h. */
enum {
	PROT_ALL = 7, /* read 1, write 2, execute 4: as in vma_flags */
	PROT_SEM = 8, /* means nothing here */
	PROT_GROWSDOWN = 0x01000000,
	PROT_GROWSUP = 0x02000000,
	USER_MAP_SHARED = 0x01,
	USER_MAP_PRIVATE = 0x02,
	USER_MAP_TYPE = 0x0f,
	USER_MAP_FIXED = 0x10,
	USER_MAP_ANONYMOUS = 0x20,
	USER_MAP_GROWSDOWN = 0x100,
	USER_MAP_LOCKED = 0x2000,
	USER_MAP_POPULATE = 0x8000,
	USER_MAP_NONBLOCK = 0x10000,
	USER_MAP_HUGETLB = 0x40000,
	USER_MAP_FIXED_NOREPLACE = 0x100000,
};

enum { REMAP_MAY_MOVE = 1, REMAP_FIXED = 2 }; /* uapi/linux/mman.h */

enum { SYNC_ASYNC = 1, SYNC_INVALIDATE = 2, SYNC_SYNC = 4 };

enum { LOCK_CURRENT = 1, LOCK_FUTURE = 2, LOCK_ONFAULT = 4, LOCK2_ONFAULT = 1 };

enum advice {
	ADVISE_NORMAL = 0,
	ADVISE_RANDOM = 1,
	ADVISE_SEQUENTIAL = 2,
	ADVISE_WILLNEED = 3,
	ADVISE_DONTNEED = 4,
	ADVISE_FREE = 8,
	ADVISE_REMOVE = 9,
	ADVISE_DONTFORK = 10,
	ADVISE_DOFORK = 11,
	ADVISE_NOHUGEPAGE = 15,
	ADVISE_DONTDUMP = 16,
	ADVISE_DODUMP = 17,
	ADVISE_POPULATE_READ = 22,
	ADVISE_POPULATE_WRITE = 23,
};

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

/* PROT_GROWSDOWN: from where the stack begins that the address is in. False: it is in none. */
static bool extend_to_stack(uint32_t *start, uint32_t *bytes)
{
	uint32_t stack = mm_stack_start(my_mm(), *start);

	if (!stack)
		return false;
	*bytes += *start - stack;
	*start = stack;
	return true;
}

int32_t sys_mprotect(const uint32_t *arg)
{
	uint32_t start = arg[0], bytes = arg[1], rights = arg[2] & ~(uint32_t)PROT_GROWSDOWN;
	struct range r;

	if (!is_page_aligned(start) || rights & ~(uint32_t)(PROT_ALL | PROT_SEM))
		return -EINVAL;
	if (bytes == 0)
		return 0;
	if (!range_from_user(start, bytes, &r))
		return -ENOMEM;
	if (arg[2] & PROT_GROWSDOWN && !extend_to_stack(&r.start, &r.bytes))
		return -EINVAL;
	return mm_protect(my_mm(), r.start, r.bytes, rights & PROT_ALL);
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

int32_t sys_mlock2(const uint32_t *arg)
{
	struct range r;

	if (arg[2] & ~(uint32_t)LOCK2_ONFAULT)
		return -EINVAL;
	if (!(arg[2] & LOCK2_ONFAULT))
		return set_locked(arg, true);
	if (arg[1] == 0)
		return 0;
	if (!range_from_user(arg[0], arg[1], &r))
		return -ENOMEM;
	return mm_lock_on_fault(my_mm(), r.start, r.bytes);
}

int32_t sys_mlockall(const uint32_t *arg)
{
	struct lock_all what = { .current = arg[0] & LOCK_CURRENT,
				 .future = arg[0] & LOCK_FUTURE,
				 .now = !(arg[0] & LOCK_ONFAULT) };

	if (arg[0] & ~(uint32_t)(LOCK_CURRENT | LOCK_FUTURE | LOCK_ONFAULT))
		return -EINVAL;
	if (!what.current && !what.future)
		return -EINVAL;
	return mm_lock_all(my_mm(), what);
}

int32_t sys_munlockall(const uint32_t *arg)
{
	(void)arg;
	mm_unlock_all(my_mm());
	return 0;
}

/* What is asked for of an mmap. */
struct mapping_wish {
	uint32_t hint, bytes, rights, flags;
	int32_t fd;
};

static bool wish_is_fixed(const struct mapping_wish *w)
{
	return w->flags & (USER_MAP_FIXED | USER_MAP_FIXED_NOREPLACE);
}

static bool is_open(int32_t fd)
{
	const struct process *p = process_current();
	struct file *f = p && fd >= 0 ? fd_get(p->files, (uint32_t)fd) : NULL;

	if (f)
		file_put(f);
	return f;
}

/* What mmap must refuse before anything is looked for. No file can be mapped yet. */
static int check_wish(const struct mapping_wish *w)
{
	uint32_t type = w->flags & USER_MAP_TYPE;

	if (!(w->flags & USER_MAP_ANONYMOUS) && !is_open(w->fd))
		return -EBADF;
	if (w->bytes == 0 || w->rights & ~(uint32_t)(PROT_ALL | PROT_SEM))
		return -EINVAL;
	if (type != USER_MAP_PRIVATE && type != USER_MAP_SHARED)
		return -EINVAL;
	if (!(w->flags & USER_MAP_ANONYMOUS))
		return -ENODEV;
	if (w->flags & USER_MAP_HUGETLB ||
	    (type == USER_MAP_SHARED && w->flags & USER_MAP_GROWSDOWN))
		return -EINVAL;
	if (wish_is_fixed(w) && !is_page_aligned(w->hint))
		return -EINVAL;
	return w->bytes > USER_END ? -ENOMEM : 0;
}

static uint32_t wish_vma_flags(const struct mapping_wish *w)
{
	uint32_t flags = w->rights & PROT_ALL;

	if ((w->flags & USER_MAP_TYPE) == USER_MAP_SHARED)
		flags |= VMA_SHARED;
	if (w->flags & USER_MAP_LOCKED)
		flags |= VMA_LOCKED;
	if (w->flags & USER_MAP_GROWSDOWN)
		flags |= VMA_GROWSDOWN;
	return flags;
}

static enum map_place wish_place(const struct mapping_wish *w)
{
	if (w->flags & USER_MAP_FIXED_NOREPLACE)
		return MAP_AT_HINT_IF_FREE;
	return w->flags & USER_MAP_FIXED ? MAP_AT_HINT : MAP_NEAR_HINT;
}

static int32_t map_wish(const struct mapping_wish *w)
{
	bool populate = (w->flags & (USER_MAP_POPULATE | USER_MAP_NONBLOCK)) == USER_MAP_POPULATE;
	struct map_request r = { .hint = w->hint & PAGE_MASK,
				 .bytes = w->bytes,
				 .vma_flags = wish_vma_flags(w),
				 .place = wish_place(w),
				 .populate = populate };
	uint32_t address;
	int error = check_wish(w);

	if (!error)
		error = mm_map_request(my_mm(), &r, &address);
	return error ? error : (int32_t)address;
}

/* The offset (in pages of 4 KiB) is the file's; there is none. */
int32_t sys_mmap2(const uint32_t *arg)
{
	struct mapping_wish w = { arg[0], arg[1], arg[2], arg[3], (int32_t)arg[4] };

	return map_wish(&w);
}

static bool advice_means_nothing(uint32_t advice)
{
	return advice <= ADVISE_WILLNEED || advice == ADVISE_NOHUGEPAGE ||
	       advice == ADVISE_DONTDUMP || advice == ADVISE_DODUMP;
}

/* Source: madvise(2): rights that are missing are -EINVAL, what would be SIGBUS is -EFAULT. */
static int32_t populate_for(const struct range *r, enum fault_access access)
{
	int error = mm_sync(my_mm(), r->start, r->bytes, false);

	if (!error)
		error = mm_populate_for(my_mm(), r->start, r->start + r->bytes, access);
	if (error == -EACCES)
		return -EINVAL;
	return error == -ENXIO ? -EFAULT : error;
}

/* Pages are not merged and not made huge: -EINVAL, as where Linux is built without. */
static int32_t advise(const struct range *r, uint32_t advice)
{
	if (advice_means_nothing(advice))
		return mm_sync(my_mm(), r->start, r->bytes, false);
	switch (advice) {
	case ADVISE_DONTNEED:
		return mm_discard(my_mm(), r->start, r->bytes);
	case ADVISE_FREE:
		return mm_free_lazily(my_mm(), r->start, r->bytes);
	case ADVISE_REMOVE:
		return mm_remove(my_mm(), r->start, r->bytes);
	case ADVISE_DONTFORK:
		return mm_set_flags(my_mm(), r->start, r->bytes, VMA_DONTFORK, 0);
	case ADVISE_DOFORK:
		return mm_set_flags(my_mm(), r->start, r->bytes, 0, VMA_DONTFORK);
	case ADVISE_POPULATE_READ:
		return populate_for(r, ACCESS_READ);
	case ADVISE_POPULATE_WRITE:
		return populate_for(r, ACCESS_WRITE);
	default:
		return -EINVAL;
	}
}

static bool advice_is_known(uint32_t advice)
{
	switch (advice) {
	case ADVISE_DONTNEED:
	case ADVISE_FREE:
	case ADVISE_REMOVE:
	case ADVISE_DONTFORK:
	case ADVISE_DOFORK:
	case ADVISE_POPULATE_READ:
	case ADVISE_POPULATE_WRITE:
		return true;
	default:
		return advice_means_nothing(advice);
	}
}

int32_t sys_madvise(const uint32_t *arg)
{
	struct range r;

	if (!is_page_aligned(arg[0]) || !advice_is_known(arg[2]))
		return -EINVAL;
	if (arg[1] == 0)
		return 0;
	if (!range_from_user(arg[0], arg[1], &r))
		return arg[1] > USER_END ? -EINVAL : -ENOMEM;
	return advise(&r, arg[2]);
}

#define RESIDENT_ROUND 256u /* pages */

static int32_t tell_resident(uint32_t start, uint32_t pages, uint32_t user)
{
	uint8_t resident[RESIDENT_ROUND];
	int error = mm_resident(my_mm(), start, pages, resident);

	if (!error && copy_to_user(vaddr(user), resident, pages))
		error = -EFAULT;
	return error;
}

int32_t sys_mincore(const uint32_t *arg)
{
	int32_t error = 0;
	struct range r;

	if (!is_page_aligned(arg[0]))
		return -EINVAL;
	if (arg[1] == 0)
		return 0;
	if (!range_from_user(arg[0], arg[1], &r))
		return -ENOMEM;
	for (uint32_t page = 0; page < r.bytes >> PAGE_SHIFT && !error; page += RESIDENT_ROUND) {
		uint32_t rest = (r.bytes >> PAGE_SHIFT) - page;

		error = tell_resident(r.start + page * PAGE_SIZE,
				      rest < RESIDENT_ROUND ? rest : RESIDENT_ROUND, arg[2] + page);
	}
	return error;
}

int32_t sys_msync(const uint32_t *arg)
{
	struct range r;

	if (arg[2] & ~(uint32_t)(SYNC_ASYNC | SYNC_INVALIDATE | SYNC_SYNC) ||
	    (arg[2] & SYNC_ASYNC && arg[2] & SYNC_SYNC) || !is_page_aligned(arg[0]))
		return -EINVAL;
	if (arg[1] == 0)
		return 0;
	if (!range_from_user(arg[0], arg[1], &r))
		return -ENOMEM;
	return mm_sync(my_mm(), r.start, r.bytes, arg[2] & SYNC_INVALIDATE);
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

/* Linux: arch/arm/kernel/traps.c, do_cache_op: upside down is -EINVAL, out of reach -EFAULT. */
int32_t sys_cacheflush(const uint32_t *arg)
{
	if (arg[2] != 0 || arg[1] < arg[0])
		return -EINVAL;
	return mm_sync_instructions(my_mm(), arg[0], arg[1]);
}

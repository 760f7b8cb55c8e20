/*
 * memory: the calls that make, change and give back memory, with what they must refuse.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u
#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static char *map(size_t pages, int prot, int flags)
{
	char *at = mmap(NULL, pages * PAGE, prot, flags, -1, 0);

	must(at != MAP_FAILED, "mmap");
	return at;
}

static bool is_filled(const volatile char *at, size_t bytes, char value)
{
	for (size_t i = 0; i < bytes; i++)
		if (at[i] != value)
			return false;
	return true;
}

static void check_brk(void)
{
	char *start = sbrk(0), *grown;

	grown = sbrk(5 * PAGE);
	check_that(grown == start, "sbrk gives the old end");
	check_that(is_filled(grown, 5 * PAGE, 0), "what brk gives is zero");
	memset(grown, 'x', 5 * PAGE);
	check_that(sbrk(-(intptr_t)(3 * PAGE)) == start + 5 * PAGE, "sbrk back");
	check_that(sbrk(3 * PAGE) == start + 2 * PAGE, "and up again");
	check_that(is_filled(grown, 2 * PAGE, 'x'), "what stayed is as written");
	check_that(is_filled(grown + 2 * PAGE, 3 * PAGE, 0), "what came back is zero");
	check_error((long)sbrk(0x7ffe0000), ENOMEM, "brk of all there is");
	brk(start);
}

static void check_mmap(void)
{
	char *at = map(16, RW, ANON), *hole = at + 5 * PAGE;

	check_that(((uintptr_t)at & (PAGE - 1)) == 0, "mmap gives a page's address");
	check_that(is_filled(at, 16 * PAGE, 0), "mmap gives zeros");
	memset(at, 'm', 16 * PAGE);
	check_equal(munmap(hole, PAGE), 0, "munmap of a page in the middle");
	check_that(mmap(hole, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == hole,
		   "MAP_FIXED_NOREPLACE into a hole");
	check_that(is_filled(hole, PAGE, 0), "the new page is zero");
	check_that(is_filled(hole + PAGE, PAGE, 'm'), "its neighbour is not");
	check_error((long)mmap(hole, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST,
		    "MAP_FIXED_NOREPLACE over what is there");
	check_that(mmap(at, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == at, "MAP_FIXED over it");
	check_that(is_filled(at, 2 * PAGE, 0), "is zero again");
	check_error((long)mmap(NULL, 0, RW, ANON, -1, 0), EINVAL, "mmap of nothing");
	check_error((long)mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL, "mmap, no type");
	check_error((long)mmap(at + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL, "mmap, odd");
	check_error((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF, "mmap of no file");
	check_error((long)mmap(NULL, 0xfffff000u, RW, ANON, -1, 0), ENOMEM, "mmap, too much");
	check_equal(munmap(at, 16 * PAGE), 0, "munmap");
	check_equal(munmap(at, 16 * PAGE), 0, "munmap of nothing there");
	check_error(munmap(at + 1, PAGE), EINVAL, "munmap, odd");
	check_error(munmap(at, 0), EINVAL, "munmap of nothing");
}

static void check_populate(void)
{
	char *at = map(8, RW, ANON | MAP_POPULATE);
	unsigned char present[8];

	check_equal(mincore(at, 8 * PAGE, present), 0, "mincore");
	for (int i = 0; i < 8; i++)
		check_equal(present[i] & 1, 1, "MAP_POPULATE has the page");
	munmap(at, 8 * PAGE);
}

static void check_mprotect(void)
{
	char *at = map(6, RW, ANON);

	memset(at, 'p', 6 * PAGE);
	check_equal(mprotect(at + PAGE, 2 * PAGE, PROT_READ), 0, "mprotect to read");
	check_that(is_filled(at, 6 * PAGE, 'p'), "all can be read");
	check_equal(mprotect(at + PAGE, 2 * PAGE, RW), 0, "and back");
	memset(at + PAGE, 'q', PAGE);
	check_equal(mprotect(at, PAGE, PROT_NONE), 0, "mprotect to nothing");
	check_equal(mprotect(at, PAGE, RW), 0, "and back");
	check_that(is_filled(at, PAGE, 'p'), "the contents stay");
	check_error(mprotect(at + 1, PAGE, RW), EINVAL, "mprotect, odd");
	munmap(at + 3 * PAGE, PAGE);
	check_error(mprotect(at, 6 * PAGE, RW), ENOMEM, "mprotect over a hole");
	munmap(at, 6 * PAGE);
}

static void check_mremap(void)
{
	char *at = map(64, RW, ANON), *far = map(64, RW, ANON), *moved;

	memset(at, 'r', 8 * PAGE);
	munmap(at + 8 * PAGE, 56 * PAGE);
	munmap(far, 64 * PAGE);
	if (!check_that(mremap(at, 8 * PAGE, 16 * PAGE, 0) == at, "mremap grows in place"))
		return;
	check_that(is_filled(at + 8 * PAGE, 8 * PAGE, 0), "what it grew is zero");
	moved = mremap(at, 16 * PAGE, 32 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, far);
	check_that(moved == far, "mremap moves where it is told");
	check_that(is_filled(far, 8 * PAGE, 'r'), "and takes the contents along");
	check_that(is_filled(far + 8 * PAGE, 24 * PAGE, 0), "the rest is zero");
	check_that(mremap(far, 32 * PAGE, 4 * PAGE, 0) == far, "mremap shrinks");
	check_that(is_filled(far, 4 * PAGE, 'r'), "and keeps the start");
	check_error((long)mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT, "of what moved away");
	check_error((long)mremap(far, PAGE, 0, 0), EINVAL, "mremap to nothing");
	check_error((long)mremap(far + 1, PAGE, PAGE, 0), EINVAL, "mremap, odd");
	check_error((long)mremap(far, PAGE, PAGE, 16), EINVAL, "mremap, unknown flag");
	munmap(far, 4 * PAGE);
}

static void check_madvise(void)
{
	char *at = map(8, RW, ANON);

	memset(at, 'a', 8 * PAGE);
	check_equal(madvise(at + PAGE, 2 * PAGE, MADV_DONTNEED), 0, "MADV_DONTNEED");
	check_that(is_filled(at, PAGE, 'a'), "before it nothing changed");
	check_that(is_filled(at + PAGE, 2 * PAGE, 0), "the range is zero");
	check_that(is_filled(at + 3 * PAGE, 5 * PAGE, 'a'), "behind it nothing changed");
	check_equal(madvise(at, 8 * PAGE, MADV_WILLNEED), 0, "MADV_WILLNEED");
	check_equal(madvise(at, 8 * PAGE, MADV_NORMAL), 0, "MADV_NORMAL");
	check_equal(madvise(at, 8 * PAGE, MADV_RANDOM), 0, "MADV_RANDOM");
	check_error(madvise(at, PAGE, 7777), EINVAL, "madvise, unknown");
	check_error(madvise(at + 1, PAGE, MADV_DONTNEED), EINVAL, "madvise, odd");
	munmap(at + 4 * PAGE, PAGE);
	check_error(madvise(at, 8 * PAGE, MADV_DONTNEED), ENOMEM, "madvise over a hole");
	check_that(is_filled(at + 5 * PAGE, 3 * PAGE, 0), "does what is there all the same");
	munmap(at, 8 * PAGE);
}

static void check_mlock(void)
{
	char *at = map(4, RW, ANON);
	unsigned char present[4] = { 0 };

	check_equal(mlock(at + PAGE, 2 * PAGE), 0, "mlock");
	check_equal(mincore(at, 4 * PAGE, present), 0, "mincore");
	check_that((present[1] & 1) && (present[2] & 1), "locked pages are there");
	check_error(madvise(at, 4 * PAGE, MADV_DONTNEED), EINVAL, "MADV_DONTNEED of locked pages");
	check_equal(munlock(at, 4 * PAGE), 0, "munlock");
	munmap(at + 3 * PAGE, PAGE);
	check_error(mlock(at, 4 * PAGE), ENOMEM, "mlock over a hole");
	munmap(at, 3 * PAGE);
}

static void check_mincore(void)
{
	char *at = map(4, RW, ANON);
	unsigned char present[4];

	at[PAGE] = 1;
	check_equal(mincore(at, 4 * PAGE, present), 0, "mincore");
	check_that(present[1] & 1, "a page that was written is there");
	check_error(mincore(at + 1, PAGE, present), EINVAL, "mincore, odd");
	check_error(mincore(at, PAGE, (unsigned char *)8), EFAULT, "mincore to nowhere");
	munmap(at + 3 * PAGE, PAGE);
	check_error(mincore(at, 4 * PAGE, present), ENOMEM, "mincore over a hole");
	munmap(at, 3 * PAGE);
}

static void check_msync(void)
{
	char *at = map(2, RW, MAP_SHARED | MAP_ANONYMOUS);

	at[0] = 's';
	check_equal(msync(at, 2 * PAGE, MS_SYNC), 0, "msync");
	check_equal(msync(at, 2 * PAGE, MS_ASYNC), 0, "msync, later");
	check_error(msync(at, PAGE, MS_SYNC | MS_ASYNC), EINVAL, "msync, now and later");
	check_error(msync(at + 1, PAGE, MS_SYNC), EINVAL, "msync, odd");
	munmap(at + PAGE, PAGE);
	check_error(msync(at, 2 * PAGE, MS_SYNC), ENOMEM, "msync over a hole");
	check_equal(at[0], 's', "shared anonymous memory keeps what it holds");
	munmap(at, PAGE);
}

/* More and less than the heap's own ways of asking for memory. */
static void check_heap(void)
{
	char *block[64];
	bool right = true;

	for (unsigned i = 0; i < 64; i++) {
		block[i] = malloc(1u << (i % 20));
		must(block[i], "malloc");
		memset(block[i], (int)i, 1u << (i % 20));
	}
	for (unsigned i = 0; i < 64; i++)
		right &= is_filled(block[i], 1u << (i % 20), (char)i);
	check_that(right, "64 blocks of the heap hold what was written");
	for (unsigned i = 0; i < 64; i++)
		free(block[i]);
}

int main(void)
{
	check_brk();
	check_mmap();
	check_populate();
	check_mprotect();
	check_mremap();
	check_madvise();
	check_mlock();
	check_mincore();
	check_msync();
	check_heap();
	return check_end("memory");
}

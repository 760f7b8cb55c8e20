/*
 * badcalls: system calls with bad arguments, and a few good ones; each must answer what Linux
 * answers. The last line counts; exit status 0 only if none was wrong.
 */
#include "user/lib/lib.h"

#define KERNEL_ADDRESS 0x80010000u
#define RW	       (PROT_READ | PROT_WRITE)
#define ANON	       (MAP_PRIVATE | MAP_ANONYMOUS)
#define ANY	       1 /* expected: no error */

static uint32_t right, wrong;

static void expect(const char *what, int32_t got, int32_t want)
{
	bool is_error = got < 0 && got > -4096;

	if (want == ANY ? !is_error : got == want) {
		right++;
		return;
	}
	wrong++;
	printf("badcalls: %s: got %d, expected %d\n", what, (int)got, (int)want);
}

static void try_write(char *page, char *hole)
{
	expect("write to a closed file", sys_write(7, page, 1), -EBADF);
	expect("write from null", sys_write(1, NULL, 1), -EFAULT);
	expect("write from the kernel", sys_write(1, (void *)KERNEL_ADDRESS, 4), -EFAULT);
	expect("write that wraps", sys_write(1, (void *)0xfffffff0u, 64), -EFAULT);
	expect("write of nothing from null", sys_write(1, NULL, 0), 0);
	expect("write of nothing to a closed file", sys_write(7, NULL, 0), -EBADF);
	expect("write from a hole", sys_write(1, hole, 16), -EFAULT);
	memset(page + PAGE_BYTES - 200, '.', 200);
	page[PAGE_BYTES - 1] = '\n';
	expect("write up to a hole", sys_write(1, page + PAGE_BYTES - 200, 400), 200);
}

static int32_t map(uint32_t hint, uint32_t bytes, uint32_t prot, uint32_t flags)
{
	return sys_mmap(hint, bytes, prot, flags);
}

static void try_mmap(void)
{
	expect("mmap of nothing", map(0, 0, RW, ANON), -EINVAL);
	expect("mmap, no type", map(0, PAGE_BYTES, RW, MAP_ANONYMOUS), -EINVAL);
	expect("mmap of no file", map(0, PAGE_BYTES, RW, MAP_PRIVATE), -EBADF);
	expect("mmap of no file, shared", map(0, PAGE_BYTES, RW, MAP_SHARED), -EBADF);
	expect("mmap, strange rights", map(0, PAGE_BYTES, 0x100, ANON), -EINVAL);
	expect("mmap of everything", map(0, 0xfffff000u, RW, ANON), -ENOMEM);
	expect("mmap of all but a page", map(0, 0xffffffffu, RW, ANON), -ENOMEM);
	expect("mmap at an odd address", map(0x20000001u, 1, RW, ANON | MAP_FIXED), -EINVAL);
	expect("mmap over the kernel", map(KERNEL_ADDRESS, 4096, RW, ANON | MAP_FIXED), -ENOMEM);
	expect("mmap across the end", map(0x7ffff000u, 8192, RW, ANON | MAP_FIXED), -ENOMEM);
}

static int32_t call(uint32_t number, uint32_t a, uint32_t b, uint32_t c)
{
	return syscall3(number, a, b, c);
}

static void try_ranges(uint32_t page)
{
	expect("munmap, odd", call(CALL_MUNMAP, page + 1, PAGE_BYTES, 0), -EINVAL);
	expect("munmap of nothing", call(CALL_MUNMAP, page, 0, 0), -EINVAL);
	expect("munmap of the kernel", call(CALL_MUNMAP, KERNEL_ADDRESS & ~0xfffu, 4096, 0),
	       -EINVAL);
	expect("munmap that wraps", call(CALL_MUNMAP, page, 0xfffff000u, 0), -EINVAL);
	expect("mprotect, odd", call(CALL_MPROTECT, page + 4, 4096, PROT_READ), -EINVAL);
	expect("mprotect, strange rights", call(CALL_MPROTECT, page, 4096, 0x80), -EINVAL);
	expect("mprotect of a hole", call(CALL_MPROTECT, page + PAGE_BYTES, 4096, RW), -ENOMEM);
	expect("mprotect of the kernel", call(CALL_MPROTECT, KERNEL_ADDRESS, 4096, RW), -ENOMEM);
	expect("madvise, unknown", call(CALL_MADVISE, page, 4096, 77), -EINVAL);
	expect("madvise, odd", call(CALL_MADVISE, page + 1, 4096, MADV_DONTNEED), -EINVAL);
	expect("madvise of a hole", call(CALL_MADVISE, page + PAGE_BYTES, 4096, MADV_DONTNEED),
	       -ENOMEM);
	expect("madvise, no huge pages", call(CALL_MADVISE, page, 4096, MADV_NOHUGEPAGE), 0);
	expect("mlock of a hole", call(CALL_MLOCK, page + PAGE_BYTES, 4096, 0), -ENOMEM);
	expect("mlock of the kernel", call(CALL_MLOCK, KERNEL_ADDRESS, 4096, 0), -ENOMEM);
	expect("mlock", call(CALL_MLOCK, page, 1, 0), 0);
	expect("munlock", call(CALL_MUNLOCK, page, 1, 0), 0);
}

/* `page` is one page, with a hole after it. */
static void try_mremap(char *page)
{
	uint32_t here = address_of(page), far = here + 64 * PAGE_BYTES;
	const uint32_t move = MREMAP_MAYMOVE, to = MREMAP_MAYMOVE | MREMAP_FIXED;

	expect("mremap, odd", sys_mremap(page + 4, 4096, 8192, move, 0), -EINVAL);
	expect("mremap, unknown flag", sys_mremap(page, 4096, 8192, 8, 0), -EINVAL);
	expect("mremap, fixed but not to move", sys_mremap(page, 4096, 4096, 2, far), -EINVAL);
	expect("mremap of nothing", sys_mremap(page, 0, 4096, move, 0), -EINVAL);
	expect("mremap to nothing", sys_mremap(page, 4096, 0, move, 0), -EINVAL);
	expect("mremap to all but a page", sys_mremap(page, 4096, 0xffffffffu, move, 0), -EINVAL);
	expect("mremap to everything", sys_mremap(page, 4096, 0xfffff000u, move, 0), -ENOMEM);
	expect("mremap of a hole", sys_mremap(page + PAGE_BYTES, 4096, 8192, move, 0), -EFAULT);
	expect("mremap past the area", sys_mremap(page, 8192, 4096, 0, 0), -EFAULT);
	expect("mremap of the kernel", sys_mremap((void *)0x80010000u, 4096, 8192, move, 0),
	       -EFAULT);
	expect("mremap to an odd address", sys_mremap(page, 4096, 4096, to, far + 1), -EINVAL);
	expect("mremap over the kernel", sys_mremap(page, 4096, 4096, to, 0x80010000u), -EINVAL);
	expect("mremap to null", sys_mremap(page, 4096, 4096, to, 0), -EINVAL);
	expect("mremap onto itself", sys_mremap(page, 4096, 4096, to, here), -EINVAL);
	page[9] = 'x';
	expect("mremap in place", sys_mremap(page, 4096, 8192, 0, 0), (int32_t)here);
	expect("mremap away", sys_mremap(page, 8192, 4096, to, far), (int32_t)far);
	expect("what it moved", ((volatile char *)far)[9], 'x');
	expect("mremap of what moved", sys_mremap(page, 4096, 4096, 0, 0), -EFAULT);
	expect("mremap back", sys_mremap((void *)far, 4096, 4096, to, here), (int32_t)here);
}

static void try_brk(void)
{
	uint32_t at = sys_brk(0);

	expect("brk into the kernel", (int32_t)(sys_brk(KERNEL_ADDRESS) - at), 0);
	expect("brk below its start", (int32_t)(sys_brk(0x1000) - at), 0);
	expect("brk up", (int32_t)(sys_brk(at + 5 * PAGE_BYTES) - at), 5 * PAGE_BYTES);
	((volatile char *)at)[5 * PAGE_BYTES - 1] = 1;
	expect("brk down", (int32_t)(sys_brk(at) - at), 0);
}

static void try_pointers(void)
{
	struct timespec t = { 0, 2000000000u };
	uint32_t kernel = KERNEL_ADDRESS;

	expect("clock_gettime, null", call(CALL_CLOCK_GETTIME, 1, 0, 0), -EFAULT);
	expect("clock_gettime to the kernel", call(CALL_CLOCK_GETTIME, 1, kernel, 0), -EFAULT);
	expect("clock_gettime, unknown", call(CALL_CLOCK_GETTIME, 99, address_of(&t), 0), -EINVAL);
	expect("nanosleep, null", call(CALL_NANOSLEEP, 0, 0, 0), -EFAULT);
	expect("nanosleep, no such time", sys_nanosleep(&t), -EINVAL);
	t = (struct timespec){ 0, 1000 };
	expect("nanosleep", sys_nanosleep(&t), 0);
	expect("clock_gettime", sys_clock_gettime(1, &t), 0);
	expect("uname, null", call(CALL_UNAME, 0, 0, 0), -EFAULT);
	expect("uname to the kernel", call(CALL_UNAME, kernel, 0, 0), -EFAULT);
	expect("uname to code", call(CALL_UNAME, address_of((void *)main), 0, 0), -EFAULT);
	expect("frag_report, null", call(CALL_FRAG_REPORT, 0, 0, 0), -EFAULT);
	expect("frag_report across the end", call(CALL_FRAG_REPORT, 0x7ffffffcu, 0, 0), -EFAULT);
	expect("cacheflush, upside down", call(CALL_CACHEFLUSH, 8192, 4096, 0), -EINVAL);
	expect("cacheflush, flags", call(CALL_CACHEFLUSH, 4096, 8192, 1), -EINVAL);
	expect("cacheflush of the kernel", call(CALL_CACHEFLUSH, kernel, kernel + 64, 0), -EFAULT);
	expect("cacheflush of everything", call(CALL_CACHEFLUSH, 0, 0xffffffffu, 0), -EFAULT);
	expect("cacheflush of a hole", call(CALL_CACHEFLUSH, 0x60000000, 0x60000004, 0), -EFAULT);
	expect("cacheflush of nothing", call(CALL_CACHEFLUSH, 0, 0, 0), 0);
	expect("cacheflush of a stack", sys_cacheflush(&t, sizeof(t)), 0);
}

static uint32_t thread_register(void)
{
	uint32_t value;

	__asm__ volatile("mrc p15, 0, %0, c13, c0, 3" : "=r"(value));
	return value;
}

/* The value must come back when another task has had the cpu. */
static void try_thread_register(void)
{
	expect("set_tls", call(CALL_SET_TLS, 0x12345678, 0, 0), 0);
	expect("the thread register", (int32_t)thread_register(), 0x12345678);
	sys_nanosleep(&(struct timespec){ 0, 1000 });
	expect("the thread register later", (int32_t)thread_register(), 0x12345678);
}

static void try_numbers(void)
{
	static const uint32_t numbers[] = { 0,	     7,	      13,	  250,	      271,
					    272,     5000,    0xf0000,	  0xf0001,    0xf0102,
					    0xf0103, 0xeffff, 0x7fffffff, 0x80000000, 0xffffffff };

	for (uint32_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		expect("a number that does not exist", call(numbers[i], 1, 2, 3), -LINUX_ENOSYS);
}

int main(int argc, char **argv)
{
	char *page = map_pages(2);

	(void)argc;
	(void)argv;
	expect("mmap", map(0, PAGE_BYTES, RW, ANON), ANY);
	expect("munmap", sys_munmap(page + PAGE_BYTES, PAGE_BYTES), 0);
	expect("getpid", call(CALL_GETPID, 0, 0, 0), call(CALL_GETTID, 0, 0, 0));
	try_write(page, page + PAGE_BYTES);
	try_mmap();
	expect("munmap again", sys_munmap(page + PAGE_BYTES, PAGE_BYTES), 0);
	try_ranges(address_of(page));
	try_mremap(page);
	try_brk();
	try_pointers();
	try_thread_register();
	try_numbers();
	printf("badcalls: %u ok, %u wrong\n", (unsigned)right, (unsigned)wrong);
	return wrong ? 1 : 0;
}

/*
 * boundary: what a program can not reach and can not see. The kernel's memory and devices, code in
 * data, what others left behind in memory, and bad pointers in every call that takes one.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE   4096u
#define RW     (PROT_READ | PROT_WRITE)
#define ANON   (MAP_PRIVATE | MAP_ANONYMOUS)
#define SECRET 0x5ec2e75eu

static sigjmp_buf back;
static volatile sig_atomic_t why;

static void caught(int number, siginfo_t *info, void *context)
{
	(void)info;
	(void)context;
	why = number;
	siglongjmp(back, 1);
}

static void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGILL, &action, NULL);
}

/* ---- Addresses. */

/* The signal that a load or a store there brings, or 0. */
static int signal_of_access(uintptr_t address, bool store)
{
	volatile unsigned *word = (volatile unsigned *)address;

	if (sigsetjmp(back, 1))
		return why;
	if (store)
		*word = 1;
	else
		(void)*word;
	return 0;
}

/* The kernel's image and stacks, its direct map, vectors, devices of both boards, null. */
static void check_addresses(void)
{
	static const uintptr_t out_of_reach[] = {
		0xc0000000, 0xc0008000, 0xc0010000, 0xd0000000, 0xe0000000, 0xf0000000,
		0xf8000000, 0xffff0000, 0xfffff000, 0xfffffffc, 0x1c090000, 0x2c001000,
		0x09000000, 0x08000000, 0x00000000, 0x00000ffc,
	};

	for (unsigned n = 0; n < sizeof(out_of_reach) / sizeof(out_of_reach[0]); n++) {
		uintptr_t at = out_of_reach[n];

		/* Linux shows its helpers there, to read. */
		if (at != 0xffff0000)
			check_equal(signal_of_access(at, false), SIGSEGV, "a load out of reach");
		check_equal(signal_of_access(at, true), SIGSEGV, "a store out of reach");
	}
}

/* Every mebibyte that is not this program's: none may be readable by chance. */
static void check_every_mebibyte(void)
{
	unsigned reached = 0;

	for (uintptr_t at = 0xc0000000; at >= 0xc0000000; at += 1u << 20)
		if (signal_of_access(at + 0x8000, false) != SIGSEGV)
			reached++;
	check_equal(reached, 0, "1024 places in the last GiB");
}

/* ---- Code. */

static int signal_of_run(void (*code)(void))
{
	if (sigsetjmp(back, 1))
		return why;
	code();
	return 0;
}

#define RETURN_CODE 0xe12fff1eu /* bx lr */

static void check_code(void)
{
	uint32_t *page = mmap(NULL, PAGE, RW, ANON, -1, 0);
	uint32_t here[2] = { RETURN_CODE, 0 };
	static uint32_t data[2] = { RETURN_CODE, 0 };

	page[0] = RETURN_CODE;
	check_equal(signal_of_run((void (*)(void))page), SIGSEGV, "code in mapped data");
	check_equal(signal_of_run((void (*)(void))data), SIGSEGV, "code in data");
	check_equal(signal_of_run((void (*)(void))here), SIGSEGV, "code on the stack");
	mprotect(page, PAGE, PROT_READ | PROT_EXEC);
	__builtin___clear_cache((char *)page, (char *)page + PAGE);
	check_equal(signal_of_run((void (*)(void))page), 0, "code where it may be");
	check_equal(signal_of_access((uintptr_t)page, true), SIGSEGV, "which can not be written");
	mprotect(page, PAGE, PROT_READ);
	check_equal(signal_of_run((void (*)(void))page), SIGSEGV, "and no longer");
	check_equal(signal_of_access((uintptr_t)check_code & ~3u, true), SIGSEGV,
		    "the program's own code");
	munmap(page, PAGE);
}

/* ---- Secrets. */

static unsigned words_that_are_not_zero(const void *at, size_t bytes)
{
	const uint32_t *word = at;
	unsigned count = 0;

	for (size_t k = 0; k < bytes / 4; k++)
		count += word[k] != 0;
	return count;
}

/* A child writes secrets all over a lot of memory and ends. */
static void spread_secrets(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		size_t words = 2048 * PAGE / 4;
		volatile uint32_t *at = mmap(NULL, words * 4, RW, ANON, -1, 0);

		for (size_t k = 0; k < words; k++)
			at[k] = SECRET;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static unsigned dirt_in(int flags)
{
	size_t bytes = 1024 * PAGE;
	void *at = mmap(NULL, bytes, RW, flags, -1, 0);
	unsigned found;

	must(at != MAP_FAILED, "mmap");
	found = words_that_are_not_zero(at, bytes);
	munmap(at, bytes);
	return found;
}

static unsigned dirt_in_brk(void)
{
	char *at = sbrk(512 * PAGE);
	unsigned found = words_that_are_not_zero(at, 512 * PAGE);

	sbrk(-(intptr_t)(512 * PAGE));
	return found;
}

static unsigned dirt_in_growth(void)
{
	char *at = mmap(NULL, PAGE, RW, ANON, -1, 0);
	unsigned found;

	at = mremap(at, PAGE, 512 * PAGE, MREMAP_MAYMOVE);
	found = words_that_are_not_zero(at, 512 * PAGE);
	munmap(at, 512 * PAGE);
	return found;
}

static unsigned dirt_after_discard(void)
{
	char *at = mmap(NULL, 512 * PAGE, RW, ANON, -1, 0);
	unsigned found;

	memset(at, 0x5e, 512 * PAGE);
	madvise(at, 512 * PAGE, MADV_DONTNEED);
	found = words_that_are_not_zero(at, 512 * PAGE);
	munmap(at, 512 * PAGE);
	return found;
}

/* The stack below what was ever used: it grows into fresh pages. */
static unsigned __attribute__((noinline)) dirt_below_the_stack(void)
{
	uint32_t *here = __builtin_frame_address(0);
	volatile uint32_t *deep = here - 64 * PAGE / 4;
	unsigned found = 0;

	for (unsigned k = 0; k < 32 * PAGE / 4; k++)
		found += deep[k] != 0;
	return found;
}

static void check_secrets(void)
{
	int fd = open("/proc/sys/vm/compact_memory", O_WRONLY);

	check_equal(dirt_below_the_stack(), 0, "the stack grows into zeros");
	for (int round = 0; round < 3; round++) {
		spread_secrets();
		if (round == 1 && write(fd, "1", 1) != 1)
			check_that(false, "compaction");
		check_equal(dirt_in(ANON), 0, "mmap gives zeros");
		check_equal(dirt_in(MAP_SHARED | MAP_ANONYMOUS), 0, "shared memory is zeros");
		check_equal(dirt_in(ANON | MAP_POPULATE), 0, "populated memory is zeros");
		check_equal(dirt_in_brk(), 0, "brk gives zeros");
		check_equal(dirt_in_growth(), 0, "mremap grows into zeros");
		check_equal(dirt_after_discard(), 0, "what was discarded is zeros");
	}
	close(fd);
}

/* ---- Bad pointers. */

/* A call, and which of its arguments is the pointer; the others are right. */
struct pointer_call {
	const char *name;
	unsigned number, pointer;
	long arg[6];
};

static int zero_fd, null_fd, text_fd, pipe_fds[2];

static const struct pointer_call *calls_with_pointers(unsigned *count)
{
	static struct pointer_call calls[] = {
		{ "read", 3, 1, { -1, 0, 4096 } },
		{ "write to a pipe", 4, 1, { -2, 0, 64 } },
		{ "pread64", 180, 1, { -1, 0, 64, 0, 0, 0 } },
		{ "readv", 145, 1, { -1, 0, 1 } },
		{ "writev", 146, 1, { -2, 0, 1 } },
		{ "open", 5, 0, { 0, 0 } },
		{ "openat", 322, 1, { -100, 0, 0 } },
		{ "access", 33, 0, { 0, 0 } },
		{ "execve", 11, 0, { 0, 0, 0 } },
		{ "readlinkat", 332, 1, { -100, 0, 0x10000, 64 } },
		{ "stat64", 195, 0, { 0, 0 } },
		{ "fstat64", 197, 1, { -1, 0 } },
		{ "statx", 397, 4, { -3, 0, 0x1000, 0x7ff, 0 } },
		{ "getdents64", 217, 1, { -4, 0, 4096 } },
		{ "pipe", 42, 0, { 0 } },
		{ "pipe2", 359, 0, { 0, 0 } },
		{ "poll", 168, 0, { 0, 1, 0 } },
		{ "ioctl TCGETS", 54, 2, { -5, 0x5401, 0 } },
		{ "uname", 122, 0, { 0 } },
		{ "sysinfo", 116, 0, { 0 } },
		{ "getrusage", 77, 1, { 0, 0 } },
		{ "ugetrlimit", 191, 1, { 3, 0 } },
		{ "prlimit64", 369, 3, { 0, 3, 0, 0 } },
		{ "getcwd", 183, 0, { 0, 4096 } },
		{ "nanosleep", 162, 0, { 0, 0 } },
		{ "clock_gettime", 263, 1, { 1, 0 } },
		{ "clock_gettime64", 403, 1, { 1, 0 } },
		{ "clock_getres", 264, 1, { 1, 0 } },
		{ "gettimeofday", 78, 0, { 0, 0 } },
		{ "rt_sigaction, new", 174, 1, { 10, 0, 0, 8 } },
		{ "rt_sigaction, old", 174, 2, { 10, 0, 0, 8 } },
		{ "rt_sigprocmask, new", 175, 1, { 0, 0, 0, 8 } },
		{ "rt_sigprocmask, old", 175, 2, { 0, 0, 0, 8 } },
		{ "rt_sigpending", 176, 0, { 0, 8 } },
		{ "rt_sigtimedwait", 177, 0, { 0, 0, 0, 8 } },
		{ "sigaltstack", 186, 0, { 0, 0 } },
		{ "setitimer", 104, 1, { 0, 0, 0 } },
		{ "getitimer", 105, 1, { 0, 0 } },
		{ "futex", 240, 0, { 0, 0, 1 } },
		{ "mincore", 219, 2, { 0x10000, 4096, 0 } },
		{ "getrandom", 384, 0, { 0, 64, 0 } },
		{ "sched_getaffinity", 242, 2, { 0, 4, 0 } },
		{ "process_vm_readv, here", 376, 1, { -6, 0, 1, 0, 1, 0 } },
	};

	*count = sizeof(calls) / sizeof(calls[0]);
	return calls;
}

static long real_argument(long stands_for)
{
	switch (stands_for) {
	case -1:
		return zero_fd;
	case -2:
		return pipe_fds[1];
	case -3:
		return text_fd;
	case -4:
		return open("/", O_RDONLY | O_DIRECTORY);
	case -5:
		return open("/dev/console", O_RDWR);
	case -6:
		return getpid();
	default:
		return stands_for;
	}
}

static void try_call(const struct pointer_call *c, uintptr_t pointer, const char *where)
{
	long arg[6], result;

	for (unsigned n = 0; n < 6; n++)
		arg[n] = real_argument(c->arg[n]);
	arg[c->pointer] = (long)pointer;
	errno = 0;
	result = syscall((long)c->number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	if (c->arg[0] == -4 || c->arg[0] == -5)
		close((int)arg[0]);
	if (result == -1 && errno == EFAULT)
		check_that(true, "%s: %s", c->name, where);
	else
		check_that(false, "%s: %s: result %ld, error %d", c->name, where, result, errno);
}

static void check_pointers(void)
{
	char *pages = mmap(NULL, 3 * PAGE, RW, ANON, -1, 0);
	const struct pointer_call *calls;
	unsigned count;

	munmap(pages + PAGE, PAGE);
	mprotect(pages + 2 * PAGE, PAGE, PROT_NONE);
	zero_fd = open("/dev/zero", O_RDWR);
	null_fd = open("/dev/null", O_RDWR);
	text_fd = open("/text", O_RDONLY);
	must(pipe(pipe_fds) == 0, "pipe");
	fcntl(pipe_fds[1], F_SETFL, O_NONBLOCK);
	calls = calls_with_pointers(&count);
	for (unsigned n = 0; n < count; n++) {
		try_call(&calls[n], 8, "near null");
		try_call(&calls[n], 0xc0008000, "in the kernel");
		try_call(&calls[n], 0xfffffff8, "at the end of all addresses");
		try_call(&calls[n], (uintptr_t)pages + PAGE, "in a hole");
		try_call(&calls[n], (uintptr_t)pages + 2 * PAGE, "in a closed page");
	}
}

/* What fits is done, and said so; nothing beyond. */
static void check_partly_bad(void)
{
	char *pages = mmap(NULL, 2 * PAGE, RW, ANON, -1, 0);
	struct iovec parts[2] = { { pages, 100 }, { pages + PAGE, 100 } };
	long got;

	munmap(pages + PAGE, PAGE);
	got = read(zero_fd, pages + PAGE - 100, 200);
	check_that(got == 100 || (got == -1 && errno == EFAULT), "a read up to a hole");
	got = readv(zero_fd, parts, 2);
	check_that(got == 100 || (got == -1 && errno == EFAULT), "a readv up to a hole");
	strcpy(pages + PAGE - 5, "/tex");
	pages[PAGE - 1] = 't';
	check_error(open(pages + PAGE - 5, O_RDONLY), EFAULT, "a name that runs into a hole");
	munmap(pages, PAGE);
}

int main(void)
{
	catch_faults();
	check_addresses();
	check_every_mebibyte();
	check_code();
	check_secrets();
	check_pointers();
	check_partly_bad();
	return check_end("boundary");
}

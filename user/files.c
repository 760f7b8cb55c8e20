/*
 * Calls on files, good and bad; each must answer what Linux answers. It counts on the files that
 * user.mk puts into the archive under /t. Exit status 0 only if nothing was wrong.
 */
#include "user/lib/files.h"
#include "user/lib/lib.h"

#define KERNEL_ADDRESS 0x80010000u
#define TEXT	       "one\ntwo\nthree\n"
#define TEXT_BYTES     14
#define OPENS	       1000

static uint32_t right, wrong;

static void expect(const char *what, int32_t got, int32_t want)
{
	if (got == want) {
		right++;
		return;
	}
	wrong++;
	printf("files: %s: got %d, expected %d\n", what, (int)got, (int)want);
}

static void expect_text(const char *what, const char *got, const char *want, uint32_t bytes)
{
	expect(what, memcmp(got, want, bytes), 0);
}

static int open_text(void)
{
	return sys_open("/t/text", 0);
}

/* ---- names ---- */

static void try_open(const char *path, uint32_t flags, int32_t want)
{
	int32_t fd = sys_open(path, flags);

	expect(path, fd >= 0 ? 0 : fd, want);
	if (fd >= 0)
		sys_close(fd);
}

static void try_names(void)
{
	static char long_name[4200];

	try_open("/t/text", 0, 0);
	try_open("//t/.//./dir/../text", 0, 0);
	try_open("/../../t/text", 0, 0);
	try_open("/t/link", 0, 0);
	try_open("/t/far", 0, 0);
	try_open("/t/place/../text", 0, 0);
	try_open("", 0, -ENOENT);
	try_open("/t/none", 0, -ENOENT);
	try_open("/t/none/text", 0, -ENOENT);
	try_open("/t/text/", 0, -ENOTDIR);
	try_open("/t/text/x", 0, -ENOTDIR);
	try_open("/t/text/..", 0, -ENOTDIR);
	try_open("/t/loop", 0, -ELOOP);
	try_open("/t/loop/x", 0, -ELOOP);
	try_open("/t/link", O_NOFOLLOW, -ELOOP);
	try_open("/t/place/", O_NOFOLLOW, 0);
	try_open("/t/dir", O_WRONLY, -EISDIR);
	try_open("/t/dir", O_CREAT, -EISDIR);
	try_open("/t/dir", O_DIRECTORY, 0);
	try_open("/t/text", O_DIRECTORY, -ENOTDIR);
	try_open("/t/text", O_WRONLY, -EROFS);
	try_open("/t/text", O_TRUNC, -EROFS);
	try_open("/t/text", O_CREAT, 0);
	try_open("/t/text", O_CREAT | O_EXCL, -EEXIST);
	try_open("/t/new", O_CREAT | O_WRONLY, -EROFS);
	try_open("/t/none/new", O_CREAT | O_WRONLY, -ENOENT);
	memset(long_name, 'x', 4199);
	try_open(long_name, 0, -ENAMETOOLONG);
	long_name[256] = 0;
	try_open(long_name, 0, -ENAMETOOLONG);
	long_name[255] = 0;
	try_open(long_name, 0, -ENOENT);
	expect("open, null", sys_open(NULL, 0), -EFAULT);
	expect("open, the kernel", sys_open((char *)KERNEL_ADDRESS, 0), -EFAULT);
	expect("openat, no directory", sys_openat(77, "text", 0), -EBADF);
	expect("openat, absolute", sys_close(sys_openat(77, "/t/text", 0)), 0);
}

/* ---- reading ---- */

static void try_reading(void)
{
	char text[64];
	int fd = open_text();

	expect("read, short", sys_read(fd, text, 5), 5);
	expect_text("what it read", text, "one\nt", 5);
	expect("read to the end", sys_read(fd, text, sizeof(text)), TEXT_BYTES - 5);
	expect_text("what came then", text, "wo\nthree\n", TEXT_BYTES - 5);
	expect("read at the end", sys_read(fd, text, sizeof(text)), 0);
	expect("pread", sys_pread(fd, text, 3, 4), 3);
	expect_text("what pread read", text, "two", 3);
	expect("pread at the end", sys_pread(fd, text, 3, TEXT_BYTES), 0);
	expect("pread far beyond", sys_pread(fd, text, 3, 1ull << 40), 0);
	expect("pread before the start", sys_pread(fd, text, 3, ~0ull), -EINVAL);
	expect("read to the kernel", sys_pread(fd, (void *)KERNEL_ADDRESS, 4, 0), -EFAULT);
	expect("read to null", sys_pread(fd, NULL, 4, 0), -EFAULT);
	expect("read to code", sys_pread(fd, (void *)(uintptr_t)main, 4, 0), -EFAULT);
	expect("write to what is read", sys_write(fd, text, 1), -EBADF);
	expect("lseek", sys_lseek(fd, 4, 0), 4);
	expect("lseek on", sys_lseek(fd, 2, 1), 6);
	expect("lseek from the end", sys_lseek(fd, -1, 2), TEXT_BYTES - 1);
	expect("lseek before the start", sys_lseek(fd, -20, 1), -EINVAL);
	expect("lseek, strange", sys_lseek(fd, 0, 9), -EINVAL);
	expect("lseek for a hole", sys_lseek(fd, 0, 4), TEXT_BYTES);
	expect("lseek for data behind", sys_lseek(fd, TEXT_BYTES, 3), -ENXIO);
	expect("close", sys_close(fd), 0);
	expect("close again", sys_close(fd), -EBADF);
	expect("read what is closed", sys_read(fd, text, 1), -EBADF);
}

/* `page` has a hole behind it. */
static void try_parts(char *page)
{
	char a[4], b[64];
	struct iovec parts[3] = { { a, 4 }, { b, 0 }, { b, 64 } };
	int fd = open_text();

	expect("readv", sys_readv(fd, parts, 3), TEXT_BYTES);
	expect_text("its first part", a, "one\n", 4);
	expect_text("its last part", b, "two\nthree\n", TEXT_BYTES - 4);
	sys_lseek(fd, 0, 0);
	parts[0] = (struct iovec){ page + PAGE_BYTES - 4, 8 };
	expect("readv into a hole", sys_readv(fd, parts, 1), 4);
	expect("where it stands", sys_lseek(fd, 0, 1), 4);
	expect("readv, null", sys_readv(fd, NULL, 1), -EFAULT);
	expect("readv, too many", sys_readv(fd, parts, 1025), -EINVAL);
	parts[0].bytes = 0x80000000u;
	expect("readv, too long", sys_readv(fd, parts, 1), -EINVAL);
	expect("readv of none", sys_readv(fd, parts, 0), 0);
	sys_close(fd);
}

static void try_directories(void)
{
	char text[512];
	int fd = sys_open("/t", O_DIRECTORY);
	int32_t bytes = sys_getdents64(fd, text, sizeof(text));

	/* . .. dir text link loop far: of 24 bytes each; place: 32 */
	expect("getdents64", bytes, 7 * 24 + 32);
	expect("the first is .", text[19] == '.' && text[20] == 0, 1);
	expect("getdents64 at the end", sys_getdents64(fd, text, sizeof(text)), 0);
	sys_lseek(fd, 0, 0);
	expect("getdents64, one", sys_getdents64(fd, text, 24), 24);
	expect("getdents64, no room", sys_getdents64(fd, text, 10), -EINVAL);
	expect("getdents64 to null", sys_getdents64(fd, NULL, 100), -EFAULT);
	expect("read a directory", sys_read(fd, text, 10), -EISDIR);
	expect("openat", sys_close(sys_openat(fd, "text", 0)), 0);
	expect("fchdir", sys_fchdir(fd), 0);
	sys_close(fd);
	expect("getcwd", sys_getcwd(text, sizeof(text)), 3);
	expect_text("where it is", text, "/t", 3);
	expect("getcwd, no room", sys_getcwd(text, 2), -ERANGE);
	expect("a relative name", sys_close(sys_open("dir/../text", 0)), 0);
	expect("chdir", sys_chdir("../dev/fd"), 0);
	expect("getcwd below a mount", sys_getcwd(text, sizeof(text)), 8);
	expect_text("where it is then", text, "/dev/fd", 8);
	expect("chdir to a file", sys_chdir("/t/text"), -ENOTDIR);
	expect("chdir to the root", sys_chdir("../../.."), 0);
	expect("getdents64 of a file", sys_getdents64(1, text, 100), -ENOTDIR);
}

static void try_stat(void)
{
	static const char path[] = "/t/link";
	char s[104], text[64];

	expect("stat64", syscall3(CALL_STAT64, address_of(path), address_of(s), 0), 0);
	expect("its size", (int32_t) * (uint32_t *)(s + 48), TEXT_BYTES);
	expect("its kind", (int32_t)(*(uint32_t *)(s + 16) & 0170000), 0100000);
	expect("lstat64", syscall3(CALL_LSTAT64, address_of(path), address_of(s), 0), 0);
	expect("a link", (int32_t)(*(uint32_t *)(s + 16) & 0170000), 0120000);
	expect("fstat64", syscall3(CALL_FSTAT64, 1, address_of(s), 0), 0);
	expect("the console", (int32_t)(*(uint32_t *)(s + 16) & 0170000), 0020000);
	expect("its number", (int32_t) * (uint32_t *)(s + 32), 0x501);
	expect("stat64 to null", syscall3(CALL_STAT64, address_of(path), 0, 0), -EFAULT);
	expect("fstat64 of none", syscall3(CALL_FSTAT64, 99, address_of(s), 0), -EBADF);
	expect("readlink", sys_readlink(path, text, sizeof(text)), 4);
	expect_text("its text", text, "text", 4);
	expect("readlink, cut", sys_readlink(path, text, 2), 2);
	expect("readlink of a file", sys_readlink("/t/text", text, 9), -EINVAL);
	expect("readlink, no room", sys_readlink(path, text, 0), -EINVAL);
	expect("readlink to null", sys_readlink(path, NULL, 9), -EFAULT);
	expect("access", syscall3(CALL_ACCESS, address_of(path), 4, 0), 0);
	expect("access to write", syscall3(CALL_ACCESS, address_of(path), 2, 0), -EROFS);
	expect("access to run", syscall3(CALL_ACCESS, address_of(path), 1, 0), -EACCES);
	expect("access, strange", syscall3(CALL_ACCESS, address_of(path), 8, 0), -EINVAL);
	expect("mkdir", syscall3(CALL_MKDIR, address_of("/t/new"), 0, 0), -EROFS);
	expect("mkdir of what is there", syscall3(CALL_MKDIR, address_of("/t"), 0, 0), -EEXIST);
	expect("unlink", syscall3(CALL_UNLINK, address_of(path), 0, 0), -EROFS);
	expect("unlink of a directory", syscall3(CALL_UNLINK, address_of("/t"), 0, 0), -EISDIR);
}

/* ---- numbers ---- */

static void try_numbers(void)
{
	int fd = open_text(), i;

	expect("the lowest number", fd, 3);
	expect("dup", sys_dup(fd), 4);
	expect("dup2", sys_dup2(fd, 9), 9);
	expect("dup2 onto itself", sys_dup2(fd, fd), fd);
	expect("dup2 of none", sys_dup2(77, 77), -EBADF);
	expect("dup2 too high", sys_dup2(fd, 256), -EBADF);
	expect("dup3 onto itself", syscall3(CALL_DUP3, (uint32_t)fd, (uint32_t)fd, 0), -EINVAL);
	expect("F_DUPFD", syscall3(CALL_FCNTL64, (uint32_t)fd, 0, 9), 10);
	expect("F_DUPFD too high", syscall3(CALL_FCNTL64, (uint32_t)fd, 0, 256), -EINVAL);
	expect("F_SETFD", syscall3(CALL_FCNTL64, (uint32_t)fd, 2, 1), 0);
	expect("F_GETFD", syscall3(CALL_FCNTL64, (uint32_t)fd, 1, 0), 1);
	expect("F_GETFD of the copy", syscall3(CALL_FCNTL64, 4, 1, 0), 0);
	expect("F_SETFL", syscall3(CALL_FCNTL64, (uint32_t)fd, 4, O_NONBLOCK), 0);
	expect("F_GETFL of the copy", syscall3(CALL_FCNTL64, 4, 3, 0) & O_NONBLOCK, O_NONBLOCK);
	expect("fcntl, strange", syscall3(CALL_FCNTL64, (uint32_t)fd, 999, 0), -EINVAL);
	expect("the copies share a position", sys_lseek(4, 7, 0) + sys_lseek(9, 0, 1), 14);
	expect("close_range", syscall3(CALL_CLOSE_RANGE, 3, 0xffffffffu, 0), 0);
	expect("all are closed", sys_close(9), -EBADF);
	for (i = 0; i < OPENS && sys_close(open_text()) == 0; i++)
		;
	expect("opens and closes", i, OPENS);
	for (i = 0; open_text() >= 0; i++)
		;
	expect("numbers in all", i, 253);
	expect("one more", open_text(), -EMFILE);
	expect("a pipe more", sys_pipe(NULL), -EMFILE);
	expect("close_range", syscall3(CALL_CLOSE_RANGE, 3, 255, 0), 0);
}

/* ---- devices ---- */

static void try_devices(void)
{
	char text[64];
	uint32_t termios[9], window[2];
	int fd = sys_open("/dev/null", O_RDWR);

	expect("write to null", sys_write(fd, text, 64), 64);
	expect("read null", sys_read(fd, text, 64), 0);
	expect("lseek null", sys_lseek(fd, 99, 0), 0);
	expect("null is no terminal", sys_ioctl(fd, 0x5401, termios), -ENOTTY);
	sys_close(fd);
	fd = sys_open("/dev/zero", 0);
	memset(text, 1, sizeof(text));
	expect("read zero", sys_read(fd, text, 64), 64);
	expect("zeroes", text[0] | text[63], 0);
	sys_close(fd);
	fd = sys_open("/dev/full", O_RDWR);
	expect("write to full", sys_write(fd, text, 1), -ENOSPC);
	sys_close(fd);
	fd = sys_open("/dev/urandom", 0);
	expect("read urandom", sys_read(fd, text, 64), 64);
	expect("it is not all the same", memcmp(text, text + 32, 32) != 0, 1);
	sys_close(fd);
	expect("TCGETS", sys_ioctl(1, 0x5401, termios), 0);
	expect("ICANON and ECHO", (int32_t)(termios[3] & 012), 012);
	expect("TCGETS to null", sys_ioctl(1, 0x5401, NULL), -EFAULT);
	expect("TIOCGWINSZ", sys_ioctl(1, 0x5413, window), 0);
	expect("80 by 24", (int32_t)window[0], 80 << 16 | 24);
	expect("TIOCGSID", sys_ioctl(1, 0x5429, window), -ENOTTY);
	expect("lseek the console", sys_lseek(1, 0, 0), -ESPIPE);
	fd = sys_open("/dev/fd/1", O_WRONLY);
	expect("write by /dev/fd", sys_write(fd, "files: by number\n", 17), 17);
	sys_close(fd);
	try_open("/dev/fd/77", 0, -ENOENT);
	try_open("/dev/fd/01", 0, -ENOENT);
	try_open("/dev/stdout", O_WRONLY, 0);
	try_open("/dev/new", O_CREAT, -EACCES);
}

/* ---- pipes and poll ---- */

static void try_poll(const int fd[2])
{
	struct pollfd p[2] = { { fd[0], 1, 0 }, { fd[1], 4, 0 } };

	expect("poll", sys_poll(p, 2, 0), 1);
	expect("room", p[0].revents << 8 | p[1].revents, 4);
	expect("poll, nothing comes", sys_poll(p, 1, 20), 0);
	sys_write(fd[1], "x", 1);
	expect("poll, something is there", sys_poll(p, 1, -1), 1);
	expect("to read", p[0].revents, 1);
	expect("poll, null", sys_poll(NULL, 1, 0), -EFAULT);
	expect("poll, too many", sys_poll(p, 257, 0), -EINVAL);
	p[0].fd = 99;
	expect("poll, closed", sys_poll(p, 1, 0), 1);
	expect("invalid", p[0].revents, 32);
	p[0].fd = -1;
	expect("poll, none", sys_poll(p, 1, 0), 0);
}

static void try_select(const int fd[2])
{
	uint32_t in = 1u << fd[0], out = 1u << fd[1], none = 1u << 20;
	uint32_t time[2] = { 0, 1000 };
	uint32_t n = (uint32_t)fd[1] + 1;

	expect("select",
	       syscall6(CALL_NEWSELECT, n, address_of(&in), address_of(&out), 0, address_of(time),
			0),
	       2);
	expect("both", in == 1u << fd[0] && out == 1u << fd[1], 1);
	expect("select, closed",
	       syscall6(CALL_NEWSELECT, 32, address_of(&none), 0, 0, address_of(time), 0), -EBADF);
	expect("select, null", syscall6(CALL_NEWSELECT, n, 4, 0, 0, address_of(time), 0), -EFAULT);
}

static void try_pipes(char *page)
{
	char text[8];
	int fd[2], i;

	expect("pipe, null", sys_pipe(NULL), -EFAULT);
	expect("pipe", sys_pipe2(fd, O_NONBLOCK), 0);
	expect("its numbers", fd[0] << 8 | fd[1], 3 << 8 | 4);
	expect("read what is empty", sys_read(fd[0], text, 8), -EAGAIN);
	try_poll(fd);
	try_select(fd);
	expect("read", sys_read(fd[0], text, 8), 1);
	expect("write from a hole", sys_write(fd[1], page + PAGE_BYTES, 4), -EFAULT);
	expect("write up to a hole", sys_write(fd[1], page + PAGE_BYTES - 4, 8), 4);
	expect("read to the kernel", sys_read(fd[0], (void *)KERNEL_ADDRESS, 4), -EFAULT);
	expect("nothing was lost", sys_read(fd[0], text, 8), 4);
	expect("write to the end that reads", sys_write(fd[0], text, 1), -EBADF);
	expect("read the end that writes", sys_read(fd[1], text, 1), -EBADF);
	expect("lseek", sys_lseek(fd[0], 0, 0), -ESPIPE);
	expect("pread", sys_pread(fd[0], text, 1, 0), -ESPIPE);
	for (i = 0; sys_write(fd[1], page, PAGE_BYTES) == PAGE_BYTES; i++)
		;
	expect("pages that fit", i, 16);
	expect("one more", sys_write(fd[1], page, PAGE_BYTES), -EAGAIN);
	expect("take a little", sys_read(fd[0], page, 100), 100);
	expect("a small write is not torn", sys_write(fd[1], page, 101), -EAGAIN);
	expect("one that fits", sys_write(fd[1], page, 100), 100);
	sys_close(fd[1]);
	for (i = 0; sys_read(fd[0], page, 1000) > 0; i++)
		;
	expect("read to the end", i, 66);
	expect("the end stays", sys_read(fd[0], page, 10), 0);
	sys_close(fd[0]);
	expect("pipe2, strange", sys_pipe2(fd, 1), -EINVAL);
}

/* The record of rt_sigaction: ignored. */
static void try_broken_pipe(void)
{
	uint32_t ignore[5] = { 1, 0, 0, 0, 0 };
	int fd[2];

	expect("ignore SIGPIPE", syscall6(CALL_RT_SIGACTION, 13, address_of(ignore), 0, 8, 0, 0),
	       0);
	sys_pipe2(fd, 0);
	sys_close(fd[0]);
	expect("write to nobody", sys_write(fd[1], "x", 1), -EPIPE);
	sys_close(fd[1]);
}

int main(int argc, char **argv)
{
	char *page = map_pages(2);

	(void)argc;
	(void)argv;
	sys_munmap(page + PAGE_BYTES, PAGE_BYTES);
	memset(page, 'p', PAGE_BYTES);
	try_names();
	try_reading();
	try_parts(page);
	try_directories();
	try_stat();
	try_numbers();
	try_devices();
	try_pipes(page);
	try_broken_pipe();
	printf("files: %u ok, %u wrong\n", (unsigned)right, (unsigned)wrong);
	return wrong ? 1 : 0;
}

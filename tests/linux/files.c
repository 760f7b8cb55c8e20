/*
 * files: those of the archive the system started with, devices, pipes as files, /proc. `files
 * mount` mounts /proc first, as a first program does.
 */
#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#define TEXT	 "/text"
#define CONTENTS "Lines of a file in the archive.\nThe second line.\n"
#define BYTES	 ((long)sizeof(CONTENTS) - 1)

static void check_read(void)
{
	char text[100] = "";
	int fd = open(TEXT, O_RDONLY);

	must(fd >= 0, "open " TEXT);
	check_equal(read(fd, text, sizeof(text)), BYTES, "read to the end");
	check_that(memcmp(text, CONTENTS, (size_t)BYTES) == 0, "the contents");
	check_equal(read(fd, text, sizeof(text)), 0, "at the end there is nothing");
	check_equal(pread(fd, text, 5, 9), 5, "pread");
	check_that(memcmp(text, CONTENTS + 9, 5) == 0, "from where it was told");
	check_equal(lseek(fd, 0, SEEK_CUR), BYTES, "which does not move");
	check_equal(lseek(fd, -6, SEEK_END), BYTES - 6, "lseek from the end");
	check_equal(read(fd, text, 6), 6, "read");
	check_that(memcmp(text, "line.\n", 6) == 0, "the last word");
	check_error(lseek(fd, -1, SEEK_SET), EINVAL, "lseek before the start");
	check_error(lseek(fd, 0, 99), EINVAL, "lseek, unknown");
	check_error(pread(fd, text, 1, -1), EINVAL, "pread before the start");
	check_error(write(fd, "x", 1), EBADF, "write to what was opened to read");
	close(fd);
	check_error(read(fd, text, 1), EBADF, "read of what is closed");
	check_error(close(fd), EBADF, "close twice");
}

static void check_vectors(void)
{
	char a[6] = "", b[20] = "";
	struct iovec parts[2] = { { a, 5 }, { b, 10 } };
	int fd = open(TEXT, O_RDONLY);

	check_equal(readv(fd, parts, 2), 15, "readv");
	check_that(memcmp(a, CONTENTS, 5) == 0 && memcmp(b, CONTENTS + 5, 10) == 0, "both parts");
	check_error(readv(fd, parts, -1), EINVAL, "readv, less than nothing");
	close(fd);
}

static void check_stat(void)
{
	struct stat s;
	struct statx x;
	int fd = open(TEXT, O_RDONLY);

	check_equal(fstat(fd, &s), 0, "fstat");
	check_that(S_ISREG(s.st_mode) && s.st_size == BYTES, "a file of %ld bytes", BYTES);
	check_equal(stat("/bin", &s), 0, "stat of /bin");
	check_that(S_ISDIR(s.st_mode), "a directory");
	check_equal(statx(AT_FDCWD, TEXT, 0, STATX_BASIC_STATS, &x), 0, "statx");
	check_that(S_ISREG(x.stx_mode) && x.stx_size == (unsigned long long)BYTES, "the same");
	check_equal(stat("/dev/null", &s), 0, "stat of /dev/null");
	check_that(S_ISCHR(s.st_mode), "a device");
	check_error(stat("/no", &s), ENOENT, "stat of nothing");
	check_error(stat(TEXT "/x", &s), ENOTDIR, "stat below a file");
	check_equal(access(TEXT, R_OK), 0, "access");
	check_error(access("/no", R_OK), ENOENT, "access to nothing");
	close(fd);
}

static void check_open(void)
{
	int fd, copy, root;

	check_error(open("/no/file", O_RDONLY), ENOENT, "open of nothing");
	check_error(open("/bin", O_WRONLY), EISDIR, "open of a directory to write");
	check_error(open(TEXT, O_RDONLY | O_DIRECTORY), ENOTDIR, "a file as a directory");
	check_error(openat(99, "text", O_RDONLY), EBADF, "openat without a directory");
	root = open("/", O_RDONLY | O_DIRECTORY);
	check_that(root >= 0, "open of the root");
	fd = openat(root, "text", O_RDONLY);
	check_that(fd >= 0, "openat");
	copy = dup(fd);
	lseek(fd, 7, SEEK_SET);
	check_equal(lseek(copy, 0, SEEK_CUR), 7, "dup shares the place");
	check_equal(dup2(fd, 100), 100, "dup2");
	check_equal(fcntl(100, F_GETFD), 0, "F_GETFD");
	check_equal(fcntl(100, F_SETFD, FD_CLOEXEC), 0, "F_SETFD");
	check_equal(fcntl(100, F_GETFD), FD_CLOEXEC, "is kept");
	check_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY, "F_GETFL");
	check_equal(fcntl(fd, F_DUPFD, 50), 50, "F_DUPFD");
	check_error(dup2(77, 78), EBADF, "dup2 of nothing");
	close(50), close(100), close(copy), close(fd), close(root);
}

static void check_directory(void)
{
	DIR *root = opendir("/");
	bool text = false, bin = false;
	struct dirent *entry;

	must(root, "opendir");
	while ((entry = readdir(root)) != NULL) {
		text |= strcmp(entry->d_name, "text") == 0;
		bin |= strcmp(entry->d_name, "bin") == 0;
	}
	check_that(text && bin, "readdir names what is there");
	closedir(root);
	root = opendir("/bin");
	unsigned count = 0;
	while (root && (entry = readdir(root)) != NULL)
		count++;
	check_that(count >= 8, "/bin has %u entries", count);
	closedir(root);
}

static void check_devices(void)
{
	static char page[5000];
	int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
	bool zeros = true;

	check_that(null >= 0 && zero >= 0, "open of devices");
	check_equal(write(null, page, sizeof(page)), sizeof(page), "/dev/null takes all");
	check_equal(read(null, page, sizeof(page)), 0, "and gives nothing");
	memset(page, 'z', sizeof(page));
	check_equal(read(zero, page, sizeof(page)), sizeof(page), "/dev/zero gives");
	for (unsigned i = 0; i < sizeof(page); i++)
		zeros &= page[i] == 0;
	check_that(zeros, "zeros");
	check_error(read(zero, (void *)16, 4096), EFAULT, "read to nowhere");
	close(null), close(zero);
}

static void check_poll(void)
{
	struct pollfd ask = { .events = POLLIN };
	int ends[2];

	must(pipe(ends) == 0, "pipe");
	ask.fd = ends[0];
	check_equal(poll(&ask, 1, 10), 0, "poll of an empty pipe");
	check_equal(write(ends[1], "x", 1), 1, "write");
	check_equal(poll(&ask, 1, 1000), 1, "poll of a full one");
	check_equal(ask.revents, POLLIN, "says so");
	close(ends[1]);
	check_equal(poll(&ask, 1, 1000), 1, "poll of one without writers");
	check_that(ask.revents & POLLHUP, "says so");
	check_error(lseek(ends[0], 0, SEEK_SET), ESPIPE, "lseek of a pipe");
	close(ends[0]);
}

/* The first number behind `key` in a file of lines, or -1. */
static long number_in(const char *path, const char *key)
{
	char line[512];
	long number = -1;
	FILE *f = fopen(path, "r");

	while (f && number < 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			number = strtol(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return number;
}

static bool file_names(const char *path, const char *word)
{
	char line[512];
	bool found = false;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		found |= strstr(line, word) != NULL;
	if (f)
		fclose(f);
	return found;
}

static void check_proc(void)
{
	long total = number_in("/proc/meminfo", "MemTotal:");
	char link[200] = "";
	int fd;

	check_that(total > 8192, "/proc/meminfo: MemTotal");
	check_that(number_in("/proc/meminfo", "MemFree:") < total, "/proc/meminfo: MemFree");
	check_that(number_in("/proc/vmstat", "pgfault ") > 0, "/proc/vmstat: pgfault");
	check_that(number_in("/proc/vmstat", "compact_stall ") >= 0, "/proc/vmstat: compact_stall");
	check_that(file_names("/proc/buddyinfo", ", zone "), "/proc/buddyinfo");
	check_that(file_names("/proc/pagetypeinfo", "Movable"), "/proc/pagetypeinfo");
	check_that(file_names("/proc/zoneinfo", "managed"), "/proc/zoneinfo");
	check_that(file_names("/proc/self/maps", "[stack]"), "/proc/self/maps: [stack]");
	check_that(file_names("/proc/self/maps", "[heap]"), "/proc/self/maps: [heap]");
	check_that(file_names("/proc/self/smaps", "Rss:"), "/proc/self/smaps");
	check_that(number_in("/proc/self/statm", "") > 10, "/proc/self/statm");
	check_that(number_in("/proc/sys/vm/min_free_kbytes", "") > 0, "min_free_kbytes");
	check_that(readlink("/proc/self/exe", link, sizeof(link)) > 0, "/proc/self/exe: %s", link);
	check_error(open("/proc/no", O_RDONLY), ENOENT, "/proc has not everything");
	fd = open("/proc/sys/vm/compact_memory", O_WRONLY);
	check_that(fd >= 0, "compact_memory");
	check_equal(write(fd, "1", 1), 1, "a write to it compacts");
	close(fd);
}

/* What is at an address of this program: by pagemap its frame, by kpagecount who maps it. */
static void check_pagemap(void)
{
	static char page[8192];
	unsigned long long entry = 0, flags = 0, count = 0;
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	int kpageflags = open("/proc/kpageflags", O_RDONLY);
	int kpagecount = open("/proc/kpagecount", O_RDONLY);
	off_t frame;

	page[4096] = 1;
	check_equal(pread(pagemap, &entry, 8, (off_t)((unsigned long)(page + 4096) / 4096 * 8)), 8,
		    "/proc/self/pagemap");
	frame = (off_t)(entry & ((1ull << 55) - 1));
	check_that(entry >> 63, "a page that was written is present");
	check_equal(pread(kpageflags, &flags, 8, frame * 8), 8, "/proc/kpageflags");
	check_that(flags >> 12 & 1, "its frame is anonymous memory");
	check_equal(pread(kpagecount, &count, 8, frame * 8), 8, "/proc/kpagecount");
	check_equal((long long)count, 1, "mapped once");
	close(pagemap), close(kpageflags), close(kpagecount);
}

static void check_terminal(void)
{
	struct termios t;
	int fd = open("/dev/console", O_RDWR);

	check_that(fd >= 0, "/dev/console");
	check_equal(tcgetattr(fd, &t), 0, "is a terminal");
	check_equal(isatty(fd), 1, "and says so");
	close(fd);
	check_error(ioctl(open(TEXT, O_RDONLY), TCGETS, &t), ENOTTY, "a file is none");
}

int main(void)
{
	check_read();
	check_vectors();
	check_stat();
	check_open();
	check_directory();
	check_devices();
	check_poll();
	check_proc();
	check_pagemap();
	check_terminal();
	return check_end("files");
}

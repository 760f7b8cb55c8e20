/*
 * Calls on files as inline functions. A negative result is -errno.
 */
#ifndef USER_FILES_H
#define USER_FILES_H

#include "user/lib/sys.h"

/* Linux's numbers; those that user/lib/sys.h has are there. */
enum {
	ENOENT = 2,
	ENXIO = 6,
	EEXIST = 17,
	ENOTDIR = 20,
	EISDIR = 21,
	EMFILE = 24,
	ENOTTY = 25,
	ENOSPC = 28,
	ESPIPE = 29,
	EROFS = 30,
	EPIPE = 32,
	ERANGE = 34,
	ENAMETOOLONG = LINUX_ENAMETOOLONG,
	ELOOP = LINUX_ELOOP,
};

/* As ARM has them: arch/arm/include/uapi/asm/fcntl.h. */
enum {
	O_WRONLY = 1,
	O_RDWR = 2,
	O_CREAT = 0100,
	O_EXCL = 0200,
	O_TRUNC = 01000,
	O_NONBLOCK = 04000,
	O_DIRECTORY = 040000,
	O_NOFOLLOW = 0100000,
};

enum file_call_number {
	CALL_READ = 3,
	CALL_OPEN = 5,
	CALL_CLOSE = 6,
	CALL_UNLINK = 10,
	CALL_CHDIR = 12,
	CALL_LSEEK = 19,
	CALL_ACCESS = 33,
	CALL_MKDIR = 39,
	CALL_DUP = 41,
	CALL_PIPE = 42,
	CALL_IOCTL = 54,
	CALL_DUP2 = 63,
	CALL_READLINK = 85,
	CALL_FCHDIR = 133,
	CALL_NEWSELECT = 142,
	CALL_READV = 145,
	CALL_POLL = 168,
	CALL_RT_SIGACTION = 174,
	CALL_PREAD64 = 180,
	CALL_GETCWD = 183,
	CALL_STAT64 = 195,
	CALL_LSTAT64 = 196,
	CALL_FSTAT64 = 197,
	CALL_GETDENTS64 = 217,
	CALL_FCNTL64 = 221,
	CALL_OPENAT = 322,
	CALL_DUP3 = 358,
	CALL_PIPE2 = 359,
	CALL_CLOSE_RANGE = 436,
};

struct iovec {
	void *base;
	uint32_t bytes;
};

struct pollfd {
	int32_t fd;
	int16_t events, revents;
};

static inline int32_t sys_open(const char *path, uint32_t flags)
{
	return syscall3(CALL_OPEN, address_of(path), flags, 0);
}

static inline int32_t sys_openat(int dir, const char *path, uint32_t flags)
{
	return syscall3(CALL_OPENAT, (uint32_t)dir, address_of(path), flags);
}

static inline int32_t sys_close(int fd)
{
	return syscall3(CALL_CLOSE, (uint32_t)fd, 0, 0);
}

static inline int32_t sys_read(int fd, void *to, uint32_t bytes)
{
	return syscall3(CALL_READ, (uint32_t)fd, address_of(to), bytes);
}

/* A pair of registers that begins at an even one. */
static inline int32_t sys_pread(int fd, void *to, uint32_t bytes, uint64_t position)
{
	return syscall6(CALL_PREAD64, (uint32_t)fd, address_of(to), bytes, 0, (uint32_t)position,
			(uint32_t)(position >> 32));
}

static inline int32_t sys_readv(int fd, const struct iovec *parts, uint32_t count)
{
	return syscall3(CALL_READV, (uint32_t)fd, address_of(parts), count);
}

static inline int32_t sys_lseek(int fd, int32_t offset, uint32_t whence)
{
	return syscall3(CALL_LSEEK, (uint32_t)fd, (uint32_t)offset, whence);
}

static inline int32_t sys_getdents64(int fd, void *to, uint32_t bytes)
{
	return syscall3(CALL_GETDENTS64, (uint32_t)fd, address_of(to), bytes);
}

static inline int32_t sys_chdir(const char *path)
{
	return syscall3(CALL_CHDIR, address_of(path), 0, 0);
}

static inline int32_t sys_fchdir(int fd)
{
	return syscall3(CALL_FCHDIR, (uint32_t)fd, 0, 0);
}

static inline int32_t sys_getcwd(char *to, uint32_t bytes)
{
	return syscall3(CALL_GETCWD, address_of(to), bytes, 0);
}

static inline int32_t sys_readlink(const char *path, char *to, uint32_t bytes)
{
	return syscall3(CALL_READLINK, address_of(path), address_of(to), bytes);
}

static inline int32_t sys_dup(int fd)
{
	return syscall3(CALL_DUP, (uint32_t)fd, 0, 0);
}

static inline int32_t sys_dup2(int fd, int to)
{
	return syscall3(CALL_DUP2, (uint32_t)fd, (uint32_t)to, 0);
}

static inline int32_t sys_ioctl(int fd, uint32_t request, void *arg)
{
	return syscall3(CALL_IOCTL, (uint32_t)fd, request, address_of(arg));
}

static inline int32_t sys_pipe(int *fd)
{
	return syscall3(CALL_PIPE, address_of(fd), 0, 0);
}

static inline int32_t sys_pipe2(int *fd, uint32_t flags)
{
	return syscall3(CALL_PIPE2, address_of(fd), flags, 0);
}

static inline int32_t sys_poll(struct pollfd *list, uint32_t count, int32_t ms)
{
	return syscall3(CALL_POLL, address_of(list), count, (uint32_t)ms);
}

#endif

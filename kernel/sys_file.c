/*
 * Open files and their numbers. Linux: open(2), close(2), close_range(2), dup(2), fcntl(2),
 * ioctl(2), fsync(2).
 */
#include <errno.h>
#include <stddef.h>
#include "arch/uaccess.h"
#include "fs/pipe.h"
#include "kernel/fdtable.h"
#include "kernel/syscall.h"
#include "kernel/user_path.h"

/* What a program may ask for; other bits are ignored, as open(2) does. */
#define OPEN_KNOWN                                                                                 \
	(OPEN_ACCESS | OPEN_CREAT | OPEN_EXCL | OPEN_TRUNC | OPEN_APPEND | OPEN_NONBLOCK |         \
	 OPEN_DIRECTORY | OPEN_NOFOLLOW | OPEN_LARGEFILE | OPEN_CLOEXEC | OPEN_PATH)

/* Linux: uapi/asm-generic/fcntl.h. */
enum fcntl_command {
	FCNTL_DUPFD = 0,
	FCNTL_GETFD = 1,
	FCNTL_SETFD = 2,
	FCNTL_GETFL = 3,
	FCNTL_SETFL = 4,
	FCNTL_DUPFD_CLOEXEC = 1030,
};

#define FD_CLOEXEC	    1u
#define CLOSE_RANGE_CLOEXEC 4u /* uapi/linux/close_range.h */
#define SETTABLE	    (OPEN_APPEND | OPEN_NONBLOCK)

/* Installs a file that was just opened or held once more; its hold goes with an error. */
static int install(struct file *f, uint32_t lowest, bool close_on_exec)
{
	int fd = fd_install(fd_table_current(), f, lowest, close_on_exec);

	if (fd < 0)
		file_put(f);
	return fd;
}

static int32_t open_at(int32_t dir, uint32_t path, uint32_t flags)
{
	struct user_path p;
	struct file *f;
	int error = user_path_take(&p, dir, path, false);

	if (error)
		return error;
	flags &= OPEN_KNOWN;
	error = file_open_at(p.start, p.text, flags, &f);
	user_path_drop(&p);
	return error ? error : install(f, 0, flags & OPEN_CLOEXEC);
}

int32_t sys_open(const uint32_t *arg)
{
	return open_at(AT_HERE, arg[0], arg[1]);
}

int32_t sys_openat(const uint32_t *arg)
{
	return open_at((int32_t)arg[0], arg[1], arg[2]);
}

int32_t sys_creat(const uint32_t *arg)
{
	return open_at(AT_HERE, arg[0], OPEN_CREAT | OPEN_WRONLY | OPEN_TRUNC);
}

int32_t sys_close(const uint32_t *arg)
{
	return fd_close(fd_table_current(), arg[0]);
}

int32_t sys_close_range(const uint32_t *arg)
{
	struct fd_table *t = fd_table_current();

	if (arg[0] > arg[1] || arg[2] & ~CLOSE_RANGE_CLOEXEC)
		return -EINVAL;
	for (uint32_t fd = fd_next(t, arg[0]); fd <= arg[1] && fd < FD_MAX; fd = fd_next(t, fd + 1))
		if (arg[2] & CLOSE_RANGE_CLOEXEC)
			fd_set_close_on_exec(t, fd, true);
		else
			fd_close(t, fd);
	return 0;
}

static int32_t duplicate(uint32_t fd, uint32_t lowest, bool close_on_exec)
{
	struct file *f = fd_get(fd_table_current(), fd);

	return f ? install(f, lowest, close_on_exec) : -EBADF;
}

int32_t sys_dup(const uint32_t *arg)
{
	return duplicate(arg[0], 0, false);
}

static int32_t duplicate_to(uint32_t from, uint32_t to, bool close_on_exec)
{
	struct file *f = fd_get(fd_table_current(), from);
	int fd;

	if (!f)
		return -EBADF;
	fd = fd_replace(fd_table_current(), to, f, close_on_exec);
	if (fd < 0)
		file_put(f);
	return fd;
}

int32_t sys_dup2(const uint32_t *arg)
{
	struct file *f;

	if (arg[0] != arg[1])
		return duplicate_to(arg[0], arg[1], false);
	f = fd_get(fd_table_current(), arg[0]);
	if (!f)
		return -EBADF;
	file_put(f);
	return (int32_t)arg[0];
}

int32_t sys_dup3(const uint32_t *arg)
{
	if (arg[0] == arg[1] || arg[2] & ~(uint32_t)OPEN_CLOEXEC)
		return -EINVAL;
	return duplicate_to(arg[0], arg[1], arg[2] & OPEN_CLOEXEC);
}

/* Race: two callers at once may lose one's bit, never another's file. */
static int set_flags(struct file *f, uint32_t flags)
{
	uint32_t before = atomic_load(&f->flags);

	atomic_store(&f->flags, (before & ~(uint32_t)SETTABLE) | (flags & SETTABLE));
	return 0;
}

static int32_t control_file(uint32_t fd, uint32_t command, uint32_t value)
{
	struct file *f = fd_get(fd_table_current(), fd);
	int32_t result = -EINVAL;

	if (!f)
		return -EBADF;
	if (command == FCNTL_GETFL)
		result = (int32_t)(f->flags | OPEN_LARGEFILE);
	else if (command == FCNTL_SETFL)
		result = set_flags(f, value);
	file_put(f);
	return result;
}

int32_t sys_fcntl(const uint32_t *arg)
{
	switch (arg[1]) {
	case FCNTL_DUPFD:
		return duplicate(arg[0], arg[2], false);
	case FCNTL_DUPFD_CLOEXEC:
		return duplicate(arg[0], arg[2], true);
	case FCNTL_GETFD:
		return fd_is_close_on_exec(fd_table_current(), arg[0]);
	case FCNTL_SETFD:
		return fd_set_close_on_exec(fd_table_current(), arg[0], arg[2] & FD_CLOEXEC);
	default:
		return control_file(arg[0], arg[1], arg[2]);
	}
}

int32_t sys_ioctl(const uint32_t *arg)
{
	struct file *f = fd_get(fd_table_current(), arg[0]);
	int32_t result = -ENOTTY;

	if (!f)
		return -EBADF;
	if (f->flags & OPEN_PATH)
		result = -EBADF;
	else if (f->ops->ioctl)
		result = f->ops->ioctl(f, arg[1], arg[2]);
	file_put(f);
	return result;
}

/* Both ends get a number or neither does. The holds go to the table. */
static int install_pipe(struct file *end[2], uint32_t flags, int32_t fd[2])
{
	fd[0] = install(end[0], 0, flags & OPEN_CLOEXEC);
	if (fd[0] < 0) {
		file_put(end[1]);
		return fd[0];
	}
	fd[1] = install(end[1], 0, flags & OPEN_CLOEXEC);
	if (fd[1] < 0)
		fd_close(fd_table_current(), (uint32_t)fd[0]);
	return fd[1] < 0 ? fd[1] : 0;
}

static int32_t make_pipe(uint32_t to, uint32_t flags)
{
	struct file *end[2];
	int32_t fd[2];
	int error;

	if (flags & ~(uint32_t)(OPEN_CLOEXEC | OPEN_NONBLOCK))
		return -EINVAL;
	error = pipe_create(end, flags & OPEN_NONBLOCK);
	if (!error)
		error = install_pipe(end, flags, fd);
	if (error || !copy_to_user(vaddr(to), fd, sizeof(fd)))
		return error;
	fd_close(fd_table_current(), (uint32_t)fd[0]);
	fd_close(fd_table_current(), (uint32_t)fd[1]);
	return -EFAULT;
}

int32_t sys_pipe(const uint32_t *arg)
{
	return make_pipe(arg[0], 0);
}

int32_t sys_pipe2(const uint32_t *arg)
{
	return make_pipe(arg[0], arg[1]);
}

/* Nothing here is kept anywhere but in memory. -EINVAL: it is no file that could be kept. */
int32_t sys_fsync(const uint32_t *arg)
{
	struct file *f = fd_get(fd_table_current(), arg[0]);
	int32_t result = 0;

	if (!f)
		return -EBADF;
	if (!mode_is(f->inode->mode, MODE_FILE) && !inode_is_dir(f->inode))
		result = -EINVAL;
	file_put(f);
	return result;
}

int32_t sys_sync(const uint32_t *arg)
{
	(void)arg;
	return 0;
}

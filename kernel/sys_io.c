/*
 * Bytes from files and to files. Linux: read(2), readv(2), pread(2), lseek(2).
 */
#include <errno.h>
#include <string.h>
#include "arch/uaccess.h"
#include "kernel/fdtable.h"
#include "kernel/process.h"
#include "kernel/syscall.h"
#include "mm/phys/alloc.h"

#define MAX_BYTES 0x7ffff000u /* a call: Linux, include/linux/fs.h, MAX_RW_COUNT */
#define MAX_PARTS 1024u	      /* a call: uapi/linux/uio.h, UIO_MAXIOV */

#define FEW_PARTS   8u /* fit on the stack */
#define PARTS_ORDER 1u /* of pages, for MAX_PARTS */

_Static_assert(MAX_PARTS * sizeof(struct io_part) == PAGE_SIZE << PARTS_ORDER, "they fit");

/* How a call moves bytes once file and io are there. */
typedef int32_t (*mover)(struct file *f, struct io *io, uint64_t position);

/* Nothing had moved when a signal came: the call may be made again. */
static int32_t or_again(int32_t result)
{
	return result == -EINTR ? -CALL_AGAIN : result;
}

static int32_t read_here(struct file *f, struct io *io, uint64_t position)
{
	(void)position;
	return or_again(file_read(f, io));
}

static int32_t write_here(struct file *f, struct io *io, uint64_t position)
{
	static const struct signal_info broken = { .number = SIGNAL_PIPE };
	int32_t result = file_write(f, io);

	(void)position;
	if (result == -EPIPE)
		signal_send_task(task_current(), &broken);
	return or_again(result);
}

static uint32_t limited(uint32_t bytes)
{
	return bytes < MAX_BYTES ? bytes : MAX_BYTES;
}

static bool is_user_range(uint32_t address, uint32_t bytes)
{
	return address <= USER_END && bytes <= USER_END - address;
}

/* One buffer: fd, address, bytes. */
static int32_t move_one(const uint32_t *arg, uint64_t position, mover move)
{
	struct io io = io_user(arg[1], limited(arg[2]));
	struct file *f = fd_get(fd_table_current(), arg[0]);
	int32_t result;

	if (!f)
		return -EBADF;
	result = is_user_range(arg[1], io.left) ? move(f, &io, position) : -EFAULT;
	file_put(f);
	return result;
}

/* Positions are signed in the user's eyes. */
static int32_t move_one_at(const uint32_t *arg, uint64_t position, mover move)
{
	return (int64_t)position < 0 ? -EINVAL : move_one(arg, position, move);
}

/* Copies the parts and makes them one io. -EINVAL for too many bytes, -EFAULT. */
static int take_parts(struct io *io, struct io_part *parts, uint32_t from, uint32_t count)
{
	uint32_t sum = 0;

	if (copy_from_user(parts, vaddr(from), count * sizeof(*parts)))
		return -EFAULT;
	for (uint32_t i = 0; i < count; i++) {
		if ((int32_t)parts[i].bytes < 0)
			return -EINVAL;
		if (!is_user_range(parts[i].user, parts[i].bytes))
			return -EFAULT;
		if (parts[i].bytes > MAX_BYTES - sum)
			parts[i].bytes = MAX_BYTES - sum;
		sum += parts[i].bytes;
	}
	*io = io_parts(parts, sum);
	return 0;
}

static int32_t move_parts_by(struct io_part *parts, struct file *f, const uint32_t *arg,
			     uint64_t position, mover move)
{
	struct io io;
	int error = take_parts(&io, parts, arg[1], arg[2]);

	return error ? error : move(f, &io, position);
}

static int32_t move_parts(struct file *f, const uint32_t *arg, uint64_t position, mover move)
{
	struct io_part few[FEW_PARTS], *parts;
	int32_t result;

	if (arg[2] > MAX_PARTS)
		return -EINVAL;
	if (arg[2] <= FEW_PARTS)
		return move_parts_by(few, f, arg, position, move);
	parts = alloc_kernel_pages(GFP_KERNEL, PARTS_ORDER);
	if (!parts)
		return -ENOMEM;
	result = move_parts_by(parts, f, arg, position, move);
	free_kernel_pages(parts, PARTS_ORDER);
	return result;
}

/* Several buffers: fd, parts, their number. */
static int32_t move_many(const uint32_t *arg, uint64_t position, mover move)
{
	struct file *f = fd_get(fd_table_current(), arg[0]);
	int32_t result;

	if (!f)
		return -EBADF;
	result = move_parts(f, arg, position, move);
	file_put(f);
	return result;
}

static int32_t move_many_at(const uint32_t *arg, uint64_t position, mover move)
{
	return (int64_t)position < 0 ? -EINVAL : move_many(arg, position, move);
}

/* Two registers, the low half first: pread64 has them in r4 and r5, preadv in r3 and r4. */
static uint64_t pair(const uint32_t *low)
{
	return (uint64_t)low[1] << 32 | low[0];
}

int32_t sys_read(const uint32_t *arg)
{
	return move_one(arg, 0, read_here);
}

int32_t sys_write(const uint32_t *arg)
{
	return move_one(arg, 0, write_here);
}

int32_t sys_readv(const uint32_t *arg)
{
	return move_many(arg, 0, read_here);
}

int32_t sys_writev(const uint32_t *arg)
{
	return move_many(arg, 0, write_here);
}

int32_t sys_pread64(const uint32_t *arg)
{
	return move_one_at(arg, pair(arg + 4), file_read_at);
}

int32_t sys_pwrite64(const uint32_t *arg)
{
	return move_one_at(arg, pair(arg + 4), file_write_at);
}

int32_t sys_preadv(const uint32_t *arg)
{
	return move_many_at(arg, pair(arg + 3), file_read_at);
}

int32_t sys_pwritev(const uint32_t *arg)
{
	return move_many_at(arg, pair(arg + 3), file_write_at);
}

/* No flags of preadv2 are served; position -1 means the file's own. */
static int32_t move_many_2(const uint32_t *arg, mover here, mover at)
{
	uint64_t position = pair(arg + 3);

	if (arg[5])
		return -LINUX_EOPNOTSUPP;
	return position == UINT64_MAX ? move_many(arg, 0, here) : move_many_at(arg, position, at);
}

int32_t sys_preadv2(const uint32_t *arg)
{
	return move_many_2(arg, read_here, file_read_at);
}

int32_t sys_pwritev2(const uint32_t *arg)
{
	return move_many_2(arg, write_here, file_write_at);
}

static int seek(uint32_t fd, int64_t offset, uint32_t whence, uint64_t *position)
{
	struct file *f = fd_get(fd_table_current(), fd);
	int error;

	if (!f)
		return -EBADF;
	error = file_seek(f, offset, whence, position);
	file_put(f);
	return error;
}

int32_t sys_lseek(const uint32_t *arg)
{
	uint64_t position = 0;
	int error = seek(arg[0], (int32_t)arg[1], arg[2], &position);

	if (error)
		return error;
	return position > INT32_MAX ? -LINUX_EOVERFLOW : (int32_t)position;
}

int32_t sys__llseek(const uint32_t *arg)
{
	uint64_t position = 0;
	int error = seek(arg[0], (int64_t)((uint64_t)arg[1] << 32 | arg[2]), arg[4], &position);

	if (error)
		return error;
	return copy_to_user(vaddr(arg[3]), &position, sizeof(position)) ? -EFAULT : 0;
}

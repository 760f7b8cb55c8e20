/*
 * One terminal. A line under edit is `line`; what is ready to be read is `ready`, a ring of
 * characters in which TTY_END marks an end of file: a read of lines stops behind a line's end or
 * such a mark, and at a mark that stands first it gives nothing.
 *
 * Locks: tty.lock around everything but the sleep.
 */
#include <errno.h>
#include <string.h>
#include "arch/uaccess.h"
#include "base/log.h"
#include "base/waitq.h"
#include "drivers/pl011.h"
#include "kernel/process.h"
#include "kernel/tty.h"

#define LINE_BYTES  255u
#define READY_MAX   1024u
#define WRITE_PIECE 256u
#define TTY_END	    0x100u
#define KEY_DELETE  127
#define FROM_KERNEL 0x80 /* SI_KERNEL: uapi/asm-generic/siginfo.h */
#define LINUX_ROWS  24u
#define LINUX_WIDTH 80u

/* Linux: uapi/asm-generic/termbits.h. */
enum { INPUT_ICRNL = 0400 };
enum { LOCAL_ISIG = 1, LOCAL_ICANON = 2, LOCAL_ECHO = 010, LOCAL_ECHOE = 020, LOCAL_ECHOK = 040 };
enum { CONTROL_CS8 = 060, CONTROL_CREAD = 0200, CONTROL_B38400 = 017 };
enum { KEY_INTR, KEY_QUIT, KEY_ERASE, KEY_KILL, KEY_EOF, KEY_TIME, KEY_MIN, KEYS = 19 };

/* Linux: uapi/asm-generic/ioctls.h. */
enum {
	TTY_GET = 0x5401,
	TTY_SET = 0x5402,
	TTY_SET_DRAINED = 0x5403,
	TTY_SET_FLUSHED = 0x5404,
	TTY_WINDOW = 0x5413
};

struct termios {
	uint32_t input, output, control, local;
	uint8_t discipline, key[KEYS];
};

_Static_assert(sizeof(struct termios) == 36, "as Linux has it");

static struct {
	struct rwsem lock; /* written */
	struct termios set;
	char line[LINE_BYTES];
	uint32_t length;
	uint16_t ready[READY_MAX];
	uint32_t head, tail; /* put and taken since boot */
	bool interrupted;    /* the interrupt key was met; who reads takes it */
} tty = {
	.set = { .input = INPUT_ICRNL,
		 .control = CONTROL_CS8 | CONTROL_CREAD | CONTROL_B38400,
		 .local = LOCAL_ISIG | LOCAL_ICANON | LOCAL_ECHO | LOCAL_ECHOE | LOCAL_ECHOK,
		 .key = { [KEY_INTR] = 3,
			  [KEY_QUIT] = 28,
			  [KEY_ERASE] = KEY_DELETE,
			  [KEY_KILL] = 21,
			  [KEY_EOF] = 4,
			  [KEY_MIN] = 1 } },
};

static bool has(uint32_t local)
{
	return tty.set.local & local;
}

static void echo(const char *text)
{
	if (has(LOCAL_ECHO))
		print("%s", text);
}

static void echo_key(uint8_t key)
{
	if (!has(LOCAL_ECHO))
		return;
	if (key < ' ' && key != '\n' && key != '\t')
		print("^%c", key + '@');
	else
		print("%c", key);
}

static void make_ready(uint32_t c)
{
	tty.ready[tty.head++ % READY_MAX] = (uint16_t)c;
}

static uint32_t room(void)
{
	return READY_MAX - (tty.head - tty.tail);
}

static void finish_line(uint32_t end)
{
	for (uint32_t i = 0; i < tty.length; i++)
		make_ready((uint8_t)tty.line[i]);
	make_ready(end);
	tty.length = 0;
}

static void erase_one(void)
{
	if (tty.length == 0)
		return;
	tty.length--;
	echo("\b \b");
}

static void erase_all(void)
{
	while (tty.length)
		erase_one();
}

static void add_to_line(uint8_t key)
{
	if (tty.length == LINE_BYTES - 1)
		return;
	tty.line[tty.length++] = (char)key;
	echo_key(key);
}

static void edit(uint8_t key)
{
	const uint8_t *set = tty.set.key;

	if (key == '\n') {
		echo_key(key);
		finish_line(key);
	} else if (key == set[KEY_ERASE] || key == '\b') {
		erase_one();
	} else if (key == set[KEY_KILL]) {
		erase_all();
	} else if (key == set[KEY_EOF]) {
		finish_line(TTY_END);
	} else {
		add_to_line(key);
	}
}

static void interrupt(uint8_t key)
{
	echo_key(key);
	echo("\n");
	tty.length = 0;
	tty.interrupted = true;
}

static void take_key(uint8_t key)
{
	if (key == '\r' && tty.set.input & INPUT_ICRNL)
		key = '\n';
	if (has(LOCAL_ISIG) && key == tty.set.key[KEY_INTR]) {
		interrupt(key);
	} else if (has(LOCAL_ICANON)) {
		edit(key);
	} else {
		echo_key(key);
		make_ready(key);
	}
}

/* What has arrived, as long as a whole line would still fit. */
static void take_keys(void)
{
	int key;

	while (room() > LINE_BYTES + 1 && (key = serial_getc()) >= 0)
		take_key((uint8_t)key);
}

/* In the serial interrupt: bytes have arrived. */
static void wake_readers(void)
{
	waitq_wake(&tty);
	waitq_wake(&file_poll_key);
}

/* Something to read, be it an end of file. Locks: tty.lock. */
static bool is_ready(void)
{
	take_keys();
	return tty.head != tty.tail;
}

/* Takes up to `bytes` characters, not past a line's end. Returns how many. */
static uint32_t take_ready(char *to, uint32_t bytes, bool *ended)
{
	uint32_t n = 0;

	while (n < bytes && tty.head != tty.tail && !*ended) {
		uint32_t c = tty.ready[tty.tail++ % READY_MAX];

		if (c != TTY_END)
			to[n++] = (char)c;
		*ended = c == TTY_END || (has(LOCAL_ICANON) && c == '\n');
	}
	/* A mark right behind what was asked for belongs to it. */
	if (!*ended && n && tty.head != tty.tail && tty.ready[tty.tail % READY_MAX] == TTY_END) {
		tty.tail++;
		*ended = true;
	}
	return n;
}

static int give_ready(struct io *io)
{
	bool ended = false;
	int error = 0;

	while (io->left && tty.head != tty.tail && !ended && !error) {
		char piece[64];
		uint32_t want = io->left < sizeof(piece) ? io->left : sizeof(piece);
		uint32_t n = take_ready(piece, want, &ended);

		error = io_give(io, piece, n);
	}
	return error;
}

static int take_interrupt(void)
{
	static const struct signal_info info = { .number = SIGNAL_INT, .code = FROM_KERNEL };

	tty.interrupted = false;
	signal_send(process_current(), &info);
	return -EINTR;
}

/* Locks: tty.lock. 0 when there is something, or when nothing has to be waited for. */
static int try_read(const struct file *f, struct io *io)
{
	bool at_once = !has(LOCAL_ICANON) && tty.set.key[KEY_MIN] == 0;

	if (is_ready() || at_once)
		return give_ready(io);
	if (tty.interrupted && process_current())
		return take_interrupt();
	return f->flags & OPEN_NONBLOCK ? -EAGAIN : 1;
}

static int try_read_once(const struct file *f, struct io *io)
{
	int result;

	rwsem_write_lock(&tty.lock);
	result = try_read(f, io);
	rwsem_write_unlock(&tty.lock);
	return result;
}

static bool has_arrived(void)
{
	bool ready;

	rwsem_write_lock(&tty.lock);
	ready = is_ready() || tty.interrupted;
	rwsem_write_unlock(&tty.lock);
	return ready;
}

/* Race: bytes that arrive while it looks wake it, because it is queued before. */
static int wait_for_input(void)
{
	struct waiter w;
	bool interrupted;

	waitq_prepare(&w, &tty, "input");
	if (!serial_is_waiting() && !thread_is_interrupted())
		sched_block();
	waitq_finish(&w);
	interrupted = thread_is_interrupted();
	return interrupted && !has_arrived() ? -EINTR : 0;
}

static int read_tty(struct file *f, struct io *io, uint64_t *position)
{
	int result;

	(void)position;
	if (!io->left)
		return 0;
	if (!serial_try_take(wake_readers))
		return -EIO;
	while ((result = try_read_once(f, io)) > 0) {
		result = wait_for_input();
		if (result)
			break;
	}
	return result;
}

static int write_tty(struct file *f, struct io *io, uint64_t *position)
{
	int error = 0;

	(void)f;
	(void)position;
	while (io->left && !error) {
		char piece[WRITE_PIECE];
		uint32_t had = io->done;

		error = io_take(io, piece, sizeof(piece));
		log_put(piece, io->done - had);
		thread_yield_if_due();
		if (thread_is_dying())
			break;
	}
	return error;
}

static uint32_t poll_tty(struct file *f)
{
	(void)f;
	if (serial_try_take(wake_readers) && has_arrived())
		return POLL_IN | POLL_READ | POLL_OUT | POLL_WRITE;
	return POLL_OUT | POLL_WRITE;
}

static int set_termios(uint32_t from, bool flush)
{
	struct termios set;

	if (copy_from_user(&set, vaddr(from), sizeof(set)))
		return -EFAULT;
	rwsem_write_lock(&tty.lock);
	if (flush) {
		while (serial_getc() >= 0)
			;
		tty.tail = tty.head;
		tty.length = 0;
	}
	/* A line begun is no line to who wants keys. */
	if (!(set.local & LOCAL_ICANON) && tty.length)
		finish_line(TTY_END);
	tty.set = set;
	rwsem_write_unlock(&tty.lock);
	return 0;
}

static int get_termios(uint32_t to)
{
	struct termios set;

	rwsem_write_lock(&tty.lock);
	set = tty.set;
	rwsem_write_unlock(&tty.lock);
	return copy_to_user(vaddr(to), &set, sizeof(set)) ? -EFAULT : 0;
}

static int get_window(uint32_t to)
{
	static const uint16_t size[4] = { LINUX_ROWS, LINUX_WIDTH };

	return copy_to_user(vaddr(to), size, sizeof(size)) ? -EFAULT : 0;
}

static int control_tty(struct file *f, uint32_t request, uint32_t arg)
{
	(void)f;
	switch (request) {
	case TTY_GET:
		return get_termios(arg);
	case TTY_SET:
	case TTY_SET_DRAINED:
	case TTY_SET_FLUSHED:
		return set_termios(arg, request == TTY_SET_FLUSHED);
	case TTY_WINDOW:
		return get_window(arg);
	default:
		return -ENOTTY;
	}
}

const struct file_ops tty_ops = {
	.read = read_tty,
	.write = write_tty,
	.ioctl = control_tty,
	.poll = poll_tty,
	.is_stream = true,
};

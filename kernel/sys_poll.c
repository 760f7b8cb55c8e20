/*
 * Waiting for several files at once. Linux: poll(2), select(2).
 *
 * All who wait queue for one key (fs/file.h, file_poll_key) and look at all their files whenever
 * any file of the machine has changed: few wait, and nothing is kept per file.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include "arch/uaccess.h"
#include "base/waitq.h"
#include "kernel/fdtable.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "mm/phys/alloc.h"

#define EVER	  UINT64_MAX
#define SET_BYTES 8u /* of a signal set */
#define SET_WORDS (FD_MAX / 32)

struct pollfd {
	int32_t fd;
	uint16_t events, found;
};

_Static_assert(FD_MAX * sizeof(struct pollfd) <= PAGE_SIZE, "all of them fit a page");

/* What is looked at again and again: how many files are ready, or -errno. */
struct look {
	int (*now)(struct look *l);
	struct pollfd *list; /* poll: so many */
	uint32_t count;
	uint32_t (*wanted)[SET_WORDS]; /* select: three sets, for numbers below count */
	uint32_t (*found)[SET_WORDS];
};

/* ---- sleeping ---- */

/* Race: queued before it looks, so what changes meanwhile wakes it. */
static int look_or_sleep(struct look *l, uint64_t until)
{
	struct waiter w;
	int found;

	waitq_prepare(&w, &file_poll_key, "files");
	found = l->now(l);
	if (!found && time_ns() < until && !thread_is_interrupted())
		sched_block();
	waitq_finish(&w);
	return found;
}

static int look_until(struct look *l, uint64_t until)
{
	int found = l->now(l);
	struct alarm a;

	if (found || time_ns() >= until)
		return found;
	time_alarm_set(&a, until);
	while (!found && time_ns() < until && !thread_is_interrupted())
		found = look_or_sleep(l, until);
	time_alarm_clear(&a);
	if (found || time_ns() >= until)
		return found;
	return -EINTR;
}

/* ---- times ---- */

static int deadline(int64_t seconds, int64_t ns, uint64_t *until)
{
	if (seconds < 0 || ns < 0 || ns >= NS_PER_S)
		return -EINVAL;
	*until = seconds >= INT32_MAX ? EVER
				      : time_ns() + (uint64_t)seconds * NS_PER_S + (uint64_t)ns;
	return 0;
}

/* How a program keeps a time: words of 32 or 64 bits, parts of a second in ns or in us. */
struct time_format {
	uint32_t word_bytes, ns_a_part;
};

static const struct time_format timespec32 = { 4, 1 }, timespec64 = { 8, 1 }, timeval = { 4, 1000 };

static int read_until(uint32_t from, const struct time_format *t, uint64_t *until)
{
	int64_t wide[2];
	int32_t narrow[2];

	*until = EVER;
	if (!from)
		return 0;
	if (copy_from_user(t->word_bytes == 8 ? (void *)wide : narrow, vaddr(from),
			   2 * t->word_bytes))
		return -EFAULT;
	if (t->word_bytes == 4) {
		wide[0] = narrow[0];
		wide[1] = narrow[1];
	}
	/* select takes more than a second of microseconds. */
	if (t->ns_a_part != 1 && wide[1] >= 0) {
		wide[0] += wide[1] / 1000000;
		wide[1] = wide[1] % 1000000 * t->ns_a_part;
	}
	return deadline(wide[0], wide[1], until);
}

/* The time that is left goes back. Linux does not mind if it can not. */
static void write_left(uint32_t to, const struct time_format *t, uint64_t until)
{
	uint64_t now = time_ns(), left = until > now ? until - now : 0;
	int64_t wide[2] = { (int64_t)(left / NS_PER_S), (int64_t)(left % NS_PER_S) / t->ns_a_part };
	int32_t narrow[2] = { (int32_t)wide[0], (int32_t)wide[1] };

	if (!to || until == EVER)
		return;
	if (copy_to_user(vaddr(to), t->word_bytes == 8 ? (void *)wide : narrow, 2 * t->word_bytes))
		return;
}

/* ---- poll ---- */

static uint32_t events_of(int32_t fd)
{
	struct file *f = fd_get(fd_table_current(), (uint32_t)fd);
	uint32_t events;

	if (!f)
		return POLL_INVALID;
	events = file_poll(f);
	file_put(f);
	return events;
}

static int poll_now(struct look *l)
{
	int found = 0;

	for (uint32_t n = 0; n < l->count; n++) {
		struct pollfd *p = &l->list[n];
		uint32_t asked = p->events | POLL_ERROR | POLL_HANGUP | POLL_INVALID;

		p->found = p->fd < 0 ? 0 : (uint16_t)(events_of(p->fd) & asked);
		found += p->found != 0;
	}
	return found;
}

static int32_t poll_list(struct pollfd *list, uint32_t at, uint32_t count, uint64_t until)
{
	struct look l = { .now = poll_now, .list = list, .count = count };
	uint32_t bytes = count * (uint32_t)sizeof(*list);
	int found;

	if (copy_from_user(list, vaddr(at), bytes))
		return -EFAULT;
	found = look_until(&l, until);
	if (found >= 0 && copy_to_user(vaddr(at), list, bytes))
		return -EFAULT;
	return found;
}

static int32_t poll_until(uint32_t at, uint32_t count, uint64_t until)
{
	struct pollfd *list;
	int32_t found;

	if (count > FD_MAX)
		return -EINVAL;
	list = alloc_kernel_pages(GFP_KERNEL, 0);
	if (!list)
		return -ENOMEM;
	found = poll_list(list, at, count, until);
	free_kernel_pages(list, 0);
	return found;
}

int32_t sys_poll(const uint32_t *arg)
{
	int32_t ms = (int32_t)arg[2];

	return poll_until(arg[0], arg[1], ms < 0 ? EVER : time_ns() + (uint64_t)arg[2] * 1000000u);
}

/* The signal mask of a call, if it has one, until the call ends. */
static int lend_mask(uint32_t set, uint32_t bytes)
{
	uint64_t mask;

	if (!set)
		return 0;
	if (bytes != SET_BYTES)
		return -EINVAL;
	if (copy_from_user(&mask, vaddr(set), sizeof(mask)))
		return -EFAULT;
	signal_mask_lend(mask);
	return 0;
}

static int32_t end_with_mask(int32_t result)
{
	if (result != -EINTR)
		signal_mask_back();
	return result;
}

static int32_t ppoll(const uint32_t *arg, const struct time_format *t)
{
	uint64_t until;
	int32_t result = read_until(arg[2], t, &until);

	if (!result)
		result = lend_mask(arg[3], arg[4]);
	if (result)
		return result;
	result = end_with_mask(poll_until(arg[0], arg[1], until));
	write_left(arg[2], t, until);
	return result;
}

int32_t sys_ppoll(const uint32_t *arg)
{
	return ppoll(arg, &timespec32);
}

int32_t sys_ppoll_time64(const uint32_t *arg)
{
	return ppoll(arg, &timespec64);
}

/* ---- select ---- */

/* What counts as ready to read, to write, as exception. */
static const uint32_t meanings[3] = { POLL_IN | POLL_HANGUP | POLL_ERROR, POLL_OUT | POLL_ERROR,
				      0 };

static int select_one(struct look *l, uint32_t fd, uint32_t events)
{
	uint32_t word = fd / 32, bit = 1u << fd % 32;
	int found = 0;

	for (unsigned set = 0; set < 3; set++) {
		if (!(l->wanted[set][word] & bit) || !(events & meanings[set]))
			continue;
		l->found[set][word] |= bit;
		found++;
	}
	return found;
}

static bool is_wanted(const struct look *l, uint32_t fd)
{
	uint32_t word = fd / 32;

	return (l->wanted[0][word] | l->wanted[1][word] | l->wanted[2][word]) >> fd % 32 & 1u;
}

static int select_now(struct look *l)
{
	int found = 0;

	memset(l->found, 0, 3 * sizeof(*l->found));
	for (uint32_t fd = 0; fd < l->count; fd++) {
		uint32_t events = is_wanted(l, fd) ? events_of((int32_t)fd) : 0;

		if (events & POLL_INVALID)
			return -EBADF;
		found += select_one(l, fd, events);
	}
	return found;
}

/* Sets come and go in words. */
static int copy_sets(const uint32_t *arg, struct look *l, bool back)
{
	uint32_t bytes = (l->count + 31) / 32 * 4;

	for (unsigned set = 0; set < 3; set++) {
		uint32_t user = arg[1 + set];
		size_t left = 0;

		if (user && back)
			left = copy_to_user(vaddr(user), l->found[set], bytes);
		else if (user)
			left = copy_from_user(l->wanted[set], vaddr(user), bytes);
		if (left)
			return -EFAULT;
	}
	return 0;
}

static int32_t select_until(const uint32_t *arg, uint64_t until)
{
	uint32_t wanted[3][SET_WORDS] = { { 0 } }, found[3][SET_WORDS];
	struct look l = { .now = select_now, .wanted = wanted, .found = found };
	int32_t result;

	if ((int32_t)arg[0] < 0)
		return -EINVAL;
	l.count = arg[0] < FD_MAX ? arg[0] : FD_MAX;
	result = copy_sets(arg, &l, false);
	if (!result)
		result = look_until(&l, until);
	if (result >= 0 && copy_sets(arg, &l, true))
		result = -EFAULT;
	return result;
}

int32_t sys__newselect(const uint32_t *arg)
{
	uint64_t until;
	int32_t result = read_until(arg[4], &timeval, &until);

	if (result)
		return result;
	result = select_until(arg, until);
	write_left(arg[4], &timeval, until);
	return result;
}

static int lend_packed_mask(uint32_t from)
{
	uint32_t packed[2]; /* set, its bytes */

	if (!from)
		return 0;
	if (copy_from_user(packed, vaddr(from), sizeof(packed)))
		return -EFAULT;
	return lend_mask(packed[0], packed[1]);
}

static int32_t pselect(const uint32_t *arg, const struct time_format *t)
{
	uint64_t until;
	int32_t result = read_until(arg[4], t, &until);

	if (!result)
		result = lend_packed_mask(arg[5]);
	if (result)
		return result;
	result = end_with_mask(select_until(arg, until));
	write_left(arg[4], t, until);
	return result;
}

int32_t sys_pselect6(const uint32_t *arg)
{
	return pselect(arg, &timespec32);
}

int32_t sys_pselect6_time64(const uint32_t *arg)
{
	return pselect(arg, &timespec64);
}

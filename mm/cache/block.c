/*
 * The queue of every disk: what is checked, what waits, what flies, and how each request ends once.
 *
 * A request leaves its list under the device's lock and is told (`done`) without it; whoever took
 * it off the list tells it, so it is told once, whoever else looks at the same moment: the
 * interrupt, the tick, somebody who gives the device up.
 */
#include "mm/cache/block.h"

#include <errno.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "base/waitq.h"
#include "mm/phys/pin.h"

/* Errors of one device that get a line each; what comes after them is only counted. */
#define ERRORS_TOLD 8u

FAILPOINT(block_read);
FAILPOINT(block_write);

static struct {
	struct spinlock lock; /* LOCK_DEVICE: the list of devices, and who has claimed them */
	struct list devices;
	void (*watch)(void);
	uint32_t limit;
} blocks = { .devices = LIST_INIT(blocks.devices), .limit = BLOCK_LIMIT_S };

static const char *const op_names[BLOCK_OPS] = { "read", "write", "flush" };

void block_register(struct block_device *d)
{
	uint32_t saved = spin_lock_irq(&blocks.lock, LOCK_DEVICE);

	list_init(&d->waiting);
	list_init(&d->flying);
	list_add_tail(&blocks.devices, &d->all);
	spin_unlock_irq(&blocks.lock, saved);
}

void block_unregister(struct block_device *d)
{
	uint32_t saved = spin_lock_irq(&blocks.lock, LOCK_DEVICE);

	assert_that(!d->claimed_by && list_is_empty(&d->waiting) && list_is_empty(&d->flying));
	list_del(&d->all);
	spin_unlock_irq(&blocks.lock, saved);
}

struct block_device *block_next(struct block_device *d)
{
	uint32_t saved = spin_lock_irq(&blocks.lock, LOCK_DEVICE);
	struct list *next = d ? d->all.next : blocks.devices.next;

	spin_unlock_irq(&blocks.lock, saved);
	return next == &blocks.devices ? NULL : list_entry(next, struct block_device, all);
}

struct block_device *block_find(const char *name)
{
	struct block_device *d = NULL;

	while ((d = block_next(d)) && strcmp(d->name, name) != 0)
		;
	return d;
}

int block_claim(struct block_device *d, const char *why)
{
	uint32_t saved = spin_lock_irq(&blocks.lock, LOCK_DEVICE);
	bool is_free = !d->claimed_by;

	if (is_free)
		d->claimed_by = why;
	spin_unlock_irq(&blocks.lock, saved);
	return is_free ? 0 : -EBUSY;
}

void block_release(struct block_device *d)
{
	uint32_t saved = spin_lock_irq(&blocks.lock, LOCK_DEVICE);

	assert_that(d->claimed_by);
	d->claimed_by = NULL;
	spin_unlock_irq(&blocks.lock, saved);
}

void block_set_watch(void (*start)(void))
{
	blocks.watch = start;
}

void block_set_limit(uint32_t ticks)
{
	blocks.limit = ticks;
}

uint32_t block_request_sectors(const struct block_request *r)
{
	uint32_t bytes = 0;

	for (uint32_t n = 0; n < r->count; n++)
		bytes += r->segments[n].bytes;
	return bytes / SECTOR_BYTES;
}

static bool is_well_formed(const struct block_segment *s)
{
	return s->bytes != 0 && s->bytes % SECTOR_BYTES == 0 && s->offset < PAGE_SIZE &&
	       s->bytes <= PAGE_SIZE - s->offset && pfn_is_valid(s->frame) &&
	       page_refs(pfn_to_page(s->frame)) != 0;
}

/* What only a bug can be. */
static void assert_well_formed(const struct block_request *r)
{
	assert_that(r->op < BLOCK_OPS && r->count <= BLOCK_SEGMENTS);
	assert_eq(r->count == 0, r->op == BLOCK_FLUSH);
	for (uint32_t n = 0; n < r->count; n++)
		assert_that(is_well_formed(&r->segments[n]));
}

static bool is_beyond_end(const struct block_request *r)
{
	return r->sector > r->device->sectors ||
	       block_request_sectors(r) > r->device->sectors - r->sector;
}

/* Why this request is not for the device; NULL: it is. */
static const char *refusal(const struct block_request *r, int *status)
{
	*status = -EROFS;
	if (r->op == BLOCK_WRITE && r->device->read_only)
		return "the disk is read-only";
	*status = -EIO;
	if (r->op != BLOCK_FLUSH && is_beyond_end(r))
		return "beyond the end of the disk";
	if (r->op == BLOCK_READ && failpoint_hit(&block_read))
		return "made to fail";
	if (r->op == BLOCK_WRITE && failpoint_hit(&block_write))
		return "made to fail";
	*status = 0;
	return NULL;
}

/* The request is on no list any more. Lock held. */
static void count_end(struct block_device *d, const struct block_request *r, int status)
{
	if (status) {
		d->counters.errors++;
		return;
	}
	d->counters.requests[r->op]++;
	d->counters.sectors[r->op] += block_request_sectors(r);
}

static void complain(const struct block_request *r, uint32_t errors, const char *why)
{
	if (errors > ERRORS_TOLD)
		return;
	log_error("error: %s: %s at sector %llu, count %u: %s%s", r->device->name, op_names[r->op],
		  (unsigned long long)r->sector, (unsigned)block_request_sectors(r), why,
		  errors == ERRORS_TOLD ? " (errors of this disk are only counted from here on)"
					: "");
}

/* Never had a place on a list. */
static void refuse(struct block_request *r, int status, const char *why)
{
	struct block_device *d = r->device;
	uint32_t saved = spin_lock_irq(&d->lock, LOCK_DEVICE);
	uint32_t errors;

	count_end(d, r, status);
	errors = d->counters.errors;
	spin_unlock_irq(&d->lock, saved);
	complain(r, errors, why);
	r->status = status;
	r->done(r);
}

/* The same, of one that has ended well. */
static void succeed(struct block_request *r)
{
	struct block_device *d = r->device;
	uint32_t saved = spin_lock_irq(&d->lock, LOCK_DEVICE);

	count_end(d, r, 0);
	spin_unlock_irq(&d->lock, saved);
	r->status = 0;
	r->done(r);
}

/* What has left the device's lists is told, oldest first. No lock held. */
static void tell(struct list *ended)
{
	struct block_request *r, *next;

	list_for_each_entry_safe(r, next, ended, node)
		r->done(r);
}

/* As many as the device takes. Lock held. */
static void start_waiting(struct block_device *d)
{
	while (!list_is_empty(&d->waiting)) {
		struct block_request *r = list_first(&d->waiting, struct block_request, node);

		if (!d->ops->start(d, r))
			return;
		r->age = 0;
		list_move_tail(&r->node, &d->flying);
		d->waiting_count--;
		d->flying_count++;
	}
}

/* Returns false if the device has failed. */
static bool enqueue(struct block_device *d, struct block_request *r)
{
	uint32_t saved = spin_lock_irq(&d->lock, LOCK_DEVICE);
	bool failed = d->failed;

	if (!failed) {
		list_add_tail(&d->waiting, &r->node);
		d->waiting_count++;
		start_waiting(d);
	}
	spin_unlock_irq(&d->lock, saved);
	return !failed;
}

static void transfer(struct block_device *d, struct block_request *r)
{
	int status = d->ops->transfer(d, r);

	if (status)
		refuse(r, status, strerror(-status));
	else
		succeed(r);
}

void block_submit(struct block_request *r)
{
	struct block_device *d = r->device;
	const char *why;
	int status;

	assert_well_formed(r);
	why = refusal(r, &status);
	if (why)
		refuse(r, status, why);
	else if (r->op == BLOCK_FLUSH && !d->has_cache)
		succeed(r);
	else if (d->ops->transfer)
		transfer(d, r);
	else if (!enqueue(d, r))
		refuse(r, -EIO, "the disk has failed");
	else if (blocks.watch)
		blocks.watch();
}

/* Race: once the word is set the runner may return, and it is on his stack: a key, no more. */
static void wake_runner(struct block_request *r)
{
	uint32_t *is_done = r->owner;

	atomic_store(is_done, 1);
	waitq_wake(is_done);
}

int block_run(struct block_request *r)
{
	uint32_t is_done = 0;

	r->done = wake_runner;
	r->owner = &is_done;
	block_submit(r);
	while (!atomic_load(&is_done)) {
		struct waiter w;

		waitq_prepare(&w, &is_done, "disk");
		if (!atomic_load(&is_done))
			sched_block();
		waitq_finish(&w);
	}
	return r->status;
}

/* A request that the device answered is on `ended`. Lock held. */
static void take_answer(struct block_device *d, struct block_request *r, struct list *ended)
{
	list_move_tail(&r->node, ended);
	d->flying_count--;
	count_end(d, r, r->status);
}

/* Answers there are. Returns what is wrong with the next one, or NULL. Lock held. */
static const char *take_answers(struct block_device *d, struct list *ended)
{
	const char *nonsense = NULL;
	struct block_request *r;

	while ((r = d->ops->answer(d, &nonsense)))
		take_answer(d, r, ended);
	return nonsense;
}

static void complain_of_ended(const struct block_device *d, const struct list *ended)
{
	const struct block_request *r;

	list_for_each_entry(r, ended, node)
		if (r->status)
			complain(r, d->counters.errors, strerror(-r->status));
}

void block_service(struct block_device *d)
{
	struct list ended = LIST_INIT(ended);
	const char *nonsense = NULL;
	uint32_t saved = spin_lock_irq(&d->lock, LOCK_DEVICE);

	if (!d->failed) {
		nonsense = take_answers(d, &ended);
		if (!nonsense)
			start_waiting(d);
	}
	spin_unlock_irq(&d->lock, saved);
	complain_of_ended(d, &ended);
	tell(&ended);
	if (nonsense)
		block_fail(d, nonsense);
}

/* A page of the kernel's own does not move: a hold without a name is enough. */
static void hold_for_good(struct page *p)
{
	bool is_pinned = page_is_users(p) && page_try_pin(p, "a disk that failed");

	if (!is_pinned)
		page_get(p);
}

/* The device may still read or write these frames, whenever. Lock held. Returns how many. */
static uint32_t hold_frames(const struct list *flying)
{
	const struct block_request *r;
	uint32_t frames = 0;

	list_for_each_entry(r, flying, node) {
		for (uint32_t n = 0; n < r->count; n++)
			hold_for_good(pfn_to_page(r->segments[n].frame));
		frames += r->count;
	}
	return frames;
}

/* All that the device had, or would have got, ends here. Lock held. Returns frames that are lost.
 */
static uint32_t end_all(struct block_device *d, struct list *ended)
{
	uint32_t lost = hold_frames(&d->flying);
	struct block_request *r;

	list_splice_tail_init(&d->flying, ended);
	list_splice_tail_init(&d->waiting, ended);
	d->flying_count = d->waiting_count = 0;
	list_for_each_entry(r, ended, node) {
		r->status = -EIO;
		count_end(d, r, -EIO);
	}
	return lost;
}

void block_fail(struct block_device *d, const char *why)
{
	struct list ended = LIST_INIT(ended);
	uint32_t saved = spin_lock_irq(&d->lock, LOCK_DEVICE), lost = 0;
	bool failed_before = d->failed;

	if (!failed_before) {
		d->failed = true;
		d->ops->give_up(d);
		lost = end_all(d, &ended);
	}
	spin_unlock_irq(&d->lock, saved);
	if (!failed_before)
		log_error("error: %s: %s: the disk has failed and is not used any more "
			  "(pages it may still reach: %u)",
			  d->name, why, (unsigned)lost);
	tell(&ended);
}

/* Lock held. Returns true if one has become too old. */
static bool grow_older(struct block_device *d)
{
	struct block_request *r;
	bool too_old = false;

	list_for_each_entry(r, &d->flying, node)
		too_old |= ++r->age > blocks.limit;
	return too_old;
}

/* Returns true if something is left to be watched. */
static bool tick(struct block_device *d)
{
	uint32_t saved;
	bool too_old, flies;

	block_service(d);
	saved = spin_lock_irq(&d->lock, LOCK_DEVICE);
	too_old = grow_older(d);
	flies = d->flying_count != 0 && !too_old;
	spin_unlock_irq(&d->lock, saved);
	if (too_old)
		block_fail(d, "it does not answer");
	return flies;
}

bool block_tick(void)
{
	struct block_device *d = NULL;
	bool flies = false;

	while ((d = block_next(d)))
		if (!d->ops->transfer)
			flies |= tick(d);
	return flies;
}

/*
 * Virtio disks. Each request is a chain: a header and the bytes to write, which the device reads;
 * then the bytes read and a status, which it writes. Header and status of a chain lie in a table by
 * the chain's number. The queue of requests, their order and their end are mm/cache/block.c's.
 *
 * Source: VIRTIO 1.1, 5.2.
 */
#include "drivers/virtio_blk.h"

#include <errno.h>
#include <stddef.h>

#include "arch/frame.h"
#include "base/log.h"
#include "mm/phys/alloc.h"

/* 5.2.3 */
enum {
	F_SIZE_MAX = 1 << 1,
	F_SEG_MAX = 1 << 2,
	F_RO = 1 << 5,
	F_FLUSH = 1 << 9,
};

/* 5.2.4 */
enum { CONFIG_CAPACITY = 0, CONFIG_SIZE_MAX = 8, CONFIG_SEG_MAX = 12 };

/* 5.2.6 */
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4 };
enum { S_OK = 0, S_NEVER_WRITTEN = 0xff };

struct envelope {
	uint32_t type, reserved;
	uint64_t sector;
	uint8_t status;
};

#define HEADER_BYTES offsetof(struct envelope, status)
_Static_assert(HEADER_BYTES == 16, "5.2.6");
_Static_assert(sizeof(struct envelope) * VIRTIO_QUEUE_MOST <= PAGE_SIZE, "a page of envelopes");

#define CHAIN_MOST (BLOCK_SEGMENTS + 2u)

struct virtio_blk {
	struct virtio virtio;
	struct virtio_queue queue;
	struct block_device device;
	struct envelope *envelopes; /* by the chain's number */
	struct block_request *flying[VIRTIO_QUEUE_MOST];
};

static uint32_t disks; /* started; one after the other, at boot */

static paddr_t paddr_of(const void *address)
{
	return paddr(pfn_to_paddr(frame_of_address(address)).a +
		     ((uint32_t)(uintptr_t)address & (PAGE_SIZE - 1u)));
}

static void fill_envelope(struct envelope *e, const struct block_request *r)
{
	static const uint32_t types[BLOCK_OPS] = { T_IN, T_OUT, T_FLUSH };

	e->type = types[r->op];
	e->reserved = 0;
	e->sector = r->op == BLOCK_FLUSH ? 0 : r->sector;
	e->status = S_NEVER_WRITTEN;
}

static uint32_t fill_pieces(struct virtio_piece *pieces, struct envelope *e,
			    const struct block_request *r)
{
	uint32_t count = 0;

	pieces[count++] = (struct virtio_piece){ paddr_of(e), HEADER_BYTES, false };
	for (uint32_t n = 0; n < r->count; n++) {
		const struct block_segment *s = &r->segments[n];

		pieces[count++] =
			(struct virtio_piece){ paddr(pfn_to_paddr(s->frame).a + s->offset),
					       s->bytes, r->op == BLOCK_READ };
	}
	pieces[count++] = (struct virtio_piece){ paddr_of(&e->status), 1, true };
	return count;
}

/* The next chain begins at the first free descriptor, and so is its envelope's number. */
static bool start(struct block_device *d, struct block_request *r)
{
	struct virtio_blk *disk = d->state;
	struct virtio_piece pieces[CHAIN_MOST];
	uint32_t next = disk->queue.free_first;

	if (!virtio_queue_has_room(&disk->queue, r->count + 2))
		return false;
	fill_envelope(&disk->envelopes[next], r);
	virtio_queue_add(&disk->queue, pieces, fill_pieces(pieces, &disk->envelopes[next], r));
	disk->flying[next] = r;
	return true;
}

static struct block_request *answer(struct block_device *d, const char **nonsense)
{
	struct virtio_blk *disk = d->state;
	uint32_t chain;

	switch (virtio_queue_take(&disk->queue, &chain)) {
	case VIRTIO_NO_ANSWER:
		return NULL;
	case VIRTIO_NONSENSE:
		*nonsense = "it answers what it was not asked";
		return NULL;
	case VIRTIO_ANSWER:
		break;
	}
	disk->flying[chain]->status = disk->envelopes[chain].status == S_OK ? 0 : -EIO;
	return disk->flying[chain];
}

static void give_up(struct block_device *d)
{
	struct virtio_blk *disk = d->state;

	virtio_give_up(&disk->virtio);
}

static const struct block_ops virtio_blk_ops = {
	.start = start,
	.answer = answer,
	.give_up = give_up,
};

void virtio_blk_interrupt(void *arg)
{
	struct virtio_blk *disk = arg;

	if (virtio_acknowledge(&disk->virtio))
		block_service(&disk->device);
}

/* A request of this kernel's size has to fit. */
static const char *check_limits(const struct virtio_blk *disk)
{
	const struct virtio *v = &disk->virtio;

	if (disk->queue.size < CHAIN_MOST)
		return "its queue is too short";
	if ((v->features & F_SEG_MAX) && virtio_config_32(v, CONFIG_SEG_MAX) < BLOCK_SEGMENTS)
		return "it takes too few pieces at a time";
	if ((v->features & F_SIZE_MAX) && virtio_config_32(v, CONFIG_SIZE_MAX) < PAGE_SIZE)
		return "it takes no piece as long as a page";
	return NULL;
}

static void describe(struct virtio_blk *disk)
{
	struct block_device *d = &disk->device;

	d->name[0] = 'v';
	d->name[1] = 'd';
	d->name[2] = (char)('a' + disks++);
	d->sectors = virtio_config_64(&disk->virtio, CONFIG_CAPACITY);
	d->read_only = disk->virtio.features & F_RO;
	d->has_cache = disk->virtio.features & F_FLUSH;
	d->ops = &virtio_blk_ops;
	d->state = disk;
}

/* Returns NULL or what went wrong. */
static const char *set_up(struct virtio_blk *disk)
{
	const char *problem = virtio_begin(&disk->virtio, F_SIZE_MAX | F_SEG_MAX | F_RO | F_FLUSH);

	if (!problem)
		problem = virtio_queue_init(&disk->queue, &disk->virtio, 0);
	if (!problem)
		problem = check_limits(disk);
	if (!problem && disks == VIRTIO_BLK_MOST)
		problem = "there are as many disks as letters already";
	return problem;
}

struct virtio_blk *virtio_blk_start(const struct virtio *v)
{
	struct virtio_blk *disk = alloc_kernel_pages(GFP_KERNEL | GFP_ZERO, 0);
	const char *problem = "no memory";

	_Static_assert(sizeof(*disk) <= PAGE_SIZE, "a page for a disk");
	if (disk) {
		disk->virtio = *v;
		disk->envelopes = alloc_kernel_pages(GFP_KERNEL | GFP_ZERO, 0);
		if (disk->envelopes)
			problem = set_up(disk);
	}
	if (problem) {
		/* The device may have seen the addresses already: what it was told of stays. */
		log_error("error: a virtio disk is not used: %s", problem);
		return NULL;
	}
	describe(disk);
	virtio_run(&disk->virtio);
	block_register(&disk->device);
	log_info("%s: %llu sectors%s", disk->device.name, (unsigned long long)disk->device.sectors,
		 disk->device.read_only ? ", read-only" : "");
	return disk;
}

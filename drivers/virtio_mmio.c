/*
 * The registers of a virtio device, and its rings. A queue lies in one block of frames: descriptors
 * and the ring of what is available, then, from the next page on, the ring of what was used; that
 * is where legacy devices look for them, and modern ones are told.
 *
 * Memory is shared with the device as with another cpu, cacheable: the device is coherent
 * (docs/decisions/0019).
 */
#include "drivers/virtio_mmio.h"

#include <stddef.h>

#include "arch/atomic.h"
#include "arch/device.h"
#include "arch/frame.h"
#include "base/assert.h"
#include "mm/phys/alloc.h"

/* Source: VIRTIO 1.1, 4.2.2, 4.2.4 (legacy). */
enum {
	MagicValue = 0x000,
	Version = 0x004,
	DeviceID = 0x008,
	DeviceFeatures = 0x010,
	DeviceFeaturesSel = 0x014,
	DriverFeatures = 0x020,
	DriverFeaturesSel = 0x024,
	GuestPageSize = 0x028, /* legacy */
	QueueSel = 0x030,
	QueueNumMax = 0x034,
	QueueNum = 0x038,
	QueueAlign = 0x03c, /* legacy */
	QueuePFN = 0x040,   /* legacy */
	QueueReady = 0x044,
	QueueNotify = 0x050,
	InterruptStatus = 0x060,
	InterruptACK = 0x064,
	Status = 0x070,
	QueueDescLow = 0x080,
	QueueDescHigh = 0x084,
	QueueDriverLow = 0x090,
	QueueDriverHigh = 0x094,
	QueueDeviceLow = 0x0a0,
	QueueDeviceHigh = 0x0a4,
	ConfigGeneration = 0x0fc,
	Config = 0x100,
};

#define MAGIC 0x74726976u /* "virt" */

/* Source: VIRTIO 1.1, 2.1. */
enum {
	ACKNOWLEDGE = 1,
	DRIVER = 2,
	DRIVER_OK = 4,
	FEATURES_OK = 8,
	FAILED = 128,
};

/* Source: VIRTIO 1.1, 2.6.5, 2.6.6, 2.6.8. */
enum { DESC_NEXT = 1, DESC_WRITE = 2 };

struct virtio_descriptor {
	uint64_t address;
	uint32_t bytes;
	uint16_t flags, next;
};

struct virtio_available {
	uint16_t flags, index, ring[];
};

struct virtio_used {
	uint16_t flags, index;
	struct {
		uint32_t chain, bytes;
	} ring[];
};

_Static_assert(sizeof(struct virtio_descriptor) == 16, "2.6.5");
_Static_assert(offsetof(struct virtio_used, ring) == 4, "2.6.8");

/* Both rings of the largest queue: a page each is enough. */
#define QUEUE_ORDER 1u
_Static_assert(VIRTIO_QUEUE_MOST * 16 + 6 + VIRTIO_QUEUE_MOST * 2 <= PAGE_SIZE, "first page");
_Static_assert(VIRTIO_QUEUE_MOST * 8 + 6 <= PAGE_SIZE, "second page");

static uint32_t read_register(const struct virtio *v, uint32_t offset)
{
	return device_read(v->registers, offset);
}

static void write_register(struct virtio *v, uint32_t offset, uint32_t value)
{
	device_write(v->registers, offset, value);
}

bool virtio_find(struct virtio *v, void *registers)
{
	uint32_t version = device_read(registers, Version);

	if (device_read(registers, MagicValue) != MAGIC || (version != 1 && version != 2))
		return false;
	v->registers = registers;
	v->is_legacy = version == 1;
	v->id = (enum virtio_id)device_read(registers, DeviceID);
	return v->id != VIRTIO_NONE;
}

static uint64_t offered_features(struct virtio *v)
{
	uint64_t features;

	write_register(v, DeviceFeaturesSel, 1);
	features = (uint64_t)read_register(v, DeviceFeatures) << 32;
	write_register(v, DeviceFeaturesSel, 0);
	return features | read_register(v, DeviceFeatures);
}

static void accept_features(struct virtio *v, uint64_t features)
{
	v->features = features;
	write_register(v, DriverFeaturesSel, 1);
	write_register(v, DriverFeatures, (uint32_t)(features >> 32));
	write_register(v, DriverFeaturesSel, 0);
	write_register(v, DriverFeatures, (uint32_t)features);
}

static void add_status(struct virtio *v, uint32_t bits)
{
	write_register(v, Status, read_register(v, Status) | bits);
}

static const char *agree(struct virtio *v, uint64_t wanted)
{
	uint64_t offered = offered_features(v);

	if (v->is_legacy) {
		accept_features(v, offered & wanted & ~VIRTIO_VERSION_1);
		write_register(v, GuestPageSize, PAGE_SIZE);
		return NULL;
	}
	if (!(offered & VIRTIO_VERSION_1))
		return "a modern transport with a legacy device";
	accept_features(v, offered & (wanted | VIRTIO_VERSION_1));
	add_status(v, FEATURES_OK);
	return read_register(v, Status) & FEATURES_OK ? NULL : "it refuses the features it offers";
}

const char *virtio_begin(struct virtio *v, uint64_t wanted)
{
	const char *problem;

	write_register(v, Status, 0);
	add_status(v, ACKNOWLEDGE);
	add_status(v, DRIVER);
	problem = agree(v, wanted);
	if (problem)
		virtio_give_up(v);
	return problem;
}

void virtio_run(struct virtio *v)
{
	add_status(v, DRIVER_OK);
}

void virtio_give_up(struct virtio *v)
{
	add_status(v, FAILED);
}

uint32_t virtio_config_32(const struct virtio *v, uint32_t offset)
{
	return read_register(v, Config + offset);
}

/* A legacy device has no generation: two equal looks take its place. Source: VIRTIO 1.1, 2.4.4. */
uint64_t virtio_config_64(const struct virtio *v, uint32_t offset)
{
	uint32_t high, low;

	do {
		high = virtio_config_32(v, offset + 4);
		low = virtio_config_32(v, offset);
	} while (high != virtio_config_32(v, offset + 4));
	return (uint64_t)high << 32 | low;
}

bool virtio_acknowledge(struct virtio *v)
{
	uint32_t status = read_register(v, InterruptStatus);

	if (status)
		write_register(v, InterruptACK, status);
	return status != 0;
}

static uint32_t power_below(uint32_t n)
{
	uint32_t power = 1;

	while (power * 2 <= n)
		power *= 2;
	return power;
}

static void link_free(struct virtio_queue *q)
{
	for (uint32_t n = 0; n < q->size; n++)
		q->descriptors[n].next = (uint16_t)(n + 1);
	q->free_first = 0;
	q->free_count = q->size;
}

static void place_modern(struct virtio *v, uint32_t low, const void *address)
{
	write_register(v, low,
		       pfn_to_paddr(frame_of_address(address)).a +
			       ((uint32_t)(uintptr_t)address & (PAGE_SIZE - 1u)));
	write_register(v, low + 4, 0);
}

static void place(struct virtio_queue *q)
{
	struct virtio *v = q->device;

	write_register(v, QueueNum, q->size);
	if (v->is_legacy) {
		write_register(v, QueueAlign, PAGE_SIZE);
		write_register(v, QueuePFN, frame_of_address(q->descriptors).n);
		return;
	}
	place_modern(v, QueueDescLow, q->descriptors);
	place_modern(v, QueueDriverLow, q->available);
	place_modern(v, QueueDeviceLow, q->used);
	write_register(v, QueueReady, 1);
}

const char *virtio_queue_init(struct virtio_queue *q, struct virtio *v, uint32_t index)
{
	uint32_t most;
	char *memory;

	write_register(v, QueueSel, index);
	most = read_register(v, QueueNumMax);
	if (most == 0)
		return "it has no such queue";
	memory = alloc_kernel_pages(GFP_KERNEL | GFP_ZERO, QUEUE_ORDER);
	if (!memory)
		return "no memory for its queue";
	*q = (struct virtio_queue){
		.device = v,
		.index = index,
		.size = power_below(most < VIRTIO_QUEUE_MOST ? most : VIRTIO_QUEUE_MOST),
		.descriptors = (void *)memory,
		.used = (void *)(memory + PAGE_SIZE),
	};
	q->available = (void *)(memory + q->size * sizeof(*q->descriptors));
	link_free(q);
	place(q);
	return NULL;
}

static void fill_descriptor(struct virtio_descriptor *d, const struct virtio_piece *p, bool last)
{
	d->address = p->start.a;
	d->bytes = p->bytes;
	d->flags = (uint16_t)((p->device_writes ? DESC_WRITE : 0) | (last ? 0 : DESC_NEXT));
}

/*
 * Order: the chain is there before the ring names it, the name before the index counts it, and the
 * index before the device is told. Source: VIRTIO 1.1, 2.6.13.
 */
static void publish(struct virtio_queue *q, uint32_t chain)
{
	uint16_t index = q->available->index;

	q->available->ring[index % q->size] = (uint16_t)chain;
	atomic_fence();
	*(volatile uint16_t *)&q->available->index = (uint16_t)(index + 1);
	atomic_fence();
	write_register(q->device, QueueNotify, q->index);
}

void virtio_queue_add(struct virtio_queue *q, const struct virtio_piece *pieces, uint32_t count)
{
	uint32_t first = q->free_first, at = first;

	assert_that(count != 0 && virtio_queue_has_room(q, count));
	for (uint32_t n = 0; n < count; n++) {
		fill_descriptor(&q->descriptors[at], &pieces[n], n + 1 == count);
		at = q->descriptors[at].next;
	}
	q->free_first = at;
	q->free_count -= count;
	q->chain[first] = (uint16_t)count;
	publish(q, first);
}

/* The links are ours alone: a device only reads descriptors, and `chain` has their number. */
static void free_chain(struct virtio_queue *q, uint32_t first)
{
	uint32_t last = first;

	for (uint32_t n = 1; n < q->chain[first]; n++)
		last = q->descriptors[last].next;
	q->descriptors[last].next = (uint16_t)q->free_first;
	q->free_first = first;
	q->free_count += q->chain[first];
	q->chain[first] = 0;
}

/* Order: what the device wrote is read after the index that counts it. */
enum virtio_taken virtio_queue_take(struct virtio_queue *q, uint32_t *chain)
{
	if (*(volatile uint16_t *)&q->used->index == q->taken)
		return VIRTIO_NO_ANSWER;
	atomic_fence();
	*chain = *(volatile uint32_t *)&q->used->ring[q->taken % q->size].chain;
	if (*chain >= q->size || q->chain[*chain] == 0)
		return VIRTIO_NONSENSE;
	free_chain(q, *chain);
	q->taken++;
	return VIRTIO_ANSWER;
}

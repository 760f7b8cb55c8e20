/*
 * Virtio devices behind memory-mapped registers: how one is found, agreed with and talked to.
 *
 * Both kinds of transport: legacy (version 1) and modern (version 2). Queues are split rings of one
 * layout that suits both. What a device writes is not believed: an answer is taken only if it is
 * one for a chain that the device has. Which device it is, what goes into a chain and who has the
 * lock is the driver's business.
 *
 * Source: Virtual I/O Device (VIRTIO) 1.1: 2.6 (split virtqueues), 3.1 (initialization), 4.2
 * (MMIO).
 */
#ifndef DRIVERS_VIRTIO_MMIO_H
#define DRIVERS_VIRTIO_MMIO_H

#include <stdbool.h>
#include <stdint.h>
#include "arch/addr.h"

#define VIRTIO_QUEUE_MOST 128u	       /* descriptors of a queue */
#define VIRTIO_VERSION_1  (1ull << 32) /* the feature that modern devices are told by */

enum virtio_id { VIRTIO_NONE, VIRTIO_NET, VIRTIO_BLOCK, VIRTIO_BALLOON = 5 };

struct virtio {
	void *registers;
	bool is_legacy;
	enum virtio_id id;
	uint64_t features; /* agreed on */
};

struct virtio_queue {
	struct virtio *device;
	uint32_t index, size;
	uint32_t free_first, free_count;   /* descriptors linked by `next` */
	uint16_t taken;			   /* answers taken since the start */
	uint16_t chain[VIRTIO_QUEUE_MOST]; /* descriptors of the chain that begins here; 0: none */
	struct virtio_descriptor *descriptors;
	struct virtio_available *available;
	struct virtio_used *used;
};

/* Bytes that the device reads, or writes. */
struct virtio_piece {
	paddr_t start;
	uint32_t bytes;
	bool device_writes; /* these come after the others */
};

/* True if a device is behind these registers; its id is there then. Nothing is changed. */
bool virtio_find(struct virtio *v, void *registers);

/*
 * Resets the device and agrees on those of `wanted` that it offers. Returns NULL, or what went
 * wrong, and the device is left alone.
 */
const char *virtio_begin(struct virtio *v, uint64_t wanted);

/* Between virtio_begin and virtio_run. Returns NULL or what went wrong. Context: may sleep. */
const char *virtio_queue_init(struct virtio_queue *q, struct virtio *v, uint32_t index);

/* From here on the device works. */
void virtio_run(struct virtio *v);

/* The device is told that nobody talks to it any more. What it was given stays with it. */
void virtio_give_up(struct virtio *v);

/* A field of the device's configuration. */
uint32_t virtio_config_32(const struct virtio *v, uint32_t offset);
uint64_t virtio_config_64(const struct virtio *v, uint32_t offset);

/* Takes the interrupt back. Returns false if it was not this device's. */
bool virtio_acknowledge(struct virtio *v);

static inline bool virtio_queue_has_room(const struct virtio_queue *q, uint32_t pieces)
{
	return q->free_count >= pieces;
}

/*
 * Gives a chain, for which there is room, to the device, which is told. Its number is what
 * q->free_first was, below q->size. Locks: the caller's.
 */
void virtio_queue_add(struct virtio_queue *q, const struct virtio_piece *pieces, uint32_t count);

enum virtio_taken { VIRTIO_NO_ANSWER, VIRTIO_ANSWER, VIRTIO_NONSENSE };

/* The number of the next chain that was answered; it is free again. Locks: the caller's. */
enum virtio_taken virtio_queue_take(struct virtio_queue *q, uint32_t *chain);

#endif

/*
 * Disks behind virtio: "vda", "vdb", ... in the order in which they are started.
 */
#ifndef DRIVERS_VIRTIO_BLK_H
#define DRIVERS_VIRTIO_BLK_H

#include "drivers/virtio_mmio.h"
#include "mm/cache/block.h"

/* At most so many: one a letter. */
#define VIRTIO_BLK_MOST 26u

/*
 * Starts a disk that virtio_find has found, and registers it. Returns what virtio_blk_interrupt
 * wants to be given, or NULL; then one line has said why. Context: may sleep.
 */
struct virtio_blk *virtio_blk_start(const struct virtio *v);

/* The handler of its interrupt. */
void virtio_blk_interrupt(void *disk);

#endif

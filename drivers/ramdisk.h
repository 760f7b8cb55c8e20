/*
 * A disk in memory: block.h's interface without a device. For tests, on the board and on the host.
 */
#ifndef DRIVERS_RAMDISK_H
#define DRIVERS_RAMDISK_H

#include "mm/cache/block.h"

/*
 * A disk of zeroes, registered as ram0, ram1, ...; all its frames are taken at once, so that no
 * request ever waits for memory. `bytes` is rounded down to whole pages. NULL: no memory, or not
 * even a page. Context: may sleep.
 */
struct block_device *ramdisk_create(uint64_t bytes);

/* Gone, with all that was on it. Nobody has claimed it, no request is under way. */
void ramdisk_destroy(struct block_device *d);

#endif

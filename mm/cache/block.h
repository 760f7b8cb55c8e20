/*
 * Disks, as the rooms that keep pages see them: requests for whole sectors, to and from frames.
 *
 * A driver fills in a struct block_device and registers it; from then on this file owns the
 * device's queue. A request is either waiting (the device's ring is full) or flying (the device has
 * it) until `done` is called for it, exactly once. Up to the ring's size fly at a time and they end
 * in any order: who needs an order waits for the first before submitting the second, and for a
 * FLUSH before saying that something is on the disk.
 *
 * The frames of a request stay put and stay allocated until `done`: a page is locked, under
 * writeback or pinned meanwhile. Nobody stores to the frames of a WRITE or looks at those of a READ
 * before.
 *
 * A device that does not answer for block_set_limit's seconds, or that answers nonsense, has
 * failed: every request it has ends with -EIO, and so do all later ones, at once. What it had can
 * not be taken back from it, so the frames of these requests are pinned for good: a late transfer
 * hits nobody else's memory (docs/disks.md).
 *
 * Locks: block_device.lock (LOCK_DEVICE, interrupts off) for the lists and the driver's ring.
 */
#ifndef MM_CACHE_BLOCK_H
#define MM_CACHE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "arch/addr.h"
#include "base/list.h"
#include "base/spinlock.h"

#define SECTOR_BYTES	512u
#define SECTOR_SHIFT	9u
#define PAGE_SECTORS	(PAGE_SIZE / SECTOR_BYTES)
#define BLOCK_SEGMENTS	16u /* a request reaches at most so many pieces of frames */
#define BLOCK_NAME_ROOM 8u
#define BLOCK_LIMIT_S	30u /* seconds until a disk that does not answer has failed */

enum block_op { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_OPS };

/* Bytes of one frame; a whole number of sectors, within the frame. */
struct block_segment {
	pfn_t frame;
	uint32_t offset, bytes;
};

/*
 * One request. The owner fills in what is above the line and keeps all of it until `done`; what is
 * below is this file's. It may be on the owner's stack if the owner waits.
 */
struct block_request {
	struct block_device *device;
	enum block_op op;
	uint64_t sector; /* the first; nothing for FLUSH */
	struct block_segment segments[BLOCK_SEGMENTS];
	uint32_t count; /* of segments; 0 for FLUSH */
	/*
	 * Called once, with `status` set: in an interrupt, or inside block_submit, and so perhaps
	 * before that returns. No lock is held and interrupts may be off: does not sleep; may
	 * submit again. The request is the owner's again.
	 */
	void (*done)(struct block_request *r);
	void *owner; /* for done */
	/* ---------------------------------------------------------------------------------- */
	int status;	    /* 0, -EIO, -EROFS, -EINVAL; valid from `done` on */
	uint32_t age;	    /* seconds that this file has seen go by while it was flying */
	uint32_t tag;	    /* the driver's, while it is flying */
	struct list node;   /* waiting or flying */
};

struct block_device;

/* What a driver does. NULL where nothing has to be done. */
struct block_ops {
	/*
	 * Gives a checked request to the device. Lock held, interrupts off: does not sleep.
	 * Returns false, and nothing was done, if there is no room now: it is asked again after
	 * the next block_complete.
	 */
	bool (*start)(struct block_device *d, struct block_request *r);
	/*
	 * Looks for answers that no interrupt has told of, and completes them. Not NULL: the
	 * device may also never answer, and is watched. No lock held.
	 */
	void (*poll)(struct block_device *d);
	/* The device has failed: nothing more is given to it or taken from it. Lock held. */
	void (*give_up)(struct block_device *d);
};

struct block_counters {
	uint32_t requests[BLOCK_OPS]; /* completed without an error */
	uint64_t sectors[BLOCK_OPS];  /* of them */
	uint32_t errors;	      /* completed with one */
};

/* By letter: (C) constant once registered (L) lock (O) owners' lock, in block.c. */
struct block_device {
	char name[BLOCK_NAME_ROOM]; /* (C) "vda", "ram0" */
	uint64_t sectors;	    /* (C) */
	bool read_only;		    /* (C) */
	const struct block_ops *ops; /* (C) */
	void *state;		     /* (C) the driver's */
	/* ------------------------------------- set to 0 by the driver, this file's afterwards */
	struct spinlock lock; /* LOCK_DEVICE */
	bool failed;	      /* (L) for good */
	bool complained;      /* (L) one error was reported; later ones are counted */
	uint32_t flying_count, waiting_count; /* (L) */
	struct list waiting, flying;	      /* (L) struct block_request.node */
	struct block_counters counters;	      /* (L) */
	const char *claimed_by;		      /* (O) who has it to himself, NULL: nobody */
	struct list all;		      /* (C) every device */
};

/* For drivers: the device is there for good. Returns 0, or -EEXIST if the name is taken. */
int block_register(struct block_device *d);

/* The device of that name, NULL: none. */
struct block_device *block_find(const char *name);

/* The device after `d`, in the order of registration; the first after NULL; NULL after the last. */
struct block_device *block_next(struct block_device *d);

/*
 * One user at a time may change a disk: a mounted file system, a swap area, somebody who writes to
 * the raw device. `why` is a literal, for people. Returns 0, or -EBUSY.
 */
int block_claim(struct block_device *d, const char *why);
void block_release(struct block_device *d);

/*
 * Takes the request on its way. What it can not be (outside the disk, not whole sectors, a write to
 * a disk that is read-only, a disk that has failed) ends at once, by `done`.
 * Locks: none that ranks above LOCK_DEVICE's place. Context: any; does not sleep.
 */
void block_submit(struct block_request *r);

/*
 * The same, and sleeps until it is done; `done` and `owner` are not the caller's to set.
 * Context: may sleep, not for a signal. Returns `status`.
 */
int block_run(struct block_request *r);

/* For drivers: a flying request is over. Lock not held. Context: any; calls `done`. */
void block_complete(struct block_request *r, int status);

/*
 * For drivers: the device can not be trusted any more: it has failed. One line says why. Lock not
 * held. Context: any.
 */
void block_fail(struct block_device *d, const char *why);

/*
 * Once a second while block_set_watch's function wants it: requests grow older, and a device with
 * one older than the limit has failed. Returns true if there is still something to watch.
 * Context: any.
 */
bool block_tick(void);

/* What is called when a watched device gets a request: from now on somebody calls block_tick. */
void block_set_watch(void (*start)(void));
void block_set_limit(uint32_t seconds);

/* Sectors that a request moves; what block_submit says of one, 0 or its status: for tests. */
uint32_t block_request_sectors(const struct block_request *r);

#endif

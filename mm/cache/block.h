/*
 * Disks, as the rooms that keep pages see them: requests for whole sectors, to and from frames.
 *
 * A driver fills in a struct block_device and registers it; from then on this file owns the
 * device's queue. A request is waiting (the device has no room for it) or flying (the device has
 * it) until its `done` is called, once. Those that fly end in any order: who needs an order waits
 * for the first before submitting the second, and for a FLUSH before saying that something is on
 * the disk.
 *
 * The frames of a request stay put and allocated until `done`: each has a hold, and its page is
 * locked, under writeback or of no kind that moves. Nobody stores to the frames of a WRITE or looks
 * at those of a READ before. Where data caches have aliases, what users stored has been written
 * back before a WRITE, and after a READ no line of the frame is left.
 *
 * A device that does not answer for the limit's seconds, or answers nonsense, has failed: all
 * requests it has end with -EIO, and all later ones at once. What it was given can not be taken
 * back, so the frames of these requests are held for good: a transfer that comes late hits
 * nobody else's memory (docs/disks.md). So after an error an owner lets go of a
 * frame by page_put, not by free_pages.
 *
 * Locks: block_device.lock (LOCK_DEVICE, interrupts off): the lists, and the driver's ring.
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
#define BLOCK_SEGMENTS	16u /* pieces of frames that a request may have */
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
	 * Called once, with `status` set: from an interrupt, or from block_submit before that
	 * returns. No lock is held: does not sleep, does not submit. The request is the owner's
	 * again.
	 */
	void (*done)(struct block_request *r);
	void *owner; /* for done */
	/* ---------------------------------------------------------------------------------- */
	int status;	  /* 0, -EIO, -EROFS; valid from `done` on */
	uint32_t age;	  /* ticks that it was flying */
	uint32_t tag;	  /* the driver's, while it is flying */
	struct list node; /* waiting, or flying */
};

struct block_device;

/*
 * What a driver does. Either `transfer`, where the cpu does all the work, or the other three,
 * called with the device's lock held and interrupts off. Requests were checked.
 */
struct block_ops {
	/* Does it. Returns its status. Context: a thread; does not sleep. */
	int (*transfer)(struct block_device *d, const struct block_request *r);

	/*
	 * Gives it to the device. Returns false, and nothing was done, if there is no room: it is
	 * tried again after the next answer.
	 */
	bool (*start)(struct block_device *d, struct block_request *r);
	/*
	 * The next request that the device has answered, its status set; NULL: none. An answer
	 * that makes no sense: NULL, and *nonsense says in words what it is.
	 */
	struct block_request *(*answer)(struct block_device *d, const char **nonsense);
	/* The device has failed: nothing is given to it or taken from it any more. */
	void (*give_up)(struct block_device *d);
};

struct block_counters {
	uint32_t requests[BLOCK_OPS]; /* that ended well, by what they were */
	uint64_t sectors[BLOCK_OPS];
	uint32_t errors; /* requests that ended otherwise */
};

/* By letter: (C) constant once registered (L) lock (O) block.c's own lock. */
struct block_device {
	char name[BLOCK_NAME_ROOM];  /* (C) "vda", "ram0" */
	uint64_t sectors;	     /* (C) */
	bool read_only;		     /* (C) */
	bool has_cache;		     /* (C) what was written is on the disk only after a FLUSH */
	const struct block_ops *ops; /* (C) */
	void *state;		     /* (C) the driver's */
	/* ---------------------------------------------------- below: block.c's, 0 before */
	struct spinlock lock;		      /* LOCK_DEVICE */
	bool failed;			      /* (L) for good */
	uint32_t waiting_count, flying_count; /* (L) */
	struct list waiting, flying;	      /* (L) struct block_request.node, oldest first */
	struct block_counters counters;	      /* (L) */
	const char *claimed_by;		      /* (O) who has it for himself; NULL: nobody */
	struct list all;		      /* (O) */
};

/* For drivers: the device is there; it is gone. Nobody has claimed it then, and nothing flies. */
void block_register(struct block_device *d);
void block_unregister(struct block_device *d);

/* The device of that name, NULL: none. */
struct block_device *block_find(const char *name);

/* The device after `d` in the order of registration, the first after NULL, NULL after the last. */
struct block_device *block_next(struct block_device *d);

/*
 * Who changes a disk has it for himself: a mounted file system, an area to swap to, somebody who
 * writes to it raw. `why` is a literal, for people. Returns 0, or -EBUSY.
 */
int block_claim(struct block_device *d, const char *why);
void block_release(struct block_device *d);

/*
 * Takes the request on its way. One that can not be (beyond the end, a write to a disk that is
 * read-only, a disk that has failed) is done at once. Errors are told on the console, the first
 * few of each disk. Context: a thread; does not sleep.
 */
void block_submit(struct block_request *r);

/*
 * The same, and sleeps until it is done; `done` and `owner` are not the caller's to set.
 * Context: may sleep, not to be woken by a signal. Returns the status.
 */
int block_run(struct block_request *r);

/* Sectors that the request moves. */
uint32_t block_request_sectors(const struct block_request *r);

/* For drivers: there may be answers. No lock held. Context: any; calls `done`. */
void block_service(struct block_device *d);

/*
 * The device can not be trusted any more. One line says why. No lock held. Context: any; calls
 * `done`.
 */
void block_fail(struct block_device *d, const char *why);

/*
 * Once a second, while something flies: looks for answers that no interrupt told of; requests grow
 * older, and the device of one that is older than the limit has failed. A tick is what the caller
 * says it is. Returns true while something flies. Context: any.
 */
bool block_tick(void);

/* `start` is called when something begins to fly: from then on block_tick is. Any context. */
void block_set_watch(void (*start)(void));

/* Ticks within which a disk answers; BLOCK_LIMIT_S unless told. */
void block_set_limit(uint32_t ticks);

#endif

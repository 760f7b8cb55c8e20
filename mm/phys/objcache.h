/*
 * Small fixed-size objects (areas, families, address spaces, tasks) on frames of their own.
 *
 *   static struct objcache vma_cache = OBJCACHE_INIT("vma", struct vma);
 *
 * Freed objects are filled with 0x5a so that a dangling use shows. A frame whose objects are all
 * free goes back to the allocator. Locks: its own. Context: alloc may sleep if gfp says so.
 */
#ifndef MM_PHYS_OBJCACHE_H
#define MM_PHYS_OBJCACHE_H

#include "base/spinlock.h"
#include "mm/phys/alloc.h"

struct objcache {
	const char *name;
	uint32_t object_bytes;
	struct spinlock lock; /* LOCK_OBJCACHE */
	struct list partial;  /* frames with a free object */
	uint32_t in_use;      /* objects handed out */
	uint32_t frames;
};

#define OBJCACHE_INIT(cache, label, type)                                                          \
	{                                                                                          \
		.name = label, .object_bytes = sizeof(type), .partial = LIST_INIT((cache).partial) \
	}

void *objcache_alloc(struct objcache *c, gfp_t gfp); /* zeroed, or NULL */
void objcache_free(struct objcache *c, void *object);

#endif

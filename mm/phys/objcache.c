/*
 * Small objects: a frame begins with a header, the rest is objects of one size.
 *
 * A frame is on its cache's list while it has a free object; a full one is on no list and is found
 * again by the address of any of its objects. A free object holds the link to the next free one and
 * is poison otherwise.
 */
#include "mm/phys/objcache.h"

#include <string.h>

#include "arch/frame.h"
#include "mm/phys/blame.h"

#define POISON 0x5a

/* At the start of each frame. */
struct objects {
	struct list node;	/* (C) the cache's list; on itself when no object is free */
	struct objcache *cache; /* constant */
	void **free;		/* (C) first free object, each the address of the next */
	uint32_t used;		/* (C) objects handed out */
};

static size_t round_object(size_t bytes)
{
	return (bytes + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
}

static uint32_t objects_per_frame(const struct objcache *c)
{
	size_t room = PAGE_SIZE - round_object(sizeof(struct objects));

	return (uint32_t)(room / round_object(c->object_bytes));
}

static struct objects *objects_of(void *object)
{
	return (struct objects *)((uintptr_t)object & ~(uintptr_t)(PAGE_SIZE - 1));
}

static void push(struct objects *o, struct objcache *c, void *object)
{
	memset(object, POISON, c->object_bytes);
	*(void **)object = o->free;
	o->free = object;
}

static struct objects *new_frame(struct objcache *c, gfp_t gfp)
{
	size_t step = round_object(c->object_bytes);
	struct objects *o = alloc_kernel_pages(gfp & ~(gfp_t)GFP_ZERO, 0);
	char *object;

	assert_that(c->object_bytes >= sizeof(void *) && objects_per_frame(c) > 0);
	if (!o)
		return NULL;
	blame_note_name(pfn_to_page(frame_of_address(o)), c->name);
	o->cache = c;
	o->free = NULL;
	o->used = 0;
	list_init(&o->node);
	object = (char *)o + round_object(sizeof(*o)) + objects_per_frame(c) * step;
	for (uint32_t i = 0; i < objects_per_frame(c); i++)
		push(o, c, object -= step);
	return o;
}

/* Locks: the cache's. NULL when no frame has a free object. */
static void *take_object(struct objcache *c)
{
	struct objects *o;
	void **object;

	if (list_is_empty(&c->partial))
		return NULL;
	o = list_first(&c->partial, struct objects, node);
	object = o->free;
	o->free = *object;
	o->used++;
	c->in_use++;
	if (!o->free)
		list_del_init(&o->node);
	return object;
}

/*
 * The allocator may sleep, so the lock is dropped around it. Race: somebody else may have grown the
 * cache meanwhile; then this frame goes back, or it would stay with nothing in it until it is used.
 */
static bool grow(struct objcache *c, gfp_t gfp)
{
	struct objects *o = new_frame(c, gfp);
	uint32_t saved;
	bool late;

	if (!o)
		return false;
	saved = spin_lock_irq(&c->lock, LOCK_OBJCACHE);
	late = !list_is_empty(&c->partial);
	if (!late) {
		list_add_tail(&c->partial, &o->node);
		c->frames++;
	}
	spin_unlock_irq(&c->lock, saved);
	if (late)
		free_kernel_pages(o, 0);
	return true;
}

void *objcache_alloc(struct objcache *c, gfp_t gfp)
{
	void *object;

	do {
		uint32_t saved = spin_lock_irq(&c->lock, LOCK_OBJCACHE);

		object = take_object(c);
		spin_unlock_irq(&c->lock, saved);
	} while (!object && grow(c, gfp));
	return object ? memset(object, 0, c->object_bytes) : NULL;
}

void objcache_free(struct objcache *c, void *object)
{
	struct objects *o = objects_of(object);
	uint32_t saved = spin_lock_irq(&c->lock, LOCK_OBJCACHE);
	bool empty;

	assert_that(o->cache == c && o->used > 0);
	if (!o->free)
		list_add(&c->partial, &o->node);
	push(o, c, object);
	o->used--;
	c->in_use--;
	empty = o->used == 0;
	if (empty) {
		list_del(&o->node);
		c->frames--;
	}
	spin_unlock_irq(&c->lock, saved);
	if (empty)
		free_kernel_pages(o, 0);
}

/*
 * A radix tree: from a 32-bit index to a pointer, six bits a level.
 *
 * It allocates nothing, so that it can be changed under a spinlock: nodes come from a stock that
 * the caller fills beforehand, and go back there. A node exists only while something is below it.
 * Locks: the owner's; nothing here is atomic.
 */
#ifndef BASE_RADIX_H
#define BASE_RADIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RADIX_BITS   6u
#define RADIX_SLOTS  (1u << RADIX_BITS)
#define RADIX_LEVELS 6u /* 36 bits: every index */

struct radix_node {
	void *slot[RADIX_SLOTS]; /* level 0: items; above: nodes of the level below */
	uint32_t used;		 /* slots that are not NULL */
	uint32_t level;
};

struct radix {
	struct radix_node *root; /* NULL: empty */
};

/* Nodes in store, linked by their first slot. */
struct radix_stock {
	struct radix_node *first;
	uint32_t count;
	uint32_t wanted; /* what the last refused radix_insert would have needed */
};

/* A zeroed node goes in; a node that serves no tree comes out, or NULL. */
void radix_stock_put(struct radix_stock *s, struct radix_node *n);
struct radix_node *radix_stock_take(struct radix_stock *s);

/* The item at `index`, or NULL. */
void *radix_find(const struct radix *t, uint32_t index);

/* The item with the lowest index at or above *index, which is set to its own; NULL: none. */
void *radix_next(const struct radix *t, uint32_t *index);

/*
 * Returns: 0; -EEXIST something is there; -EAGAIN the stock has fewer nodes than s->wanted. Only 0
 * changes the tree.
 */
int radix_insert(struct radix *t, uint32_t index, void *item, struct radix_stock *s);

/* Puts another item where one is. Returns the one that was there, which must not be NULL. */
void *radix_replace(struct radix *t, uint32_t index, void *item);

/* Takes the item out and returns it, or NULL; nodes that are left empty go into the stock. */
void *radix_remove(struct radix *t, uint32_t index, struct radix_stock *s);

#endif

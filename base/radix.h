/*
 * A radix tree: from a 32-bit index to a pointer, six bits a level.
 *
 * It allocates nothing, so that it can be changed under a spinlock: nodes come from a stock that
 * the caller fills beforehand, and go back there. A node exists only while something is below it.
 *
 * An item may carry marks, which say what the owner wants to find it by. A slot of an upper node is
 * marked if anything below it is, so that a search passes over what is not in one step a node.
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

#define RADIX_MARKS 2u

struct radix_node {
	void *slot[RADIX_SLOTS];      /* level 0: items; above: nodes of the level below */
	uint64_t marked[RADIX_MARKS]; /* a bit a slot */
	uint32_t used;		      /* slots that are not NULL */
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

/* Puts another item where one is; its marks stay. Returns the one that was there, never NULL. */
void *radix_replace(struct radix *t, uint32_t index, void *item);

/* Takes the item out and returns it, or NULL; nodes that are left empty go into the stock. */
void *radix_remove(struct radix *t, uint32_t index, struct radix_stock *s);

/* Mark (0 .. RADIX_MARKS - 1) of the item at `index`, which must be there. */
void radix_set_mark(struct radix *t, uint32_t index, unsigned mark);
void radix_clear_mark(struct radix *t, uint32_t index, unsigned mark);
bool radix_is_marked(const struct radix *t, uint32_t index, unsigned mark); /* false: no item */

/* As radix_next, of the items that carry the mark. */
void *radix_next_marked(const struct radix *t, uint32_t *index, unsigned mark);

#endif

/*
 * The radix tree: one walk down a path, which the changes start from.
 */
#include "base/radix.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"

void radix_stock_put(struct radix_stock *s, struct radix_node *n)
{
	n->slot[0] = s->first;
	s->first = n;
	s->count++;
}

struct radix_node *radix_stock_take(struct radix_stock *s)
{
	struct radix_node *n = s->first;

	if (!n)
		return NULL;
	s->first = n->slot[0];
	s->count--;
	memset(n, 0, sizeof(*n));
	return n;
}

/* The lowest level at which one node reaches the index. */
static uint32_t level_for(uint32_t index)
{
	uint32_t level = 0;

	while (level + 1 < RADIX_LEVELS && index >> (level + 1) * RADIX_BITS)
		level++;
	return level;
}

static unsigned slot_at(uint32_t index, uint32_t level)
{
	return index >> level * RADIX_BITS & (RADIX_SLOTS - 1u);
}

static bool reaches(const struct radix *t, uint32_t index)
{
	return t->root && t->root->level >= level_for(index);
}

/* The lowest node on the way to the index that exists, or NULL. */
static struct radix_node *lowest_node(const struct radix *t, uint32_t index)
{
	struct radix_node *n = reaches(t, index) ? t->root : NULL;

	while (n && n->level && n->slot[slot_at(index, n->level)])
		n = n->slot[slot_at(index, n->level)];
	return n;
}

void *radix_find(const struct radix *t, uint32_t index)
{
	const struct radix_node *n = lowest_node(t, index);

	return n && n->level == 0 ? n->slot[slot_at(index, 0)] : NULL;
}

/* ---- in order */

/* The first index above the one given that the next slot of a node of this level begins with; 0:
 * none. */
static uint32_t next_slot_start(uint32_t index, uint32_t level)
{
	uint32_t span = 1u << level * RADIX_BITS;

	return (index & ~(span - 1u)) + span;
}

/*
 * Goes down from the root towards *index; where there is nothing, on to where the next slot begins
 * and down again. The index wraps to 0 past the last slot of all.
 */
void *radix_next(const struct radix *t, uint32_t *index)
{
	while (reaches(t, *index)) {
		const struct radix_node *n = lowest_node(t, *index);
		void *found = n->level ? NULL : n->slot[slot_at(*index, 0)];

		if (found)
			return found;
		*index = next_slot_start(*index, n->level);
		if (*index == 0)
			return NULL;
	}
	return NULL;
}

/* ---- insert */

static uint32_t nodes_missing(const struct radix *t, uint32_t index)
{
	uint32_t top = level_for(index);

	if (!t->root)
		return top + 1;
	if (t->root->level < top)
		return top - t->root->level + top; /* on top of the root, and a branch beside it */
	return lowest_node(t, index)->level;
}

static void fill_slot(struct radix_node *n, unsigned slot, void *what)
{
	n->slot[slot] = what;
	n->used++;
}

/* The first slot of a new root: its marks are those that the old one has anywhere. */
static void put_below(struct radix_node *top, struct radix_node *root)
{
	fill_slot(top, 0, root);
	for (unsigned mark = 0; mark < RADIX_MARKS; mark++)
		top->marked[mark] = root->marked[mark] != 0;
}

/* Puts nodes on top until the root reaches the index. */
static void grow(struct radix *t, uint32_t index, struct radix_stock *s)
{
	while (!reaches(t, index)) {
		struct radix_node *n = radix_stock_take(s);

		n->level = t->root ? t->root->level + 1 : level_for(index);
		if (t->root)
			put_below(n, t->root);
		t->root = n;
	}
}

/* The node of level 0 for the index; what is missing on the way is made. */
static struct radix_node *make_leaf(struct radix *t, uint32_t index, struct radix_stock *s)
{
	struct radix_node *n;

	grow(t, index, s);
	for (n = lowest_node(t, index); n->level; n = n->slot[slot_at(index, n->level)]) {
		struct radix_node *below = radix_stock_take(s);

		below->level = n->level - 1;
		fill_slot(n, slot_at(index, n->level), below);
	}
	return n;
}

int radix_insert(struct radix *t, uint32_t index, void *item, struct radix_stock *s)
{
	assert_that(item != NULL);
	if (radix_find(t, index))
		return -EEXIST;
	s->wanted = nodes_missing(t, index);
	if (s->count < s->wanted)
		return -EAGAIN;
	fill_slot(make_leaf(t, index, s), slot_at(index, 0), item);
	return 0;
}

void *radix_replace(struct radix *t, uint32_t index, void *item)
{
	struct radix_node *n = lowest_node(t, index);
	void *before = n && n->level == 0 ? n->slot[slot_at(index, 0)] : NULL;

	assert_that(before != NULL && item != NULL);
	n->slot[slot_at(index, 0)] = item;
	return before;
}

/* ---- marks */

/* The node of level `level` on the way to the index, which exists. */
static struct radix_node *node_at(const struct radix *t, uint32_t index, uint32_t level)
{
	struct radix_node *n = t->root;

	while (n->level > level)
		n = n->slot[slot_at(index, n->level)];
	return n;
}

static uint64_t slot_bit(uint32_t index, uint32_t level)
{
	return 1ull << slot_at(index, level);
}

void radix_set_mark(struct radix *t, uint32_t index, unsigned mark)
{
	struct radix_node *n;

	assert_that(radix_find(t, index) != NULL);
	for (n = t->root; n->level; n = n->slot[slot_at(index, n->level)])
		n->marked[mark] |= slot_bit(index, n->level);
	n->marked[mark] |= slot_bit(index, 0);
}

/* Upwards, as long as nothing else below carries it. */
void radix_clear_mark(struct radix *t, uint32_t index, unsigned mark)
{
	if (!radix_is_marked(t, index, mark))
		return;
	for (uint32_t level = 0; level <= t->root->level; level++) {
		struct radix_node *n = node_at(t, index, level);

		n->marked[mark] &= ~slot_bit(index, level);
		if (n->marked[mark])
			return;
	}
}

bool radix_is_marked(const struct radix *t, uint32_t index, unsigned mark)
{
	const struct radix_node *n = lowest_node(t, index);

	return n && n->level == 0 && n->marked[mark] & slot_bit(index, 0);
}

/* The level on the way down at which the slot for the index is not marked; -1: marked all the way.
 */
static int unmarked_level(const struct radix *t, uint32_t index, unsigned mark)
{
	const struct radix_node *n = t->root;

	while (n->marked[mark] & slot_bit(index, n->level)) {
		if (n->level == 0)
			return -1;
		n = n->slot[slot_at(index, n->level)];
	}
	return (int)n->level;
}

void *radix_next_marked(const struct radix *t, uint32_t *index, unsigned mark)
{
	while (reaches(t, *index)) {
		int level = unmarked_level(t, *index, mark);

		if (level < 0)
			return radix_find(t, *index);
		*index = next_slot_start(*index, (uint32_t)level);
		if (*index == 0)
			return NULL;
	}
	return NULL;
}

/* ---- remove */

/* Empties a slot at `level`; a node left empty goes, and empties its own slot one level up. */
static void empty_slot(struct radix *t, uint32_t index, struct radix_stock *s)
{
	for (uint32_t level = 0; t->root; level++) {
		struct radix_node *n = node_at(t, index, level);

		n->slot[slot_at(index, level)] = NULL;
		if (--n->used)
			return;
		if (n == t->root)
			t->root = NULL;
		radix_stock_put(s, n);
	}
}

void *radix_remove(struct radix *t, uint32_t index, struct radix_stock *s)
{
	void *item = radix_find(t, index);

	if (!item)
		return NULL;
	for (unsigned mark = 0; mark < RADIX_MARKS; mark++)
		radix_clear_mark(t, index, mark);
	empty_slot(t, index, s);
	return item;
}

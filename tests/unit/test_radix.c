/*
 * The radix tree against an array that says what must be where.
 */
#include "base/radix.h"

#include <errno.h>
#include <stdlib.h>

#include "base/rng.h"
#include "tests/unit/unit.h"

#define KEYS 64u

static struct {
	struct radix tree;
	struct radix_stock stock;
	uint32_t made;
} given;

static void given_tree(void)
{
	given.tree.root = NULL;
	given.stock = (struct radix_stock){ 0 };
	given.made = 0;
}

static int insert(uint32_t index, void *item)
{
	int error = radix_insert(&given.tree, index, item, &given.stock);

	if (error != -EAGAIN)
		return error;
	expect(given.stock.count < given.stock.wanted);
	while (given.stock.count < given.stock.wanted) {
		radix_stock_put(&given.stock, calloc(1, sizeof(struct radix_node)));
		given.made++;
	}
	return radix_insert(&given.tree, index, item, &given.stock);
}

/* All nodes are in the stock again: none is lost, none is left in the tree. */
static void then_tree_is_empty(void)
{
	struct radix_node *n;
	uint32_t back = 0;

	expect(given.tree.root == NULL);
	while ((n = radix_stock_take(&given.stock)) != NULL) {
		free(n);
		back++;
	}
	expect_eq(back, given.made);
}

TEST(radix_finds_what_was_put_in, "covers: MG-7")
{
	static const uint32_t index[] = {
		0, 1, 63, 64, 4095, 4096, 0x40000, 0x3fffffff, 0xffffffff
	};
	unsigned count = sizeof(index) / sizeof(index[0]);
	int item[9];

	given_tree();
	for (unsigned i = 0; i < count; i++)
		expect_eq(insert(index[i], &item[i]), 0);
	for (unsigned i = 0; i < count; i++) {
		expect(radix_find(&given.tree, index[i]) == &item[i]);
		expect_eq(insert(index[i], &item[0]), -EEXIST);
	}
	expect(radix_find(&given.tree, 2) == NULL);
	expect(radix_find(&given.tree, 0x80000000u) == NULL);
	expect(radix_replace(&given.tree, 4096, &item[0]) == &item[5]);
	expect(radix_find(&given.tree, 4096) == &item[0]);
	for (unsigned i = 0; i < count; i++)
		expect(radix_remove(&given.tree, index[i], &given.stock) != NULL);
	expect(radix_remove(&given.tree, 0, &given.stock) == NULL);
	then_tree_is_empty();
}

TEST(radix_refuses_without_nodes_and_changes_nothing, "covers: MG-12")
{
	int item;

	given_tree();
	expect_eq(radix_insert(&given.tree, 5000, &item, &given.stock), -EAGAIN);
	expect_eq(given.stock.wanted, 3);
	expect(given.tree.root == NULL);
	expect_eq(insert(5, &item), 0);
	expect_eq(radix_insert(&given.tree, 5000, &item, &given.stock), -EAGAIN);
	expect_eq(given.stock.wanted, 4);
	expect_eq(given.tree.root->level, 0);
	expect(radix_remove(&given.tree, 5, &given.stock) == &item);
	then_tree_is_empty();
}

/* Indices of every size, some close together. */
static uint32_t some_index(struct rng *r)
{
	return rng_next(r) >> rng_below(r, 32) & ~(rng_below(r, 2) ? 0u : 7u);
}

static void expect_in_order(const uint32_t *key, const bool *in)
{
	uint32_t index = 0, found = 0, wanted = 0;
	const void *item;

	for (unsigned i = 0; i < KEYS; i++)
		wanted += in[i];
	for (item = radix_next(&given.tree, &index); item;
	     item = index++ == ~0u ? NULL : radix_next(&given.tree, &index)) {
		expect_eq(*(const uint32_t *)item, index);
		found++;
	}
	expect_eq(found, wanted);
	(void)key;
}

TEST(radix_agrees_with_an_array, "covers: MG-7")
{
	static uint32_t key[KEYS];
	bool in[KEYS] = { false };
	struct rng r;

	given_tree();
	rng_seed(&r, 4);
	for (unsigned i = 0; i < KEYS; i++)
		key[i] = some_index(&r) | (i == 0 ? ~0u : 0);
	for (unsigned turn = 0; turn < 4000; turn++) {
		unsigned i = rng_below(&r, KEYS), same = 0;

		while (key[same] != key[i])
			same++;
		if (in[same])
			expect(radix_remove(&given.tree, key[i], &given.stock) == &key[same]);
		else
			expect_eq(insert(key[i], &key[same]), 0);
		in[same] = !in[same];
		if (turn % 16 == 0)
			expect_in_order(key, in);
	}
	for (unsigned i = 0; i < KEYS; i++)
		radix_remove(&given.tree, key[i], &given.stock);
	then_tree_is_empty();
}

static void expect_marked(const bool *marked, const uint32_t *key, unsigned mark)
{
	uint32_t index = 0, found = 0, wanted = 0;
	const void *item;

	for (unsigned i = 0; i < KEYS; i++) {
		wanted += marked[i];
		if (marked[i])
			expect(radix_is_marked(&given.tree, key[i], mark));
	}
	for (item = radix_next_marked(&given.tree, &index, mark); item;
	     item = index++ == ~0u ? NULL : radix_next_marked(&given.tree, &index, mark)) {
		expect_eq(*(const uint32_t *)item, index);
		expect(radix_is_marked(&given.tree, index, mark));
		found++;
	}
	expect_eq(found, wanted);
}

/* Marks come and go while items do; a new root knows what is marked below it. */
TEST(radix_marks_find_what_carries_them, "covers: CP-6")
{
	static uint32_t key[KEYS];
	bool in[KEYS] = { false }, marked[RADIX_MARKS][KEYS] = { { false } };
	struct rng r;

	given_tree();
	rng_seed(&r, 11);
	for (unsigned i = 0; i < KEYS; i++)
		key[i] = (some_index(&r) & ~63u) | i; /* all different */
	for (unsigned turn = 0; turn < 6000; turn++) {
		unsigned i = rng_below(&r, KEYS), mark = rng_below(&r, RADIX_MARKS);

		if (!in[i]) {
			expect_eq(insert(key[i], &key[i]), 0);
			in[i] = true;
		} else if (rng_below(&r, 4) == 0) {
			expect(radix_remove(&given.tree, key[i], &given.stock) == &key[i]);
			in[i] = marked[0][i] = marked[1][i] = false;
		} else if (marked[mark][i]) {
			radix_clear_mark(&given.tree, key[i], mark);
			marked[mark][i] = false;
		} else {
			radix_set_mark(&given.tree, key[i], mark);
			marked[mark][i] = true;
		}
		if (turn % 16 == 0)
			for (mark = 0; mark < RADIX_MARKS; mark++)
				expect_marked(marked[mark], key, mark);
	}
	for (unsigned i = 0; i < KEYS; i++)
		radix_remove(&given.tree, key[i], &given.stock);
	then_tree_is_empty();
}

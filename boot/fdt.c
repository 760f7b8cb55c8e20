/*
 * Flattened device trees: big-endian words, tokens, strings in a block of their own.
 */
#include <string.h>

#include "boot/fdt.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4, END = 9 };

#define HEADER_BYTES 40u

struct property {
	const char *name;
	const uint8_t *value;
	uint32_t bytes;
};

static uint32_t big_endian(const void *at)
{
	const uint8_t *b = at;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t align4(uint32_t n)
{
	return (n + 3u) & ~3u;
}

uint32_t fdt_total_bytes(const void *blob)
{
	const uint8_t *b = blob;

	return big_endian(b) == FDT_MAGIC ? big_endian(b + 4) : 0;
}

/* True if [offset, offset + bytes) is within the blob. */
static bool fits(const struct fdt *t, uint32_t offset, uint32_t bytes)
{
	return offset <= t->bytes && bytes <= t->bytes - offset;
}

const char *fdt_open(struct fdt *t, const void *blob, uint32_t bytes)
{
	const uint8_t *b = blob;

	if (bytes < HEADER_BYTES || big_endian(b) != FDT_MAGIC)
		return "no device tree magic";
	*t = (struct fdt){ .base = b, .bytes = big_endian(b + 4) };
	if (t->bytes > bytes || t->bytes < HEADER_BYTES)
		return "its size is not believable";
	if (big_endian(b + 20) < 16 || big_endian(b + 24) > 17)
		return "its version is not 16 or 17";
	t->structure = big_endian(b + 8);
	t->strings = big_endian(b + 12);
	if (!fits(t, t->structure, big_endian(b + 36)) || !fits(t, t->strings, big_endian(b + 32)))
		return "its blocks lie outside of it";
	if (t->structure & 3u)
		return "its structure block is not aligned";
	t->structure_end = t->structure + big_endian(b + 36);
	t->strings_end = t->strings + big_endian(b + 32);
	return NULL;
}

/* The string at `offset`, NULL unless it ends before `limit`. */
static const char *string_at(const struct fdt *t, uint32_t offset, uint32_t limit)
{
	if (offset >= limit || !memchr(t->base + offset, 0, limit - offset))
		return NULL;
	return (const char *)t->base + offset;
}

static bool read_word(const struct fdt *t, uint32_t *at, uint32_t *word)
{
	if (*at > t->structure_end || t->structure_end - *at < 4)
		return false;
	*word = big_endian(t->base + *at);
	*at += 4;
	return true;
}

static bool read_property(const struct fdt *t, uint32_t *at, struct property *p)
{
	uint32_t name;

	if (!read_word(t, at, &p->bytes) || !read_word(t, at, &name))
		return false;
	if (p->bytes > t->structure_end - *at || name > t->strings_end - t->strings)
		return false;
	p->name = string_at(t, t->strings + name, t->strings_end);
	p->value = t->base + *at;
	*at += align4(p->bytes);
	return p->name != NULL;
}

void fdt_start(const struct fdt *tree, struct fdt_node *node)
{
	*node = (struct fdt_node){ .tree = tree, .properties = tree->structure };
	node->cells[0].address = 2;
	node->cells[0].size = 1;
}

/* Goes down to the node whose name starts at `at`. */
static bool enter_node(struct fdt_node *n, uint32_t at)
{
	n->name = string_at(n->tree, at, n->tree->structure_end);
	if (!n->name || n->depth >= FDT_MAX_DEPTH)
		return false;
	n->depth++;
	n->cells[n->depth] = n->cells[0];
	n->properties = align4(at + (uint32_t)strlen(n->name) + 1u);
	return true;
}

static void note_cells(struct fdt_node *n, const struct property *p)
{
	if (n->depth == 0 || p->bytes != 4)
		return;
	if (strcmp(p->name, "#address-cells") == 0)
		n->cells[n->depth].address = (uint8_t)big_endian(p->value);
	else if (strcmp(p->name, "#size-cells") == 0)
		n->cells[n->depth].size = (uint8_t)big_endian(p->value);
}

bool fdt_next(struct fdt_node *n)
{
	uint32_t at = n->properties, token;
	struct property p;

	while (read_word(n->tree, &at, &token)) {
		if (token == BEGIN_NODE)
			return enter_node(n, at);
		if (token == END_NODE && n->depth > 0)
			n->depth--;
		else if (token == PROPERTY && read_property(n->tree, &at, &p))
			note_cells(n, &p);
		else if (token != NOP)
			return false;
	}
	return false;
}

const void *fdt_property(const struct fdt_node *n, const char *name, uint32_t *bytes)
{
	uint32_t at = n->properties, token;
	struct property p;

	while (read_word(n->tree, &at, &token)) {
		if (token == NOP)
			continue;
		if (token != PROPERTY || !read_property(n->tree, &at, &p))
			return NULL;
		if (strcmp(p.name, name) == 0) {
			*bytes = p.bytes;
			return p.value;
		}
	}
	return NULL;
}

const char *fdt_string(const struct fdt_node *n, const char *name)
{
	uint32_t bytes;
	const char *value = fdt_property(n, name, &bytes);

	return value && bytes && value[bytes - 1] == 0 ? value : NULL;
}

static uint64_t read_cells(const uint8_t *at, unsigned cells)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < cells; i++)
		value = value << 32 | big_endian(at + i * 4u);
	return value;
}

bool fdt_number(const struct fdt_node *n, const char *name, uint64_t *value)
{
	uint32_t bytes;
	const uint8_t *p = fdt_property(n, name, &bytes);

	if (!p || (bytes != 4 && bytes != 8))
		return false;
	*value = read_cells(p, bytes / 4u);
	return true;
}

bool fdt_reg(const struct fdt_node *n, unsigned index, uint64_t *address, uint64_t *bytes)
{
	unsigned a = n->cells[n->depth - 1].address, s = n->cells[n->depth - 1].size;
	uint32_t room;
	const uint8_t *p = fdt_property(n, "reg", &room);

	if (!p || a < 1 || a > 2 || s > 2 || room < (index + 1u) * (a + s) * 4u)
		return false;
	p += index * (a + s) * 4u;
	*address = read_cells(p, a);
	*bytes = read_cells(p + a * 4u, s);
	return true;
}

/* Cells: 0 shared or 1 private to a cpu; number within its kind; flags. */
bool fdt_interrupt(const struct fdt_node *n, unsigned index, unsigned *intid)
{
	uint32_t room;
	const uint8_t *p = fdt_property(n, "interrupts", &room);

	if (!p || room < (index + 1u) * 12u)
		return false;
	p += index * 12u;
	*intid = big_endian(p + 4) + (big_endian(p) ? 16u : 32u);
	return true;
}

bool fdt_is_compatible(const struct fdt_node *n, const char *name)
{
	uint32_t left;
	const char *p = fdt_property(n, "compatible", &left);

	if (!p || left == 0 || p[left - 1] != 0)
		return false;
	for (uint32_t used = 0; used < left; used += (uint32_t)strlen(p + used) + 1u)
		if (strcmp(p + used, name) == 0)
			return true;
	return false;
}

bool fdt_find_compatible(const struct fdt *tree, const char *name, struct fdt_node *node)
{
	fdt_start(tree, node);
	while (fdt_next(node))
		if (fdt_is_compatible(node, name))
			return true;
	return false;
}

/* A name without its unit address: "memory" finds memory@80000000. */
bool fdt_find_named(const struct fdt *tree, const char *name, struct fdt_node *node)
{
	size_t length = strlen(name);

	fdt_start(tree, node);
	while (fdt_next(node))
		if (strncmp(node->name, name, length) == 0 &&
		    (node->name[length] == 0 || node->name[length] == '@'))
			return true;
	return false;
}

const char *fdt_model(const struct fdt *tree)
{
	struct fdt_node root;
	const char *model;

	fdt_start(tree, &root);
	model = fdt_next(&root) ? fdt_string(&root, "model") : NULL;
	return model ? model : "an unnamed board";
}

/*
 * A reader of flattened device trees (Devicetree Specification v0.3, chapter 5). Every offset is
 * checked against the blob, so a corrupt tree gives an end or an error, never a stray access.
 */
#ifndef BOOT_FDT_H
#define BOOT_FDT_H

#include <stdbool.h>
#include <stdint.h>

#define FDT_MAGIC     0xd00dfeedu
#define FDT_MAX_DEPTH 8u

struct fdt {
	const uint8_t *base;
	uint32_t bytes;
	uint32_t structure, structure_end;
	uint32_t strings, strings_end;
};

/* Where the walk stands: at a node. */
struct fdt_node {
	const struct fdt *tree;
	const char *name;
	uint32_t properties; /* offset of what follows the name */
	unsigned depth;	     /* 1 for the root */
	struct {
		uint8_t address,
			size; /* #address-cells, #size-cells that the node gives its children */
	} cells[FDT_MAX_DEPTH + 1];
};

/* Size of the blob that starts here, or 0 if it is none. Reads 8 bytes. */
uint32_t fdt_total_bytes(const void *blob);

/* Returns NULL if `bytes` at `blob` are a tree, else what is wrong with it. */
const char *fdt_open(struct fdt *tree, const void *blob, uint32_t bytes);

/* Before the first node; fdt_next goes to the next one in document order, false at the end. */
void fdt_start(const struct fdt *tree, struct fdt_node *node);
bool fdt_next(struct fdt_node *node);

/* The value of a property, NULL if the node has none of that name. */
const void *fdt_property(const struct fdt_node *node, const char *name, uint32_t *bytes);

/* A property that is a string, checked to end; NULL if there is none. */
const char *fdt_string(const struct fdt_node *node, const char *name);

/* A property of one or two cells. */
bool fdt_number(const struct fdt_node *node, const char *name, uint64_t *value);

/* The n-th pair of `reg`. */
bool fdt_reg(const struct fdt_node *node, unsigned n, uint64_t *address, uint64_t *bytes);

/* The n-th entry of `interrupts`, three cells (GIC), as an interrupt number. */
bool fdt_interrupt(const struct fdt_node *node, unsigned n, unsigned *intid);

bool fdt_is_compatible(const struct fdt_node *node, const char *name);

/* The first node that is; false if there is none. */
bool fdt_find_compatible(const struct fdt *tree, const char *name, struct fdt_node *node);
bool fdt_find_named(const struct fdt *tree, const char *name, struct fdt_node *node);

/* What the root calls itself. */
const char *fdt_model(const struct fdt *tree);

#endif

/*
 * What the loader handed over, whatever its form: device tree, tags (ATAGs), or nothing but
 * semihosting.
 */
#ifndef BOOT_TAGS_H
#define BOOT_TAGS_H

#include "arch/addr.h"
#include "boot/fdt.h"
#include "boot/params.h"

struct handover {
	struct fdt tree;		/* the loader's, or the one built in */
	const char *tree_problem;	/* a tree was there but unusable, and why */
	const char *source;		/* "device tree", "tags", "semihosting" */
	char command_line[PARAMS_TEXT]; /* a copy, as the next two: the tree does not stay */
	char model[48];
	bool line_was_cut;	       /* the boot arguments did not fit */
	uint64_t ram_start, ram_bytes; /* 0 bytes: nobody said */
	uint64_t initrd_start, initrd_bytes;
};

/* `tags` is what r2 held at entry. The tree is good until memory_init. */
void handover_read(struct handover *h, uint32_t tags);

#endif

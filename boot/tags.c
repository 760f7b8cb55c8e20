/*
 * Reads the handover. Looked for in this order: what r2 points at (a device tree or ATAGs, the
 * Linux boot protocol); a device tree at the start of RAM (QEMU puts one there for an ELF, with r2
 * = 0); semihosting. Without a tree of the loader's the devices are those of the tree that is built
 * in. Source: Linux Documentation/arm/booting.rst for the protocol; tags: size in words, then kind.
 */
#include <string.h>

#include "arch/frame.h"
#include "arch/arm/mmu.h"
#include "base/log.h"
#include "boot/params.h"
#include "boot/tags.h"
#include "drivers/semihosting.h"

enum {
	ATAG_NONE = 0,
	ATAG_CORE = 0x54410001,
	ATAG_MEM = 0x54410002,
	ATAG_INITRD2 = 0x54420005,
	ATAG_CMDLINE = 0x54410009,
};

#define MAX_TAGS       64u
#define MAX_TAG_WORDS  1024u
#define MAX_TREE_BYTES (1u << 20)

extern const char builtin_tree[], builtin_tree_end[];

/* The bytes of a tree at `start`; NULL if there is none. */
static const void *tree_at(uint32_t start, uint32_t *bytes)
{
	const void *head = start & 3u ? NULL : mmu_peek(paddr(start), 8);

	*bytes = head ? fdt_total_bytes(head) : 0;
	if (*bytes == 0)
		return NULL;
	return mmu_peek(paddr(start), *bytes < MAX_TREE_BYTES ? *bytes : MAX_TREE_BYTES);
}

static bool read_tree(struct handover *h, uint32_t start)
{
	uint32_t bytes;
	const void *blob = tree_at(start, &bytes);

	if (!blob)
		return false;
	h->tree_problem = fdt_open(&h->tree, blob, bytes < MAX_TREE_BYTES ? bytes : MAX_TREE_BYTES);
	if (h->tree_problem)
		return false;
	h->source = "device tree";
	return true;
}

static void take_command_line(struct handover *h, const char *line)
{
	strncpy(h->command_line, line, sizeof(h->command_line) - 1);
	h->line_was_cut = strlen(line) >= sizeof(h->command_line);
}

static void read_chosen(struct handover *h)
{
	struct fdt_node chosen;
	uint64_t start, end;
	const char *line;

	if (!fdt_find_named(&h->tree, "chosen", &chosen))
		return;
	line = fdt_string(&chosen, "bootargs");
	if (line)
		take_command_line(h, line);
	if (fdt_number(&chosen, "linux,initrd-start", &start) &&
	    fdt_number(&chosen, "linux,initrd-end", &end) && end > start) {
		h->initrd_start = start;
		h->initrd_bytes = end - start;
	}
}

static void read_memory_node(struct handover *h)
{
	struct fdt_node node;

	fdt_start(&h->tree, &node);
	while (fdt_next(&node)) {
		const char *type = fdt_string(&node, "device_type");

		if (type && strcmp(type, "memory") == 0 &&
		    fdt_reg(&node, 0, &h->ram_start, &h->ram_bytes))
			return;
	}
}

static void read_tag(struct handover *h, const uint32_t *tag)
{
	switch (tag[1]) {
	case ATAG_MEM:
		h->ram_bytes = tag[2];
		h->ram_start = tag[3];
		break;
	case ATAG_INITRD2:
		h->initrd_start = tag[2];
		h->initrd_bytes = tag[3];
		break;
	case ATAG_CMDLINE:
		if (memchr(&tag[2], 0, (tag[0] - 2) * 4))
			take_command_line(h, (const char *)&tag[2]);
		break;
	default:
		break;
	}
}

static bool read_tags(struct handover *h, uint32_t start)
{
	const uint32_t *tag = start & 3u ? NULL : mmu_peek(paddr(start), 4 * MAX_TAG_WORDS);
	const uint32_t *end = tag + MAX_TAG_WORDS;

	if (!tag || tag[1] != ATAG_CORE)
		return false;
	for (unsigned i = 0; i < MAX_TAGS && tag[1] != ATAG_NONE; i++) {
		if (tag[0] < 2 || tag[0] > (uint32_t)(end - tag) - 2)
			break;
		if (tag[0] > 3 || tag[1] == ATAG_CMDLINE)
			read_tag(h, tag);
		tag += tag[0];
	}
	h->source = "tags";
	return true;
}

/* The line starts with the kernel's path when it comes from the emulator's own arguments. */
static void drop_kernel_path(char *line)
{
	const char *rest = line;

	if (!params_is_known(line))
		rest += strcspn(line, " ");
	rest += strspn(rest, " ");
	memmove(line, rest, strlen(rest) + 1);
}

static void read_semihosting(struct handover *h)
{
	uint32_t end;

	h->source = "semihosting";
	if (semihosting_ram_end(&end)) {
		h->ram_start = mmu_ram_start().a;
		h->ram_bytes = (end ? end : UINT64_C(1) << 32) - h->ram_start;
	}
	if (semihosting_command_line(h->command_line, sizeof(h->command_line)))
		drop_kernel_path(h->command_line);
	else
		h->line_was_cut = semihosting_is_there();
}

static void use_builtin_tree(struct handover *h)
{
	fdt_open(&h->tree, builtin_tree, (uint32_t)(builtin_tree_end - builtin_tree));
}

/* Looks at the places in turn; the built-in tree stands in for one that nobody gave. */
static void read_any(struct handover *h, uint32_t tags)
{
	if ((tags && read_tree(h, tags)) || read_tree(h, mmu_ram_start().a)) {
		read_memory_node(h);
		read_chosen(h);
		return;
	}
	if (!tags || !read_tags(h, tags))
		read_semihosting(h);
	use_builtin_tree(h);
}

void handover_read(struct handover *h, uint32_t tags)
{
	memset(h, 0, sizeof(*h));
	read_any(h, tags);
	strncpy(h->model, fdt_model(&h->tree), sizeof(h->model) - 1);
}

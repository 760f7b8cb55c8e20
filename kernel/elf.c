/*
 * Source of layouts and numbers: Tool Interface Standard ELF 1.2 (parts 1-1, 2-2); ELF for the ARM
 * Architecture (IHI 0044), 4.3.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "kernel/elf.h"
#include "mm/virt/mm.h"

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

_Static_assert(sizeof(struct elf_header) == 52 && sizeof(struct elf_phdr) == ELF_HEADER_ENTRY,
	       "as in the file");

enum { CLASS_AT = 4, CLASS_32 = 1, DATA_AT = 5, DATA_LITTLE = 1 };
enum { TYPE_EXEC = 2, MACHINE_ARM = 40, VERSION = 1 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, PT_INTERP = 3, PT_GNU_STACK = 0x6474e551 };
enum { PF_EXEC = 1, PF_WRITE = 2, PF_READ = 4 };

#define FLAGS_EABI_MASK 0xff000000u
#define FLAGS_EABI5	0x05000000u

static const char *check_ident(const struct elf_header *h)
{
	if (memcmp(h->ident, "\177ELF", 4) != 0)
		return "not an ELF file";
	if (h->ident[CLASS_AT] != CLASS_32 || h->ident[DATA_AT] != DATA_LITTLE)
		return "not 32-bit little-endian";
	if (h->version != VERSION)
		return "unknown ELF version";
	if (h->machine != MACHINE_ARM || (h->flags & FLAGS_EABI_MASK) != FLAGS_EABI5)
		return "not for ARM EABI 5";
	if (h->type != TYPE_EXEC)
		return "not a static executable";
	return NULL;
}

static const char *check_table(const struct elf_header *h, uint32_t head_bytes)
{
	if (h->ehsize != sizeof(*h) || h->phentsize != sizeof(struct elf_phdr))
		return "headers of a strange size";
	if (h->phnum == 0)
		return "no program headers";
	if (h->phoff > head_bytes || h->phnum * sizeof(struct elf_phdr) > head_bytes - h->phoff)
		return "program headers outside the start of the file";
	return NULL;
}

static const char *check_alignment(const struct elf_phdr *ph)
{
	if (ph->align & (ph->align - 1u))
		return "a segment aligned to no power of two";
	if (ph->align > 1 && (ph->vaddr - ph->offset) & (ph->align - 1u))
		return "a segment that is not aligned as it says";
	return NULL;
}

static const char *check_segment(const struct elf_phdr *ph, uint32_t bytes, uint32_t limit)
{
	if (ph->offset > bytes || ph->filesz > bytes - ph->offset)
		return "a segment outside the file";
	if (ph->filesz > ph->memsz)
		return "a segment larger in the file than in memory";
	if (ph->vaddr < USER_START || ph->vaddr >= limit || ph->memsz > limit - ph->vaddr)
		return "a segment outside user space";
	if (ph->flags & PF_WRITE && ph->flags & PF_EXEC)
		return "a segment that is writable and executable";
	return check_alignment(ph);
}

static uint32_t rights_of(const struct elf_phdr *ph)
{
	return (ph->flags & PF_READ ? VMA_READ : 0u) | (ph->flags & PF_WRITE ? VMA_WRITE : 0u) |
	       (ph->flags & PF_EXEC ? VMA_EXEC : 0u);
}

static const char *add_segment(struct elf_program *p, const struct elf_phdr *ph)
{
	if (p->segments == ELF_MAX_SEGMENTS)
		return "too many segments";
	if (p->segments && (ph->vaddr & PAGE_MASK) < p->end)
		return "segments out of order or on one page";
	p->segment[p->segments++] = (struct elf_segment){
		.offset = ph->offset,
		.file_bytes = ph->filesz,
		.address = ph->vaddr,
		.mem_bytes = ph->memsz,
		.rights = rights_of(ph),
	};
	p->end = page_align_up(ph->vaddr + ph->memsz);
	return NULL;
}

/* Where the program itself finds its headers (its thread-local storage is described there). */
static void find_headers(struct elf_program *p, const struct elf_header *h)
{
	uint32_t bytes = h->phnum * (uint32_t)sizeof(struct elf_phdr);

	for (unsigned i = 0; i < p->segments; i++) {
		const struct elf_segment *s = &p->segment[i];
		uint32_t offset = h->phoff - s->offset;

		if (h->phoff < s->offset || offset > s->file_bytes ||
		    bytes > s->file_bytes - offset)
			continue;
		p->headers = s->address + offset;
		p->header_count = h->phnum;
	}
}

static const char *read_header(const struct elf_phdr *ph, uint32_t bytes, uint32_t limit,
			       struct elf_program *p)
{
	const char *wrong;

	if (ph->type == PT_INTERP || ph->type == PT_DYNAMIC)
		return "needs a dynamic linker";
	if (ph->type == PT_GNU_STACK)
		p->stack_exec = ph->flags & PF_EXEC;
	if (ph->type != PT_LOAD || ph->memsz == 0)
		return NULL;
	wrong = check_segment(ph, bytes, limit);
	return wrong ? wrong : add_segment(p, ph);
}

static const char *read_headers(const uint8_t *head, uint32_t bytes, uint32_t limit,
				const struct elf_header *h, struct elf_program *p)
{
	for (unsigned i = 0; i < h->phnum; i++) {
		struct elf_phdr ph;
		const char *wrong;

		memcpy(&ph, head + h->phoff + i * sizeof(ph), sizeof(ph));
		wrong = read_header(&ph, bytes, limit, p);
		if (wrong)
			return wrong;
	}
	find_headers(p, h);
	return p->segments ? NULL : "nothing to load";
}

static const char *check_entry(const struct elf_program *p)
{
	uint32_t pc = p->entry & ~1u;

	if (!(p->entry & 1u) && p->entry & 2u)
		return "an entry point that is not aligned";
	for (unsigned i = 0; i < p->segments; i++) {
		const struct elf_segment *s = &p->segment[i];

		if (s->rights & VMA_EXEC && pc - s->address < s->file_bytes)
			return NULL;
	}
	return "an entry point outside the code";
}

const char *elf_check(const uint8_t *head, uint32_t head_bytes, uint32_t bytes, uint32_t limit,
		      struct elf_program *p)
{
	struct elf_header h;
	const char *wrong;

	memset(p, 0, sizeof(*p));
	if (head_bytes < sizeof(h))
		return "shorter than an ELF header";
	memcpy(&h, head, sizeof(h));
	p->entry = h.entry;
	wrong = check_ident(&h);
	if (!wrong)
		wrong = check_table(&h, head_bytes);
	if (!wrong)
		wrong = read_headers(head, bytes, limit, &h, p);
	return wrong ? wrong : check_entry(p);
}

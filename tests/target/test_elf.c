/*
 * Program files: every field that is used is checked first, and what a program asks for is heard.
 */
#include <string.h>
#include "kernel/elf.h"
#include "mm/virt/vma.h"
#include "tests/target/test.h"

/* Layouts as in the Tool Interface Standard ELF 1.2. */
struct header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct segment {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

static struct {
	struct header header;
	struct segment segment[4];
} file;

enum { LOAD = 1, INTERPRETER = 3, STACK = 0x6474e551, UNWIND = 0x70000001 };

#define LIMIT	   0x70000000u
#define FILE_BYTES 0x3000u

/* Code with the headers, data, an unwind table, a stack without code. */
static void make_sound_file(void)
{
	file.header = (struct header){ .ident = { 0x7f, 'E', 'L', 'F', 1, 1, 1 },
				       .type = 2,
				       .machine = 40,
				       .version = 1,
				       .entry = 0x10101,
				       .phoff = sizeof(struct header),
				       .flags = 0x05000400,
				       .ehsize = sizeof(struct header),
				       .phentsize = sizeof(struct segment),
				       .phnum = 4 };
	file.segment[0] = (struct segment){ UNWIND, 0x900, 0x10900, 0, 8, 8, 4, 4 };
	file.segment[1] = (struct segment){ LOAD, 0, 0x10000, 0, 0x1000, 0x1000, 5, 0x1000 };
	file.segment[2] = (struct segment){ LOAD, 0x1ff0, 0x12ff0, 0, 0x20, 0x1000, 6, 0x1000 };
	file.segment[3] = (struct segment){ STACK, 0, 0, 0, 0, 0, 6, 16 };
}

static const char *check(struct elf_program *p)
{
	return elf_check((const uint8_t *)&file, sizeof(file), FILE_BYTES, LIMIT, p);
}

TEST(elf, a_sound_file_says_where_everything_goes, "")
{
	struct elf_program p;

	make_sound_file();
	REQUIRE_TRUE(check(&p) == NULL);
	EXPECT_EQ(p.segments, 2);
	EXPECT_EQ(p.entry, 0x10101);
	EXPECT_EQ(p.end, 0x14000);
	EXPECT_EQ(p.headers, 0x10000 + sizeof(struct header));
	EXPECT_EQ(p.header_count, 4);
	EXPECT_EQ(p.segment[0].rights, VMA_READ | VMA_EXEC);
	EXPECT_EQ(p.segment[1].rights, VMA_READ | VMA_WRITE);
	EXPECT_TRUE(!p.stack_exec);
}

TEST(elf, a_stack_for_code_is_given_to_who_asks, "")
{
	struct elf_program p;

	make_sound_file();
	file.segment[3].flags = 7;
	REQUIRE_TRUE(check(&p) == NULL);
	EXPECT_TRUE(p.stack_exec);
	file.header.phnum = 3;
	REQUIRE_TRUE(check(&p) == NULL);
	EXPECT_TRUE(!p.stack_exec);
}

#define REFUSED(change)                                                                            \
	do {                                                                                       \
		make_sound_file();                                                                 \
		change;                                                                            \
		EXPECT_TRUE(check(&p) != NULL);                                                    \
	} while (0)

TEST(elf, what_is_wrong_is_refused, "")
{
	struct elf_program p;

	REFUSED(file.header.ident[1] = 'e');
	REFUSED(file.header.ident[4] = 2);
	REFUSED(file.header.type = 3);
	REFUSED(file.header.machine = 62);
	REFUSED(file.header.flags = 0x04000000);
	REFUSED(file.header.phnum = 0);
	REFUSED(file.header.phnum = 5);
	REFUSED(file.header.phoff = 0xfffffff0);
	REFUSED(file.header.phentsize = 31);
	REFUSED(file.header.entry = 0x12ff0);
	REFUSED(file.header.entry = 0x10102);
	REFUSED(file.segment[0].type = INTERPRETER);
	REFUSED(file.segment[1].filesz = 0x3001);
	REFUSED(file.segment[1].memsz = 0xfff);
	REFUSED(file.segment[1].vaddr = 0x1000);
	REFUSED(file.segment[1].flags = 7);
	REFUSED(file.segment[2].vaddr = 0x10ff0);
	REFUSED(file.segment[2].vaddr = 0x6ffffff0);
	REFUSED(file.segment[2].align = 24);
	REFUSED(file.segment[2].align = 0x2000);
}

/* A file that ends early is refused at every length. */
TEST(elf, a_short_file_is_refused, "")
{
	struct elf_program p;

	make_sound_file();
	for (uint32_t bytes = 0; bytes < sizeof(file); bytes++)
		EXPECT_TRUE(elf_check((const uint8_t *)&file, bytes, FILE_BYTES, LIMIT, &p) !=
			    NULL);
}

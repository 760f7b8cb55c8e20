/*
 * ELF files for 32-bit ARM, as far as a static program needs them, and the check of every field
 * that is used. Nothing of a file is believed before elf_check has passed it.
 */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include <stdbool.h>
#include <stdint.h>

#define ELF_MAX_SEGMENTS 8u
#define ELF_HEAD_BYTES	 512u /* of the file: the header and the program headers lie in these */

struct elf_segment {
	uint32_t offset, file_bytes; /* in the file */
	uint32_t address, mem_bytes; /* in user space; what is not in the file is zero */
	uint32_t rights;	     /* enum vma_flags */
};

struct elf_program {
	uint32_t entry;			/* bit 0: Thumb */
	uint32_t end;			/* first page boundary above the highest segment */
	uint32_t headers, header_count; /* program headers in the program's memory; 0: not there */
	bool stack_exec;		/* it asks for a stack that code may run on */
	unsigned segments;
	struct elf_segment segment[ELF_MAX_SEGMENTS]; /* by address; no two on one page */
};

#define ELF_HEADER_ENTRY 32u /* bytes of one program header */

/*
 * Reads and checks. `head` is the first `head_bytes` of a file of `bytes`. Segments end at or below
 * `limit`. Returns NULL, or what is wrong, in words.
 */
const char *elf_check(const uint8_t *head, uint32_t head_bytes, uint32_t bytes, uint32_t limit,
		      struct elf_program *p);

#endif

/*
 * ELF files for 32-bit ARM, as far as a static program needs them, and the check of every field
 * that is used. Nothing of a file is believed before elf_check has passed it.
 */
#ifndef KERNEL_ELF_H
#define KERNEL_ELF_H

#include <stdint.h>

#define ELF_MAX_SEGMENTS 8u

struct elf_segment {
	uint32_t offset, file_bytes; /* in the file */
	uint32_t address, mem_bytes; /* in user space; what is not in the file is zero */
	uint32_t rights;	     /* enum vma_flags */
};

struct elf_program {
	uint32_t entry; /* bit 0: Thumb */
	uint32_t end;	/* first page boundary above the highest segment */
	unsigned segments;
	struct elf_segment segment[ELF_MAX_SEGMENTS]; /* by address; no two on one page */
};

/* Reads and checks. Segments end at or below `limit`. Returns NULL, or what is wrong, in words. */
const char *elf_check(const uint8_t *file, uint32_t bytes, uint32_t limit, struct elf_program *p);

#endif

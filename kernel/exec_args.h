/*
 * The strings a program starts with: arguments, environment, its own path, on their way from
 * whoever starts it to the new stack. They lie in frames of the kernel's meanwhile, one after
 * another, each with its 0, as they will lie in the program's memory.
 */
#ifndef KERNEL_EXEC_ARGS_H
#define KERNEL_EXEC_ARGS_H

#include <stdint.h>
#include "arch/addr.h"

#define EXEC_ARGS_PAGES 32u
#define EXEC_ARGS_BYTES (EXEC_ARGS_PAGES * PAGE_SIZE) /* strings, and a pointer to each */

struct exec_args {
	char *page[EXEC_ARGS_PAGES]; /* NULL: not needed so far */
	uint32_t bytes;		     /* of strings */
	uint32_t argc, envc; /* the first argc strings, the envc after them; one more: the path */
};

/* Strings are added in the order of the fields above; the caller counts. 0, -E2BIG, -ENOMEM. */
int exec_args_add(struct exec_args *a, const char *text);

/* All of a 0-terminated array of strings of the running task's; an address of 0 has none. Counts
 * them in `count`. As above, or -EFAULT. */
int exec_args_add_user(struct exec_args *a, uint32_t array, uint32_t *count);

/* All of a NULL-terminated array of the kernel's. */
int exec_args_add_all(struct exec_args *a, const char *const text[], uint32_t *count);

/* Copies the strings to a user address, and the addresses of the first `argc` and the next `envc`
 * as words, a 0 after each of the two. Returns 0 or -EFAULT. */
int exec_args_copy_strings(const struct exec_args *a, uint32_t to);
int exec_args_copy_pointers(const struct exec_args *a, uint32_t strings, uint32_t to);

/* Where the path is, once the strings are at `strings`. */
uint32_t exec_args_path(const struct exec_args *a, uint32_t strings);

void exec_args_free(struct exec_args *a);

#endif

/*
 * A string may lie across the end of a page; the pages stand for consecutive addresses.
 */
#include <errno.h>
#include <string.h>
#include "arch/uaccess.h"
#include "kernel/exec_args.h"
#include "mm/phys/alloc.h"

/* Bytes that are left for strings once every string so far, and one more, has its pointer. */
static bool is_full(const struct exec_args *a, uint32_t more)
{
	uint32_t pointers = (a->argc + a->envc + 1) * sizeof(uint32_t);

	return pointers + more > EXEC_ARGS_BYTES || a->bytes > EXEC_ARGS_BYTES - pointers - more;
}

/* Where the next byte goes; *room says how many fit there. NULL: no memory. */
static char *next_place(struct exec_args *a, uint32_t *room)
{
	char **page = &a->page[a->bytes / PAGE_SIZE];

	if (!*page)
		*page = alloc_kernel_pages(GFP_KERNEL, 0);
	*room = PAGE_SIZE - a->bytes % PAGE_SIZE;
	return *page ? *page + a->bytes % PAGE_SIZE : NULL;
}

int exec_args_add(struct exec_args *a, const char *text)
{
	uint32_t left = (uint32_t)strlen(text) + 1;

	if (left > EXEC_ARGS_BYTES || is_full(a, left))
		return -E2BIG;
	while (left) {
		uint32_t room;
		char *to = next_place(a, &room);

		if (!to)
			return -ENOMEM;
		room = room < left ? room : left;
		memcpy(to, text, room);
		text += room;
		left -= room;
		a->bytes += room;
	}
	return 0;
}

/* One string of the user's, page by page of ours. */
static int add_user_string(struct exec_args *a, uint32_t from)
{
	int length = -E2BIG;

	while (length == -E2BIG) {
		uint32_t room;
		char *to;

		if (is_full(a, 1))
			return -E2BIG;
		to = next_place(a, &room);
		if (!to)
			return -ENOMEM;
		length = copy_string_from_user(to, vaddr(from), room);
		if (length == -EFAULT)
			return -EFAULT;
		a->bytes += length < 0 ? room : (uint32_t)length + 1;
		from += room;
	}
	return is_full(a, 0) ? -E2BIG : 0;
}

int exec_args_add_user(struct exec_args *a, uint32_t array, uint32_t *count)
{
	uint32_t string = array;
	int error = 0;

	for (; array && !error; array += sizeof(string)) {
		if (copy_from_user(&string, vaddr(array), sizeof(string)))
			return -EFAULT;
		if (!string)
			return 0;
		error = add_user_string(a, string);
		++*count;
	}
	return error;
}

int exec_args_add_all(struct exec_args *a, const char *const text[], uint32_t *count)
{
	int error = 0;

	for (; *text && !error; text++) {
		error = exec_args_add(a, *text);
		++*count;
	}
	return error;
}

int exec_args_copy_strings(const struct exec_args *a, uint32_t to)
{
	for (uint32_t done = 0; done < a->bytes; done += PAGE_SIZE) {
		uint32_t left = a->bytes - done;

		if (copy_to_user(vaddr(to + done), a->page[done / PAGE_SIZE],
				 left < PAGE_SIZE ? left : PAGE_SIZE))
			return -EFAULT;
	}
	return 0;
}

/* Offset of the string after the one at `offset`. */
static uint32_t next_string(const struct exec_args *a, uint32_t offset)
{
	while (a->page[offset / PAGE_SIZE][offset % PAGE_SIZE])
		offset++;
	return offset + 1;
}

static int put_word(uint32_t to, uint32_t word)
{
	return copy_to_user(vaddr(to), &word, sizeof(word)) ? -EFAULT : 0;
}

/* The addresses of `count` strings from *offset on, then a 0. */
static int put_pointers(const struct exec_args *a, uint32_t strings, uint32_t to, uint32_t count,
			uint32_t *offset)
{
	int error = 0;

	for (; count && !error; count--, to += sizeof(uint32_t)) {
		error = put_word(to, strings + *offset);
		*offset = next_string(a, *offset);
	}
	return error ? error : put_word(to, 0);
}

int exec_args_copy_pointers(const struct exec_args *a, uint32_t strings, uint32_t to)
{
	uint32_t offset = 0;
	int error = put_pointers(a, strings, to, a->argc, &offset);

	to += (a->argc + 1) * sizeof(uint32_t);
	return error ? error : put_pointers(a, strings, to, a->envc, &offset);
}

uint32_t exec_args_path(const struct exec_args *a, uint32_t strings)
{
	uint32_t offset = 0;

	for (uint32_t n = a->argc + a->envc; n; n--)
		offset = next_string(a, offset);
	return strings + offset;
}

void exec_args_free(struct exec_args *a)
{
	for (unsigned i = 0; i < EXEC_ARGS_PAGES; i++)
		if (a->page[i])
			free_kernel_pages(a->page[i], 0);
}

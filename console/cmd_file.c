/*
 * Commands about files: what programs see of the kernel, from the console.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "console/console.h"
#include "fs/file.h"

#define PIECE 128u

/* Opens, or prints why not and returns its status. */
static int open_path(const char *path, uint32_t flags, struct file **f)
{
	int error = file_open(path, flags, 0, f);

	return error ? console_error(error, "%s: %s", path, strerror(-error)) : 0;
}

static int run_cat(const struct words *w)
{
	const char *path = console_word(w, 1);
	struct file *f;
	int32_t got;
	int status = open_path(path, 0, &f);

	if (status)
		return status;
	do {
		char piece[PIECE];
		struct io io = io_kernel(piece, sizeof(piece));

		got = file_read(f, &io);
		if (got > 0)
			log_put(piece, (size_t)got);
	} while (got > 0);
	file_put(f);
	return got < 0 ? console_error(got, "%s: %s", path, strerror(-got)) : 0;
}

static int run_put(const struct words *w)
{
	const char *path = console_word(w, 1), *text = console_word(w, 2);
	struct file *f;
	struct io io;
	int32_t put;
	int status = open_path(path, OPEN_WRONLY, &f);

	if (status)
		return status;
	io = io_kernel((char *)text, (uint32_t)strlen(text));
	put = file_write(f, &io);
	file_put(f);
	return put < 0 ? console_error(put, "%s: %s", path, strerror(-put)) : 0;
}

static int run_ls(const struct words *w)
{
	const char *path = console_word(w, 1);
	struct dir_entry e;
	uint64_t position = 0;
	struct file *f;
	int status = open_path(path ? path : "/", OPEN_DIRECTORY, &f);

	if (status)
		return status;
	while (file_next_entry(f, &position, &e) == 0)
		print("%s%s\n", e.name, mode_is(e.mode, MODE_DIR) ? "/" : "");
	file_put(f);
	return 0;
}

static const struct command commands[] = {

	{ "cat", "PATH", "what is in a file", "cat /proc/meminfo", 1, 1, run_cat },
	{ "put", "PATH TEXT", "writes to a file that is there", "put /proc/sys/vm/compact_memory 1",
	  2, 2, run_put },
	{ "ls", "[PATH]", "the names in a directory, of the root if none is said", "ls /proc", 0, 1,
	  run_ls },
};

const struct command_family file_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

/* Names, archives, bytes in parts, texts made when they are read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/waitq.h"
#include "fs/initrd.h"
#include "fs/name.h"
#include "fs/pipe.h"
#include "fs/pseudo.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

/* ---- the user's memory: 8 KiB from USER_AT on */

#define USER_AT	   0x10000u
#define USER_BYTES 8192u

static char user[USER_BYTES];

static size_t reachable(vaddr_t a, size_t bytes)
{
	uint32_t at = a.a - USER_AT;

	if (at >= USER_BYTES)
		return 0;
	return bytes < USER_BYTES - at ? bytes : USER_BYTES - at;
}

size_t copy_to_user(vaddr_t to, const void *from, size_t bytes)
{
	size_t n = reachable(to, bytes);

	memcpy(user + (to.a - USER_AT) % USER_BYTES, from, n);
	return bytes - n;
}

size_t copy_from_user(void *to, vaddr_t from, size_t bytes)
{
	size_t n = reachable(from, bytes);

	memcpy(to, user + (from.a - USER_AT) % USER_BYTES, n);
	return bytes - n;
}

/* ---- archives */

static struct {
	char bytes[65536];
	uint32_t used;
} archive;

static void pad(void)
{
	while (archive.used % 4)
		archive.bytes[archive.used++] = 0;
}

static void add_linked(const char *name, uint32_t mode, const char *data, uint32_t ino,
		       uint32_t links)
{
	uint32_t bytes = (uint32_t)strlen(data);

	archive.used += (uint32_t)sprintf(
		archive.bytes + archive.used,
		"070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ino, mode, 0, 0,
		links, 7, bytes, 0, 0, 0, 0, (uint32_t)strlen(name) + 1, 0);
	strcpy(archive.bytes + archive.used, name);
	archive.used += (uint32_t)strlen(name) + 1;
	pad();
	memcpy(archive.bytes + archive.used, data, bytes);
	archive.used += bytes;
	pad();
}

static void add(const char *name, uint32_t mode, const char *data)
{
	add_linked(name, mode, data, 0, 1);
}

static int finish(void)
{
	char *copy;
	uint32_t bytes;

	add("TRAILER!!!", 0, "");
	bytes = archive.used;
	copy = memcpy(malloc(bytes), archive.bytes, bytes);
	archive.used = 0;
	return initrd_add("test", copy, bytes);
}

static struct thread me;

/* Memory, a thread, and an archive of a few names. */
static void given_files(void)
{
	given_pages(4 * MIB_PAGES);
	given_thread(&me, "test");
	add("a", MODE_DIR | 0755, "");
	add("a/text", MODE_FILE | 0644, "0123456789");
	add("./a/b/deep", MODE_FILE | 0600, "deep");
	add("a/link", MODE_LINK | 0777, "text");
	add("a/up", MODE_LINK | 0777, "../a/b/..");
	add("a/root", MODE_LINK | 0777, "/a/b");
	add("one", MODE_LINK | 0777, "two");
	add("two", MODE_LINK | 0777, "one");
}

/* Contents of the file at `path`, or the error as text. */
static const char *read_all(const char *path)
{
	static char text[8192];
	struct io io = io_kernel(text, sizeof(text) - 1);
	struct file *f;
	int error = file_open(path, 0, 0, &f);

	if (error) {
		sprintf(text, "%d", error);
		return text;
	}
	file_read(f, &io);
	text[io.done] = 0;
	file_put(f);
	return text;
}

TEST(names_lead_where_they_should)
{
	given_files();
	expect_eq(finish(), 0);
	expect_text(read_all("/a/text"), "0123456789");
	expect_text(read_all("a//./text"), "0123456789");
	expect_text(read_all("/a/link"), "0123456789");
	expect_text(read_all("/../a/up/text"), "0123456789");
	expect_text(read_all("/a/root/deep"), "deep");
	expect_text(read_all("/a/up/b/../root/deep"), "deep");
	expect_text(read_all("/one"), "-40");
	expect_text(read_all("/none"), "-2");
	expect_text(read_all("/a/text/"), "-20");
	expect_text(read_all("/a/text/.."), "-20");
}

TEST(forty_links_are_followed_and_no_more)
{
	char name[8], to[8];

	given_files();
	for (unsigned n = 1; n <= 41; n++) {
		sprintf(name, "l%u", n);
		sprintf(to, "l%u", n - 1);
		add(name, MODE_LINK | 0777, to);
	}
	add("l0", MODE_FILE | 0644, "end");
	expect_eq(finish(), 0);
	expect_text(read_all("/l40"), "end");
	expect_text(read_all("/l41"), "-40");
}

TEST(a_link_too_long_is_refused)
{
	static char text[4096], path[200];

	given_files();
	memset(text, '/', 4000);
	add("long", MODE_LINK | 0777, text);
	expect_eq(finish(), 0);
	memset(path, '/', 150);
	memcpy(path, "long", 4);
	expect_text(read_all(path), "-36");
	expect_text(read_all("long/a/text"), "0123456789");
}

static const char *name_of_path(const char *path, uint32_t room)
{
	static char text[256];
	struct inode *dir;
	int length;

	expect_eq(inode_find(path, true, &dir), 0);
	length = name_of(dir, text, room);
	inode_put(dir);
	if (length < 0)
		sprintf(text, "%d", length);
	else
		expect_eq(strlen(text), length);
	return text;
}

TEST(directories_know_their_name)
{
	given_files();
	expect_eq(finish(), 0);
	expect_text(name_of_path("/", 256), "/");
	expect_text(name_of_path("/a/up/b", 256), "/a/b");
	expect_text(name_of_path("/a/b", 5), "/a/b");
	expect_text(name_of_path("/a/b", 4), "-34");
	expect_text(name_of_path("/", 2), "/");
}

TEST(an_entry_that_fits_nowhere_is_left_out)
{
	given_files();
	add("a/text/below", MODE_FILE | 0644, "x");
	add("a/../out", MODE_FILE | 0644, "x");
	add("a", MODE_FILE | 0644, "x");
	add("last", MODE_FILE | 0644, "last");
	expect_eq(finish(), 0);
	expect(strstr(logged_text(), "a/text/below is left out") != NULL);
	expect_text(read_all("/a/text"), "0123456789");
	expect_text(read_all("/out"), "-2");
	expect_text(read_all("/last"), "last");
}

TEST(nothing_of_a_broken_archive_appears)
{
	given_files();
	memcpy(archive.bytes + archive.used,
	       "garbage that is no header, and more than a header has; "
	       "it goes on and on until it is long enough to be one..",
	       108);
	archive.used += 120;
	expect_eq(initrd_add("test", archive.bytes, archive.used), -EINVAL);
	expect(strstr(logged_text(), "no newc header") != NULL);
	expect_text(read_all("/a/text"), "-2");
}

TEST(the_first_archive_and_the_last_entry_count)
{
	given_files();
	add("a/text", MODE_FILE | 0644, "again");
	expect_eq(finish(), 0);
	add("a/text", MODE_FILE | 0644, "second");
	add("a/more", MODE_FILE | 0644, "more");
	expect_eq(finish(), 0);
	expect_text(read_all("/a/text"), "again");
	expect_text(read_all("/a/more"), "more");
	expect_eq(finish(), -ENOSPC);
}

TEST(hard_links_share_what_the_last_has)
{
	struct inode *i;

	given_files();
	add_linked("h1", MODE_FILE | 0644, "", 9, 2);
	add_linked("h2", MODE_FILE | 0644, "shared", 9, 2);
	add_linked("h3", MODE_FILE | 0644, "", 10, 2);
	expect_eq(finish(), 0);
	expect_text(read_all("/h1"), "shared");
	expect_text(read_all("/h3"), "");
	expect_eq(inode_find("/h1", true, &i), 0);
	expect_eq(i->links, 2);
}

/* ---- bytes in parts */

TEST(bytes_go_across_parts_up_to_a_hole)
{
	static const struct io_part parts[] = {
		{ USER_AT, 3 }, { USER_AT + 100, 0 }, { USER_AT + 200, 4 }, { USER_AT - 8, 9 }
	};
	struct io io = io_parts(parts, 16);

	given_thread(&me, "test");
	expect_eq(io_give(&io, "ab", 2), 0);
	expect_eq(io_give(&io, "cdefgh", 6), -EFAULT);
	expect_eq(io.done, 7);
	expect(memcmp(user, "abc", 3) == 0 && memcmp(user + 200, "defg", 4) == 0);
}

TEST(bytes_come_from_parts)
{
	static const struct io_part parts[] = { { USER_AT, 3 }, { USER_AT + USER_BYTES - 2, 4 } };
	struct io io = io_parts(parts, 7);
	char to[8] = "";

	given_thread(&me, "test");
	memcpy(user, "abc", 3);
	memcpy(user + USER_BYTES - 2, "de", 2);
	expect_eq(io_take(&io, to, 8), -EFAULT);
	expect_eq(io.done, 5);
	expect_text(to, "abcde");
}

/* ---- texts */

#define LONG_LINES 4000u

static unsigned times_shown;
static char stored[64];

static int show_long(struct text *out, uint32_t id)
{
	char line[16];

	(void)id;
	times_shown++;
	for (unsigned n = 0; n < LONG_LINES; n++)
		out->put(out, line, (size_t)sprintf(line, "%05u\n", n));
	return 0;
}

static int show_id(struct text *out, uint32_t id)
{
	char line[16];

	out->put(out, line, (size_t)sprintf(line, "%u\n", id));
	return 0;
}

static int refuse(struct text *out, uint32_t id)
{
	out->put(out, "half", 4);
	return id ? 0 : -ESRCH;
}

static int store(const char *text, uint32_t id)
{
	snprintf(stored, sizeof(stored), "%s@%u", text, id);
	return strcmp(text, "bad") == 0 ? -EINVAL : 0;
}

static uint32_t evens(uint32_t after, uint32_t id)
{
	uint32_t next = (after / 2 + 1) * 2;

	(void)id;
	return next <= 6 ? next : 0;
}

static const struct pseudo below[] = {
	{ .name = "id", .mode = MODE_FILE | 0644, .show = show_id, .store = store },
	{},
};

static const struct pseudo rows[] = {
	{ .name = "long", .mode = MODE_FILE | 0444, .show = show_long },
	{ .name = "refuses", .mode = MODE_FILE | 0444, .show = refuse },
	{ .name = "set", .mode = MODE_FILE | 0200, .store = store },
	{},
};

static const struct pseudo tree = {
	.name = "proc", .mode = MODE_DIR | 0555, .rows = rows, .each = evens, .numbered = below
};

static void given_tree(void)
{
	given_files();
	expect_eq(finish(), 0);
	pseudo_mount("/p", &tree);
}

static struct file *opened(const char *path, uint32_t flags)
{
	struct file *f;

	expect_eq(file_open(path, flags, 0, &f), 0);
	return f;
}

static void expect_line(const char *text, uint32_t at)
{
	char line[16];

	sprintf(line, "%05u\n", at / 6);
	expect_eq(*text, line[at % 6]);
}

TEST(a_text_is_the_same_in_pieces_of_any_size)
{
	uint32_t before, at = 0;
	struct file *f;
	char piece[700];

	given_tree();
	before = all_free_pages();
	f = opened("/p/long", 0);
	for (uint32_t bytes = 1;; bytes = bytes * 7 % 699 + 1) {
		struct io io = io_kernel(piece, bytes);
		int32_t n = file_read(f, &io);

		if (n <= 0)
			break;
		for (int32_t i = 0; i < n; i++)
			expect_line(piece + i, at + (uint32_t)i);
		at += (uint32_t)n;
	}
	expect_eq(at, LONG_LINES * 6);
	expect_eq(times_shown, 1);
	file_put(f);
	expect_eq(all_free_pages(), before);
}

TEST(a_text_is_made_anew_at_its_start)
{
	uint64_t position;
	struct file *f;
	struct io io;
	char c;

	given_tree();
	f = opened("/p/long", 0);
	io = io_kernel(&c, 1);
	expect_eq(file_read_at(f, &io, 4091 * 6 % 24000 + 4), 1);
	expect_line(&c, 4091 * 6 % 24000 + 4);
	io = io_kernel(&c, 1);
	expect_eq(file_read_at(f, &io, 24000), 0);
	expect_eq(times_shown, 1);
	expect_eq(file_seek(f, 0, 0, &position), 0);
	io = io_kernel(&c, 1);
	expect_eq(file_read(f, &io), 1);
	expect_eq(times_shown, 2);
	file_put(f);
}

TEST(a_text_that_fails_leaves_nothing)
{
	uint32_t before;
	struct file *f;
	struct io io;
	char c;

	given_tree();
	before = all_free_pages();
	f = opened("/p/refuses", 0);
	io = io_kernel(&c, 1);
	expect_eq(file_read(f, &io), -ESRCH);
	file_put(f);
	expect_eq(all_free_pages(), before);
}

static int32_t write_to(const char *path, const char *text)
{
	struct file *f = opened(path, OPEN_WRONLY);
	struct io io = io_kernel((char *)text, (uint32_t)strlen(text));
	int32_t n = file_write(f, &io);

	file_put(f);
	return n;
}

TEST(what_is_written_is_stored)
{
	static char large[PAGE_SIZE + 1];
	struct file *f;

	given_tree();
	expect_eq(write_to("/p/set", "1\n"), 2);
	expect_text(stored, "1@0");
	expect_eq(write_to("/p/4/id", "x y"), 3);
	expect_text(stored, "x y@4");
	expect_eq(write_to("/p/set", "bad"), -EINVAL);
	memset(large, 'x', PAGE_SIZE);
	expect_eq(write_to("/p/set", large), -EINVAL);
	expect_eq(file_open("/p/set", 0, 0, &f), -EACCES);
	expect_eq(file_open("/p/long", OPEN_WRONLY, 0, &f), -EACCES);
}

TEST(numbered_directories_come_and_go)
{
	given_tree();
	expect_text(read_all("/p/2/id"), "2\n");
	expect_text(read_all("/p/4/../6/id"), "6\n");
	expect_text(read_all("/p/3/id"), "-2");
	expect_text(read_all("/p/8/id"), "-2");
	expect_text(read_all("/p/02/id"), "-2");
	expect_text(read_all("/p/4294967298/id"), "-2");
	expect_text(name_of_path("/p/4", 256), "/p/4");
	expect_text(name_of_path("/p/4/..", 256), "/p");
}

/* All names of a directory, a blank behind each. */
static const char *names_in(const char *path)
{
	static char text[512];
	struct file *f = opened(path, OPEN_DIRECTORY);
	uint64_t position = 0;
	struct dir_entry e;

	text[0] = 0;
	while (file_next_entry(f, &position, &e) == 0)
		strcat(strcat(text, e.name), " ");
	file_put(f);
	return text;
}

TEST(directories_list_what_is_in_them)
{
	given_tree();
	expect_text(names_in("/"), ". .. a one two p ");
	expect_text(names_in("/a"), ". .. text b link up root ");
	expect_text(names_in("/p"), ". .. long refuses set 2 4 6 ");
	expect_text(names_in("/p/2"), ". .. id ");
}

/* ---- pipes */

static struct file *end[2];

static void write_late(void)
{
	struct io io = io_kernel("late", 4);

	cpu_current()->state = THREAD_RUNNABLE;
	expect_eq(file_write(end[1], &io), 4);
}

static void close_late(void)
{
	cpu_current()->state = THREAD_RUNNABLE;
	file_put(end[1]);
}

TEST(a_reader_waits_for_bytes_or_the_end)
{
	char text[8] = "";
	uint32_t before;
	struct io io;

	given_files();
	before = all_free_pages();
	expect_eq(pipe_create(end, 0), 0);
	while_blocked = write_late;
	io = io_kernel(text, 8);
	expect_eq(file_read(end[0], &io), 4);
	expect_text(text, "late");
	while_blocked = close_late;
	io = io_kernel(text, 8);
	expect_eq(file_read(end[0], &io), 0);
	expect_eq(times_blocked, 2);
	file_put(end[0]);
	expect_eq(all_free_pages(), before);
}

TEST(a_signal_ends_the_wait_for_a_pipe)
{
	char text[8];
	struct io io;

	given_files();
	expect_eq(pipe_create(end, 0), 0);
	thread_mark(&me, THREAD_SIGNAL);
	io = io_kernel(text, 8);
	expect_eq(file_read(end[0], &io), -EINTR);
}

/*
 * Files: what programs see of them, and bytes through a pipe while their pages move.
 */
#include <errno.h>
#include <string.h>

#include "arch/uaccess.h"
#include "fs/pipe.h"
#include "kernel/sched.h"
#include "mm/move/compaction.h"
#include "mm/move/migrate.h"
#include "mm/virt/pgtable.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define PIPE_TOTAL (1u << 20)
#define BUFFER	   (16u * PAGE_SIZE)

TEST(files, calls_answer_what_linux_answers, "")
{
	struct task *t = given_program("files", NULL);

	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(exit_status_of(t), 0);
}

static struct file *given_file(const char *path)
{
	struct file *f = NULL;

	EXPECT_EQ(file_open(path, 0, 0, &f), 0);
	return f;
}

TEST(files, a_program_is_read_in_any_pieces, "")
{
	struct file *f = given_file("/bin/hello");
	char whole[512], piece[512];
	struct io io = io_kernel(whole, sizeof(whole));
	uint32_t at = 0;

	REQUIRE_TRUE(f != NULL);
	EXPECT_EQ(file_read_at(f, &io, 0), sizeof(whole));
	for (uint32_t bytes = 1; at < sizeof(piece); bytes += 7) {
		uint32_t n = bytes < sizeof(piece) - at ? bytes : sizeof(piece) - at;

		io = io_kernel(piece + at, n);
		EXPECT_EQ(file_read(f, &io), n);
		at += n;
	}
	EXPECT_EQ(memcmp(whole, piece, sizeof(whole)), 0);
	file_put(f);
}

/* What byte number n of the stream is. */
static uint8_t stream_byte(uint32_t n)
{
	return (uint8_t)(n * 2654435761u >> 13);
}

static struct {
	struct file *end[2];
	bool done;
	uint32_t moved;
	struct mm *mm[2];
} stream;

/* A buffer of user memory in an address space of the thread's own, that compaction may move. */
static vaddr_t given_buffer(struct mm *mm)
{
	uint32_t address = 0;

	sched_borrow_mm(mm);
	EXPECT_EQ(mm_map(mm, MMAP_BASE, BUFFER, VMA_READ | VMA_WRITE, false, &address), 0);
	return vaddr(address);
}

static void put_stream(vaddr_t buffer, uint32_t at, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		uint8_t c = stream_byte(at + i);

		if (copy_to_user(vaddr(buffer.a + i), &c, 1))
			return;
	}
}

static void writer(void *arg)
{
	vaddr_t buffer = given_buffer(arg);
	uint32_t at = 0, bytes = 1;

	while (at < PIPE_TOTAL) {
		struct io io = io_user(buffer.a, 0);
		uint32_t n = bytes < PIPE_TOTAL - at ? bytes : PIPE_TOTAL - at;

		put_stream(buffer, at, n);
		io = io_user(buffer.a, n);
		if (file_write(stream.end[1], &io) != (int32_t)n)
			break;
		at += n;
		bytes = bytes * 5 % (BUFFER - 1) + 1;
	}
	file_put(stream.end[1]);
	sched_borrow_mm(NULL);
}

/* Every page of a buffer that is mapped just now goes to another frame. */
static void move_buffer(struct mm *mm)
{
	for (uint32_t at = 0; at < BUFFER; at += PAGE_SIZE) {
		pte_t e = entry_at(mm, vaddr(MMAP_BASE + at));
		struct move what;

		if (pte_is_present(e) && migrate_frame(pte_pfn(e), MIGRATE_SYNC, &what) == 0)
			stream.moved++;
	}
}

static void mover(void *arg)
{
	(void)arg;
	while (!*(volatile bool *)&stream.done) {
		move_buffer(stream.mm[0]);
		move_buffer(stream.mm[1]);
		sched_yield_now();
	}
}

static uint32_t wrong_bytes(vaddr_t buffer, uint32_t at, uint32_t bytes)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < bytes; i++) {
		uint8_t c = 0;

		if (copy_from_user(&c, vaddr(buffer.a + i), 1) || c != stream_byte(at + i))
			wrong++;
	}
	return wrong;
}

/* Reads to the end. Returns bytes that came. */
static uint32_t read_stream(vaddr_t buffer, uint32_t *wrong)
{
	uint32_t at = 0, bytes = 3000;

	for (;;) {
		struct io io = io_user(buffer.a, bytes);
		int32_t n = file_read(stream.end[0], &io);

		if (n <= 0)
			return at;
		*wrong += wrong_bytes(buffer, at, (uint32_t)n);
		at += (uint32_t)n;
		bytes = bytes * 3 % (BUFFER - 1) + 1;
	}
}

static struct task *given_thread(const char *name, void (*run)(void *), void *arg)
{
	struct task *t = task_create_kernel(name, run, arg);

	EXPECT_TRUE(t != NULL);
	task_get(t);
	sched_start(t);
	return t;
}

static void end_thread(struct task *t)
{
	task_wait(t);
	task_put(t);
}

TEST(files, a_mebibyte_through_a_pipe_while_memory_moves, "")
{
	struct mm *theirs = given_mm(), *mine = given_mm();
	struct task *moving, *writing;
	uint32_t wrong = 0;

	test_on_one_cpu();
	stream.done = false;
	stream.moved = 0;
	stream.mm[0] = theirs;
	stream.mm[1] = mine;
	REQUIRE_EQ(pipe_create(stream.end, 0), 0);
	moving = given_thread("mover", mover, NULL);
	writing = given_thread("writer", writer, theirs);
	EXPECT_EQ(read_stream(given_buffer(mine), &wrong), PIPE_TOTAL);
	EXPECT_EQ(wrong, 0);
	stream.done = true;
	end_thread(writing);
	end_thread(moving);
	EXPECT_TRUE(stream.moved > 100);
	file_put(stream.end[0]);
}

/* The ring's first page holds the oldest bytes and, before them, the newest. */
TEST(files, a_full_pipe_keeps_its_bytes_in_order, "")
{
	static char out[PIPE_BYTES];
	struct file *end[2];
	struct io io;
	uint32_t wrong = 0;

	REQUIRE_EQ(pipe_create(end, OPEN_NONBLOCK), 0);
	for (uint32_t i = 0; i < PIPE_BYTES; i++)
		out[i] = (char)stream_byte(i);
	io = io_kernel(out, 100);
	EXPECT_EQ(file_write(end[1], &io), 100);
	io = io_kernel(out, 99);
	EXPECT_EQ(file_read(end[0], &io), 99);
	io = io_kernel(out + 100, PIPE_BYTES - 100);
	EXPECT_EQ(file_write(end[1], &io), PIPE_BYTES - 100);
	io = io_kernel(out, 99);
	EXPECT_EQ(file_write(end[1], &io), 99);
	for (uint32_t at = 99; at < PIPE_BYTES + 99; at += 577) {
		char piece[577];
		uint32_t n = PIPE_BYTES + 99 - at < 577 ? PIPE_BYTES + 99 - at : 577;

		io = io_kernel(piece, n);
		EXPECT_EQ(file_read(end[0], &io), n);
		for (uint32_t i = 0; i < n; i++)
			wrong += (uint8_t)piece[i] != stream_byte((at + i) % PIPE_BYTES);
	}
	EXPECT_EQ(wrong, 0);
	file_put(end[0]);
	file_put(end[1]);
}

/* Everything that can move does, again and again, while the program runs. */
TEST(files, processes_talk_through_pipes_while_memory_is_compacted, "")
{
	struct task *t = given_program("pipes", NULL);
	struct compact_counts counts = { 0 };

	REQUIRE_TRUE(t != NULL);
	while (task_is_live(t)) {
		compact_memory(NULL, MIGRATE_SYNC, &counts);
		sched_yield_now();
	}
	EXPECT_EQ(exit_status_of(t), 0);
}

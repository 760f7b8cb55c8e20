/*
 * Pages of files on the board: with the machine's own locks and interrupts, on a disk in memory;
 * each kind of move, while the page is dirty, clean, or being written.
 */
#include "mm/cache/filemap.h"

#include <errno.h>

#include "drivers/ramdisk.h"
#include "kernel/sched.h"
#include "mm/cache/buffer.h"
#include "mm/cache/dirty.h"
#include "mm/check.h"
#include "mm/move/compaction.h"
#include "mm/phys/lru.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define PAGES	    64u
#define BLOCK_BYTES 1024u
#define FIRST_BLOCK 8u /* the file lies on the disk in a row, from here on */

static struct block_device *disk;
static struct address_space *file;

static int get_block(struct address_space *m, uint32_t block, bool create,
		     struct block_place *place)
{
	(void)m, (void)create;
	*place = (struct block_place){ .block = FIRST_BLOCK + block };
	return 0;
}

static struct address_space_ops ops = {
	.name = "row",
	.read_page = buffer_read_page,
	.write_page = buffer_write_page,
	.prepare_write = buffer_prepare_write,
	.release_private = buffer_release,
	.cut_private = buffer_cut,
	.get_block = get_block,
};

static uint32_t word_of(uint32_t page, uint32_t n)
{
	return page * 2654435761u + n;
}

/* A file whose every word is known, dirty from end to end. */
static bool given_file(enum mapping_moves moves)
{
	struct mapping_file f = { .ops = &ops, .block_bytes = BLOCK_BYTES };
	uint32_t words[256];

	ops.moves = moves;
	disk = f.device = ramdisk_create((PAGES + 2) * PAGE_SIZE);
	file = disk ? mapping_create_file(&f) : NULL;
	if (!EXPECT_TRUE(file != NULL))
		return false;
	for (uint32_t at = 0; at < PAGES * PAGE_SIZE; at += sizeof(words)) {
		for (uint32_t n = 0; n < 256; n++)
			words[n] = word_of(at / PAGE_SIZE, at % PAGE_SIZE / 4 + n);
		if (!EXPECT_EQ(filemap_write(file, at, words, sizeof(words)), sizeof(words)))
			return false;
	}
	alloc_drain_all();
	return true;
}

static void write_all(void)
{
	uint32_t index = 0;
	struct page *p;

	for (; (p = mapping_next_marked_lock(file, &index, MARK_DIRTY)) != NULL; index++)
		if (page_clear_dirty_for_io(p))
			EXPECT_EQ(ops.write_page(file, p), 0);
}

static void then_every_word_is_right(void)
{
	uint32_t words[256], wrong = 0;

	for (uint32_t at = 0; at < PAGES * PAGE_SIZE; at += sizeof(words)) {
		EXPECT_EQ(filemap_read(file, at, words, sizeof(words), NULL), sizeof(words));
		for (uint32_t n = 0; n < 256; n++)
			wrong += words[n] != word_of(at / PAGE_SIZE, at % PAGE_SIZE / 4 + n);
	}
	EXPECT_EQ(wrong, 0);
}

/* From the cache, and from the disk when nothing is in the cache any more. */
static void then_file_goes(void)
{
	then_every_word_is_right();
	write_all();
	EXPECT_EQ(file->dirty_pages, 0);
	filemap_drop_clean(file);
	EXPECT_EQ(file->page_count, 0);
	then_every_word_is_right();
	EXPECT_EQ(check_all(true), 0);
	mapping_put(file);
	ramdisk_destroy(disk);
	alloc_drain_all();
}

static uint32_t move_all(enum migrate_mode mode)
{
	uint32_t moved = 0;

	for (uint32_t n = 0; n < PAGES; n++) {
		struct move what;

		moved += migrate_frame(page_to_pfn(mapping_look(file, n)), mode, &what) == 0;
	}
	return moved;
}

TEST(filecache, dirty_pages_move_with_their_buffers, "MV-4, BF-1, BF-4, BF-5, CP-6, MG-8")
{
	if (!given_file(MOVES_BUFFERS))
		return;
	EXPECT_EQ(file->dirty_pages, PAGES);
	EXPECT_EQ(move_all(MIGRATE_ASYNC), PAGES);
	EXPECT_EQ(file->dirty_pages, PAGES);
	EXPECT_EQ(check_all(true), 0);
	then_file_goes();
}

TEST(filecache, without_a_handler_dirty_ones_are_written_first, "MV-5, FB-1, FB-2, FB-4")
{
	if (!given_file(MOVES_FALLBACK))
		return;
	EXPECT_EQ(move_all(MIGRATE_ASYNC), 0);
	EXPECT_EQ(file->dirty_pages, PAGES);
	EXPECT_EQ(move_all(MIGRATE_SYNC), PAGES);
	EXPECT_EQ(file->dirty_pages, 0);
	then_file_goes();
}

TEST(filecache, compaction_takes_them_along, "CO-3, CO-9")
{
	struct compact_counts counts = { 0 };

	if (!given_file(MOVES_BUFFERS))
		return;
	compact_memory(NULL, MIGRATE_SYNC, &counts);
	EXPECT_EQ(check_all(true), 0);
	then_file_goes();
}

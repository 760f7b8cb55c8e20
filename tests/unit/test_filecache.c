/*
 * Files in the cache, on a disk in memory: brought in, stored to, written out, cut, dropped,
 * failing disks, and pages on the move with all that belongs to them. A file system of the test's
 * own says where blocks are; an array says what must be read.
 */
#include "mm/cache/filemap.h"

#include <errno.h>
#include <stdlib.h>

#include "base/failpoint.h"
#include "base/rng.h"
#include "drivers/ramdisk.h"
#include "mm/cache/buffer.h"
#include "mm/cache/dirty.h"
#include "mm/check.h"
#include "mm/phys/alloc.h"
#include "mm/phys/pin.h"
#include "tests/unit/space.h"

#define FILE_PAGES  24u
#define FILE_BYTES  (FILE_PAGES * PAGE_SIZE)
#define MOST_BLOCKS (FILE_BYTES / BUFFER_BYTES_LEAST)
#define DISK_PAGES  64u

/* The test's file system: where each block of its one file is; 0: nowhere. */
static struct {
	struct block_device *disk;
	struct address_space *file;
	uint32_t block_bytes, next_block;
	uint32_t place[MOST_BLOCKS];
	uint8_t bytes[FILE_BYTES]; /* what the file has */
	uint32_t size;
} given;

/* The first block after the last one given out that no block of the file has. */
static uint32_t find_room(void)
{
	uint32_t blocks = DISK_PAGES * PAGE_SIZE / given.block_bytes;

	for (uint32_t n = 0; n < MOST_BLOCKS;) {
		n = given.place[n] == given.next_block ? 0 : n + 1;
		if (n == 0)
			given.next_block = given.next_block + 1 < blocks ? given.next_block + 1 : 3;
	}
	return given.next_block;
}

static int get_block(struct address_space *m, uint32_t block, bool create,
		     struct block_place *place)
{
	expect(m == given.file && block < MOST_BLOCKS);
	place->is_new = create && !given.place[block];
	if (place->is_new)
		given.place[block] = find_room();
	place->is_hole = !given.place[block];
	place->block = given.place[block];
	return 0;
}

static struct address_space_ops ops;

static void given_file_of(uint32_t block_bytes, enum mapping_moves moves)
{
	struct mapping_file f = { .ops = &ops, .block_bytes = block_bytes };

	given_machine();
	ops = (struct address_space_ops){ .name = "toy",
					  .moves = moves,
					  .read_page = buffer_read_page,
					  .write_page = buffer_write_page,
					  .prepare_write = buffer_prepare_write,
					  .release_private = buffer_release,
					  .cut_private = buffer_cut,
					  .get_block = get_block };
	memset(&given, 0, sizeof(given));
	given.disk = f.device = ramdisk_create(DISK_PAGES * PAGE_SIZE);
	given.block_bytes = block_bytes;
	given.next_block = 3;
	given.file = mapping_create_file(&f);
	expect(given.disk && given.file);
}

static void given_file(void)
{
	given_file_of(1024, MOVES_BUFFERS);
}

static void then_sound(void)
{
	drain_both_cpus();
	expect_eq(check_all(false), 0);
}

/* ---- the file, and the array beside it */

static void store(uint32_t position, uint32_t bytes, uint8_t seed)
{
	uint8_t buffer[3 * PAGE_SIZE];

	for (uint32_t n = 0; n < bytes; n++)
		buffer[n] = (uint8_t)(seed + n * 7);
	expect_eq(filemap_write(given.file, position, buffer, bytes), bytes);
	memcpy(given.bytes + position, buffer, bytes);
	if (position + bytes > given.size)
		given.size = position + bytes;
}

static void then_read_is_right(uint32_t position, uint32_t bytes)
{
	uint8_t buffer[3 * PAGE_SIZE];
	uint32_t left = position < given.size ? given.size - position : 0;
	uint32_t wanted = bytes < left ? bytes : left;

	expect_eq(filemap_read(given.file, position, buffer, bytes, NULL), wanted);
	expect(memcmp(buffer, given.bytes + position, wanted) == 0);
}

static void then_all_is_right(void)
{
	for (uint32_t at = 0; at < given.size; at += PAGE_SIZE)
		then_read_is_right(at, PAGE_SIZE);
}

static void cut(uint32_t size)
{
	expect_eq(filemap_set_size(given.file, size), 0);
	for (uint32_t n = (size + given.block_bytes - 1) / given.block_bytes; n < MOST_BLOCKS; n++)
		given.place[n] = 0; /* whoever asks next gets the room */
	if (size < given.size)
		memset(given.bytes + size, 0, given.size - size);
	given.size = size;
}

/* Every dirty page is written; the first error of any. */
static int write_all(void)
{
	uint32_t index = 0;
	struct page *p;
	int error = 0;

	while ((p = mapping_next_marked_lock(given.file, &index, MARK_DIRTY)) != NULL) {
		int one = 0;

		if (page_clear_dirty_for_io(p))
			one = ops.write_page(given.file, p);
		error = error ? error : one;
		index++;
	}
	return error;
}

static struct page *page_of(uint32_t index)
{
	return (struct page *)(uintptr_t)mapping_look(given.file, index);
}

/* What the disk has in a block of the file, past the cache. */
static void read_from_disk(uint32_t block, uint8_t *to)
{
	struct page *p = alloc_pages(GFP_KERNEL, 0);
	struct block_request r = { .device = given.disk,
				   .op = BLOCK_READ,
				   .sector = (uint64_t)given.place[block] * given.block_bytes /
					     SECTOR_BYTES,
				   .count = 1,
				   .segments = { { page_to_pfn(p), 0, given.block_bytes } } };

	expect_eq(block_run(&r), 0);
	memcpy(to, frame_address(page_to_pfn(p)), given.block_bytes);
	page_put(p);
}

/* Blocks that have a place have the file's bytes; beyond its end, zeroes up to the end of a block.
 */
static void then_disk_is_right(void)
{
	uint8_t block[PAGE_SIZE];

	for (uint32_t n = 0; n * given.block_bytes < given.size; n++) {
		if (!given.place[n])
			continue;
		read_from_disk(n, block);
		expect(memcmp(block, given.bytes + n * given.block_bytes, given.block_bytes) == 0);
	}
}

static void then_file_goes(void)
{
	mapping_put(given.file);
	expect_eq(mapping_count(), 0);
	expect_eq(zones_stat(NR_FILE_PAGES) + zones_stat(NR_FILE_DIRTY) + zones_stat(NR_WRITEBACK),
		  0);
	ramdisk_destroy(given.disk);
}

/* ---- bytes */

TEST(filecache_bytes_come_back, "covers: WB-1")
{
	given_file();
	store(100, 5000, 1);
	then_read_is_right(0, 9000);
	expect_eq(given.file->dirty_pages, 2);
	expect_eq(zones_stat(NR_FILE_DIRTY), 2);
	then_sound();
	expect_eq(write_all(), 0);
	expect_eq(given.file->dirty_pages + given.file->writeback_pages, 0);
	then_disk_is_right();
	expect_eq(filemap_drop_clean(given.file), 2);
	expect_eq(given.file->page_count, 0);
	then_all_is_right();
	then_sound();
	then_file_goes();
}

TEST(filecache_holes_are_zeroes_and_take_no_room, "")
{
	given_file();
	store(9 * 1024, 10, 3);
	cut(6 * PAGE_SIZE);
	then_all_is_right();
	expect_eq(write_all(), 0);
	for (uint32_t n = 0; n < 24; n++)
		expect_eq(given.place[n] != 0, n == 9);
	then_sound();
	then_file_goes();
}

/* Only the block that was stored to goes to the disk. */
TEST(filecache_writes_dirty_blocks_alone, "")
{
	uint64_t before;

	given_file();
	store(0, PAGE_SIZE, 1);
	expect_eq(write_all(), 0);
	before = given.disk->counters.sectors[BLOCK_WRITE];
	store(2048, 100, 9);
	expect_eq(write_all(), 0);
	expect_eq(given.disk->counters.sectors[BLOCK_WRITE] - before, 1024 / SECTOR_BYTES);
	then_disk_is_right();
	then_file_goes();
}

TEST(filecache_one_block_by_itself, "")
{
	uint64_t before;

	given_file();
	store(0, PAGE_SIZE, 5);
	before = given.disk->counters.sectors[BLOCK_WRITE];
	expect_eq(buffer_sync_block(given.file, 1500), 0);
	expect_eq(given.disk->counters.sectors[BLOCK_WRITE] - before, 2);
	expect_eq(buffer_sync_block(given.file, 1500), 0); /* clean now */
	expect_eq(buffer_sync_block(given.file, 20 * PAGE_SIZE), 0);
	expect_eq(given.disk->counters.sectors[BLOCK_WRITE] - before, 2);
	expect_eq(write_all(), 0);
	then_disk_is_right();
	then_file_goes();
}

TEST(filecache_read_ahead_asks_once, "covers: BS-36")
{
	struct read_ahead ahead = { 0 };
	uint8_t buffer[64];

	given_file();
	store(0, 3 * PAGE_SIZE, 1);
	store(3 * PAGE_SIZE, 3 * PAGE_SIZE, 2);
	expect_eq(write_all(), 0);
	expect_eq(filemap_drop_clean(given.file), 6);
	expect_eq(filemap_read(given.file, 0, buffer, 64, &ahead), 64);
	expect_eq(given.file->page_count, READ_AHEAD_LEAST);
	expect_eq(filemap_read(given.file, 4 * PAGE_SIZE, buffer, 64, &ahead), 64);
	expect_eq(given.file->page_count, 6); /* twice as many, but the file ends */
	then_all_is_right();
	then_file_goes();
}

/* Stores, reads, cuts, write-outs and drops by chance, for each size of block. */
static void churn(uint32_t block_bytes, uint64_t seed)
{
	struct rng r;

	given_file_of(block_bytes, MOVES_BUFFERS);
	rng_seed(&r, seed);
	for (unsigned n = 0; n < 600; n++) {
		uint32_t at = rng_below(&r, FILE_BYTES - 3 * PAGE_SIZE),
			 bytes = 1 + rng_below(&r, 2 * PAGE_SIZE);

		switch (rng_below(&r, 8)) {
		case 0:
			cut(rng_below(&r, FILE_BYTES));
			break;
		case 1:
			expect_eq(write_all(), 0);
			then_disk_is_right();
			break;
		case 2:
			filemap_drop_clean(given.file);
			break;
		case 3:
		case 4:
			store(at, bytes, (uint8_t)n);
			break;
		default:
			then_read_is_right(at, bytes);
		}
	}
	then_all_is_right();
	then_sound();
	then_file_goes();
}

TEST(filecache_agrees_with_an_array_1024, "")
{
	churn(1024, 1);
}

TEST(filecache_agrees_with_an_array_2048, "")
{
	churn(2048, 2);
}

TEST(filecache_agrees_with_an_array_4096, "")
{
	churn(4096, 3);
}

/* ---- a disk that fails */

TEST(filecache_a_failed_write_stays_dirty, "covers: MP-10")
{
	given_file();
	store(0, 2 * PAGE_SIZE, 4);
	expect_eq(failpoint_arm("block_write", 1), 0);
	write_all();
	failpoints_off();
	expect_eq(given.file->dirty_pages, 1);
	expect_eq(mapping_take_error(given.file), -EIO);
	expect_eq(mapping_take_error(given.file), 0); /* told once */
	then_sound();
	expect_eq(write_all(), 0);
	then_disk_is_right();
	then_file_goes();
}

static int lost_block(struct address_space *m, uint32_t block, bool create,
		      struct block_place *place)
{
	(void)m, (void)block, (void)create, (void)place;
	return -EIO;
}

TEST(filecache_a_failed_read_is_an_error_and_can_be_tried_again, "")
{
	uint8_t buffer[10];

	given_file();
	store(0, PAGE_SIZE, 4);
	expect_eq(write_all(), 0);
	filemap_drop_clean(given.file);
	expect_eq(failpoint_arm("block_read", 1), 0);
	expect_eq(filemap_read(given.file, 0, buffer, 10, NULL), 10); /* read once more by itself */
	failpoints_off();
	then_all_is_right();
	filemap_drop_clean(given.file);
	ops.get_block = lost_block;
	expect_eq(filemap_read(given.file, 0, buffer, 10, NULL), -EIO);
	then_sound();
}

/* Every allocation fails once; what was stored before stays right. */
TEST(filecache_without_memory_nothing_is_lost, "")
{
	static const char *const sites[] = { "file_page_alloc", "buffer_alloc",
					     "mapping_node_alloc" };
	uint8_t byte = 1;

	given_file();
	store(0, PAGE_SIZE, 4);
	for (unsigned s = 0; s < 3; s++) {
		cut(s == 2 ? 0 : PAGE_SIZE); /* an empty tree has no node */
		expect_eq(failpoint_arm(sites[s], 1), 0);
		expect_eq(filemap_write(given.file, 4 * PAGE_SIZE, &byte, 1), -ENOMEM);
		failpoints_off();
		then_all_is_right();
		then_sound();
	}
	then_file_goes();
}

/* ---- moving */

static int move(uint32_t index, enum migrate_mode mode, struct move *what)
{
	drain_both_cpus();
	return migrate_frame(page_to_pfn(page_of(index)), mode, what);
}

/* Its dirt, its blocks and its bytes go along; the slot has the target. */
TEST(filecache_a_page_moves_with_its_buffers,
     "covers: MV-4, MG-3, MG-7, MG-8, BF-3, BF-4, BF-5, CP-2, CP-6, CP-10")
{
	struct move what;
	struct page *before;

	given_file();
	store(0, PAGE_SIZE, 4);
	expect_eq(write_all(), 0);
	store(1024, 20, 9);
	before = page_of(0);
	expect_eq(page_refs(before), 2 + (page_has(before, PG_LRU_BATCH) ? 1 : 0));
	expect_eq(move(0, MIGRATE_SYNC, &what), 0);
	expect(page_of(0) != before);
	expect(page_has(page_of(0), PG_PRIVATE) && page_has(page_of(0), PG_DIRTY));
	expect(!page_has(before, PG_PRIVATE));
	expect_eq(given.file->dirty_pages, 1);
	then_all_is_right();
	then_sound();
	expect_eq(write_all(), 0);
	then_disk_is_right();
	then_file_goes();
}

TEST(filecache_every_way_back_leaves_the_page_as_it_was, "covers: MG-12, MV-6, BS-29")
{
	static const char *const stages[] = { "migrate_lock",  "migrate_quiet",	  "migrate_clean",
					      "migrate_unmap", "migrate_private", "migrate_count",
					      "migrate_copy",  "migrate_freeze" };
	struct move what;

	given_file();
	store(0, PAGE_SIZE, 4);
	for (unsigned s = 0; s < sizeof(stages) / sizeof(stages[0]); s++) {
		struct page *p = page_of(0);

		for (unsigned pass = 1; pass <= MIGRATE_PASSES; pass++)
			expect_eq(failpoint_arm(stages[s], 1), 0);
		expect_eq(move(0, MIGRATE_ASYNC, &what), 0); /* the next pass takes it along */
		failpoints_off();
		expect(page_of(0) != p && !page_has(page_of(0), PG_LOCKED));
		then_all_is_right();
		then_sound();
	}
	expect_eq(write_all(), 0);
	then_disk_is_right();
	then_file_goes();
}

TEST(filecache_a_pinned_page_stays_and_says_so, "covers: MG-3, MG-4, MP-10")
{
	struct move what;

	given_file();
	store(0, PAGE_SIZE, 4);
	expect(page_try_pin(page_of(0), "a test"));
	expect_eq(move(0, MIGRATE_SYNC, &what), -EAGAIN);
	expect_eq(what.reason, MOVE_PINNED);
	expect_eq(what.found, what.expected + 1);
	page_unpin(page_of(0));
	expect_eq(move(0, MIGRATE_SYNC, &what), 0);
	then_all_is_right();
	then_file_goes();
}

/* Somebody reads or writes one of its blocks: async takes none of the locks along. */
TEST(filecache_a_busy_buffer_is_not_waited_for, "covers: BF-2, MG-6")
{
	struct move what;
	struct page *p;

	given_file();
	store(0, PAGE_SIZE, 4);
	p = page_of(0);
	expect(buffers_lock(p, false));
	expect_eq(move(0, MIGRATE_ASYNC, &what), -EAGAIN);
	expect_eq(what.reason, MOVE_BUFFERS_BUSY);
	expect(page_of(0) == p && !page_has(p, PG_LOCKED));
	buffers_unlock(p);
	expect(buffers_lock(p, false)); /* none was left locked */
	buffers_unlock(p);
	then_sound();
	expect_eq(move(0, MIGRATE_ASYNC, &what), 0);
	then_file_goes();
}

static struct page *written;

static void end_the_writeback(void)
{
	page_end_writeback(written, 0);
}

static void given_writeback(void)
{
	uint32_t index = 0;

	given_file();
	store(0, PAGE_SIZE, 4);
	written = mapping_next_lock(given.file, &index);
	expect(page_clear_dirty_for_io(written));
	page_start_writeback(written);
	page_unlock(written);
}

TEST(filecache_writeback_is_waited_for_by_sync_alone, "covers: UN-4, UN-5, UN-6, WB-2")
{
	struct move what;

	given_writeback();
	then_sound();
	expect_eq(move(0, MIGRATE_ASYNC, &what), -EBUSY);
	expect_eq(what.reason, MOVE_WRITEBACK);
	expect_eq(move(0, MIGRATE_SYNC_LIGHT, &what), -EBUSY);
	times_blocked = 0;
	while_blocked = end_the_writeback;
	expect_eq(move(0, MIGRATE_SYNC, &what), 0);
	while_blocked = NULL;
	expect_eq(times_blocked, 1); /* in the fourth pass; the first three said "again" */
	expect(page_of(0) != written);
	then_all_is_right();
	then_sound();
	then_file_goes();
}

TEST(filecache_without_a_handler_it_is_written_out_first, "covers: MV-5, FB-1, FB-2, FB-4")
{
	struct move what;
	struct page *before;

	given_file_of(2048, MOVES_FALLBACK);
	store(0, PAGE_SIZE, 4);
	before = page_of(0);
	expect_eq(move(0, MIGRATE_ASYNC, &what), -EBUSY);
	expect_eq(what.reason, MOVE_DIRTY);
	expect_eq(move(0, MIGRATE_SYNC_LIGHT, &what), -EBUSY);
	expect_eq(given.file->dirty_pages, 1);
	expect_eq(move(0, MIGRATE_SYNC, &what), 0);
	expect(page_of(0) != before && !page_has(page_of(0), PG_PRIVATE));
	expect_eq(given.file->dirty_pages, 0);
	then_disk_is_right();
	then_all_is_right();
	then_sound();
	then_file_goes();
}

TEST(filecache_what_can_not_be_written_does_not_move, "covers: FB-2, FB-3")
{
	struct move what;
	struct page *p;

	given_file_of(2048, MOVES_FALLBACK);
	store(0, PAGE_SIZE, 4);
	ops.write_page = NULL;
	expect_eq(move(0, MIGRATE_SYNC, &what), -EINVAL);
	expect_eq(what.reason, MOVE_DIRTY);
	ops.write_page = buffer_write_page;
	expect_eq(write_all(), 0);
	p = page_of(0);
	expect(buffers_lock(p, false));
	expect_eq(move(0, MIGRATE_SYNC, &what), -EAGAIN);
	expect_eq(what.reason, MOVE_BUFFERS_BUSY);
	buffers_unlock(p);
	expect_eq(move(0, MIGRATE_SYNC, &what), 0);
	then_all_is_right();
	then_sound();
	then_file_goes();
}

static struct page *take_fresh(struct migration *m, struct page *from)
{
	(void)m;
	(void)from;
	return alloc_pages(GFP_USER, 0);
}

/* The owner cuts the file while the page is isolated: it is a page of nothing, and goes. */
TEST(filecache_a_page_cut_off_while_isolated, "covers: UM-2, BS-8, BS-31")
{
	struct list one = LIST_INIT(one);
	struct migration m = { .pages = &one, .mode = MIGRATE_SYNC, .take_target = take_fresh };
	struct page *p;

	given_file();
	store(0, 2 * PAGE_SIZE, 4);
	drain_both_cpus();
	p = page_of(1);
	expect_eq(lru_isolate(p), 0);
	list_add(&one, &p->lru);
	cut(PAGE_SIZE);
	expect_eq(page_refs(p), 1);
	expect_eq(migrate_pages(&m), 0);
	expect(list_is_empty(&one));
	then_all_is_right();
	then_sound();
	then_file_goes();
}

/* Stored through a mapping, then protected: the next store faults, and is known of. */
TEST(filecache_write_protection_lets_no_store_through, "covers: TU-2")
{
	struct mm *mm = given_mm();
	struct page *p;

	given_area(mm, 0x20000000, 1, RW | VMA_SHARED);
	expect_eq(user_write(mm, 0x20000000, 5), 0);
	p = page_at(mm, 0x20000000);
	expect(pte_is_writable(entry_at(mm, 0x20000000)));
	page_lock(p);
	rmap_write_protect(p);
	page_unlock(p);
	expect(pte_is_present(entry_at(mm, 0x20000000)));
	expect(!pte_is_writable(entry_at(mm, 0x20000000)) &&
	       !pte_is_dirty(entry_at(mm, 0x20000000)));
	expect_eq(user_read(mm, 0x20000000), 5);
	expect_eq(user_write(mm, 0x20000000, 6), 0);
	expect(pte_is_dirty(entry_at(mm, 0x20000000)));
	expect_eq(user_read(mm, 0x20000000), 6);
	mm_put(mm);
}

/*
 * Disks: what is written is read again, with more requests under way than a ring has room for. On
 * a RAM disk; and on vda where it is given for that: its first sector begins with SCRATCH.
 */
#include <errno.h>
#include <string.h>

#include "arch/frame.h"
#include "base/failpoint.h"
#include "base/waitq.h"
#include "drivers/ramdisk.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define SCRATCH	     "tessera scratch"
#define REQUESTS     96u
#define FIRST_SECTOR 8u
#define DISK_BYTES   ((FIRST_SECTOR + REQUESTS * PAGE_SECTORS) * SECTOR_BYTES + PAGE_SIZE)

static struct block_request requests[REQUESTS];
static struct page *pages[REQUESTS];
static uint32_t left, failed;

static void over(struct block_request *r)
{
	if (r->status)
		atomic_fetch_add(&failed, 1);
	if (atomic_fetch_add(&left, ~0u) == 1)
		waitq_wake(&left);
}

static void wait_for_all(void)
{
	while (atomic_load(&left)) {
		struct waiter w;

		waitq_prepare(&w, &left, "a test's requests");
		if (atomic_load(&left))
			sched_block();
		waitq_finish(&w);
	}
}

/* A page each, all of them under way at once. Returns how many failed. */
static uint32_t run_all(struct block_device *d, enum block_op op)
{
	left = REQUESTS;
	failed = 0;
	for (uint32_t n = 0; n < REQUESTS; n++) {
		requests[n] = (struct block_request){
			.device = d,
			.op = op,
			.sector = FIRST_SECTOR + n * PAGE_SECTORS,
			.segments = { { page_to_pfn(pages[n]), 0, 1024 },
				      { page_to_pfn(pages[n]), 1024, PAGE_SIZE - 1024 } },
			.count = 2,
			.done = over,
		};
		block_submit(&requests[n]);
	}
	wait_for_all();
	return failed;
}

static void fill(uint32_t n, uint32_t salt)
{
	uint32_t *words = frame_map(page_to_pfn(pages[n]));

	for (uint32_t i = 0; i < PAGE_SIZE / 4; i++)
		words[i] = (n << 16 | i) * 2654435761u + salt;
	frame_unmap(words);
}

static uint32_t words_wrong(uint32_t n, uint32_t salt)
{
	uint32_t *words = frame_map(page_to_pfn(pages[n])), wrong = 0;

	for (uint32_t i = 0; i < PAGE_SIZE / 4; i++)
		wrong += words[i] != (n << 16 | i) * 2654435761u + salt;
	frame_unmap(words);
	return wrong;
}

static void give_pages_back(void)
{
	for (uint32_t n = 0; n < REQUESTS && pages[n]; n++) {
		page_put(pages[n]);
		pages[n] = NULL;
	}
}

/* False, and none is taken, if there are too few. */
static bool take_pages(void)
{
	for (uint32_t n = 0; n < REQUESTS; n++) {
		pages[n] = alloc_pages(GFP_KERNEL | GFP_ZONE_HIGHMEM, 0);
		if (!pages[n]) {
			give_pages_back();
			return false;
		}
	}
	return true;
}

static void write_and_read(struct block_device *d, uint32_t salt)
{
	struct block_request flush = { .device = d, .op = BLOCK_FLUSH };
	uint32_t wrong = 0;

	REQUIRE_TRUE(take_pages());
	for (uint32_t n = 0; n < REQUESTS; n++)
		fill(n, salt);
	EXPECT_EQ(run_all(d, BLOCK_WRITE), 0);
	EXPECT_EQ(block_run(&flush), 0);
	for (uint32_t n = 0; n < REQUESTS; n++)
		fill(n, ~salt);
	EXPECT_EQ(run_all(d, BLOCK_READ), 0);
	for (uint32_t n = 0; n < REQUESTS; n++)
		wrong += words_wrong(n, salt);
	EXPECT_EQ(wrong, 0);
	give_pages_back();
	EXPECT_EQ(d->flying_count + d->waiting_count, 0);
}

TEST(block, what_is_written_to_a_ram_disk_is_read_again, "")
{
	struct block_device *d = ramdisk_create(DISK_BYTES);

	REQUIRE_TRUE(d != NULL);
	write_and_read(d, 1);
	ramdisk_destroy(d);
}

TEST(block, one_request_that_is_made_to_fail_fails_alone, "")
{
	struct block_device *d = ramdisk_create(DISK_BYTES);

	REQUIRE_TRUE(d != NULL);
	if (EXPECT_TRUE(take_pages())) {
		failpoint_arm("block_read", 5);
		EXPECT_EQ(run_all(d, BLOCK_READ), 1);
		failpoints_off();
		EXPECT_EQ(requests[4].status, -EIO);
		EXPECT_EQ(d->counters.errors, 1);
		give_pages_back();
	}
	ramdisk_destroy(d);
}

/* vda, if somebody gave it for this; else the test is skipped. */
static struct block_device *given_scratch_disk(void)
{
	struct block_device *d = block_find("vda");
	struct page *p = given_block(GFP_KERNEL, 0);
	struct block_request r = { .device = d, .op = BLOCK_READ, .count = 1 };

	if (d && p) {
		r.segments[0] = (struct block_segment){ page_to_pfn(p), 0, SECTOR_BYTES };
		if (block_run(&r) == 0 &&
		    memcmp(frame_address(page_to_pfn(p)), SCRATCH, sizeof(SCRATCH) - 1) == 0)
			return d;
	}
	test_skip("no vda that begins with \"" SCRATCH "\"");
	return NULL;
}

TEST(block, what_is_written_to_a_virtio_disk_is_read_again, "")
{
	struct block_device *d = given_scratch_disk();

	if (!d)
		return;
	REQUIRE_EQ(block_claim(d, "a test"), 0);
	for (uint32_t salt = 1; salt <= 8; salt++)
		write_and_read(d, salt);
	block_release(d);
}

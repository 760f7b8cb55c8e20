/* Disks: what is refused, what waits, what flies, how each request ends once. A device of the
 * test's own. */
#include <errno.h>

#include "arch/frame.h"
#include "base/failpoint.h"
#include "drivers/ramdisk.h"
#include "mm/phys/alloc.h"
#include "mm/phys/pin.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

#define ROOM	 2u /* requests that the test's device takes at a time */
#define SECTORS	 64u
#define REQUESTS 4u

/* What the device has, in the order in which it will answer; it answers when it is told to. */
static struct block_request *taken[ROOM];
static uint32_t taken_count, answers_due, watched, given_up, ended_count;
static bool talks_nonsense;
static struct block_request *ended[REQUESTS];

static bool start(struct block_device *d, struct block_request *r)
{
	expect(spin_is_held(&d->lock));
	if (taken_count == ROOM)
		return false;
	taken[taken_count++] = r;
	return true;
}

static struct block_request *answer(struct block_device *d, const char **nonsense)
{
	struct block_request *r = taken[0];

	expect(spin_is_held(&d->lock));
	if (talks_nonsense) {
		*nonsense = "it babbles";
		return NULL;
	}
	if (!answers_due || !taken_count)
		return NULL;
	answers_due--;
	taken[0] = taken[--taken_count];
	r->status = 0;
	return r;
}

static void give_up(struct block_device *d)
{
	(void)d;
	given_up++;
}

static const struct block_ops test_ops = { .start = start, .answer = answer, .give_up = give_up };

static struct block_device device = {
	.name = "tst", .sectors = SECTORS, .has_cache = true, .ops = &test_ops
};
static struct page *page;
static struct block_request request[REQUESTS];

static void watch(void)
{
	watched++;
}

static void done(struct block_request *r)
{
	expect(!spin_is_held(&r->device->lock));
	expect(ended_count < REQUESTS);
	ended[ended_count++] = r;
}

static void given_request(struct block_request *r, struct block_device *d, enum block_op op,
			  uint64_t sector)
{
	*r = (struct block_request){ .device = d,
				     .op = op,
				     .sector = sector,
				     .segments = { { page_to_pfn(page), 0, SECTOR_BYTES } },
				     .count = op == BLOCK_FLUSH ? 0 : 1,
				     .done = done,
				     .status = 1,
				     .age = 100 };
}

static void given_device(void)
{
	given_pages(4 * MIB_PAGES);
	page = alloc_pages(GFP_KERNEL, 0);
	block_register(&device);
	block_set_watch(watch);
}

static void submit(unsigned n, enum block_op op, uint64_t sector)
{
	given_request(&request[n], &device, op, sector);
	block_submit(&request[n]);
}

static void answer_next(void)
{
	answers_due = 1;
	block_service(&device);
}

TEST(block_devices_are_found_by_name)
{
	given_device();
	expect(block_find("tst") == &device);
	expect(block_find("ts") == NULL);
	expect(block_next(NULL) == &device);
	expect(block_next(&device) == NULL);
	block_unregister(&device);
	expect(block_next(NULL) == NULL);
}

TEST(block_one_user_at_a_time_has_a_disk_for_himself)
{
	given_device();
	expect_eq(block_claim(&device, "one"), 0);
	expect_eq(block_claim(&device, "other"), -EBUSY);
	block_release(&device);
	expect_eq(block_claim(&device, "other"), 0);
}

TEST(block_what_the_device_has_no_room_for_waits)
{
	given_device();
	for (unsigned n = 0; n < REQUESTS; n++)
		submit(n, BLOCK_READ, n);
	expect_eq(device.flying_count, ROOM);
	expect_eq(device.waiting_count, REQUESTS - ROOM);
	expect_eq(ended_count, 0);
	for (unsigned n = 0; n < REQUESTS; n++) {
		answer_next();
		expect_eq(ended_count, n + 1);
		expect_eq(ended[n]->status, 0);
	}
	expect_eq(device.counters.requests[BLOCK_READ], REQUESTS);
	expect_eq(device.flying_count + device.waiting_count, 0);
	expect(watched != 0);
}

TEST(block_beyond_the_end_is_refused)
{
	given_device();
	submit(0, BLOCK_READ, SECTORS);
	expect_eq(request[0].status, -EIO);
	submit(1, BLOCK_WRITE, UINT64_MAX);
	expect_eq(request[1].status, -EIO);
	given_request(&request[2], &device, BLOCK_READ, SECTORS - 1);
	request[2].segments[0].bytes = 2 * SECTOR_BYTES;
	block_submit(&request[2]);
	expect_eq(request[2].status, -EIO);
	expect_eq(ended_count, 3);
	expect_eq(device.counters.errors, 3);
	expect(strstr(logged_text(), "error: tst: read at sector 64, count 1: beyond the end"));
	submit(3, BLOCK_READ, SECTORS - 1);
	expect_eq(taken_count, 1);
}

TEST(block_a_read_only_disk_is_not_written)
{
	given_device();
	device.read_only = true;
	submit(0, BLOCK_WRITE, 0);
	expect_eq(request[0].status, -EROFS);
	expect_eq(taken_count, 0);
}

TEST(block_failpoints_fail_the_nth)
{
	given_device();
	expect_eq(failpoint_arm("block_read", 2), 0);
	expect_eq(failpoint_arm("block_write", 1), 0);
	submit(0, BLOCK_READ, 0);
	expect_eq(taken_count, 1);
	submit(1, BLOCK_READ, 0);
	expect_eq(request[1].status, -EIO);
	submit(2, BLOCK_WRITE, 0);
	expect_eq(request[2].status, -EIO);
	expect_eq(taken_count, 1);
}

TEST(block_errors_beyond_the_first_few_are_only_counted)
{
	const char *text;

	given_device();
	for (unsigned n = 0; n < 20; n++) {
		ended_count = 0;
		submit(0, BLOCK_READ, SECTORS + 1000 + n);
	}
	expect_eq(device.counters.errors, 20);
	text = logged_text();
	expect(strstr(text, "1071, count 1: beyond the end of the disk (errors of this disk"));
	expect(!strstr(text, "1072"));
}

static void tick(unsigned times)
{
	while (times--)
		expect(block_tick());
}

TEST(block_a_disk_that_never_answers_has_failed)
{
	uint32_t refs;

	given_device();
	block_set_limit(5);
	for (unsigned n = 0; n < 3; n++)
		submit(n, BLOCK_WRITE, n);
	refs = page_refs(page);
	tick(5);
	expect_eq(ended_count, 0);
	expect(!block_tick());
	expect_eq(ended_count, 3);
	for (unsigned n = 0; n < 3; n++)
		expect_eq(ended[n]->status, -EIO);
	expect_eq(given_up, 1);
	expect_eq(page_refs(page), refs + ROOM); /* what waited never got to the device */
	expect_eq(device.flying_count + device.waiting_count, 0);
	expect(strstr(logged_text(), "error: tst: it does not answer"));
}

TEST(block_a_failed_disk_takes_nothing_and_hears_nothing)
{
	given_device();
	submit(0, BLOCK_READ, 0);
	block_fail(&device, "a test");
	expect_eq(ended_count, 1);
	answer_next();
	block_fail(&device, "again");
	expect_eq(ended_count, 1);
	expect_eq(given_up, 1);
	submit(1, BLOCK_READ, 0);
	expect_eq(request[1].status, -EIO);
	expect(!block_tick());
}

TEST(block_an_answer_without_an_interrupt_is_found_by_the_tick)
{
	given_device();
	block_set_limit(1);
	submit(0, BLOCK_READ, 0);
	tick(1);
	answers_due = 1;
	expect(!block_tick());
	expect_eq(request[0].status, 0);
	expect(!device.failed);
}

TEST(block_age_begins_when_the_device_gets_it)
{
	given_device();
	block_set_limit(2);
	for (unsigned n = 0; n < 3; n++)
		submit(n, BLOCK_READ, n);
	tick(2);
	answer_next();
	answer_next();
	expect_eq(ended_count, 2);
	tick(2);
	expect(!device.failed);
}

TEST(block_nonsense_fails_the_disk)
{
	given_device();
	submit(0, BLOCK_READ, 0);
	talks_nonsense = true;
	block_service(&device);
	expect(device.failed);
	expect_eq(request[0].status, -EIO);
	expect(strstr(logged_text(), "error: tst: it babbles"));
}

TEST(block_a_frame_of_users_is_pinned_when_its_disk_fails)
{
	given_device();
	page_set(page, (uint32_t)KIND_ANON << PG_KIND_SHIFT);
	submit(0, BLOCK_READ, 0);
	block_fail(&device, "a test");
	expect_eq(page_pins(), 1);
}

TEST(block_run_sleeps_until_done)
{
	struct thread t;

	given_device();
	given_thread(&t, "t");
	while_blocked = answer_next;
	given_request(&request[0], &device, BLOCK_READ, 0);
	expect_eq(block_run(&request[0]), 0);
	expect_eq(times_blocked, 1);
}

TEST(block_flush_is_for_disks_with_a_cache)
{
	given_device();
	submit(0, BLOCK_FLUSH, 0);
	expect_eq(taken_count, 1);
	device.has_cache = false;
	submit(1, BLOCK_FLUSH, 0);
	expect_eq(taken_count, 1);
	expect_eq(request[1].status, 0);
}

static void submit_half_a_sector(void)
{
	given_request(&request[0], &device, BLOCK_READ, 0);
	request[0].segments[0].bytes = SECTOR_BYTES / 2;
	block_submit(&request[0]);
}

static void submit_past_the_frame(void)
{
	given_request(&request[0], &device, BLOCK_READ, 0);
	request[0].segments[0].offset = PAGE_SIZE - SECTOR_BYTES + 4;
	block_submit(&request[0]);
}

TEST(block_malformed_requests_are_bugs)
{
	given_device();
	expect(asserts(submit_half_a_sector));
	expect(asserts(submit_past_the_frame));
}

static void fill(struct page *p, uint8_t first)
{
	uint8_t *bytes = frame_address(page_to_pfn(p));

	for (uint32_t n = 0; n < PAGE_SIZE; n++)
		bytes[n] = (uint8_t)(first + n * 7 + n / 256);
}

/* Two pieces of one page, in the other order, across the border of two pages of the disk. */
static int transfer_crossed(struct block_device *d, enum block_op op, struct page *p)
{
	struct block_request r;
	struct thread t;

	given_thread(&t, "t");
	given_request(&r, d, op, 5);
	r.segments[0] = (struct block_segment){ page_to_pfn(p), 2048, 2048 };
	r.segments[1] = (struct block_segment){ page_to_pfn(p), 0, 2048 };
	r.count = 2;
	return block_run(&r);
}

TEST(ramdisk_gives_back_what_was_written)
{
	struct block_device *d;
	struct page *other;

	given_device();
	d = ramdisk_create(3 * PAGE_SIZE + 100);
	expect(d && block_find("ram0") == d);
	expect_eq(d->sectors, 3 * PAGE_SECTORS);
	fill(page, 3);
	expect_eq(transfer_crossed(d, BLOCK_WRITE, page), 0);
	other = alloc_pages(GFP_KERNEL | GFP_ZERO, 0);
	expect_eq(transfer_crossed(d, BLOCK_READ, other), 0);
	expect_eq(memcmp(frame_address(page_to_pfn(page)), frame_address(page_to_pfn(other)),
			 PAGE_SIZE),
		  0);
	given_request(&request[0], d, BLOCK_READ, 4);
	block_submit(&request[0]);
	for (uint32_t n = 0; n < SECTOR_BYTES; n++)
		expect_eq(((uint8_t *)frame_address(page_to_pfn(page)))[n], 0);
}

TEST(ramdisk_gives_its_memory_back)
{
	uint32_t before;
	struct block_device *d;

	given_device();
	before = all_free_pages();
	d = ramdisk_create(64 * PAGE_SIZE);
	expect(d != NULL);
	expect(all_free_pages() <= before - 64);
	ramdisk_destroy(d);
	expect_eq(all_free_pages(), before);
	expect(ramdisk_create(64u << 20) == NULL); /* more than there is */
	expect(ramdisk_create(100) == NULL);
	expect(ramdisk_create(UINT64_MAX) == NULL);
	expect_eq(all_free_pages(), before);
	expect_sound();
}

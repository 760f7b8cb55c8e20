/*
 * /proc as the kernel's own reader sees it: the files agree with each other and with the tables.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/uaccess.h"
#include "fs/file.h"
#include "kernel/checkin.h"
#include "kernel/process.h"
#include "mm/move/migrate.h"
#include "mm/phys/lru.h"
#include "mm/views/frames.h"
#include "mm/views/space.h"
#include "mm/virt/clear_refs.h"
#include "mm/virt/fault.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define READY_MS  60000u
#define VERIFY_MS 60000u
#define TRIES	  20u

static char text[16384];

static struct file *opened(const char *path, uint32_t flags)
{
	struct file *f = NULL;

	EXPECT_EQ(file_open(path, flags, 0, &f), 0);
	return f;
}

/* The whole file in pieces of this size, 0-terminated. Its length, or -errno. */
static int32_t read_in_pieces(const char *path, uint32_t piece, char *to, uint32_t room)
{
	struct file *f = opened(path, 0);
	int32_t got, all = 0;

	if (!f)
		return -ENOENT;
	do {
		uint32_t left = room - 1 - (uint32_t)all;
		struct io io = io_kernel(to + all, piece < left ? piece : left);

		got = file_read(f, &io);
		all += got > 0 ? got : 0;
	} while (got > 0);
	file_put(f);
	to[all] = 0;
	return got < 0 ? got : all;
}

static int32_t read_all(const char *path)
{
	return read_in_pieces(path, sizeof(text), text, sizeof(text));
}

static int32_t write_to(const char *path, const char *what)
{
	struct file *f = opened(path, OPEN_WRONLY);
	struct io io = io_kernel((char *)what, (uint32_t)strlen(what));
	int32_t put;

	if (!f)
		return -ENOENT;
	put = file_write(f, &io);
	file_put(f);
	return put;
}

/* One word of a file of words. */
static uint64_t word_of(const char *path, uint32_t n)
{
	struct file *f = opened(path, 0);
	uint64_t word = ~0ull;
	struct io io = io_kernel(&word, sizeof(word));

	if (!f)
		return 0;
	EXPECT_EQ(file_read_at(f, &io, (uint64_t)n * sizeof(word)), sizeof(word));
	file_put(f);
	return word;
}

/* Numbers after `name` at a line's start or after blanks, added up over the text read last. */
static uint32_t sum_of(const char *name)
{
	uint32_t sum = 0, length = (uint32_t)strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if ((at == text || at[-1] == '\n' || at[-1] == ' ') &&
		    (at[length] == ' ' || at[length] == '\t'))
			sum += (uint32_t)strtoul(at + length, NULL, 10);
	return sum;
}

static uint32_t number_in(const char *path, const char *name)
{
	EXPECT_TRUE(read_all(path) > 0);
	return sum_of(name);
}

static uint32_t pages_in_buddyinfo(void)
{
	uint32_t pages = 0;

	EXPECT_TRUE(read_all("/proc/buddyinfo") > 0);
	for (const char *at = strstr(text, "zone"); at; at = strstr(at, "zone")) {
		char *end = (char *)at + 13;

		for (unsigned order = 0; order < ORDERS; order++)
			pages += (uint32_t)strtoul(end, &end, 10) << order;
		at = end;
	}
	return pages;
}

/* Reading takes frames itself, so it is repeated until nothing changed meanwhile. */
TEST(proc, sums_of_free_memory_agree, "")
{
	uint32_t before, kb, in_blocks, in_vmstat, after, tries = 0;

	do {
		before = number_in("/proc/zoneinfo", "nr_free_pages");
		kb = number_in("/proc/meminfo", "MemFree:");
		in_blocks = pages_in_buddyinfo();
		in_vmstat = number_in("/proc/vmstat", "nr_free_pages");
		after = number_in("/proc/zoneinfo", "nr_free_pages");
	} while (before != after && ++tries < TRIES);
	REQUIRE_EQ(before, after);
	EXPECT_EQ(kb, before * 4);
	EXPECT_EQ(in_blocks, before);
	EXPECT_EQ(in_vmstat, before);
}

TEST(proc, zones_have_what_ram_there_is, "")
{
	uint32_t present = 0, managed = 0;
	const struct zone *z;

	for_each_zone(z) {
		present += z->present_pages;
		managed += z->managed_pages;
	}
	EXPECT_EQ(number_in("/proc/zoneinfo", "present"), present);
	EXPECT_EQ(sum_of("managed"), managed);
	EXPECT_EQ(number_in("/proc/meminfo", "MemTotal:"), managed * 4);
}

TEST(proc, pieces_of_any_size_give_the_same_text, "")
{
	static const char *const paths[] = { "/proc/version",
					     "/proc/cmdline",
					     "/proc/cpuinfo",
					     "/proc/filesystems",
					     "/proc/sys/kernel/version",
					     "/proc/sys/kernel/osrelease",
					     "/sys/devices/system/cpu/online" };
	static const uint32_t pieces[] = { 1, 7, 4096 };
	static char again[4096];

	for (unsigned n = 0; n < sizeof(paths) / sizeof(paths[0]); n++) {
		int32_t whole = read_in_pieces(paths[n], 65536, text, sizeof(text));

		EXPECT_TRUE(whole > 0);
		for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
			EXPECT_EQ(read_in_pieces(paths[n], pieces[i], again, sizeof(again)), whole);
			EXPECT_EQ(strcmp(again, text), 0);
		}
	}
}

/* ---- a process ---- */

static char path[64];

static const char *of_process(const struct task *t, const char *file)
{
	snprintf(path, sizeof(path), "/proc/%u/%s", (unsigned)t->process->pid, file);
	return path;
}

static struct task *given_writer(void)
{
	struct task *t = given_program("writer", "3");

	if (t)
		EXPECT_EQ(checkin_wait_ready(t, READY_MS), 0);
	return t;
}

/* Where its first area from `start` on begins that maps a page of its own; 0: nowhere. */
static uint32_t own_page(const struct task *t, uint32_t start, uint64_t *word)
{
	struct mm *mm = process_mm(t->process);
	uint32_t found = 0;

	if (!EXPECT_TRUE(mm != NULL))
		return 0;
	for (uint32_t n = start >> PAGE_SHIFT; !found && n < (start >> PAGE_SHIFT) + 64; n++) {
		view_pagemap(mm, n, word, 1);
		if (*word & PAGEMAP_PRESENT && *word & PAGEMAP_EXCLUSIVE)
			found = n;
	}
	mm_put(mm);
	return found;
}

TEST(proc, pagemap_follows_a_page_that_moves, "")
{
	struct task *t = given_writer();
	uint32_t errors = checkin_errors(), page;
	uint64_t before, after;
	struct move what;

	REQUIRE_TRUE(t != NULL);
	page = own_page(t, MMAP_BASE, &before);
	REQUIRE_TRUE(page != 0);
	EXPECT_EQ(word_of(of_process(t, "pagemap"), page) & PAGEMAP_PFN, before & PAGEMAP_PFN);
	lru_drain();
	REQUIRE_EQ(migrate_frame(pfn((uint32_t)(before & PAGEMAP_PFN)), MIGRATE_SYNC, &what), 0);
	after = word_of(of_process(t, "pagemap"), page);
	EXPECT_TRUE(after & PAGEMAP_PRESENT);
	EXPECT_EQ(after & PAGEMAP_PFN, page_to_pfn(what.to).n);
	EXPECT_TRUE((after & PAGEMAP_PFN) != (before & PAGEMAP_PFN));
	EXPECT_EQ(word_of("/proc/kpagecount", (uint32_t)(after & PAGEMAP_PFN)), 1);
	EXPECT_TRUE(word_of("/proc/kpageflags", (uint32_t)(after & PAGEMAP_PFN)) &
		    1ull << KPF_ANON);
	EXPECT_EQ(checkin_verify_all(VERIFY_MS), errors);
}

/* Words of a whole pagemap that count in Rss. */
static uint32_t resident_in_pagemap(const struct task *t)
{
	struct file *f = opened(of_process(t, "pagemap"), 0);
	static uint64_t words[1024];
	uint32_t resident = 0;
	int32_t got;

	if (!f)
		return 0;
	do {
		struct io io = io_kernel(words, sizeof(words));

		got = file_read(f, &io);
		for (int32_t i = 0; i < got / 8; i++)
			resident += words[i] & PAGEMAP_PRESENT &&
				    (words[i] & PAGEMAP_PFN) != page_to_pfn(zero_page).n;
	} while (got > 0);
	file_put(f);
	return resident;
}

/* The writer goes on meanwhile; it has all its memory, so it takes none. */
TEST(proc, smaps_counts_what_pagemap_shows, "")
{
	struct task *t = given_writer();
	uint32_t resident;

	REQUIRE_TRUE(t != NULL);
	resident = resident_in_pagemap(t);
	EXPECT_TRUE(resident > 0);
	EXPECT_EQ(number_in(of_process(t, "smaps"), "Rss:"), resident * 4);
	EXPECT_EQ(number_in(of_process(t, "smaps_rollup"), "Rss:"), resident * 4);
	EXPECT_EQ(number_in(of_process(t, "status"), "VmRSS:"), resident * 4);
}

TEST(proc, soft_dirty_tells_what_was_written_since, "")
{
	struct task *t = given_writer();
	uint32_t page;
	uint64_t word;

	REQUIRE_TRUE(t != NULL);
	page = own_page(t, MMAP_BASE, &word);
	REQUIRE_TRUE(page != 0);
	EXPECT_TRUE(word & PAGEMAP_SOFT_DIRTY);
	EXPECT_EQ(write_to(of_process(t, "clear_refs"), "4"), 1);
	EXPECT_EQ(write_to(of_process(t, "clear_refs"), "3"), -EINVAL);
	EXPECT_EQ(write_to(of_process(t, "clear_refs"), "4x"), -EINVAL);
	for (uint32_t round = 0; round < 20; round++)
		checkin_verify_all(VERIFY_MS);
	EXPECT_TRUE(word_of(of_process(t, "pagemap"), page) & PAGEMAP_SOFT_DIRTY);
	EXPECT_EQ(checkin_errors(), 0);
}

TEST(proc, words_are_read_whole, "")
{
	struct file *f = opened("/proc/kpageflags", 0);
	uint64_t word;
	struct io part = io_kernel(&word, 4), whole = io_kernel(&word, 8), past = whole;

	REQUIRE_TRUE(f != NULL);
	EXPECT_EQ(file_read_at(f, &part, 0), -EINVAL);
	EXPECT_EQ(file_read_at(f, &whole, 4), -EINVAL);
	EXPECT_EQ(file_read_at(f, &past, (uint64_t)page_map_end.n * 8), 0);
	file_put(f);
	EXPECT_EQ(word_of("/proc/kpageflags", 0), 1ull << KPF_NOPAGE);
}

TEST(proc, kpagecount_counts_those_who_share, "")
{
	struct mm *mm = given_mm(), *child = mm_create("child");
	vaddr_t a;
	struct page *p = given_page_mapped(mm, &a);

	REQUIRE_TRUE(p != NULL && child != NULL);
	EXPECT_EQ(word_of("/proc/kpagecount", page_to_pfn(p).n), 1);
	EXPECT_EQ(mm_fork(mm, child), 0);
	EXPECT_EQ(word_of("/proc/kpagecount", page_to_pfn(p).n), 2);
	mm_put(child);
	EXPECT_EQ(word_of("/proc/kpagecount", page_to_pfn(p).n), 1);
}

#define KEEP_EVERY 4u

/* Memory in pieces, then one write makes it whole: the figures and the contents say so. */
TEST(proc, compact_memory_moves_pages, "")
{
	struct mm *mm = given_mm();
	uint32_t pages = zones_free_pages() / 4, word, wrong = 0, moved;
	vaddr_t a = given_area(mm, pages, VMA_READ | VMA_WRITE);

	for (uint32_t n = 0; n < pages; n++)
		wrong += copy_to_user(vaddr(a.a + n * PAGE_SIZE), &n, sizeof(n)) != 0;
	for (uint32_t n = 0; n < pages; n += KEEP_EVERY)
		mm_discard(mm, a.a + (n + 1) * PAGE_SIZE,
			   (KEEP_EVERY - 1 < pages - n - 1 ? KEEP_EVERY - 1 : pages - n - 1) *
				   PAGE_SIZE);
	moved = number_in("/proc/vmstat", "pgmigrate_success");
	EXPECT_EQ(write_to("/proc/sys/vm/compact_memory", "1"), 1);
	EXPECT_TRUE(number_in("/proc/vmstat", "pgmigrate_success") - moved > pages / 16);
	for (uint32_t n = 0; n < pages; n += KEEP_EVERY)
		wrong += copy_from_user(&word, vaddr(a.a + n * PAGE_SIZE), sizeof(word)) ||
			 word != n;
	EXPECT_EQ(wrong, 0);
}

TEST(proc, what_may_not_be_written_is_refused, "")
{
	static const char *const bad[] = { "0", "2", "-1", "x", "", "1 1", "99999999999999999999" };
	struct file *f;

	for (unsigned n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
		EXPECT_EQ(write_to("/proc/sys/vm/compact_memory", bad[n]), -EINVAL);
	EXPECT_EQ(file_open("/proc/sys/vm/compact_memory", 0, 0, &f), -EACCES);
	EXPECT_EQ(file_open("/proc/meminfo", OPEN_WRONLY, 0, &f), -EACCES);
	EXPECT_EQ(file_open("/proc/4294967295/maps", 0, 0, &f), -ENOENT);
}

/* Each keeps what it may and refuses what it may not; what stood there is put back. */
static void try_tunable(const char *file, const char *good, const char *bad)
{
	static char before[32], wanted[32];

	snprintf(wanted, sizeof(wanted), "%s\n", good);
	EXPECT_TRUE(read_in_pieces(file, 32, before, sizeof(before)) > 1);
	EXPECT_EQ(write_to(file, good), strlen(good));
	EXPECT_TRUE(read_all(file) > 1 && strcmp(text, wanted) == 0);
	EXPECT_EQ(write_to(file, bad), -EINVAL);
	EXPECT_EQ(write_to(file, "-1"), -EINVAL);
	EXPECT_EQ(write_to(file, "word"), -EINVAL);
	EXPECT_TRUE(read_all(file) > 1 && strcmp(text, wanted) == 0);
	EXPECT_EQ(write_to(file, before), strlen(before));
}

TEST(proc, tunables_keep_to_their_ranges, "")
{
	static const char min_free[] = "/proc/sys/vm/min_free_kbytes";
	static char before[32];
	uint32_t low;

	try_tunable("/proc/sys/vm/compaction_proactiveness", "100", "101");
	try_tunable("/proc/sys/vm/extfrag_threshold", "1000", "1001");
	try_tunable("/proc/sys/vm/compact_unevictable_allowed", "0", "2");
	try_tunable(min_free, "1024", "2147483647");
	EXPECT_TRUE(read_in_pieces(min_free, 32, before, sizeof(before)) > 1);
	low = number_in("/proc/zoneinfo", "low");
	EXPECT_EQ(write_to(min_free, "4096"), 4);
	EXPECT_TRUE(number_in("/proc/zoneinfo", "low") > low);
	EXPECT_EQ(write_to(min_free, before), strlen(before));
}

/* An opened file of a process outlives it: empty, or no such process. */
TEST(proc, a_process_that_ends_meanwhile_is_no_problem, "")
{
	struct task *t = given_writer();
	struct file *maps, *pagemap, *status;
	struct io io = io_kernel(text, 64), words = io_kernel(text, 64), line = io_kernel(text, 64);

	REQUIRE_TRUE(t != NULL);
	maps = opened(of_process(t, "maps"), 0);
	pagemap = opened(of_process(t, "pagemap"), 0);
	status = opened(of_process(t, "status"), 0);
	REQUIRE_TRUE(maps && pagemap && status);
	task_kill(t);
	exit_status_of(t);
	EXPECT_EQ(file_read(maps, &io), 0);
	EXPECT_EQ(file_read(pagemap, &words), 0);
	EXPECT_EQ(file_read(status, &line), -ESRCH);
	file_put(maps);
	file_put(pagemap);
	file_put(status);
}

TEST(proc, calls_about_the_system_answer, "")
{
	struct task *t = given_program("system", NULL);

	REQUIRE_TRUE(t != NULL);
	EXPECT_EQ(exit_status_of(t), 0);
}

/* ---- forgetting what was used: through the hardware's own view of the entry ---- */

static bool is_soft_dirty(struct mm *mm, vaddr_t a)
{
	return pte_is_soft_dirty(entry_at(mm, a));
}

TEST(proc, a_store_after_clear_refs_is_seen, "")
{
	struct mm *mm = given_mm();
	uint32_t word = 7;
	vaddr_t a;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	EXPECT_TRUE(is_soft_dirty(mm, a));
	mm_clear_soft_dirty(mm);
	EXPECT_TRUE(!is_soft_dirty(mm, a) && pte_is_dirty(entry_at(mm, a)));
	EXPECT_EQ(copy_from_user(&word, a, sizeof(word)), 0);
	EXPECT_EQ(word, 1);
	EXPECT_TRUE(!is_soft_dirty(mm, a));
	EXPECT_EQ(copy_to_user(a, &word, sizeof(word)), 0);
	EXPECT_TRUE(is_soft_dirty(mm, a));
}

TEST(proc, an_access_after_clear_refs_is_seen, "")
{
	struct mm *mm = given_mm();
	uint32_t word;
	vaddr_t a;

	REQUIRE_TRUE(given_page_mapped(mm, &a) != NULL);
	EXPECT_EQ(copy_from_user(&word, a, sizeof(word)), 0);
	mm_clear_young(mm);
	EXPECT_TRUE(!pte_is_young(entry_at(mm, a)));
	EXPECT_EQ(copy_from_user(&word, a, sizeof(word)), 0);
	EXPECT_TRUE(pte_is_young(entry_at(mm, a)));
	EXPECT_EQ(word, 1);
}

static struct mm *cleared_in_flight;

static void clear_in_flight(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed == STAGE_COPY)
		mm_clear_soft_dirty(cleared_in_flight);
}

TEST(proc, clear_refs_reaches_a_page_in_flight, "TU-1")
{
	struct mm *mm = cleared_in_flight = given_mm();
	struct move what;
	uint32_t word = 9;
	struct page *p;
	vaddr_t a;

	p = given_page_mapped(mm, &a);
	REQUIRE_TRUE(p != NULL);
	lru_drain();
	migrate_set_probe(clear_in_flight);
	EXPECT_EQ(migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what), 0);
	migrate_set_probe(NULL);
	EXPECT_TRUE(!is_soft_dirty(mm, a) && !pte_is_writable(entry_at(mm, a)));
	EXPECT_EQ(copy_to_user(a, &word, sizeof(word)), 0);
	EXPECT_TRUE(is_soft_dirty(mm, a));
	EXPECT_EQ(copy_from_user(&word, a, sizeof(word)), 0);
	EXPECT_EQ(word, 9);
}

/*
 * workload [PAGES [SEED]]: the fragmentation rule on any kernel with Linux's interface. Fills PAGES
 * pages, gives back runs of them as the generator says, compacts by /proc/sys/vm/compact_memory,
 * reads what it kept, twice, and prints key=value lines.
 *
 * As the first program of a system it mounts /proc, takes PAGES and SEED from the command line
 * (workload.pages=N workload.seed=N) and switches the machine off.
 */
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WORDS 1024u
#define BYTES (WORDS * 4u)
#define RW    (PROT_READ | PROT_WRITE)

static struct {
	size_t pages;
	uint32_t (*page)[WORDS];
	uint8_t *stays;
	uint32_t x; /* the generator */
} work;

static uint32_t next_of_8(void)
{
	work.x = work.x * 1664525u + 1013904223u;
	return work.x >> 24 & 7u;
}

static uint32_t word_of(size_t i, uint32_t k)
{
	return (uint32_t)i * 2654435761u + k;
}

/* ---- The kernel's own figures. */

struct counts {
	long migrate_scanned, free_scanned, migrated, failed;
};

static long counter(const char *name)
{
	char line[256];
	size_t length = strlen(name);
	long value = -1;
	FILE *f = fopen("/proc/vmstat", "r");

	must(f, "/proc/vmstat");
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, name, length) == 0 && line[length] == ' ')
			value = strtol(line + length, NULL, 10);
	fclose(f);
	return value;
}

static struct counts counts_now(void)
{
	return (struct counts){ counter("compact_migrate_scanned"), counter("compact_free_scanned"),
				counter("pgmigrate_success"), counter("pgmigrate_fail") };
}

struct blocks {
	unsigned long all, order8, order10;
};

/* One line of buddyinfo: blocks of each order behind the zone's name. */
static void add_zone(const char *line, struct blocks *sum)
{
	const char *zone = strstr(line, "zone");
	char *at;

	if (!zone)
		return;
	at = (char *)zone + strcspn(zone, " ");
	at += strspn(at, " ");
	at += strcspn(at, " ");
	for (unsigned order = 0; *at && *at != '\n'; order++) {
		unsigned long pages = strtoul(at, &at, 10) << order;

		sum->all += pages;
		sum->order8 += order >= 8 ? pages : 0;
		sum->order10 += order >= 10 ? pages : 0;
		at += strspn(at, " ");
	}
}

static void say_blocks(const char *when)
{
	struct blocks sum = { 0 };
	char line[512];
	FILE *f = fopen("/proc/buddyinfo", "r");

	must(f, "/proc/buddyinfo");
	while (fgets(line, sizeof(line), f))
		add_zone(line, &sum);
	fclose(f);
	printf("RESULT %s_free_pages=%lu %s_free_in_order8=%lu %s_free_in_order10=%lu\n", when,
	       sum.all, when, sum.order8, when, sum.order10);
}

/* ---- The rule. */

static void fill(void)
{
	for (size_t i = 0; i < work.pages; i++)
		for (uint32_t k = 0; k < WORDS; k++)
			work.page[i][k] = word_of(i, k);
}

static void release_run(size_t first, size_t count)
{
	must(madvise(work.page[first], count * BYTES, MADV_DONTNEED) == 0, "madvise");
	memset(work.stays + first, 0, count);
}

static void release(void)
{
	size_t released = 0, calls = 0, at = 0;

	for (;;) {
		size_t first = at + 1 + next_of_8(), count = 1 + next_of_8();

		if (first >= work.pages)
			break;
		if (count > work.pages - first)
			count = work.pages - first;
		release_run(first, count);
		released += count;
		calls++;
		at = first + count;
	}
	printf("RESULT released=%zu calls=%zu\n", released, calls);
}

static void say_pattern(void)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < work.pages; i++)
		sum = (sum ^ work.stays[i]) * 16777619u;
	printf("RESULT pages=%zu pattern=%08x\n", work.pages, (unsigned)sum);
}

static unsigned long wrong_words(void)
{
	unsigned long wrong = 0;

	for (size_t i = 0; i < work.pages; i++)
		for (uint32_t k = 0; work.stays[i] && k < WORDS; k++)
			wrong += ((volatile uint32_t *)work.page[i])[k] != word_of(i, k);
	return wrong;
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* Compacts all of memory and reads everything. Returns the words that were wrong. */
static unsigned long compact(const char *when)
{
	int fd = open("/proc/sys/vm/compact_memory", O_WRONLY);
	struct counts before = counts_now(), after;
	long long start = now_ns(), end;
	unsigned long wrong;

	must(fd >= 0 && write(fd, "1", 1) == 1, "/proc/sys/vm/compact_memory");
	end = now_ns();
	after = counts_now();
	close(fd);
	wrong = wrong_words();
	printf("RESULT %s_ns=%lld %s_migrate_scanned=%ld %s_free_scanned=%ld %s_migrated=%ld "
	       "%s_failed=%ld\n",
	       when, end - start, when, after.migrate_scanned - before.migrate_scanned, when,
	       after.free_scanned - before.free_scanned, when, after.migrated - before.migrated,
	       when, after.failed - before.failed);
	say_blocks(when);
	return wrong;
}

/* `name`=N on the kernel's command line, or `otherwise`. */
static unsigned long option(const char *name, unsigned long otherwise)
{
	char line[2048] = "";
	const char *found;
	int fd = open("/proc/cmdline", O_RDONLY);

	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
		return otherwise;
	close(fd);
	found = strstr(line, name);
	return found ? strtoul(found + strlen(name) + 1, NULL, 10) : otherwise;
}

static void become_first_program(void)
{
	int console;

	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	console = open("/dev/console", O_RDWR);
	for (int fd = 0; console >= 0 && fd < 3; fd++)
		dup2(console, fd);
}

static void prepare(int argc, char **argv)
{
	bool told = argc > 1 && !strchr(argv[1], '=');

	work.pages = told ? strtoul(argv[1], NULL, 10) : option("workload.pages", 4096);
	work.x = argc > 2 && told ? (uint32_t)strtoul(argv[2], NULL, 10)
				  : (uint32_t)option("workload.seed", 1);
	work.page = mmap(NULL, work.pages * BYTES, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			 -1, 0);
	work.stays = mmap(NULL, work.pages, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	must(work.page != MAP_FAILED && work.stays != MAP_FAILED, "mmap");
	madvise(work.page, work.pages * BYTES, MADV_NOHUGEPAGE);
	memset(work.stays, 1, work.pages);
}

int main(int argc, char **argv)
{
	bool first = getpid() == 1;
	unsigned long wrong;

	if (first)
		become_first_program();
	prepare(argc, argv);
	fill();
	release();
	say_pattern();
	say_blocks("before");
	wrong = compact("compact");
	wrong += compact("second");
	printf("RESULT signature_errors=%lu\n", wrong);
	check_equal((long)wrong, 0, "every word that stayed");
	check_end("workload");
	if (first) {
		sync();
		reboot(RB_POWER_OFF);
	}
	return wrong != 0;
}

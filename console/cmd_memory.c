/*
 * Commands about memory as a whole: views, the picture, compaction, blocks held by the console,
 * invariants.
 *
 * A block that the console holds is on `held`, through lru of its first page, whose index is the
 * block's order and whose private word is the handle: the pages are the console's own, so their
 * owner's fields are free.
 */
#include <errno.h>
#include <strings.h>

#include "base/log.h"
#include "console/console.h"
#include "console/map.h"
#include "kernel/check.h"
#include "mm/move/compaction.h"
#include "mm/phys/alloc.h"
#include "mm/views/views.h"

static struct {
	struct list held;
	uint32_t last_handle;
} blocks = { .held = LIST_INIT(blocks.held) };

static int run_buddyinfo(const struct words *w)
{
	(void)w;
	view_buddyinfo(&text_console);
	return 0;
}

static int run_pagetypeinfo(const struct words *w)
{
	(void)w;
	view_pagetypeinfo(&text_console);
	return 0;
}

static int run_zoneinfo(const struct words *w)
{
	(void)w;
	view_zoneinfo(&text_console);
	return 0;
}

static int run_vmstat(const struct words *w)
{
	(void)w;
	view_vmstat(&text_console);
	return 0;
}

static int run_meminfo(const struct words *w)
{
	(void)w;
	view_meminfo(&text_console);
	return 0;
}

/*
 * The zone that the n-th word names; NULL without a word. Returns 0, or the status of an error it
 * has printed.
 */
static int find_zone(const struct words *w, unsigned n, struct zone **found)
{
	const char *name = console_word(w, n);
	struct zone *z;

	*found = NULL;
	if (!name)
		return 0;
	for_each_zone(z)
		if (strcasecmp(z->name, name) == 0) {
			*found = z;
			return 0;
		}
	return console_error(-ENOENT, "no zone '%s' with memory; `zoneinfo` lists them", name);
}

static int run_map(const struct words *w)
{
	struct zone *only;
	int status = find_zone(w, 1, &only);

	if (status == 0)
		map_print(only);
	return status;
}

/* The word as a mode. Returns false if it is none. */
static bool find_mode(const struct words *w, unsigned n, enum migrate_mode *mode)
{
	static const char *const names[] = {
		[MIGRATE_ASYNC] = "async",
		[MIGRATE_SYNC_LIGHT] = "light",
		[MIGRATE_SYNC] = "sync",
	};

	for (unsigned m = 0; m < sizeof(names) / sizeof(names[0]); m++)
		if (console_word_is(w, n, names[m])) {
			*mode = (enum migrate_mode)m;
			return true;
		}
	return false;
}

static int run_compact(const struct words *w)
{
	struct compact_counts counts = { 0 };
	enum migrate_mode mode = MIGRATE_SYNC;
	unsigned zone_word = find_mode(w, 1, &mode) ? 2 : 1;
	enum compact_status result;
	struct zone *only;
	int status;

	if (w->count > zone_word + 1)
		return console_error(-EINVAL, "expected: compact [async|light|sync] [ZONE]");
	status = find_zone(w, zone_word, &only);
	if (status != 0)
		return status;
	result = compact_memory(only, mode, &counts);
	print("RESULT status=%s compact_insns=%llu migrate_scanned=%u free_scanned=%u "
	      "migrated=%u failed=%u\n",
	      compact_status_name(result), (unsigned long long)counts.insns,
	      (unsigned)counts.migrate_scanned, (unsigned)counts.free_scanned,
	      (unsigned)counts.moved, (unsigned)counts.failed);
	return 0;
}

/* What the words after ORDER ask for. Returns false at a word that means nothing here. */
static bool alloc_flags(const struct words *w, gfp_t *gfp)
{
	*gfp = GFP_KERNEL;
	for (unsigned n = 2; n < w->count; n++) {
		if (console_word_is(w, n, "movable"))
			*gfp |= GFP_USER;
		else if (console_word_is(w, n, "reclaimable"))
			*gfp |= GFP_RECLAIM;
		else if (console_word_is(w, n, "nocompact"))
			*gfp |= GFP_NOCOMPACT;
		else if (!console_word_is(w, n, "unmovable"))
			return false;
	}
	return true;
}

static void hold_block(struct page *first, unsigned order)
{
	first->index = order;
	first->private = ++blocks.last_handle;
	list_add_tail(&blocks.held, &first->lru);
}

static void print_block(const struct page *first)
{
	print("handle=%u pfn=0x%x order=%u\n", (unsigned)first->private,
	      (unsigned)page_to_pfn(first).n, (unsigned)first->index);
}

static int run_alloc(const struct words *w)
{
	struct alloc_request r = { 0 };
	struct page *first;
	uint32_t order;

	if (!console_number(w, 1, &order) || order > MAX_ORDER)
		return console_error(-EINVAL, "ORDER is a number from 0 to %u", MAX_ORDER);
	if (!alloc_flags(w, &r.gfp))
		return console_error(-EINVAL, "after ORDER come movable, unmovable, reclaimable "
					      "or nocompact");
	r.order = order;
	first = alloc_pages_request(&r);
	if (!first)
		return console_error(-ENOMEM, "out of memory: %s", r.why_failed);
	hold_block(first, order);
	print_block(first);
	return 0;
}

static int run_free(const struct words *w)
{
	struct page *first;
	uint32_t handle;

	if (!console_number(w, 1, &handle))
		return console_error(-EINVAL, "HANDLE is a number that `alloc` gave");
	list_for_each_entry(first, &blocks.held, lru)
		if (first->private == handle) {
			unsigned order = first->index;

			list_del_init(&first->lru);
			first->private = first->index = 0;
			free_pages(first, order);
			return 0;
		}
	return console_error(-ENOENT, "no handle %u; `handles` lists them", (unsigned)handle);
}

static int run_handles(const struct words *w)
{
	const struct page *first;

	(void)w;
	list_for_each_entry(first, &blocks.held, lru)
		print_block(first);
	return 0;
}

static int run_check(const struct words *w)
{
	uint32_t broken = check_alone(false);

	(void)w;
	if (broken)
		return console_error(-EIO, "%u invariants are broken", (unsigned)broken);
	print("ok\n");
	return 0;
}

static const struct command commands[] = {

	{ "buddyinfo", "",
	  "free blocks by zone and order\n"
	  "the text of Linux's /proc/buddyinfo: columns are blocks of 1, 2, 4 ... 1024 frames",
	  "buddyinfo", 0, 0, run_buddyinfo },
	{ "pagetypeinfo", "",
	  "free blocks by migratetype; pageblocks by type\n"
	  "the text of Linux's /proc/pagetypeinfo",
	  "pagetypeinfo", 0, 0, run_pagetypeinfo },
	{ "zoneinfo", "",
	  "marks, sizes and statistics of the zones\n"
	  "the text of Linux's /proc/zoneinfo",
	  "zoneinfo", 0, 0, run_zoneinfo },
	{ "vmstat", "",
	  "counters: pages by state now, events since boot\n"
	  "the text of Linux's /proc/vmstat",
	  "vmstat", 0, 0, run_vmstat },
	{ "meminfo", "",
	  "memory by use\n"
	  "the text of Linux's /proc/meminfo",
	  "meminfo", 0, 0, run_meminfo },
	{ "map", "[ZONE]",
	  "a picture of memory, a character so many frames\n"
	  "one unmovable frame outweighs all movable ones of its character: it is what\n"
	  "stands in the way of a large block. The legend is below the picture",
	  "frag 25% 1; map Normal", 0, 1, run_map },
	{ "compact", "[async|light|sync] [ZONE]",
	  "moves pages together, so that free memory is in large blocks\n"
	  "async: leaves what it would have to wait for; light: waits, but not for I/O;\n"
	  "sync: waits for all (if nothing is said). Ends with a RESULT line",
	  "frag 25% 1; compact sync; buddyinfo", 0, 2, run_compact },
	{ "alloc", "ORDER [movable|unmovable|reclaimable] [nocompact]",
	  "takes a block of 2^ORDER frames and holds it\n"
	  "unmovable if nothing is said; nocompact: gives up where it would compact\n"
	  "fails when there is no such block, and says why none could be made",
	  "alloc 3 unmovable; handles; free 1", 1, 3, run_alloc },
	{ "free", "HANDLE", "gives back what alloc took", "alloc 0; free 1", 1, 1, run_free },
	{ "handles", "", "blocks that alloc took and that were not freed", "alloc 10; handles", 0,
	  0, run_handles },
	{ "check", "",
	  "recomputes every invariant of the memory manager\n"
	  "`ok`, or a line for each that is broken; fails then: there is a bug",
	  "check", 0, 0, run_check },
};

const struct command_family memory_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

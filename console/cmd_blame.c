/*
 * blame [FRAME]: frames that can not move, by the place that allocated them.
 */
#include <stdio.h>

#include "arch/report.h"
#include "base/log.h"
#include "console/arguments.h"
#include "console/place.h"
#include "mm/phys/early.h"

static struct blame found; /* too large for a stack; commands run one at a time */

void place_words(const struct blame_site *s, char *text, size_t room)
{
	uint32_t offset;
	const char *name;

	if (!s) {
		snprintf(text, room, "others");
		return;
	}
	if (s->is_name) {
		snprintf(text, room, "objects:%s", (const char *)s->place);
		return;
	}
	name = symbol_name((uint32_t)s->place, &offset);
	if (name)
		snprintf(text, room, "%s+0x%x", name, (unsigned)offset);
	else
		snprintf(text, room, "0x%08x", (unsigned)s->place);
}

void place_of_frame(const struct page *p, char *text, size_t room)
{
	const char *label = early_label_of(page_to_pfn(p));

	if (page_has(p, PG_RESERVED))
		snprintf(text, room, "reserved:%s", label ? label : "not RAM");
	else
		place_words(blame_of(p), text, room);
}

static void line_words(const struct blame_line *l, char *text, size_t room)
{
	switch (l->class) {
	case BLAME_CPU_LISTS:
		snprintf(text, room, "free, on lists of cpus");
		break;
	case BLAME_RESERVED:
		snprintf(text, room, "reserved:%s", l->name ? l->name : "not RAM");
		break;
	default:
		place_words(l->site, text, room);
	}
}

static void print_line(const struct blame_line *l)
{
	uint32_t share = (uint32_t)((uint64_t)l->frames * 1000 / found.frames);
	char text[64];

	line_words(l, text, sizeof(text));
	print("%8u %10u %8u %5u.%u%%  %s\n", (unsigned)l->frames, (unsigned)l->blocks,
	      (unsigned)l->movable_blocks, (unsigned)share / 10, (unsigned)share % 10, text);
}

static void print_zone(const struct zone *z)
{
	struct blame_blocks b;

	blame_zone(z, &b);
	print("zone=%s unmovable_frames=%u pageblocks=%u with_unmovable=%u spoiled=%u\n", z->name,
	      (unsigned)b.frames, (unsigned)b.blocks, (unsigned)b.with_unmovable,
	      (unsigned)b.spoiled);
}

static void print_all(void)
{
	struct zone *z;

	blame_collect(&found);
	print("%8s %10s %8s %7s  %s\n", "frames", "pageblocks", "spoiled", "share", "place");
	for (uint32_t n = 0; n < found.count; n++)
		print_line(&found.line[n]);
	print("RESULT unmovable_frames=%u unknown=%u\n", (unsigned)found.frames,
	      (unsigned)found.unknown);
	for_each_zone(z)
		print_zone(z);
}

static void print_one(const struct page *p)
{
	char text[64];

	if (!page_has(p, PG_UNMOVABLE)) {
		print("frame=0x%x unmovable=0\n", (unsigned)page_to_pfn(p).n);
		return;
	}
	if (page_has(p, PG_PCP))
		snprintf(text, sizeof(text), "free, on the list of a cpu");
	else
		place_of_frame(p, text, sizeof(text));
	print("frame=0x%x unmovable=1 place=%s\n", (unsigned)page_to_pfn(p).n, text);
}

static int run_blame(const struct words *w)
{
	struct page *p;
	int status;

	if (w->count == 1) {
		print_all();
		return 0;
	}
	status = console_find_frame(w, 1, &p);
	if (status == 0)
		print_one(p);
	return status;
}

static const struct command commands[] = {
	{ "blame", "[FRAME]", "frames that can not move, by who allocated them", "blame", 0, 1,
	  run_blame },
};

const struct command_family blame_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

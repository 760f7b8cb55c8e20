/*
 * The picture of memory.
 *
 * A cell is one character and stands for a power of two of frames, the same for all zones, chosen
 * so that all of RAM fits on MAP_LINES lines. What makes a cell unfit for a large block is shown
 * before what only fills it: one unmovable frame outweighs 63 movable ones. No lock is held for
 * longer than it takes to look at one descriptor: the picture is of no single moment.
 */
#include "console/map.h"

#include "base/log.h"
#include "mm/phys/zone.h"

#define MAP_LINES   24u
#define MAP_COLUMNS 64u

/* Frames of one cell, by what they are used for. */
struct cell {
	uint32_t frames, whole_free, part_free, movable, unmovable, tables, isolated, reserved;
};

/* A walk over frames in address order; inside a free block the descriptors say nothing. */
struct walk {
	uint32_t pfn, free_end;
	bool in_whole_block; /* the free block that ends at free_end is a pageblock or more */
};

static const struct {
	char mark;
	const char *text;
} legend[] = {
	{ '.', "free, whole pageblock" }, { '_', "free" },
	{ '-', "movable, under half" },	  { '#', "movable, half or more" },
	{ 'u', "some unmovable" },	  { 'U', "unmovable, half or more" },
	{ 'T', "page tables" },		  { 'i', "isolated" },
	{ 'K', "kernel, reserved" },
};

/*
 * Starts a free block if one begins here. Race: it may be split meanwhile; then a few frames look
 * free.
 */
static void walk_enter(struct walk *w, const struct page *p)
{
	uint32_t order = p->order;

	if (!page_has(p, PG_BUDDY) || order > MAX_ORDER)
		return;
	w->free_end = w->pfn + (1u << order);
	w->in_whole_block = order >= PAGEBLOCK_ORDER;
}

static void count_used(struct cell *c, const struct page *p)
{
	if (page_has(p, PG_RESERVED))
		c->reserved++;
	else if (page_has(p, PG_ISOLATED))
		c->isolated++;
	else if (page_kind(p) == KIND_TABLE)
		c->tables++;
	else if (page_is_users(p))
		c->movable++;
	else
		c->unmovable++;
}

static void count_frame(struct cell *c, struct walk *w)
{
	const struct page *p = pfn_to_page(pfn(w->pfn));

	if (w->pfn >= w->free_end)
		walk_enter(w, p);
	c->frames++;
	if (w->pfn < w->free_end)
		*(w->in_whole_block ? &c->whole_free : &c->part_free) += 1;
	else if (page_has(p, PG_PCP))
		c->part_free++;
	else
		count_used(c, p);
	w->pfn++;
}

static char cell_mark(const struct cell *c)
{
	uint32_t half = (c->frames + 1) / 2;

	if (c->reserved >= half)
		return 'K';
	if (c->isolated)
		return 'i';
	if (c->unmovable + c->reserved >= half)
		return 'U';
	if (c->unmovable + c->reserved)
		return 'u';
	if (c->tables)
		return 'T';
	if (c->movable)
		return c->movable >= half ? '#' : '-';
	return c->whole_free >= half ? '.' : '_';
}

static char next_mark(struct walk *w, uint32_t end, uint32_t frames)
{
	struct cell c = { 0 };

	while (c.frames < frames && w->pfn < end)
		count_frame(&c, w);
	return cell_mark(&c);
}

static void print_zone(const struct zone *z, uint32_t cell_frames)
{
	struct walk w = { .pfn = z->start.n };
	char line[MAP_COLUMNS + 1];

	print("zone %s\n", z->name);
	while (w.pfn < z->end.n) {
		paddr_t from = pfn_to_paddr(pfn(w.pfn));
		unsigned n = 0;

		while (n < MAP_COLUMNS && w.pfn < z->end.n)
			line[n++] = next_mark(&w, z->end.n, cell_frames);
		line[n] = 0;
		print("%08x %s\n", (unsigned)from.a, line);
	}
}

static uint32_t frames_in_picture(const struct zone *only)
{
	const struct zone *z;
	uint32_t frames = 0;

	for_each_zone(z)
		if (!only || z == only)
			frames += z->end.n - z->start.n;
	return frames;
}

static uint32_t choose_cell_frames(uint32_t frames)
{
	uint32_t cell = 1;

	while (cell * MAP_COLUMNS * MAP_LINES < frames)
		cell *= 2;
	return cell;
}

static void print_legend(uint32_t cell_frames)
{
	print("one character: %u frames, %u KiB\n", (unsigned)cell_frames,
	      (unsigned)(cell_frames * (PAGE_SIZE / 1024u)));
	for (unsigned n = 0; n < sizeof(legend) / sizeof(legend[0]); n++)
		print(n % 3 == 2 ? "  %c %s\n" : "  %c %-22s", legend[n].mark, legend[n].text);
}

void map_print(const struct zone *only)
{
	uint32_t cell_frames = choose_cell_frames(frames_in_picture(only));
	const struct zone *z;

	for_each_zone(z)
		if (!only || z == only)
			print_zone(z, cell_frames);
	print_legend(cell_frames);
}

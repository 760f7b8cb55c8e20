/*
 * Layout, cells, marks, figures.
 *
 * Locks: none. One thread draws. What others tell it (the runs, the glow of a cell) is words and
 * bytes, each true when it was written; a run of another cpu may change them while they are read,
 * which the next refresh puts right.
 */
#include "console/picture.h"

#include <stdio.h>
#include <string.h>

#include "console/canvas.h"
#include "kernel/sched.h"
#include "mm/phys/early.h"

#define TOP	     24u /* two lines of figures above the tiles */
#define BOTTOM	     24u /* two lines of legend below */
#define LEFT	     60u /* address and arrow */
#define RIGHT	     10u /* arrow */
#define LINE	     10u /* of text */
#define ZONE_HEADER  11u
#define TILES_WIDTH  (PL111_WIDTH - LEFT - RIGHT)
#define TILES_HEIGHT (PL111_HEIGHT - TOP - BOTTOM)
#define GLOW_BYTES   ((PAGE_SIZE << PICTURE_ORDER) - PL111_BYTES)

_Static_assert(PL111_BYTES < PAGE_SIZE << PICTURE_ORDER, "the glow stands behind the pixels");
_Static_assert(COLOURS <= PL111_MOST, "one byte a pixel");

/* The same for all zones. Lengths in pixels. */
struct layout {
	unsigned side;	      /* cells in a row of a tile: 16, 8 or 4 */
	unsigned cell;	      /* edge of a cell */
	unsigned gap;	      /* width of the grid's lines */
	unsigned columns;     /* tiles in a line */
	uint32_t cell_frames; /* frames of a cell: 256 / side / side */
};

/* What is known of the last run in a zone. */
struct run {
	uint32_t migrate_pfn, free_pfn, moved, refused; /* as its last batch left them */
	uint64_t insns;		/* that its thread has run since its first page */
	const struct task *by;	/* that thread; never followed but by itself */
	uint64_t insns_before;	/* of that thread, at the first page */
	bool is_live, has_told; /* it moves pages now; its first batch is over */
};

/* The two tiles that are framed in a zone now; NOWHERE: none. */
#define NOWHERE UINT32_MAX
struct marks {
	uint32_t migrate, free;
};

static struct {
	struct canvas canvas;
	struct layout layout;
	uint8_t *volatile glow; /* a byte a cell: refreshes left; NULL: off */
	unsigned zone_top[ZONE_COUNT];
	struct run run[ZONE_COUNT];
	struct marks marks[ZONE_COUNT];
	const struct run *latest; /* NULL: none yet */
	uint32_t in_flight;	  /* cells, in this refresh so far */
} picture;

const uint32_t picture_colours[COLOURS] = {
	[CELL_IN_FLIGHT] = 0xffffff,
	[CELL_REFUSED] = 0xff2020,
	[CELL_TABLE] = 0xe8e040,
	[CELL_UNMOVABLE] = 0xa83828,
	[CELL_RESERVED] = 0x606060,
	[CELL_TAKEN] = 0xb8b8f8,
	[CELL_ANON] = 0xe09030,
	[CELL_SHARED] = 0xd060d0,
	[CELL_PCP] = 0x40e0e0,
	[CELL_FREE0] = 0x60a8f0,
	[CELL_FREE3] = 0x3878c8,
	[CELL_FREE6] = 0x205090,
	[CELL_FREE8] = 0x102040,
	[COLOUR_MOVED] = 0x20ff40,
	[COLOUR_MOVED_LATELY] = 0x68d840,
	[COLOUR_MOVED_BEFORE] = 0xa8b838,
	[COLOUR_BACKGROUND] = 0x000000,
	[COLOUR_GRID] = 0x303038,
	[COLOUR_TEXT] = 0xf8f8f8,
	[COLOUR_FAINT] = 0x90a0a8,
	[COLOUR_MIGRATE_SCANNER] = 0xff40a8,
	[COLOUR_FREE_SCANNER] = 0x40ffc0,
};

/* ---- layout */

static unsigned pitch(const struct layout *l)
{
	return l->side * l->cell + l->gap;
}

static unsigned lines_of(const struct layout *l, const struct zone *z)
{
	uint32_t tiles = (z->end.n - z->start.n + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER;

	return (tiles + l->columns - 1) / l->columns;
}

static bool fits(const struct layout *l)
{
	const struct zone *z;
	unsigned height = 0;

	for_each_zone(z)
		height += ZONE_HEADER + l->gap + lines_of(l, z) * pitch(l);
	return height <= TILES_HEIGHT;
}

static bool try_layout(unsigned side, unsigned cell, unsigned gap)
{
	struct layout *l = &picture.layout;

	*l = (struct layout){ .side = side, .cell = cell, .gap = gap };
	l->cell_frames = PAGEBLOCK_PAGES / (side * side);
	l->columns = (TILES_WIDTH - gap) / pitch(l);
	return fits(l);
}

/* As few frames a cell as possible, then as large a cell, then as wide a grid; no cell of 1 pixel.
 */
static bool choose_layout(void)
{
	for (unsigned side = 16; side >= 4; side /= 2)
		for (unsigned cell = 8; cell >= 2; cell--)
			for (unsigned gap = 2; gap >= 1; gap--)
				if (try_layout(side, cell, gap))
					return true;
	return false;
}

static void place_zones(void)
{
	unsigned y = TOP;
	const struct zone *z;

	for_each_zone(z) {
		picture.zone_top[z->id] = y + ZONE_HEADER + picture.layout.gap;
		y = picture.zone_top[z->id] + lines_of(&picture.layout, z) * pitch(&picture.layout);
	}
}

/* The top left pixel of a zone's n-th tile. */
struct place {
	unsigned x, y;
};

static struct place tile_place(const struct zone *z, uint32_t tile)
{
	const struct layout *l = &picture.layout;

	return (struct place){ LEFT + l->gap + tile % l->columns * pitch(l),
			       picture.zone_top[z->id] + tile / l->columns * pitch(l) };
}

/* ---- what never changes */

/* The lines around a tile. */
static void draw_frame(struct place at, uint8_t colour)
{
	const struct layout *l = &picture.layout;
	unsigned whole = pitch(l) + l->gap, inner = l->side * l->cell;
	unsigned left = at.x - l->gap, top = at.y - l->gap;

	canvas_fill(&picture.canvas, left, top, whole, l->gap, colour);
	canvas_fill(&picture.canvas, left, at.y + inner, whole, l->gap, colour);
	canvas_fill(&picture.canvas, left, top, l->gap, whole, colour);
	canvas_fill(&picture.canvas, at.x + inner, top, l->gap, whole, colour);
}

static void draw_address(const struct zone *z, uint32_t tile, struct place at)
{
	char text[9];

	snprintf(text, sizeof(text), "%08x",
		 (unsigned)pfn_to_paddr(pfn(z->start.n + tile * PAGEBLOCK_PAGES)).a);
	canvas_text(&picture.canvas, 2, at.y, text, COLOUR_FAINT, COLOUR_BACKGROUND);
}

static void draw_empty_zone(const struct zone *z)
{
	uint32_t tiles = (z->end.n - z->start.n) >> PAGEBLOCK_ORDER;

	canvas_text(&picture.canvas, LEFT + picture.layout.gap,
		    picture.zone_top[z->id] - picture.layout.gap - ZONE_HEADER + 2, z->name,
		    COLOUR_FAINT, COLOUR_BACKGROUND);
	for (uint32_t tile = 0; tile < tiles; tile++) {
		struct place at = tile_place(z, tile);

		if (tile % picture.layout.columns == 0)
			draw_address(z, tile, at);
		draw_frame(at, COLOUR_GRID);
	}
}

static const char *legend_name(unsigned colour)
{
	switch (colour) {
	case COLOUR_MOVED:
		return "just moved";
	case COLOUR_MIGRATE_SCANNER:
		return "scanner of pages";
	case COLOUR_FREE_SCANNER:
		return "scanner of targets";
	default:
		return colour < CELLS ? cell_name((enum cell)colour) : NULL;
	}
}

static void draw_legend(void)
{
	unsigned x = 2, y = PL111_HEIGHT - BOTTOM + 3;

	for (unsigned colour = 0; colour < COLOURS; colour++) {
		const char *name = legend_name(colour);

		if (!name)
			continue;
		if (x + (strlen(name) + 3) * TEXT_WIDTH > PL111_WIDTH) {
			x = 2;
			y += LINE;
		}
		canvas_fill(&picture.canvas, x, y, TEXT_HEIGHT, TEXT_HEIGHT, (uint8_t)colour);
		canvas_text(&picture.canvas, x + 10, y, name, COLOUR_TEXT, COLOUR_BACKGROUND);
		x += (strlen(name) + 3) * TEXT_WIDTH;
	}
}

static void draw_title(void)
{
	struct early_range ram = early_ram();
	uint32_t frames = picture.layout.cell_frames;
	char text[120];

	snprintf(text, sizeof(text),
		 "Tessera: %u MiB of RAM at %08x. one cell: %u frame%s, %u KiB. one tile: 1 MiB",
		 (unsigned)(ram.pages >> 8), (unsigned)ram.start.a, (unsigned)frames,
		 frames == 1 ? "" : "s", (unsigned)(frames * (PAGE_SIZE / 1024)));
	canvas_text(&picture.canvas, 2, 2, text, COLOUR_TEXT, COLOUR_BACKGROUND);
}

bool picture_begin(void *block)
{
	const struct zone *z;

	if (!choose_layout())
		return false;
	canvas_init(&picture.canvas, block, COLOUR_BACKGROUND);
	memset(picture.run, 0, sizeof(picture.run));
	picture.latest = NULL;
	picture.glow = (uint8_t *)block + PL111_BYTES;
	memset(picture.glow, 0, GLOW_BYTES);
	place_zones();
	for_each_zone(z) {
		picture.marks[z->id] = (struct marks){ NOWHERE, NOWHERE };
		draw_empty_zone(z);
	}
	draw_title();
	draw_legend();
	return true;
}

/*
 * Race: a mover on another cpu may be about to note a page in the block. It does not give way in
 * between, so once every other cpu has come to where its task does, nobody knows the block any
 * more.
 */
void picture_end(void)
{
	sched_hold_others();
	picture.glow = NULL;
	sched_release_others();
}

/* ---- cells */

/* Its number among all cells. */
static uint32_t cell_of(uint32_t frame)
{
	uint32_t n = (frame - page_map_start.n) / picture.layout.cell_frames;

	assert_that(n < GLOW_BYTES);
	return n;
}

/* A page that has just arrived, as long as it stays. */
static uint8_t colour_of(enum cell c, uint8_t *glow)
{
	if (!*glow)
		return (uint8_t)c;
	--*glow;
	if (c != CELL_ANON && c != CELL_SHARED)
		return (uint8_t)c;
	if (*glow >= GLOW_REFRESHES * 2 / 3)
		return COLOUR_MOVED;
	return *glow >= GLOW_REFRESHES / 3 ? COLOUR_MOVED_LATELY : COLOUR_MOVED_BEFORE;
}

static void refresh_cell(struct place tile, unsigned n, uint8_t colour)
{
	const struct layout *l = &picture.layout;
	unsigned x = tile.x + n % l->side * l->cell, y = tile.y + n / l->side * l->cell;

	if (canvas_at(&picture.canvas, x, y) != colour)
		canvas_fill(&picture.canvas, x, y, l->cell, l->cell, colour);
}

static void refresh_tile(struct place at, struct cell_walk *w, uint32_t end)
{
	uint8_t *glow = &picture.glow[cell_of(w->pfn)];

	for (unsigned n = 0; w->pfn < end; n++) {
		enum cell c = cell_next(w, picture.layout.cell_frames, end);

		picture.in_flight += c == CELL_IN_FLIGHT;
		refresh_cell(at, n, colour_of(c, &glow[n]));
	}
}

static void refresh_zone(const struct zone *z)
{
	struct cell_walk w = { .pfn = z->start.n };

	for (uint32_t tile = 0; w.pfn < z->end.n; tile++) {
		uint32_t end = pageblock_end(w.pfn);

		refresh_tile(tile_place(z, tile), &w, end < z->end.n ? end : z->end.n);
	}
}

/* ---- marks */

static void draw_arrow(unsigned x, struct place tile, const char *arrow, uint8_t colour)
{
	canvas_text(&picture.canvas, x, tile.y, arrow, colour, COLOUR_BACKGROUND);
}

static void draw_mark(const struct zone *z, uint32_t tile, bool migrate, uint8_t colour)
{
	const struct layout *l = &picture.layout;
	struct place at;

	if (tile == NOWHERE)
		return;
	at = tile_place(z, tile);
	draw_frame(at, colour);
	if (colour == COLOUR_GRID)
		colour = COLOUR_BACKGROUND;
	if (migrate)
		draw_arrow(LEFT - TEXT_WIDTH - 1, at, ">", colour);
	else
		draw_arrow(LEFT + l->gap * 2 + l->columns * pitch(l), at, "<", colour);
}

/* A scanner that has left the zone is nowhere. */
static uint32_t tile_of(const struct zone *z, uint32_t frame)
{
	if (frame < z->start.n || frame >= z->end.n)
		return NOWHERE;
	return (frame - z->start.n) >> PAGEBLOCK_ORDER;
}

/* Between runs, and before the first batch of one, there is nothing to show. */
static bool is_under_way(const struct zone *z)
{
	struct run *r = &picture.run[z->id];

	if (!atomic_load_relaxed(&z->compacting))
		r->is_live = false;
	return r->is_live && r->has_told;
}

static struct marks marks_of(const struct zone *z)
{
	const struct run *r = &picture.run[z->id];

	if (!is_under_way(z))
		return (struct marks){ NOWHERE, NOWHERE };
	return (struct marks){ tile_of(z, r->migrate_pfn), tile_of(z, r->free_pfn) };
}

static void refresh_marks(const struct zone *z)
{
	struct marks *shown = &picture.marks[z->id], now = marks_of(z);

	if (shown->migrate == now.migrate && shown->free == now.free)
		return;
	draw_mark(z, shown->migrate, true, COLOUR_GRID);
	draw_mark(z, shown->free, false, COLOUR_GRID);
	draw_mark(z, now.free, false, COLOUR_FREE_SCANNER);
	draw_mark(z, now.migrate, true, COLOUR_MIGRATE_SCANNER);
	*shown = now;
}

/* ---- figures */

static unsigned percent_in_blocks(void)
{
	uint32_t pages = 0, large = 0;
	const struct zone *z;

	for_each_zone(z) {
		pages += z->free_pages;
		for (unsigned order = PAGEBLOCK_ORDER; order < ORDERS; order++)
			large += z->area[order].blocks << order;
	}
	return pages ? large * 100 / pages : 0;
}

static void refresh_figures(void)
{
	const struct run none = { 0 }, *r = picture.latest ? picture.latest : &none;
	char text[160], padded[160];

	snprintf(text, sizeof(text),
		 "free %u pages, %u%% in blocks of 1 MiB and more. compaction: %u moved, "
		 "%u refused, %llu instructions, pages from %x, targets from %x",
		 (unsigned)zones_free_pages(), percent_in_blocks(), (unsigned)r->moved,
		 (unsigned)r->refused, (unsigned long long)r->insns, (unsigned)r->migrate_pfn,
		 (unsigned)r->free_pfn);
	snprintf(padded, sizeof(padded), "%-159s", text);
	canvas_text(&picture.canvas, 2, 2 + LINE, padded, COLOUR_TEXT, COLOUR_BACKGROUND);
}

/* ---- what others call */

/* The run that the calling thread is in, which begins here unless it is known already. */
static struct run *current_run(const struct zone *z)
{
	struct run *r = &picture.run[z->id];
	const struct task *me = task_current();

	if (r->is_live && r->by == me)
		return r;
	r->by = me;
	r->insns_before = sched_task_insns(me);
	r->is_live = true;
	r->has_told = false;
	return r;
}

void picture_note_start(const struct page *from)
{
	current_run(page_zone(from));
}

void picture_note_run(const struct compaction *run)
{
	struct run *r = current_run(run->zone);

	r->migrate_pfn = run->migrate_pfn;
	r->free_pfn = run->free_pfn;
	r->moved = run->counts.moved;
	r->refused = run->counts.failed;
	r->insns = sched_task_insns(r->by) - r->insns_before;
	r->has_told = true;
	picture.latest = r;
}

void picture_note_moved(const struct page *to)
{
	uint8_t *glow = picture.glow;

	if (glow)
		glow[cell_of(page_to_pfn(to).n)] = GLOW_REFRESHES;
}

void __attribute__((noinline))
picture_shown(uint32_t migrate_pfn, uint32_t free_pfn, uint32_t in_flight)
{
	__asm__ volatile("" ::"r"(migrate_pfn), "r"(free_pfn), "r"(in_flight));
}

void picture_refresh(void)
{
	const struct run none = { 0 }, *shown = &none;
	const struct zone *z;

	picture.in_flight = 0;
	for_each_zone(z) {
		refresh_zone(z);
		refresh_marks(z);
		if (is_under_way(z))
			shown = &picture.run[z->id];
	}
	refresh_figures();
	canvas_show(&picture.canvas);
	picture_shown(shown->migrate_pfn, shown->free_pfn, picture.in_flight);
}

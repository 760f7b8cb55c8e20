/* Places that allocate what can not move, found by hash; and their sums, by a look at every frame.
 */
#include "mm/phys/blame.h"

#include <stdlib.h>

#include "mm/phys/early.h"

struct blame_site blame_sites[BLAME_SITES];
uint8_t *blame_map;

static unsigned first_try(uintptr_t place)
{
	return ((uint32_t)place * 2654435761u) >> 24;
}

static bool claim(struct blame_site *s, uintptr_t place, bool is_name)
{
	if (!atomic_cas(&s->claimed, 0, 1))
		return false;
	s->is_name = is_name;
	s->place = place;
	return true;
}

/* The number of a place: the one it has, or a free one. The first and the last stand for others. */
static unsigned number_of(uintptr_t place, bool is_name)
{
	unsigned n = first_try(place);

	for (unsigned tries = 0; tries < BLAME_SITES; tries++, n = (n + 1) % BLAME_SITES) {
		struct blame_site *s = &blame_sites[n];

		if (n == BLAME_NOBODY || n == BLAME_OTHERS)
			continue;
		if (s->place == place || claim(s, place, is_name))
			return n;
	}
	return BLAME_OTHERS;
}

static uint8_t *byte_of(const struct page *p)
{
	return &blame_map[p - page_map];
}

void blame_note(const struct page *p, uintptr_t place)
{
	*byte_of(p) = (uint8_t)number_of(place, false);
}

void blame_note_name(const struct page *p, const char *name)
{
	*byte_of(p) = (uint8_t)number_of((uintptr_t)name, true);
}

static const struct blame_site *site(unsigned number)
{
	return number == BLAME_NOBODY || number == BLAME_OTHERS ? NULL : &blame_sites[number];
}

const struct blame_site *blame_of(const struct page *p)
{
	if (!page_has(p, PG_UNMOVABLE) || page_has(p, PG_RESERVED | PG_PCP))
		return NULL;
	return site(*byte_of(p));
}

/* ---- sums. Lines 0..255 are places, then the cpus' lists, then what is reserved, by name. */

static struct blame_line *line_of_reserved(struct blame *b, pfn_t f)
{
	const char *name = early_label_of(f);
	unsigned n = BLAME_SITES + 1;

	while (n < BLAME_LINES - 1 && b->line[n].frames && b->line[n].name != name)
		n++;
	b->line[n].class = BLAME_RESERVED;
	b->line[n].name = name;
	return &b->line[n];
}

static struct blame_line *line_of(struct blame *b, const struct page *p)
{
	struct blame_line *l = &b->line[BLAME_SITES];

	if (page_has(p, PG_RESERVED))
		return line_of_reserved(b, page_to_pfn(p));
	if (page_has(p, PG_PCP)) {
		l->class = BLAME_CPU_LISTS;
		return l;
	}
	b->unknown += *byte_of(p) == BLAME_NOBODY;
	l = &b->line[*byte_of(p)];
	l->site = site(*byte_of(p));
	return l;
}

static void count_frame(struct blame *b, const struct page *p)
{
	const struct pageblock *block = pageblock_of(page_to_pfn(p));
	uint32_t number = (uint32_t)(block - pageblock_map) + 1;
	struct blame_line *l = line_of(b, p);

	b->frames++;
	l->frames++;
	if (l->last_block == number)
		return;
	l->last_block = number;
	l->blocks++;
	l->movable_blocks += block->type == MIGRATE_MOVABLE || block->type == MIGRATE_CMA;
}

static int more_frames(const void *a, const void *b)
{
	const struct blame_line *x = a, *y = b;

	return x->frames < y->frames ? 1 : x->frames > y->frames ? -1 : 0;
}

void blame_collect(struct blame *b)
{
	struct zone *z;

	*b = (struct blame){ 0 };
	for_each_zone(z)
		for (uint32_t n = z->start.n; n < z->end.n; n++)
			if (page_has(pfn_to_page(pfn(n)), PG_UNMOVABLE))
				count_frame(b, pfn_to_page(pfn(n)));
	qsort(b->line, BLAME_LINES, sizeof(b->line[0]), more_frames);
	while (b->count < BLAME_LINES && b->line[b->count].frames)
		b->count++;
}

/* A zone that ends within a pageblock has the rest of it counted as unmovable too. */
static void count_block(struct blame_blocks *sum, const struct pageblock *b, uint32_t outside)
{
	uint32_t frames = b->unmovable_pages - outside;

	sum->blocks++;
	sum->frames += frames;
	sum->with_unmovable += frames != 0;
	sum->spoiled += frames && (b->type == MIGRATE_MOVABLE || b->type == MIGRATE_CMA);
}

void blame_zone(const struct zone *z, struct blame_blocks *b)
{
	*b = (struct blame_blocks){ 0 };
	for (uint32_t n = z->start.n; n < z->end.n; n = pageblock_end(n)) {
		uint32_t end = pageblock_end(n);

		count_block(b, pageblock_of(pfn(n)), end > z->end.n ? end - z->end.n : 0);
	}
}

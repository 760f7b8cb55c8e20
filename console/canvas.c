/*
 * Pixels, and the caches between them and the display: the controller is no observer of a cpu's
 * caches, so the lines of what was written are cleaned (ARM DDI 0406C B2.2.7, point of coherency).
 */
#include "console/canvas.h"

#include <string.h>

#include "arch/cache.h"
#include "arch/frame.h"
#include "console/font.h"

#define LINES_A_FRAME (PAGE_SIZE / PL111_WIDTH)

static void mark_dirty(struct canvas *c, unsigned y, unsigned height)
{
	for (unsigned n = y / LINES_A_FRAME; n <= (y + height - 1) / LINES_A_FRAME; n++)
		c->dirty[n] = 1;
}

void canvas_init(struct canvas *c, void *pixels, uint8_t colour)
{
	c->pixels = pixels;
	memset(pixels, colour, PL111_BYTES);
	memset(c->dirty, 1, sizeof(c->dirty));
}

void canvas_fill(struct canvas *c, unsigned x, unsigned y, unsigned width, unsigned height,
		 uint8_t colour)
{
	uint8_t *row = c->pixels + y * PL111_WIDTH + x;

	mark_dirty(c, y, height);
	for (unsigned n = 0; n < height; n++, row += PL111_WIDTH)
		for (unsigned i = 0; i < width; i++)
			row[i] = colour;
}

static void draw_glyph(struct canvas *c, unsigned x, unsigned y, const uint8_t *glyph,
		       uint8_t colour, uint8_t background)
{
	uint8_t *row = c->pixels + y * PL111_WIDTH + x;

	for (unsigned n = 0; n < TEXT_HEIGHT; n++, row += PL111_WIDTH)
		for (unsigned i = 0; i < TEXT_WIDTH; i++)
			row[i] = glyph[n] << i & 1u << (TEXT_WIDTH - 2) ? colour : background;
}

void canvas_text(struct canvas *c, unsigned x, unsigned y, const char *text, uint8_t colour,
		 uint8_t background)
{
	mark_dirty(c, y, TEXT_HEIGHT);
	for (; *text && x + TEXT_WIDTH <= PL111_WIDTH; text++, x += TEXT_WIDTH)
		draw_glyph(c, x, y, font_glyph(*text), colour, background);
}

void canvas_show(struct canvas *c)
{
	pfn_t first = frame_of_address(c->pixels);

	for (unsigned n = 0; n < CANVAS_FRAMES; n++) {
		if (!c->dirty[n])
			continue;
		c->dirty[n] = 0;
		cache_flush_kernel_page(pfn(first.n + n));
	}
}

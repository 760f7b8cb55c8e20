/*
 * A canvas of the display: rectangles and text, one byte a pixel, each an index into the palette.
 *
 * One thread draws; canvas_show lets the display see what it drew.
 */
#ifndef CONSOLE_CANVAS_H
#define CONSOLE_CANVAS_H

#include "arch/addr.h"
#include "drivers/pl111.h"

#define CANVAS_FRAMES (PL111_BYTES / PAGE_SIZE)
#define TEXT_WIDTH    6u /* of a character, the blank column at its right included */
#define TEXT_HEIGHT   7u

struct canvas {
	uint8_t *pixels;	      /* low memory, PL111_BYTES */
	uint8_t dirty[CANVAS_FRAMES]; /* 1: written since canvas_show */
};

/* All of it one colour. */
void canvas_init(struct canvas *c, void *pixels, uint8_t colour);

void canvas_fill(struct canvas *c, unsigned x, unsigned y, unsigned width, unsigned height,
		 uint8_t colour);

/* The colour of one pixel. */
static inline uint8_t canvas_at(const struct canvas *c, unsigned x, unsigned y)
{
	return c->pixels[y * PL111_WIDTH + x];
}

/* What does not fit into the line is left out; small letters are shown as capitals. */
void canvas_text(struct canvas *c, unsigned x, unsigned y, const char *text, uint8_t colour,
		 uint8_t background);

/* Everything drawn so far is in memory, where the display reads it. */
void canvas_show(struct canvas *c);

#endif

/*
 * writer SEED [PAGES]: counts every word of its pages up, sweep by sweep, and sees that none was
 * lost: when a sweep is over, every word holds the number of the sweep plus its own start value.
 */
#include "user/lib/lib.h"

#define WORDS	      1024u
#define DEFAULT_PAGES 256u
#define SLICE_PAGES   16u

static struct {
	uint32_t pages, seed;
	uint32_t (*page)[WORDS];
	uint32_t sweep; /* sweeps that are over */
	uint32_t at;	/* pages of the next sweep that are done */
} w;

static uint32_t start_value(uint32_t page)
{
	return (page + w.seed) * 2654435761u;
}

static void begin(void)
{
	for (uint32_t i = 0; i < w.pages; i++)
		for (uint32_t k = 0; k < WORDS; k++)
			w.page[i][k] = start_value(i) + k;
}

/* Adds `add` to each word and says how many did not hold `before` above their start. */
static uint32_t step_page(uint32_t i, uint32_t before, uint32_t add)
{
	volatile uint32_t *word = w.page[i];
	uint32_t wrong = 0;

	for (uint32_t k = 0; k < WORDS; k++) {
		uint32_t value = word[k];

		wrong += value != start_value(i) + k + before;
		if (add)
			word[k] = value + add;
	}
	return wrong;
}

static void sweep_slice(struct checking *c)
{
	for (uint32_t i = 0; i < SLICE_PAGES && w.at < w.pages; i++, w.at++)
		c->errors += step_page(w.at, w.sweep, 1);
	c->words += SLICE_PAGES * WORDS;
	if (w.at == w.pages) {
		w.at = 0;
		w.sweep++;
	}
}

/* Reads only: pages below w.at are one sweep ahead. */
static void check_all(struct checking *c)
{
	for (uint32_t i = 0; i < w.pages; i++)
		c->errors += step_page(i, w.sweep + (i < w.at), 0);
	c->words += w.pages * WORDS;
}

int main(int argc, char **argv)
{
	struct checking c = { 0 };

	w.seed = argc > 1 ? number_from(argv[1]) : 1;
	w.pages = argc > 2 ? number_from(argv[2]) : DEFAULT_PAGES;
	w.page = map_pages(w.pages);
	begin();
	for (;;) {
		checking_point(&c, check_all);
		sweep_slice(&c);
	}
}

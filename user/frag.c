/*
 * frag PAGES SEED [quiet]: the fragmentation rule. Fills PAGES pages, releases runs of them as the
 * generator says, reports the figures, then reads what it kept for ever.
 *
 * Page i, word k holds i * 2654435761 + k.
 */
#include "user/lib/lib.h"

#define WORDS	    1024u
#define SLICE_PAGES 64u

static struct {
	uint32_t pages;
	uint32_t (*page)[WORDS];
	uint32_t *released; /* a bit a page */
	uint32_t x;	    /* the generator */
	uint32_t next;	    /* page to check next */
} frag;

static uint32_t lcg8(void)
{
	frag.x = frag.x * 1664525u + 1013904223u;
	return (frag.x >> 24) % 8u;
}

static bool is_released(uint32_t i)
{
	return frag.released[i / 32] >> (i % 32) & 1u;
}

static void fill(void)
{
	for (uint32_t i = 0; i < frag.pages; i++)
		for (uint32_t k = 0; k < WORDS; k++)
			frag.page[i][k] = i * 2654435761u + k;
}

static void release_run(uint32_t first, uint32_t count, struct frag_report *r)
{
	int32_t result = sys_madvise(frag.page[first], count * PAGE_BYTES, MADV_DONTNEED);

	if (result)
		die("frag", "madvise", result);
	for (uint32_t i = first; i < first + count; i++)
		frag.released[i / 32] |= 1u << i % 32;
	r->released += count;
	r->calls++;
}

static void release(struct frag_report *r)
{
	uint32_t i = 0;

	while (i < frag.pages) {
		uint32_t run;

		i += 1 + lcg8();
		run = 1 + lcg8();
		if (i >= frag.pages)
			break;
		if (i + run > frag.pages)
			run = frag.pages - i;
		release_run(i, run, r);
		i += run;
	}
}

/* FNV-1a over a byte a page. */
static uint32_t pattern(void)
{
	uint32_t h = 2166136261u;

	for (uint32_t i = 0; i < frag.pages; i++)
		h = (h ^ !is_released(i)) * 16777619u;
	return h;
}

static void check_page(uint32_t i, struct checking *c)
{
	const volatile uint32_t *word = frag.page[i];
	uint32_t wrong = 0;

	for (uint32_t k = 0; k < WORDS; k++)
		wrong |= word[k] ^ (i * 2654435761u + k);
	c->errors += wrong != 0;
	c->words += WORDS;
}

static void check_range(uint32_t first, uint32_t end, struct checking *c)
{
	for (uint32_t i = first; i < end; i++)
		if (!is_released(i))
			check_page(i, c);
}

static void check_all(struct checking *c)
{
	check_range(0, frag.pages, c);
}

static void check_slice(struct checking *c)
{
	uint32_t end = frag.next + SLICE_PAGES;

	if (end > frag.pages)
		end = frag.pages;
	check_range(frag.next, end, c);
	frag.next = end == frag.pages ? 0 : end;
}

static void say(const struct frag_report *r)
{
	printf("frag: pages=%u released=%u calls=%u pattern=%08x\n", (unsigned)r->pages,
	       (unsigned)r->released, (unsigned)r->calls, (unsigned)r->pattern);
}

int main(int argc, char **argv)
{
	struct frag_report report = { .state = CHECKER_FILLING };
	struct checking c = { 0 };

	if (argc < 3)
		die("frag", "usage: frag PAGES SEED [quiet]", 0);
	frag.pages = report.pages = number_from(argv[1]);
	frag.x = number_from(argv[2]);
	frag.released = map_pages(frag.pages / 32 / WORDS + 1);
	frag.page = map_pages(frag.pages);
	sys_madvise(frag.page, frag.pages * PAGE_BYTES, MADV_NOHUGEPAGE);
	sys_frag_report(&report);
	fill();
	MARK_BEGIN(4);
	release(&report);
	MARK_END();
	report.pattern = pattern();
	report.state = CHECKER_RELEASED;
	sys_frag_report(&report);
	if (argc < 4 || !text_is_equal(argv[3], "quiet"))
		say(&report);
	for (;;) {
		checking_point(&c, check_all);
		check_slice(&c);
	}
}

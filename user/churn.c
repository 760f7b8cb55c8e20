/*
 * churn SEED [PAGES]: a task that lives while its memory moves. It owns a window of pages and does
 * to a few of them, by chance, what programs do: write, read, discard, unmap, map again, take
 * rights away, exchange them by mremap. A model of what each page must hold lies in its own memory.
 *
 * A page's content is one number: word k holds content * 2654435761 + k; content 0 is a page of
 * zeros.
 */
#include "user/lib/lib.h"

#define WORDS	      1024u
#define DEFAULT_PAGES 192u
#define MAX_PAGES     1024u
#define STEPS	      32u /* between two calls at the checking point */
#define LONGEST_RUN   8u

enum page_state { PAGE_OPEN, PAGE_READ_ONLY, PAGE_CLOSED, PAGE_UNMAPPED };

static struct {
	uint32_t pages;
	uint32_t (*page)[WORDS];
	uint32_t content[MAX_PAGES];
	uint8_t state[MAX_PAGES]; /* enum page_state */
	uint32_t last_content;
	struct chance chance;
} churn;

struct run {
	uint32_t first, count;
};

static uint32_t word_value(uint32_t content, uint32_t k)
{
	return content ? content * 2654435761u + k : 0;
}

static void write_page(uint32_t i)
{
	volatile uint32_t *word = churn.page[i];

	churn.content[i] = ++churn.last_content;
	for (uint32_t k = 0; k < WORDS; k++)
		word[k] = word_value(churn.content[i], k);
}

static void check_page(uint32_t i, struct checking *c)
{
	const volatile uint32_t *word = churn.page[i];
	uint32_t wrong = 0;

	for (uint32_t k = 0; k < WORDS; k++)
		wrong |= word[k] ^ word_value(churn.content[i], k);
	c->errors += wrong != 0;
	c->words += WORDS;
}

static struct run choose_run(void)
{
	struct run r = { .first = chance_below(&churn.chance, churn.pages) };

	r.count = 1 + chance_below(&churn.chance, LONGEST_RUN);
	if (r.first + r.count > churn.pages)
		r.count = churn.pages - r.first;
	return r;
}

static void expect_zero(int32_t result, const char *what)
{
	if (result)
		die("churn", what, result);
}

static void set_state(struct run r, enum page_state state)
{
	for (uint32_t i = r.first; i < r.first + r.count; i++)
		churn.state[i] = (uint8_t)state;
}

static void forget(struct run r)
{
	for (uint32_t i = r.first; i < r.first + r.count; i++)
		churn.content[i] = 0;
}

static bool run_is_mapped(struct run r)
{
	for (uint32_t i = r.first; i < r.first + r.count; i++)
		if (churn.state[i] == PAGE_UNMAPPED)
			return false;
	return true;
}

static void map_run(struct run r)
{
	uint32_t at = address_of(churn.page[r.first]);
	int32_t result = sys_mmap(at, r.count * PAGE_BYTES, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);

	if ((uint32_t)result != at)
		die("churn", "mmap to a fixed address", result);
	forget(r);
	set_state(r, PAGE_OPEN);
}

static void unmap_run(struct run r)
{
	expect_zero(sys_munmap(churn.page[r.first], r.count * PAGE_BYTES), "munmap");
	forget(r);
	set_state(r, PAGE_UNMAPPED);
}

/* False if the pages are not one area: then nothing has changed. */
static bool move_run(uint32_t from, uint32_t to, uint32_t pages)
{
	uint32_t bytes = pages * PAGE_BYTES;
	int32_t result = sys_mremap((volatile void *)from, bytes, bytes,
				    MREMAP_MAYMOVE | MREMAP_FIXED, to);

	if (result == -EFAULT)
		return false;
	if ((uint32_t)result != to)
		die("churn", "mremap", result);
	return true;
}

static void exchange_model(uint32_t a, uint32_t b)
{
	uint32_t content = churn.content[a];
	uint8_t state = churn.state[a];

	churn.content[a] = churn.content[b];
	churn.state[a] = churn.state[b];
	churn.content[b] = content;
	churn.state[b] = state;
}

/* Two runs change places by way of an address outside the window, if each is one area. */
static void exchange_runs(struct run r, uint32_t other)
{
	uint32_t here = address_of(churn.page[r.first]), there = address_of(churn.page[other]);
	uint32_t outside = address_of(churn.page[churn.pages]);

	if (!move_run(here, outside, r.count))
		return;
	if (!move_run(there, here, r.count)) {
		move_run(outside, here, r.count);
		return;
	}
	move_run(outside, there, r.count);
	for (uint32_t i = 0; i < r.count; i++)
		exchange_model(r.first + i, other + i);
}

static void remap_run(struct run r)
{
	uint32_t other = chance_below(&churn.chance, churn.pages - r.count + 1);

	if (other + r.count <= r.first || r.first + r.count <= other)
		exchange_runs(r, other);
}

static void discard_run(struct run r)
{
	if (!run_is_mapped(r))
		return;
	expect_zero(sys_madvise(churn.page[r.first], r.count * PAGE_BYTES, MADV_DONTNEED),
		    "madvise");
	forget(r);
}

static void protect_run(struct run r, uint32_t prot, enum page_state state)
{
	if (!run_is_mapped(r))
		return;
	expect_zero(sys_mprotect(churn.page[r.first], r.count * PAGE_BYTES, prot), "mprotect");
	set_state(r, state);
}

static void write_run(struct run r)
{
	for (uint32_t i = r.first; i < r.first + r.count; i++)
		if (churn.state[i] == PAGE_OPEN)
			write_page(i);
}

static void check_run(struct run r, struct checking *c)
{
	for (uint32_t i = r.first; i < r.first + r.count; i++)
		if (churn.state[i] <= PAGE_READ_ONLY)
			check_page(i, c);
}

/* Out of 18: what programs do most is to write and to read. */
static void step(struct checking *c)
{
	struct run r = choose_run();

	switch (chance_below(&churn.chance, 18)) {
	case 0:
		unmap_run(r);
		break;
	case 1:
		map_run(r);
		break;
	case 2:
		discard_run(r);
		break;
	case 3:
		protect_run(r, PROT_NONE, PAGE_CLOSED);
		break;
	case 4:
		protect_run(r, PROT_READ, PAGE_READ_ONLY);
		break;
	case 5:
	case 6:
		protect_run(r, PROT_READ | PROT_WRITE, PAGE_OPEN);
		break;
	case 7:
	case 8:
	case 9:
	case 10:
		write_run(r);
		break;
	case 11:
	case 12:
		remap_run(r);
		break;
	default:
		check_run(r, c);
	}
}

static void check_all(struct checking *c)
{
	check_run((struct run){ 0, churn.pages }, c);
}

int main(int argc, char **argv)
{
	struct checking c = { 0 };

	chance_seed(&churn.chance, argc > 1 ? number_from(argv[1]) : 1);
	churn.pages = argc > 2 ? number_from(argv[2]) : DEFAULT_PAGES;
	if (churn.pages == 0 || churn.pages > MAX_PAGES)
		die("churn", "1 to 1024 pages", (int32_t)churn.pages);
	churn.page = map_pages(churn.pages + LONGEST_RUN); /* the last ones are to move by */
	write_run((struct run){ 0, churn.pages });
	for (;;) {
		checking_point(&c, check_all);
		for (uint32_t i = 0; i < STEPS; i++)
			step(&c);
	}
}

/*
 * Memory before there are zones: one range of RAM, and what of it is taken, sorted and merged.
 *
 * An allocation is a reservation of the lowest gap that is large enough. Allocations follow each
 * other, so they merge into one entry of the table; the table is full only when many separate
 * ranges are reserved.
 */
#include "mm/phys/early.h"

#include <errno.h>
#include <string.h>

#include "arch/frame.h"
#include "base/assert.h"
#include "mm/phys/pfn.h"

struct taken {
	uint32_t start, end; /* bytes, [start, end) */
};

struct label {
	uint32_t first, end; /* frames, [first, end) */
	const char *what;
};

static struct {
	struct taken ram;
	struct taken taken[EARLY_MAX_RESERVED]; /* ascending, not touching each other */
	unsigned count;
	struct label labels[EARLY_MAX_LABELS];
	unsigned label_count;
} early;

void early_set_ram(paddr_t start, uint32_t pages)
{
	early.ram.start = start.a;
	early.ram.end = start.a + pages * PAGE_SIZE;
	early.count = early.label_count = 0;
	assert_that(early.ram.start < early.ram.end);
}

struct early_range early_ram(void)
{
	return (struct early_range){ paddr(early.ram.start),
				     (early.ram.end - early.ram.start) / PAGE_SIZE };
}

/* The first entry that ends at or after `address`: where it would be inserted or merged. */
static unsigned find_taken(uint32_t address)
{
	unsigned i = 0;

	while (i < early.count && early.taken[i].end < address)
		i++;
	return i;
}

static void remove_taken(unsigned from, unsigned count)
{
	memmove(&early.taken[from], &early.taken[from + count],
		(early.count - from - count) * sizeof(early.taken[0]));
	early.count -= count;
}

static int insert_taken(unsigned at, struct taken t)
{
	if (early.count == EARLY_MAX_RESERVED)
		return -ENOMEM;
	memmove(&early.taken[at + 1], &early.taken[at], (early.count - at) * sizeof(t));
	early.taken[at] = t;
	early.count++;
	return 0;
}

int early_reserve(paddr_t start, uint32_t bytes)
{
	struct taken t = { start.a, start.a + bytes };
	unsigned first, last;

	if (bytes == 0)
		return 0;
	assert_that(t.end > t.start);
	first = find_taken(t.start);
	for (last = first; last < early.count && early.taken[last].start <= t.end; last++) {
		if (early.taken[last].start < t.start)
			t.start = early.taken[last].start;
		if (early.taken[last].end > t.end)
			t.end = early.taken[last].end;
	}
	if (last == first)
		return insert_taken(first, t);
	early.taken[first] = t;
	remove_taken(first + 1, last - first - 1);
	return 0;
}

static uint32_t low_end(void)
{
	uint32_t border = frame_high_start().n;

	return border < early.ram.end >> PAGE_SHIFT ? border << PAGE_SHIFT : early.ram.end;
}

/* The lowest aligned address with so many free bytes behind it; ends the run when there is none. */
static uint32_t find_gap(uint32_t bytes, uint32_t align)
{
	uint32_t at = round_up(early.ram.start, align);
	uint32_t end = low_end();

	for (unsigned i = find_taken(at); i < early.count; i++) {
		if (early.taken[i].start > at && early.taken[i].start - at >= bytes)
			break;
		if (early.taken[i].end > at)
			at = round_up(early.taken[i].end, align);
	}
	assert_that(at < end && end - at >= bytes); /* not enough low memory to start with */
	return at;
}

void *early_alloc(uint32_t bytes, uint32_t align)
{
	uint32_t at = find_gap(bytes, align);
	char *address = (char *)frame_address(paddr_to_pfn(paddr(at))) + at % PAGE_SIZE;

	assert_eq(early_reserve(paddr(at), bytes), 0);
	return memset(address, 0, bytes);
}

void early_label(paddr_t start, uint32_t bytes, const char *what)
{
	uint32_t first = start.a >> PAGE_SHIFT;
	struct label l = { first, first + (start.a % PAGE_SIZE + bytes + PAGE_SIZE - 1) / PAGE_SIZE,
			   what };

	if (bytes && early.label_count < EARLY_MAX_LABELS)
		early.labels[early.label_count++] = l;
}

const char *early_label_of(pfn_t f)
{
	for (unsigned i = 0; i < early.label_count; i++)
		if (f.n >= early.labels[i].first && f.n < early.labels[i].end)
			return early.labels[i].what;
	return NULL;
}

bool early_is_reserved(pfn_t f)
{
	uint32_t start = pfn_to_paddr(f).a;
	unsigned i;

	if (start < early.ram.start || start >= early.ram.end)
		return true;
	i = find_taken(start + 1);
	return i < early.count && early.taken[i].start < start + PAGE_SIZE;
}

void early_each_free(void (*give)(pfn_t start, pfn_t end))
{
	uint32_t at = early.ram.start;

	for (unsigned i = 0; i <= early.count; i++) {
		uint32_t until = i < early.count ? early.taken[i].start : early.ram.end;
		pfn_t end = pfn((until < early.ram.end ? until : early.ram.end) >> PAGE_SHIFT);
		pfn_t start = pfn((at + PAGE_SIZE - 1) >> PAGE_SHIFT);

		if (start.n < end.n)
			give(start, end);
		if (i < early.count && early.taken[i].end > at)
			at = early.taken[i].end;
	}
}

/*
 * The caches of the simulated machine: counters always, and lines once sim_cache_start was called.
 *
 * What is modelled is what can differ from one view of a frame to another:
 *   the kernel's alias   sim_ram is what the kernel sees. Where its alias holds a line, `behind`
 * has what memory itself has; a bit a line says held, another says dirty. other user aliases VIPT:
 * a copy a frame and colour; VIVT: a copy a space and page, each of its lines with the frame it
 * came from, so that it goes on hitting when the page is mapped to another one. A PIPT cache, or a
 * user page of the kernel's colour, has no alias: it uses the kernel's lines. instructions a copy a
 * frame, filled from memory (the point of unification): stores that are still dirty in some data
 * line are not in it. A line stays until it is flushed, somebody needs its room, or
 * sim_cache_evict_some says so. Page tables and kernel objects are used by pointer, which is the
 * kernel's alias. One cache serves all cpus, as coherent hardware looks from outside; types with
 * aliases are for one cpu.
 */
#include "arch/cache.h"

#include <stdlib.h>
#include <string.h>

#include "arch/atomic.h"
#include "arch/context.h"
#include "arch/frame.h"
#include "arch/sim/sim.h"

#define LINE_SHIFT 7u
#define LINE_BYTES (1u << LINE_SHIFT)
#define LINES	   (PAGE_SIZE / LINE_BYTES)
#define ALL_LINES  0xffffffffu

#define COPIES	      64u  /* user pages cached at once, and as many pages of instructions */
#define KERNEL_FRAMES 192u /* frames of which the kernel's alias holds lines, at most */

_Static_assert(LINES == 32, "a bit a line");

struct user_copy {
	uint64_t key; /* 0: unused */
	uint32_t valid, dirty;
	uint32_t frame[LINES];
	char bytes[PAGE_SIZE];
};

struct fetch_copy {
	uint32_t frame, valid;
	char bytes[PAGE_SIZE];
};

/* Of the kernel's alias of one frame. */
struct kernel_lines {
	uint32_t held, dirty;
};

static struct {
	enum cache_type type;
	unsigned colours;
	struct cache_counts counts;
	size_t room;			     /* frames that there is room for in the next two */
	struct kernel_lines *kernel;	     /* a frame each */
	char *behind;			     /* memory where the kernel's alias holds a line */
	uint32_t frames_held[KERNEL_FRAMES]; /* frame numbers, 0: free; oldest at `next` */
	unsigned next;
	struct user_copy *user;
	struct fetch_copy *fetch;
} cache = { .type = CACHE_PIPT, .colours = 1 };

bool sim_cache_holds_lines;

void sim_set_cache(enum cache_type to, unsigned page_colours)
{
	cache.type = to;
	cache.colours = page_colours;
	cache.counts = (struct cache_counts){ 0 };
}

enum cache_type cache_type(void)
{
	return cache.type;
}

unsigned cache_colours(void)
{
	return cache.colours;
}

bool cache_ops_broadcast(void)
{
	return true;
}

struct cache_counts cache_counts(void)
{
	return cache.counts;
}

static void make_room(size_t frames)
{
	cache.room = frames;
	cache.kernel = realloc(cache.kernel, frames * sizeof(*cache.kernel));
	cache.behind = realloc(cache.behind, frames * PAGE_SIZE);
	cache.user = realloc(cache.user, COPIES * sizeof(*cache.user));
	cache.fetch = realloc(cache.fetch, COPIES * sizeof(*cache.fetch));
}

void sim_cache_start(void)
{
	size_t frames = sim_ram_end.n - sim_ram_start.n;

	if (frames > cache.room)
		make_room(frames);
	memset(cache.kernel, 0, frames * sizeof(*cache.kernel));
	for (unsigned i = 0; i < COPIES; i++) {
		cache.user[i].key = cache.user[i].valid = cache.user[i].dirty = 0;
		cache.fetch[i].frame = cache.fetch[i].valid = 0;
	}
	memset(cache.frames_held, 0, sizeof(cache.frames_held));
	cache.next = 0;
	sim_cache_holds_lines = true;
}

/* ---- the kernel's alias */

static struct kernel_lines *kernel_lines(uint32_t frame)
{
	return &cache.kernel[frame - sim_ram_start.n];
}

static char *seen_by_kernel(uint32_t frame, uint32_t offset)
{
	return sim_ram + (size_t)(frame - sim_ram_start.n) * PAGE_SIZE + offset;
}

static char *behind(uint32_t frame, uint32_t offset)
{
	return cache.behind + (size_t)(frame - sim_ram_start.n) * PAGE_SIZE + offset;
}

/* Memory itself, below all caches. */
static char *memory_line(uint32_t frame, unsigned line)
{
	bool held = kernel_lines(frame)->held & 1u << line;
	uint32_t offset = line << LINE_SHIFT;

	return held ? behind(frame, offset) : seen_by_kernel(frame, offset);
}

/* A clean line that goes shows memory again; a dirty one becomes memory. */
static void drop_kernel_lines(uint32_t frame, uint32_t which)
{
	struct kernel_lines *k = kernel_lines(frame);
	uint32_t clean = k->held & ~k->dirty & which;

	for (unsigned line = 0; clean; line++, clean >>= 1) {
		uint32_t offset = line << LINE_SHIFT;

		if (!(clean & 1))
			continue;
		if (memcmp(seen_by_kernel(frame, offset), behind(frame, offset), LINE_BYTES) == 0)
			continue;
		sim_counts.stale_lines_dropped++;
		memcpy(seen_by_kernel(frame, offset), behind(frame, offset), LINE_BYTES);
	}
	k->held &= ~which;
	k->dirty &= ~which;
}

/* Makes room in the kernel's alias by dropping the frame that has been there longest. */
static void enter_frame(uint32_t frame)
{
	uint32_t *slot = &cache.frames_held[cache.next];

	cache.next = (cache.next + 1) % KERNEL_FRAMES;
	if (*slot && *slot != frame)
		drop_kernel_lines(*slot, ALL_LINES);
	*slot = frame;
}

static void hold_kernel_lines(uint32_t frame, uint32_t which)
{
	struct kernel_lines *k = kernel_lines(frame);
	uint32_t fresh = which & ~k->held;

	if (!fresh)
		return;
	if (!k->held)
		enter_frame(frame);
	k->held |= fresh;
	for (unsigned line = 0; line < LINES; line++)
		if (fresh & 1u << line)
			memcpy(behind(frame, line << LINE_SHIFT),
			       seen_by_kernel(frame, line << LINE_SHIFT), LINE_BYTES);
}

static uint32_t lines_of(uint32_t first, uint32_t bytes)
{
	uint32_t count = bytes >> LINE_SHIFT;

	return (count == LINES ? ALL_LINES : (1u << count) - 1) << (first >> LINE_SHIFT);
}

static uint32_t line_of(uint32_t offset)
{
	return 1u << ((offset & (PAGE_SIZE - 1)) >> LINE_SHIFT);
}

/* Without aliases a clean line differs from memory in nothing: only dirty ones are followed. */
static void kernel_reads(uint32_t frame, uint32_t which)
{
	if (cache.type != CACHE_PIPT)
		hold_kernel_lines(frame, which);
}

static void kernel_writes(uint32_t frame, uint32_t which)
{
	hold_kernel_lines(frame, which);
	kernel_lines(frame)->dirty |= which;
}

void sim_kernel_read_lines(pfn_t frame, uint32_t first, uint32_t bytes)
{
	kernel_reads(frame.n, lines_of(first, bytes));
}

void sim_kernel_write_lines(pfn_t frame, uint32_t first, uint32_t bytes)
{
	kernel_writes(frame.n, lines_of(first, bytes));
}

void sim_cache_use_by_pointer(pfn_t frame)
{
	struct kernel_lines *k = kernel_lines(frame.n);

	k->dirty = k->held;
}

uint32_t sim_kernel_load(pfn_t frame, uint32_t offset)
{
	kernel_reads(frame.n, line_of(offset));
	return *(uint32_t *)(void *)seen_by_kernel(frame.n, offset);
}

void sim_kernel_store(pfn_t frame, uint32_t offset, uint32_t value)
{
	kernel_writes(frame.n, line_of(offset));
	*(uint32_t *)(void *)seen_by_kernel(frame.n, offset) = value;
}

/* ---- user aliases */

static void write_back_copy(struct user_copy *c, uint32_t which)
{
	uint32_t dirty = c->dirty & which;

	for (unsigned line = 0; line < LINES; line++) {
		if (!(dirty & 1u << line))
			continue;
		memcpy(memory_line(c->frame[line], line), c->bytes + (line << LINE_SHIFT),
		       LINE_BYTES);
		sim_counts.dirty_lines_written++;
	}
	c->dirty &= ~which;
	c->valid &= ~which;
}

static bool has_kernel_colour(vaddr_t a, uint32_t frame)
{
	return ((a.a >> PAGE_SHIFT ^ frame) & (cache.colours - 1)) == 0;
}

static bool uses_kernel_lines(vaddr_t a, uint32_t frame)
{
	return cache.type == CACHE_PIPT ||
	       (cache.type == CACHE_VIPT_ALIASING && has_kernel_colour(a, frame));
}

static uint64_t key_of(uint32_t space, vaddr_t a, uint32_t frame)
{
	if (cache.type == CACHE_VIVT)
		return (uint64_t)space << 32 | a.a >> PAGE_SHIFT;
	return (uint64_t)frame << 32 | (a.a >> PAGE_SHIFT & (cache.colours - 1));
}

static struct user_copy *slot_for(uint64_t key)
{
	return &cache.user[key * 0x9e3779b97f4a7c15u >> 58];
}

_Static_assert(COPIES == 64, "six bits choose a slot");

static void forget_copy(uint64_t key)
{
	struct user_copy *c = slot_for(key);

	if (c->key != key)
		return;
	write_back_copy(c, ALL_LINES);
	c->key = 0;
}

/* The copy with the line of `a` valid. A line that is there already hits, whatever frame it is of.
 */
static struct user_copy *user_line(uint32_t space, vaddr_t a, uint32_t frame)
{
	uint64_t key = key_of(space, a, frame);
	struct user_copy *c = slot_for(key);
	unsigned line = (a.a & (PAGE_SIZE - 1)) >> LINE_SHIFT;

	if (c->key != key) {
		write_back_copy(c, ALL_LINES);
		c->key = key;
	}
	if (!(c->valid & 1u << line)) {
		memcpy(c->bytes + (line << LINE_SHIFT), memory_line(frame, line), LINE_BYTES);
		c->frame[line] = frame;
		c->valid |= 1u << line;
	}
	return c;
}

uint32_t sim_user_line_load(uint32_t space, vaddr_t a, pfn_t frame)
{
	uint32_t offset = a.a & (PAGE_SIZE - 1);

	if (uses_kernel_lines(a, frame.n))
		return sim_kernel_load(frame, offset);
	return *(uint32_t *)(void *)(user_line(space, a, frame.n)->bytes + offset);
}

void sim_user_line_store(uint32_t space, vaddr_t a, pfn_t frame, uint32_t value)
{
	uint32_t offset = a.a & (PAGE_SIZE - 1);
	struct user_copy *c;

	if (uses_kernel_lines(a, frame.n)) {
		sim_kernel_store(frame, offset, value);
		return;
	}
	c = user_line(space, a, frame.n);
	*(uint32_t *)(void *)(c->bytes + offset) = value;
	c->dirty |= line_of(offset);
}

/* ---- instructions */

static struct fetch_copy *fetch_slot(uint32_t frame)
{
	return &cache.fetch[frame % COPIES];
}

static void count_stale_fetch(uint32_t frame, unsigned line, const char *fetched)
{
	const char *now = seen_by_kernel(frame, line << LINE_SHIFT);

	sim_counts.stale_fetch_lines += memcmp(fetched, now, LINE_BYTES) != 0;
}

uint32_t sim_instruction_fetch(pfn_t frame, uint32_t offset)
{
	struct fetch_copy *c = fetch_slot(frame.n);
	unsigned line = offset >> LINE_SHIFT;
	char *bytes = c->bytes + (line << LINE_SHIFT);

	if (c->frame != frame.n) {
		c->frame = frame.n;
		c->valid = 0;
	}
	if (!(c->valid & 1u << line))
		memcpy(bytes, memory_line(frame.n, line), LINE_BYTES);
	c->valid |= 1u << line;
	count_stale_fetch(frame.n, line, bytes);
	return *(uint32_t *)(void *)(c->bytes + offset);
}

/* ---- what can be asked of them */

void cache_flush_kernel_page(pfn_t frame)
{
	cache.counts.kernel_pages++;
	atomic_point();
	if (sim_cache_holds_lines)
		drop_kernel_lines(frame.n, ALL_LINES);
}

void cache_flush_user_page(const struct arch_mm *as, vaddr_t page, pfn_t frame)
{
	cache.counts.user_pages++;
	atomic_point();
	if (!sim_cache_holds_lines)
		return;
	if (uses_kernel_lines(page, frame.n))
		drop_kernel_lines(frame.n, ALL_LINES);
	else
		forget_copy(key_of(as ? as->l1_paddr >> PAGE_SHIFT : 0, page, frame.n));
}

static void clean_kernel_lines(uint32_t frame)
{
	struct kernel_lines *k = kernel_lines(frame);

	for (unsigned line = 0; line < LINES; line++)
		if (k->dirty & 1u << line)
			memcpy(behind(frame, line << LINE_SHIFT),
			       seen_by_kernel(frame, line << LINE_SHIFT), LINE_BYTES);
	k->dirty = 0;
}

void cache_sync_instructions(pfn_t frame)
{
	cache.counts.instruction_syncs++;
	atomic_point();
	if (!sim_cache_holds_lines)
		return;
	clean_kernel_lines(frame.n);
	if (fetch_slot(frame.n)->frame == frame.n)
		fetch_slot(frame.n)->valid = 0;
}

/* Half of the times a whole page goes, else some of its lines. */
void sim_cache_evict_some(void)
{
	uint32_t which = sim_below(2) ? ALL_LINES : rng_next(&sim_chance);
	uint32_t frame = cache.frames_held[sim_below(KERNEL_FRAMES)];

	sim_counts.lines_evicted++;
	write_back_copy(&cache.user[sim_below(COPIES)], which);
	if (frame)
		drop_kernel_lines(frame, which);
	if (sim_below(4) == 0)
		cache.fetch[sim_below(COPIES)].valid &= which;
}

/*
 * Recording: one ring a cpu, the last events each, overwritten from the oldest on.
 */
#include "base/trace.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/assert.h"
#include "base/trace_ring.h"

#define RING_EVENTS 1024u

const struct event events[TRACE_EVENT_COUNT] = {
#define EVENT(id, printed, fields) [TRACE_##id] = { printed, fields },
	TRACE_EVENTS(EVENT)
#undef EVENT
};

_Static_assert(TRACE_EVENT_COUNT < 32, "one bit an event");
_Static_assert(MAX_CPUS == 4, "a line each below");

uint32_t trace_enabled;

static struct record records[MAX_CPUS][RING_EVENTS];

struct ring rings[MAX_CPUS] = {
	{ .records = records[0], .size = RING_EVENTS },
	{ .records = records[1], .size = RING_EVENTS },
	{ .records = records[2], .size = RING_EVENTS },
	{ .records = records[3], .size = RING_EVENTS },
};

/* The place of the next event; what is overwritten is counted as lost. */
static struct record *next_record(struct ring *ring)
{
	struct record *r = &ring->records[ring->written & (ring->size - 1)];

	if (ring->written++ >= ring->size)
		ring->counts[r->event].lost++;
	return r;
}

/* In words, in line: to call the library for it costs more than all the rest. */
static inline void copy_name(char *to, const char *from)
{
	__builtin_memcpy(__builtin_assume_aligned(to, 4), __builtin_assume_aligned(from, 4),
			 sizeof(((struct record *)0)->thread_name));
}

_Static_assert(offsetof(struct thread, name) % 4 == 0, "aligned");
_Static_assert(offsetof(struct record, thread_name) % 4 == 0, "aligned");

static inline void fill(struct record *r, enum trace_event id, const uint32_t *words,
			unsigned count)
{
	const struct thread *t = cpu_current();

	r->insns = cpu_insns();
	r->event = (uint8_t)id;
	r->locks = (uint8_t)t->spin_depth;
	r->thread_id = t->id;
	copy_name(r->thread_name, t->name);
#pragma GCC unroll 8
	for (unsigned i = 0; i < EVENT_WORDS; i++)
		r->words[i] = i < count ? words[i] : 0;
}

void trace_record(enum trace_event id, const uint32_t *words, unsigned count)
{
	bool irqs_off = cpu_irqs_are_off();
	struct ring *ring;
	struct record *r;
	uint32_t saved;

	assert_that(count <= EVENT_WORDS);
	if (trace_filtered >> id & 1 && !trace_filter_passes(id, words))
		return;
	saved = cpu_irq_save();
	ring = &rings[cpu_id()];
	r = next_record(ring);
	fill(r, id, words, count);
	r->irqs_off = irqs_off;
	ring->counts[id].recorded++;
	cpu_irq_restore(saved);
}

void trace_words(unsigned head, ...)
{
	uint32_t words[EVENT_WORDS];
	unsigned count = head >> 8;
	va_list args;

	va_start(args, head);
	for (unsigned i = 0; i < count; i++)
		words[i] = va_arg(args, uint32_t);
	va_end(args);
	trace_record((enum trace_event)(head & 0xffu), words, count);
}

uint32_t trace_cost(void)
{
	struct record scratch[2];
	uint32_t saved = cpu_irq_save(), filtered = trace_filtered;
	struct ring *ring = &rings[cpu_id()], kept = *ring;

	trace_filtered = 0;
	*ring = (struct ring){ .records = scratch, .size = 2 };
	trace_words(TRACE_MIGRATE_STAGE | 3u << 8, 0u, 0u, 0u);
	trace_words(TRACE_MIGRATE_STAGE | 3u << 8, 0u, 0u, 0u);
	*ring = kept;
	trace_filtered = filtered;
	cpu_irq_restore(saved);
	return (uint32_t)(scratch[1].insns - scratch[0].insns);
}

void trace_clear(void)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		rings[cpu].written = 0;
		memset(rings[cpu].counts, 0, sizeof(rings[cpu].counts));
	}
}

struct trace_counts trace_counts_of(unsigned cpu, enum trace_event id)
{
	return rings[cpu].counts[id];
}

const char *trace_event_name(enum trace_event id)
{
	return events[id].name;
}

void trace_use_memory(unsigned cpu, void *memory, uint32_t count)
{
	assert_that(count && !(count & (count - 1)));
	rings[cpu] = (struct ring){ .records = memory, .size = count };
}

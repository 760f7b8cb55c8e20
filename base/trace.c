/*
 * The rings: one a cpu, the last RING_EVENTS events each, overwritten from the oldest on.
 *
 * A ring is written by its own cpu with interrupts off. Dumping reads all of them without a lock:
 * an event recorded meanwhile on another cpu may be missing or be printed half old, which a reader
 * of a running machine accepts; tracing is switched off during the dump so that the dump does not
 * trace itself.
 */
#include "base/trace.h"

#include <errno.h>
#include <string.h>

#include "arch/cpu.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/thread.h"

#define RING_EVENTS 1024u /* a power of two */
#define EVENT_WORDS 6u

struct record {
	uint64_t insns;
	uint32_t words[EVENT_WORDS];
	uint32_t thread_id;
	char thread_name[sizeof(((struct thread *)0)->name)];
	uint8_t event;	  /* enum trace_event */
	uint8_t irqs_off; /* as they were where the event happened */
	uint8_t locks;	  /* spinlocks held there */
};

struct ring {
	uint32_t written; /* events ever; the next goes to written % RING_EVENTS */
	struct record records[RING_EVENTS];
};

struct event {
	const char *name, *format;
};

static const struct event events[TRACE_EVENT_COUNT] = {
#define EVENT(id, printed, fields) [TRACE_##id] = { printed, fields },
	TRACE_EVENTS(EVENT)
#undef EVENT
};

_Static_assert(TRACE_EVENT_COUNT <= 32, "one bit an event");

#define ALL_EVENTS (uint32_t)((1ull << TRACE_EVENT_COUNT) - 1)

uint32_t trace_enabled;

static struct ring rings[MAX_CPUS];

void trace_record(enum trace_event id, const uint32_t *words, unsigned count)
{
	bool irqs_off = cpu_irqs_are_off();
	uint32_t saved = cpu_irq_save();
	struct ring *ring = &rings[cpu_id()];
	struct record *r = &ring->records[ring->written++ % RING_EVENTS];
	const struct thread *t = cpu_current();

	assert_that(count <= EVENT_WORDS);
	r->insns = cpu_insns();
	r->event = (uint8_t)id;
	r->irqs_off = irqs_off;
	r->locks = (uint8_t)t->spin_depth;
	r->thread_id = t->id;
	memcpy(r->thread_name, t->name, sizeof(r->thread_name));
	memset(r->words, 0, sizeof(r->words));
	memcpy(r->words, words, count * sizeof(words[0]));
	cpu_irq_restore(saved);
}

/* The bit of the event whose name is the first `length` bytes of `name`; 0 when there is none. */
static uint32_t event_bit(const char *name, size_t length)
{
	if (length == 3 && memcmp(name, "all", 3) == 0)
		return ALL_EVENTS;
	for (unsigned i = 0; i < TRACE_EVENT_COUNT; i++) {
		if (strlen(events[i].name) == length && memcmp(events[i].name, name, length) == 0)
			return 1u << i;
	}
	return 0;
}

int trace_enable(const char *names)
{
	uint32_t wanted = 0;

	while (*names) {
		size_t length = strcspn(names, ",");
		uint32_t bit = event_bit(names, length);

		if (!bit)
			return -ENOENT;
		wanted |= bit;
		names += length;
		names += *names == ',';
	}
	trace_enabled |= wanted;
	return 0;
}

void trace_disable(void)
{
	trace_enabled = 0;
}

void trace_clear(void)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		rings[cpu].written = 0;
}

/* The first of the last `most` events that are still there. */
static uint32_t ring_first(const struct ring *ring, uint32_t most)
{
	uint32_t kept = ring->written < RING_EVENTS ? ring->written : RING_EVENTS;

	return ring->written - (most < kept ? most : kept);
}

/* Instructions under the emulator's counting are nanoseconds of its virtual time. */
static void print_record(const struct record *r, unsigned cpu)
{
	const struct event *e = &events[r->event];
	const uint32_t *w = r->words;
	uint32_t seconds = (uint32_t)(r->insns / 1000000000u);
	uint32_t micros = (uint32_t)(r->insns % 1000000000u) / 1000u;

	print("%16.16s-%-7u [%03u] %c..%c. %5u.%06u: %s: ", r->thread_name, (unsigned)r->thread_id,
	      cpu, r->irqs_off ? 'd' : '.', r->locks ? '0' + r->locks % 10 : '.', (unsigned)seconds,
	      (unsigned)micros, e->name);
	print(e->format, (unsigned)w[0], (unsigned)w[1], (unsigned)w[2], (unsigned)w[3],
	      (unsigned)w[4], (unsigned)w[5]);
	print("\n");
}

static void print_header(void)
{
	uint32_t kept = 0, written = 0;

	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		written += rings[cpu].written;
		kept += rings[cpu].written - ring_first(&rings[cpu], RING_EVENTS);
	}
	print("# tracer: nop\n#\n# entries-in-buffer/entries-written: %u/%u   #P:%u\n#\n",
	      (unsigned)kept, (unsigned)written, MAX_CPUS);
	print("#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n");
	print("#              | |         |   |||||     |         |\n");
}

/* The cpu whose next record is the oldest; MAX_CPUS when all are printed. */
static unsigned oldest_cpu(const uint32_t next[MAX_CPUS])
{
	uint64_t oldest = UINT64_MAX;
	unsigned found = MAX_CPUS;

	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		const struct ring *ring = &rings[cpu];
		uint64_t when = ring->records[next[cpu] % RING_EVENTS].insns;

		if (next[cpu] < ring->written && when < oldest) {
			oldest = when;
			found = cpu;
		}
	}
	return found;
}

void trace_dump_tail(uint32_t most)
{
	uint32_t enabled = trace_enabled;
	uint32_t next[MAX_CPUS];
	unsigned cpu;

	trace_enabled = 0;
	print_header();
	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		next[cpu] = ring_first(&rings[cpu], most);
	while ((cpu = oldest_cpu(next)) != MAX_CPUS)
		print_record(&rings[cpu].records[next[cpu]++ % RING_EVENTS], cpu);
	trace_enabled = enabled;
}

void trace_dump(void)
{
	trace_dump_tail(RING_EVENTS);
}

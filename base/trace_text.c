/*
 * Printing: formats with the names of values, lines and header in ftrace's layout.
 */
#include "base/trace.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "base/trace_ring.h"

#define LINE_ROOM 400u

/* ---- names of values */

struct name_set {
	const char *name;
	bool is_bits;
	const struct trace_value *values;
	unsigned count;
};

static struct name_set sets[TRACE_NAME_SET_COUNT] = {
#define SET(id, set, bits) [TRACE_NAMES_##id] = { .name = set, .is_bits = bits },
	TRACE_NAME_SETS(SET)
#undef SET
};

void trace_name_values(enum trace_name_set set, const struct trace_value *values, unsigned count)
{
	sets[set].values = values;
	sets[set].count = count;
}

static const char *name_of(const struct name_set *s, uint32_t word)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->values[i].value == word)
			return s->values[i].name;
	return NULL;
}

static void put_bits(struct text *t, const struct name_set *s, uint32_t word)
{
	const char *between = "";

	for (unsigned i = 0; i < s->count; i++) {
		uint32_t value = s->values[i].value;

		if ((word & value) != value)
			continue;
		text_printf(t, "%s%s", between, s->values[i].name);
		word &= ~value;
		between = "|";
	}
	if (word)
		text_printf(t, "%s0x%x", between, (unsigned)word);
	else if (!*between)
		text_printf(t, "none");
}

static void put_name(struct text *t, enum trace_name_set set, uint32_t word)
{
	const char *name = name_of(&sets[set], word);

	if (sets[set].is_bits)
		put_bits(t, &sets[set], word);
	else if (name)
		text_printf(t, "%s", name);
	else
		text_printf(t, "%u", (unsigned)word);
}

static bool has_bits_named(const struct name_set *s, uint32_t word, const char *name)
{
	for (unsigned i = 0; i < s->count; i++)
		if (strcmp(s->values[i].name, name) == 0)
			return (word & s->values[i].value) == s->values[i].value;
	return false;
}

bool trace_value_is(enum trace_name_set set, uint32_t word, const char *name)
{
	const char *its_name = name_of(&sets[set], word);

	if (sets[set].is_bits)
		return has_bits_named(&sets[set], word, name);
	return its_name && strcmp(its_name, name) == 0;
}

/* ---- formats */

static enum trace_name_set set_named(const char *name, size_t length)
{
	unsigned set = 0;

	while (strlen(sets[set].name) != length || memcmp(sets[set].name, name, length) != 0)
		set++; /* Cannot run over: the table's formats are tried by a test. */
	return (enum trace_name_set)set;
}

struct field trace_field_next(const char *format)
{
	struct field f = { .text = format, .length = (unsigned)strcspn(format, "%") };
	const char *at = format + f.length;
	size_t name_length;

	f.rest = at;
	if (!*at)
		return f;
	f.kind = at[1];
	f.rest = at + 2;
	if (f.kind != '{')
		return f;
	name_length = strcspn(f.rest, "}");
	f.set = set_named(f.rest, name_length);
	f.rest += name_length + 1;
	return f;
}

static void put_word(struct text *t, const struct field *f, uint32_t word)
{
	switch (f->kind) {
	case 'x':
		text_printf(t, "%x", (unsigned)word);
		break;
	case 'p':
		text_printf(t, "%08x", (unsigned)word);
		break;
	case 'd':
		text_printf(t, "%d", (int)word);
		break;
	case '{':
		put_name(t, f->set, word);
		break;
	default:
		text_printf(t, "%u", (unsigned)word);
	}
}

static void put_fields(struct text *t, const char *format, const uint32_t *words)
{
	struct field f = trace_field_next(format);

	for (; f.kind; f = trace_field_next(f.rest)) {
		t->put(t, f.text, f.length);
		put_word(t, &f, *words++);
	}
	t->put(t, f.text, f.length);
}

/* ---- lines */

/*
 * Instructions under the emulator's counting are nanoseconds of its virtual time. All nine digits:
 * a stage of a migration takes a fraction of a microsecond.
 */
static void put_head(struct text *t, const struct record *r, unsigned cpu)
{
	text_printf(t, "%16.16s-%-7u [%03u] %c..%c. %5u.%09u: ", r->thread_name,
		    (unsigned)r->thread_id, cpu, r->irqs_off ? 'd' : '.',
		    r->locks ? '0' + r->locks % 10 : '.', (unsigned)(r->insns / 1000000000u),
		    (unsigned)(r->insns % 1000000000u));
}

/* One call of the log a line: what other cpus say does not get into it. */
static void print_record(const struct record *r, unsigned cpu)
{
	char line[LINE_ROOM];
	struct text_buffer b;

	text_buffer_init(&b, line, sizeof(line));
	put_head(&b.text, r, cpu);
	text_printf(&b.text, "%s: ", events[r->event].name);
	put_fields(&b.text, events[r->event].format, r->words);
	text_printf(&b.text, "\n");
	log_put(line, strlen(line));
}

/* ---- dumps */

struct dump {
	uint32_t events, most;	 /* which, and how many a cpu */
	uint32_t next[MAX_CPUS]; /* by cpu: the first that is not printed yet */
};

static const struct record *record_at(const struct ring *ring, uint32_t n)
{
	return &ring->records[n & (ring->size - 1)];
}

static bool is_wanted(const struct dump *d, const struct record *r)
{
	return d->events >> r->event & 1;
}

/* The first of the last `most` events that are still there. */
static uint32_t ring_first(const struct ring *ring, uint32_t most)
{
	uint32_t kept = ring->written < ring->size ? ring->written : ring->size;

	return ring->written - (most < kept ? most : kept);
}

static uint32_t wanted_in(const struct dump *d, const struct ring *ring)
{
	uint32_t count = 0;

	for (uint32_t n = ring_first(ring, d->most); n < ring->written; n++)
		count += is_wanted(d, record_at(ring, n));
	return count;
}

static struct trace_counts counts_in(const struct dump *d, const struct ring *ring)
{
	struct trace_counts sum = { 0 };

	for (unsigned id = 0; id < TRACE_EVENT_COUNT; id++) {
		if (!(d->events >> id & 1))
			continue;
		sum.recorded += ring->counts[id].recorded;
		sum.lost += ring->counts[id].lost;
	}
	return sum;
}

static void print_header(const struct dump *d)
{
	uint32_t kept = 0, written = 0;

	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		written += counts_in(d, &rings[cpu]).recorded;
		kept += wanted_in(d, &rings[cpu]);
	}
	print("# tracer: nop\n#\n# entries-in-buffer/entries-written: %u/%u   #P:%u\n#\n",
	      (unsigned)kept, (unsigned)written, MAX_CPUS);
	print("# an event takes %u to record, in the unit of the times\n#\n",
	      (unsigned)trace_cost());
	print("#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n");
	print("#              | |         |   |||||     |         |\n");
}

/* As ftrace says where a cpu's events begin in the middle. */
static void print_lost(const struct dump *d)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		uint32_t lost = counts_in(d, &rings[cpu]).lost;

		if (lost)
			print("CPU:%u [LOST %u EVENTS]\n", cpu, (unsigned)lost);
	}
}

/* The cpu whose next record is the oldest; MAX_CPUS when all are printed. */
static unsigned oldest_cpu(const struct dump *d)
{
	uint64_t oldest = UINT64_MAX;
	unsigned found = MAX_CPUS;

	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		uint64_t when = record_at(&rings[cpu], d->next[cpu])->insns;

		if (d->next[cpu] < rings[cpu].written && when < oldest) {
			oldest = when;
			found = cpu;
		}
	}
	return found;
}

static void print_all(struct dump *d)
{
	unsigned cpu;

	print_header(d);
	print_lost(d);
	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		d->next[cpu] = ring_first(&rings[cpu], d->most);
	while ((cpu = oldest_cpu(d)) != MAX_CPUS) {
		const struct record *r = record_at(&rings[cpu], d->next[cpu]++);

		if (is_wanted(d, r))
			print_record(r, cpu);
	}
}

static void dump(uint32_t wanted, uint32_t most)
{
	uint32_t enabled = trace_enabled;
	struct dump d = { .events = wanted, .most = most };

	trace_enabled = 0;
	print_all(&d);
	trace_enabled = enabled;
}

void trace_dump_events(uint32_t wanted)
{
	dump(wanted, UINT32_MAX);
}

void trace_dump_tail(uint32_t most)
{
	dump(ALL_EVENTS, most);
}

void trace_dump(void)
{
	dump(ALL_EVENTS, UINT32_MAX);
}

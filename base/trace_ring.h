/*
 * The rings, for the files of the trace alone: trace.c writes them, trace_text.c prints them,
 * trace_select.c decides what goes in.
 *
 * A ring is written by its own cpu with interrupts off. Dumping reads all of them without a lock:
 * an event recorded meanwhile on another cpu may be missing or be printed half old, which a reader
 * of a running machine accepts; tracing is switched off during the dump so that the dump does not
 * trace itself.
 */
#ifndef BASE_TRACE_RING_H
#define BASE_TRACE_RING_H

#include "arch/cpu.h"
#include "base/thread.h"
#include "base/trace.h"

#define EVENT_WORDS 8u

struct record {
	uint64_t insns;
	uint32_t words[EVENT_WORDS];
	uint32_t thread_id;
	char thread_name[sizeof(((struct thread *)0)->name)];
	uint8_t event;	  /* enum trace_event */
	uint8_t irqs_off; /* as they were where the event happened */
	uint8_t locks;	  /* spinlocks held there */
};

_Static_assert(sizeof(struct record) == TRACE_RECORD_BYTES, "as promised");

struct ring {
	struct record *records;
	uint32_t size;	  /* events it has room for, a power of two */
	uint32_t written; /* events ever; the next goes to written % size */
	struct trace_counts counts[TRACE_EVENT_COUNT];
};

struct event {
	const char *name, *format;
};

extern struct ring rings[MAX_CPUS];
extern const struct event events[TRACE_EVENT_COUNT];

#define ALL_EVENTS (uint32_t)((1ull << TRACE_EVENT_COUNT) - 1)

/* A place in a format where a word is printed: the format up to it, its kind, the format after. */
struct field {
	const char *text; /* what stands before it, `length` bytes */
	unsigned length;
	char kind;		 /* x u d p, or { for a name; 0: the format ends here */
	enum trace_name_set set; /* of a name */
	const char *rest;
};

struct field trace_field_next(const char *format);

/* Whether the word is this one by name. */
bool trace_value_is(enum trace_name_set set, uint32_t word, const char *name);

/* Bit set: an event that the filter looks at; whether it lets one in. */
extern uint32_t trace_filtered;
bool trace_filter_passes(enum trace_event id, const uint32_t *words);

#endif

/*
 * What is recorded: events by name, and one condition on a field.
 */
#include "base/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace_ring.h"

/* ---- events by name */

static bool fits(const char *pattern, size_t length, const char *name)
{
	if (length == 0)
		return !*name;
	if (*pattern == '*')
		return fits(pattern + 1, length - 1, name) ||
		       (*name && fits(pattern, length, name + 1));
	if (!*name || (*pattern != '?' && *pattern != *name))
		return false;
	return fits(pattern + 1, length - 1, name + 1);
}

/* The bits of the events whose name fits the first `length` bytes of `pattern`. */
static uint32_t events_fitting(const char *pattern, size_t length)
{
	uint32_t bits = 0;

	if (length == 3 && memcmp(pattern, "all", 3) == 0)
		return ALL_EVENTS;
	for (unsigned i = 0; i < TRACE_EVENT_COUNT; i++)
		if (fits(pattern, length, events[i].name))
			bits |= 1u << i;
	return bits;
}

uint32_t trace_events_named(const char *names)
{
	uint32_t wanted = 0;

	while (*names) {
		size_t length = strcspn(names, ",");
		uint32_t bits = events_fitting(names, length);

		if (!bits)
			return 0;
		wanted |= bits;
		names += length;
		names += *names == ',';
	}
	return wanted;
}

int trace_enable(const char *names)
{
	uint32_t wanted = trace_events_named(names);

	trace_enabled |= wanted;
	return wanted ? 0 : -ENOENT;
}

int trace_disable(const char *names)
{
	uint32_t unwanted = trace_events_named(names);

	trace_enabled &= ~unwanted;
	return unwanted ? 0 : -ENOENT;
}

/* ---- the filter */

#define NAME_ROOM 32u

static struct {
	uint32_t events;		  /* bit set: it has the field, at word[event] */
	uint8_t word[TRACE_EVENT_COUNT];  /* which of its words */
	uint8_t names[TRACE_EVENT_COUNT]; /* enum trace_name_set, or NO_NAMES */
	bool by_number;
	uint32_t number;
	char name[NAME_ROOM];
} filter;

uint32_t trace_filtered; /* the events that have the field */

#define NO_NAMES 0xffu

static bool word_fits(enum trace_event id, uint32_t word)
{
	if (filter.by_number)
		return word == filter.number;
	return filter.names[id] != NO_NAMES &&
	       trace_value_is((enum trace_name_set)filter.names[id], word, filter.name);
}

bool trace_filter_passes(enum trace_event id, const uint32_t *words)
{
	return word_fits(id, words[filter.word[id]]);
}

/* Whether the text before a word ends with "FIELD=", or "FIELD=(" or "FIELD=0x". */
static bool field_is(const struct field *f, const char *name, size_t length)
{
	const char *start = f->text + f->length, *equals;

	while (start > f->text && start[-1] != ' ')
		start--;
	equals = memchr(start, '=', (size_t)(f->text + f->length - start));
	return equals && (size_t)(equals - start) == length && memcmp(start, name, length) == 0;
}

static void find_field(enum trace_event id, const char *name, size_t length)
{
	struct field f = trace_field_next(events[id].format);

	for (uint8_t word = 0; f.kind; word++, f = trace_field_next(f.rest)) {
		if (!field_is(&f, name, length))
			continue;
		trace_filtered |= 1u << id;
		filter.word[id] = word;
		filter.names[id] = f.kind == '{' ? (uint8_t)f.set : NO_NAMES;
		return;
	}
}

static bool set_value(const char *value)
{
	char *end;

	filter.number = (uint32_t)strtoul(value, &end, 0);
	filter.by_number = !*end;
	if (!*value || strlen(value) >= NAME_ROOM)
		return false;
	strcpy(filter.name, value);
	return true;
}

int trace_filter(const char *condition)
{
	const char *equals = condition ? strchr(condition, '=') : NULL;
	uint32_t enabled = trace_enabled;

	trace_filtered = 0;
	if (!condition)
		return 0;
	if (!equals || !set_value(equals + 1))
		return -EINVAL;
	trace_enabled = 0; /* nobody asks a filter that is half made */
	for (unsigned id = 0; id < TRACE_EVENT_COUNT; id++)
		find_field((enum trace_event)id, condition, (size_t)(equals - condition));
	trace_enabled = enabled;
	return trace_filtered ? 0 : -ENOENT;
}

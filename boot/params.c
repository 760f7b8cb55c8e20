/*
 * Boot arguments: one table. A value with blanks stands in double quotes; the quotes may also
 * enclose the whole argument, as some shells and loaders leave it.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "boot/params.h"
#include "mm/cache/block.h"

enum param_type { PARAM_FLAG, PARAM_TEXT, PARAM_NUMBER, PARAM_SIZE };

struct param {
	const char *name;
	enum param_type type;
	uint32_t offset; /* in struct boot_params */
	uint32_t low, high;
	const char *help;
};

#define MIB   (1u << 20)
#define AT(f) offsetof(struct boot_params, f)

static const struct param params[] = {
	{ "init", PARAM_TEXT, AT(init), 0, 0, "program to start, a path in the initrd" },
	{ "run", PARAM_TEXT, AT(run), 0, 0, "console commands, separated by ';', then power off" },
	{ "demo", PARAM_FLAG, AT(demo), 0, 0, "fragment memory, compact it, report, power off" },
	{ "display", PARAM_FLAG, AT(display), 0, 0, "show memory on the board's display" },
	{ "seed", PARAM_NUMBER, AT(seed), 0, UINT32_MAX, "start of the generator of chance" },
	{ "lowmem", PARAM_SIZE, AT(lowmem_bytes), 8 * MIB, UINT32_MAX, "RAM in the direct map" },
	{ "movable", PARAM_SIZE, AT(movable_bytes), 0, UINT32_MAX, "size of the zone Movable" },
	{ "cma", PARAM_SIZE, AT(cma_bytes), 0, UINT32_MAX,
	  "size of the area for contiguous memory" },
	{ "dma", PARAM_SIZE, AT(dma_bytes), 0, UINT32_MAX, "size of the zone DMA" },
	{ "ramdisk", PARAM_SIZE, AT(ramdisk_bytes), PAGE_SIZE, UINT32_MAX,
	  "a disk in memory, ram0, of that size" },
	{ "disktimeout", PARAM_NUMBER, AT(disk_seconds), 1, 3600,
	  "seconds after which a disk that does not answer has failed" },
	{ "maxcpus", PARAM_NUMBER, AT(maxcpus), 1, 4, "cpus to start" },
	{ "loglevel", PARAM_NUMBER, AT(loglevel), 0, 3,
	  "0 errors, 1 warnings, 2 information, 3 all" },
	{ "test", PARAM_TEXT, AT(test), 0, 0, "run the target tests that match, then power off" },
	{ "trace", PARAM_TEXT, AT(trace), 0, 0, "events to record from the start, or all" },
	{ "trace_events", PARAM_NUMBER, AT(trace_events), TRACE_LEAST_EVENTS, TRACE_MOST_EVENTS,
	  "events that each cpu keeps" },
	{ "fail", PARAM_TEXT, AT(fail), 0, 0, "SITE:N, the N-th pass through SITE fails" },
};

/* Understood, but nothing acts on them yet: their rooms are still to be built. */
static const char *const without_effect[] = { "cma" };

#define PARAMS (sizeof(params) / sizeof(params[0]))

struct boot_params boot_params = {
	.for_init = "", .seed = 1, .maxcpus = 4, .loglevel = 2, .disk_seconds = BLOCK_LIMIT_S
};

static char line_copy[PARAMS_TEXT];
static char unknown[PARAMS_TEXT];

static const struct param *find(const char *word, size_t length)
{
	for (size_t i = 0; i < PARAMS; i++)
		if (strlen(params[i].name) == length && memcmp(params[i].name, word, length) == 0)
			return &params[i];
	return NULL;
}

bool params_is_known(const char *word)
{
	return find(word, strcspn(word, "= \t")) != NULL;
}

/* K, M or G after a size. */
static bool scale(uint64_t *value, const char **end)
{
	static const char suffixes[] = "KMG";
	const char *at = **end ? strchr(suffixes, **end & ~0x20) : NULL;

	if (!at)
		return **end == 0;
	if (*value > UINT32_MAX)
		return false;
	*value <<= 10u * (unsigned)(at - suffixes + 1);
	(*end)++;
	return **end == 0;
}

static bool read_number(const struct param *p, const char *text, uint32_t *out)
{
	char *after;
	uint64_t value = strtoull(text, &after, 0);
	const char *end = after;
	bool sound = end != text && text[0] != '-' &&
		     (p->type == PARAM_SIZE ? scale(&value, &end) : *end == 0);

	if (!sound || value < p->low || value > p->high)
		return false;
	*out = (uint32_t)value;
	return true;
}

static void set_number(const struct param *p, const char *value)
{
	uint32_t *field = (uint32_t *)((char *)&boot_params + p->offset);

	if (!read_number(p, value, field))
		log_error("boot argument %s=%s: not a %s from %lu to %lu; left at %lu", p->name,
			  value, p->type == PARAM_SIZE ? "size (as 16M)" : "number",
			  (unsigned long)p->low, (unsigned long)p->high, (unsigned long)*field);
}

static void set_flag(const struct param *p, const char *value)
{
	if (value)
		log_error("boot argument %s=%s: it takes no value; ignored", p->name, value);
	else
		*(bool *)((char *)&boot_params + p->offset) = true;
}

static void set(const struct param *p, const char *value)
{
	char *field = (char *)&boot_params + p->offset;

	for (size_t i = 0; i < sizeof(without_effect) / sizeof(without_effect[0]); i++)
		if (strcmp(without_effect[i], p->name) == 0)
			log_warn("boot argument %s: it has no effect yet", p->name);
	if (p->type == PARAM_FLAG)
		set_flag(p, value);
	else if (!value || !*value)
		log_error("boot argument %s: a value is missing (%s)", p->name, p->help);
	else if (p->type == PARAM_TEXT)
		*(const char **)field = value;
	else
		set_number(p, value);
}

static void keep_for_init(const char *word)
{
	size_t used = strlen(unknown);

	log_warn("boot argument %s: unknown, kept for init", word);
	if (used + strlen(word) + 2 > sizeof(unknown))
		return;
	if (used)
		unknown[used++] = ' ';
	strcpy(unknown + used, word);
	boot_params.for_init = unknown;
}

static void apply(char *word)
{
	char *equals = strchr(word, '=');
	const struct param *p = find(word, equals ? (size_t)(equals - word) : strlen(word));

	if (!p) {
		keep_for_init(word);
		return;
	}
	if (equals)
		*equals = 0;
	set(p, equals ? equals + 1 : NULL);
}

/* Cuts the next word off `*rest` in place, its quotes removed. Returns NULL at the end. */
static char *next_word(char **rest)
{
	char *from = *rest + strspn(*rest, " \t\r\n"), *to = from, *word = from;
	bool quoted = false;

	if (!*from)
		return NULL;
	for (; *from && (quoted || !strchr(" \t\r\n", *from)); from++) {
		if (*from == '"')
			quoted = !quoted;
		else
			*to++ = *from;
	}
	*rest = *from ? from + 1 : from;
	*to = 0;
	if (quoted)
		log_error("boot argument %s: a closing quote is missing", word);
	return word;
}

void params_parse(const char *line)
{
	char *rest = line_copy, *word;

	strncpy(line_copy, line, sizeof(line_copy) - 1);
	while ((word = next_word(&rest)))
		apply(word);
	log_max_level = (enum log_level)boot_params.loglevel;
}

void params_help(void)
{
	static const char *const forms[] = { "", "=TEXT", "=N", "=SIZE" };

	for (size_t i = 0; i < PARAMS; i++)
		print("%10s%-6s %s\n", params[i].name, forms[params[i].type], params[i].help);
}

/*
 * What may stand at the cursor: commands; then the words of the command's usage, and for its words
 * in capitals what there is of that.
 */
#include "console/complete.h"

#include <stdio.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/trace.h"
#include "console/commands.h"
#include "fs/file.h"
#include "kernel/task.h"
#include "mm/phys/zone.h"

struct offers {
	line_offer offer;
	void *context;
	const char *word; /* as far as it is there */
};

static void offer(const struct offers *o, const char *word)
{
	o->offer(o->context, word);
}

static void offer_commands(const struct offers *o)
{
	const struct command *c;
	const char *heading;

	for (unsigned n = 0; (c = command_at(n, &heading)); n++)
		offer(o, c->name);
}

static void offer_tasks(const struct offers *o)
{
	for (struct task *t = task_next(NULL); t; t = task_next(t))
		if (t->user && task_is_live(t))
			offer(o, t->thread.name);
}

/* TASK:ADDR */
static void offer_frames(const struct offers *o)
{
	char text[32];

	for (struct task *t = task_next(NULL); t; t = task_next(t)) {
		if (!t->user || !task_is_live(t))
			continue;
		snprintf(text, sizeof(text), "%s:", t->thread.name);
		offer(o, text);
	}
}

static void offer_zones(const struct offers *o)
{
	struct zone *z;

	for_each_zone(z)
		offer(o, z->name);
}

static void offer_events(const struct offers *o)
{
	for (unsigned id = 0; id < TRACE_EVENT_COUNT; id++)
		offer(o, trace_event_name((enum trace_event)id));
}

static void offer_site(const struct failpoint *f, void *o)
{
	offer(o, f->name);
}

static void offer_sites(const struct offers *o)
{
	failpoints_each(offer_site, (void *)o);
}

/* The names in a directory, `before` in front of each. */
static void offer_names(const struct offers *o, const char *directory, const char *before)
{
	char text[LINE_ROOM];
	struct dir_entry e;
	uint64_t position = 0;
	struct file *f;

	if (file_open(directory, OPEN_DIRECTORY, 0, &f) != 0)
		return;
	while (file_next_entry(f, &position, &e) == 0) {
		snprintf(text, sizeof(text), "%s%s%s", before, e.name,
			 mode_is(e.mode, MODE_DIR) ? "/" : "");
		offer(o, text);
	}
	file_put(f);
}

static void offer_paths(const struct offers *o)
{
	const char *slash = strrchr(o->word, '/');
	char directory[LINE_ROOM];

	snprintf(directory, sizeof(directory), "%.*s", (int)(slash ? slash + 1 - o->word : 0),
		 o->word);
	offer_names(o, *directory ? directory : "/", slash ? directory : "/");
}

static void offer_programs(const struct offers *o)
{
	offer_names(o, "/bin", "");
}

static const struct {
	const char *word;
	void (*offer_all)(const struct offers *o);
} kinds[] = {
	{ "COMMAND", offer_commands }, { "TASK", offer_tasks },	  { "FRAME", offer_frames },
	{ "ZONE", offer_zones },       { "EVENT", offer_events }, { "SITE", offer_sites },
	{ "PROGRAM", offer_programs }, { "PATH", offer_paths },
};

/* The words of a usage end at these. */
#define BETWEEN " []|,.=:%"

static bool stands_in(const char *word, size_t length, const char *line)
{
	for (const char *at = line; *at; at += strcspn(at, " "), at += strspn(at, " "))
		if (strcspn(at, " ") == length && memcmp(at, word, length) == 0)
			return true;
	return false;
}

static void offer_word(const struct offers *o, const char *word, size_t length, const char *line)
{
	char text[32];

	if (length >= sizeof(text) || stands_in(word, length, line))
		return;
	memcpy(text, word, length);
	text[length] = 0;
	for (unsigned n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++)
		if (strcmp(kinds[n].word, text) == 0)
			kinds[n].offer_all(o);
	if (text[0] >= 'a' && text[0] <= 'z')
		offer(o, text);
}

static void offer_arguments(const struct offers *o, const struct command *c, const char *line)
{
	for (const char *at = c->arguments; *at;) {
		size_t length = strcspn(at, BETWEEN);

		if (length)
			offer_word(o, at, length, line);
		at += length + (at[length] != 0);
	}
}

/* The last of the commands of a script. */
static const char *last_command(const char *line)
{
	const char *semicolon = strrchr(line, ';');

	line = semicolon ? semicolon + 1 : line;
	return line + strspn(line, " ");
}

/* watch COMMAND ...: what stands behind it is completed as itself. */
static const char *skip_watch(const char *line)
{
	if (strncmp(line, "watch ", 6) != 0)
		return line;
	line += 6;
	line += strspn(line, " 0123456789");
	return line;
}

void console_offer_words(const char *before, const char *word, line_offer f, void *context)
{
	const struct offers o = { f, context, word };
	const char *line = skip_watch(last_command(before));
	size_t length = strcspn(line, " ");
	char name[LINE_ROOM];
	const struct command *c;

	if (!*line) {
		offer_commands(&o);
		return;
	}
	memcpy(name, line, length);
	name[length] = 0;
	c = command_find(name);
	if (c)
		offer_arguments(&o, c, line);
}

/*
 * Which commands there are. A new family is one line here; families of one heading stand together.
 */
#include "console/commands.h"

#include <string.h>

#include "console/distance.h"

#define FAR 3u /* keys: what is typed so wrong is something else */

static const struct {
	const char *heading;
	const struct command_family *family;
} families[] = {
	{ "this console", &help_commands },
	{ "this console", &watch_commands },
	{ "memory as a whole", &memory_commands },
	{ "one page, one entry, one task's areas", &page_commands },
	{ "tasks, and the machine itself", &task_commands },
	{ "files", &file_commands },
	{ "disks", &disk_commands },
	{ "why pages do not move, and what moving costs", &why_commands },
	{ "why pages do not move, and what moving costs", &plan_commands },
	{ "why pages do not move, and what moving costs", &blame_commands },
	{ "why pages do not move, and what moving costs", &bill_commands },
	{ "events and failures", &trace_commands },
	{ "the board's display", &display_commands },
	{ "whole stories", &demo_commands },
	{ "whole stories", &stress_commands },
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

const struct command *command_at(unsigned n, const char **heading)
{
	for (unsigned f = 0; f < FAMILIES; f++) {
		*heading = families[f].heading;
		if (n < families[f].family->count)
			return &families[f].family->commands[n];
		n -= families[f].family->count;
	}
	return NULL;
}

const struct command *command_find(const char *name)
{
	const char *heading;
	const struct command *c;

	for (unsigned n = 0; (c = command_at(n, &heading)); n++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* A name of one or two letters is near to everything: half of it must be right. */
static unsigned far_from(const char *name)
{
	size_t letters = strlen(name);

	return letters < 2 * FAR ? (unsigned)(letters + 1) / 2 : FAR;
}

const struct command *command_nearest(const char *name)
{
	unsigned best = far_from(name);
	const struct command *nearest = NULL, *c;
	const char *heading;

	for (unsigned n = 0; (c = command_at(n, &heading)); n++) {
		unsigned d = edit_distance(c->name, name);

		if (d < best || (d == best && nearest))
			nearest = d < best ? c : NULL;
		best = d < best ? d : best;
	}
	return nearest;
}

/*
 * The table of all commands, by heading.
 */
#ifndef CONSOLE_COMMANDS_H
#define CONSOLE_COMMANDS_H

#include "console/console.h"

/* The n-th command of all, in the order of `help`, and what it stands under. NULL past the last. */
const struct command *command_at(unsigned n, const char **heading);

/* NULL: there is none of that name. */
const struct command *command_find(const char *name);

/* The one command whose name is nearest, at most two keys away; NULL: none, or several are. */
const struct command *command_nearest(const char *name);

#endif

/*
 * What the words in capitals mean. The functions of console/arguments.h read them.
 */
#include "console/kinds.h"

#include <string.h>

static const struct argument_kind kinds[] = {
	{ "COMMAND", "a command, as `help` lists them" },
	{ "FRAME", "a frame number (0x80400), or TASK:ADDR: the frame that is mapped there" },
	{ "TASK", "a number or a name, as `ps` shows them; of several the newest" },
	{ "ADDR", "an address of user memory, below 0x80000000" },
	{ "ZONE", "a zone with memory, as `zoneinfo` lists them; alone: all of them" },
	{ "ORDER", "0 to 10: 2^ORDER frames that stand together" },
	{ "HANDLE", "a number that `alloc` gave and `handles` lists" },
	{ "PAGES", "how many; N%: a share of the pages that are free" },
	{ "SEED", "a number that chance begins with: the same one, the same run" },
	{ "PROGRAM", "a path in the initrd, or a name in its bin/" },
	{ "ARGS", "words that the program is given" },
	{ "PATH", "a file or directory of the initrd, /proc, /sys or /dev" },
	{ "TEXT", "what is written, to the end of the line" },
	{ "DISK", "a name, as `disks` lists them: vda, ram0" },
	{ "SECTOR", "512 bytes: a number from 0" },
	{ "STATUS", "0 to 255: the emulator's exit status" },
	{ "SECONDS", "of the machine's own time" },
	{ "MS", "milliseconds" },
	{ "TIMES", "how often, one a second; without it: until a key" },
	{ "SITE", "a place that can fail, as `fail list` lists them" },
	{ "EVENT", "a name as `trace` lists them, with * and ?; several with commas" },
};

const struct argument_kind *argument_kind_at(unsigned n)
{
	return n < sizeof(kinds) / sizeof(kinds[0]) ? &kinds[n] : NULL;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

bool usage_has_kind(const char *usage, const char *name)
{
	size_t letters = strlen(name);

	for (const char *at = usage; (at = strstr(at, name)); at += letters)
		if ((at == usage || !is_capital(at[-1])) && !is_capital(at[letters]))
			return true;
	return false;
}

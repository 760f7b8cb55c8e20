/*
 * The command of the display.
 */
#include <errno.h>

#include "console/console.h"
#include "console/display.h"

static int turn_on(const struct words *w)
{
	uint32_t ms = DISPLAY_MS;

	if (w->count > 2 && (!console_number(w, 2, &ms) || ms == 0 || ms > DISPLAY_MOST_MS))
		return console_error(-EINVAL, "MS is a number from 1 to %u", DISPLAY_MOST_MS);
	switch (display_on(ms)) {
	case 0:
		return 0;
	case -ENODEV:
		return console_error(-ENODEV, "this machine has no display (arm,pl111)");
	case -E2BIG:
		return console_error(-E2BIG, "the display has room for 2 GiB of memory");
	default:
		return console_error(-ENOMEM, "no free block of 1 MiB for the picture");
	}
}

static int run_display(const struct words *w)
{
	if (console_word_is(w, 1, "on"))
		return turn_on(w);
	if (w->count > 2 || !console_word_is(w, 1, "off"))
		return console_error(-EINVAL, "expected: display on [MS] or display off");
	display_off();
	return 0;
}

static const struct command commands[] = {
	{ "display", "on [MS]|off", "memory live on the board's display, drawn every MS ms",
	  "display on 50", 1, 2, run_display },
};

const struct command_family display_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

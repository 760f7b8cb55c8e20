/*
 * The line editor against a terminal of one row: what it shows is the prompt and the text, and its
 * cursor stands where the editor's does, after every key.
 */
#include "console/line.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "tests/unit/unit.h"

#define ROW	400u
#define PROMPT	"> "
#define UP	"\x1b[A"
#define DOWN	"\x1b[B"
#define RIGHT	"\x1b[C"
#define LEFT	"\x1b[D"
#define HOME	"\x1b[H"
#define END_KEY "\x1b[F"
#define DEL	"\x1b[3~"

static struct line line;

/* The terminal: a row, a cursor, bells; a line feed begins a new row. */
static struct {
	char row[ROW];
	unsigned cursor, bells;
	char above[ROW]; /* the row that the last line feed left */
} terminal;

static void clear_row(void)
{
	memset(terminal.row, ' ', ROW);
	terminal.cursor = 0;
}

static void show(char c)
{
	if (c == '\b') {
		expect(terminal.cursor > 0);
		terminal.cursor--;
	} else if (c == '\a') {
		terminal.bells++;
	} else if (c == '\n') {
		memcpy(terminal.above, terminal.row, ROW);
		clear_row();
	} else {
		expect(terminal.cursor < ROW);
		terminal.row[terminal.cursor++] = c;
	}
}

static void put(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		show(text[i]);
}

static void offer_words(const char *before, const char *word, line_offer offer, void *context)
{
	static const char *const names[] = { "compact", "check", "cat", "frag:", NULL };
	static const char *const second[] = { "light", "sync", NULL };
	const char *const *all = *before ? second : names;

	(void)word;
	for (; *all; all++)
		offer(context, *all);
}

static void given_line(void)
{
	memset(&line, 0, sizeof(line));
	memset(&terminal, 0, sizeof(terminal));
	clear_row();
	line.prompt = PROMPT;
	line.put = put;
	line.offer_words = offer_words;
	line_start(&line);
}

static void then_screen_is_the_line(void)
{
	char wanted[ROW];

	memset(wanted, ' ', ROW);
	memcpy(wanted, PROMPT, 2);
	memcpy(wanted + 2, line.text, line.length);
	expect(memcmp(terminal.row, wanted, ROW) == 0);
	expect_eq(terminal.cursor, 2 + line.cursor);
}

static void type(const char *keys)
{
	for (; *keys; keys++) {
		expect_eq(line_key(&line, (unsigned char)*keys), LINE_GOES_ON);
		then_screen_is_the_line();
	}
}

/* The text is this, and the cursor stands there. */
static void then_line(const char *text, unsigned cursor)
{
	expect_eq(line.length, strlen(text));
	expect(memcmp(line.text, text, line.length) == 0);
	expect_eq(line.cursor, cursor);
}

static void enter(const char *keys)
{
	type(keys);
	expect_eq(line_key(&line, '\r'), LINE_DONE);
	line_start(&line);
}

TEST(line_keys_put_in_and_take_away, "")
{
	given_line();
	type("chexx\x7f\bck");
	then_line("check", 5);
	type("\x01x\x05y");
	then_line("xchecky", 7);
	type("\x01\x04\x05\b");
	then_line("check", 5);
	type(LEFT LEFT DEL);
	then_line("chek", 3);
	type("c" END_KEY " one two\x17");
	then_line("check one ", 10);
	type(HOME RIGHT RIGHT "\x0b");
	then_line("ch", 2);
	type("\x15");
	then_line("", 0);
}

/* ESC [ of an ANSI terminal, ESC O of a VT100 with application keys, and the numbered forms. */
TEST(line_cursor_keys_come_in_several_forms, "")
{
	given_line();
	type("abc\x1bOD\x1bOD\x1bOC");
	then_line("abc", 2);
	type("\x1bOH");
	then_line("abc", 0);
	type("\x1bOF\x1b[1~");
	then_line("abc", 0);
	type("\x1b[4~\x1b[7~\x1b[8~");
	then_line("abc", 3);
	type("\x02\x02\x06");
	then_line("abc", 2);
	type("\x1b[1;5C\x1b[15~\x1bZ"); /* with modifiers, function keys, others: nothing is typed
					 */
	then_line("abc", 3);
}

TEST(line_moves_stop_at_the_ends, "")
{
	given_line();
	type(LEFT "\b\x7f" DEL RIGHT "\x15\x0b\x17");
	then_line("", 0);
	type("a" RIGHT RIGHT "\x01" LEFT LEFT);
	then_line("a", 0);
}

TEST(line_history_goes_up_and_comes_back, "")
{
	given_line();
	enter("one");
	enter("two");
	enter("two"); /* twice in a row is once */
	enter("");
	type("begun" UP);
	then_line("two", 3);
	type(UP);
	then_line("one", 3);
	type(UP UP);
	then_line("one", 3);
	type(DOWN DOWN);
	then_line("begun", 5);
	type(DOWN "!\x10");
	then_line("two", 3);
	type("\x0e");
	then_line("begun!", 6);
}

TEST(line_history_keeps_the_last_ones, "")
{
	char text[16];

	given_line();
	for (unsigned n = 0; n < LINE_HISTORY + 5; n++) {
		snprintf(text, sizeof(text), "line %u", n);
		enter(text);
	}
	for (unsigned n = 0; n < LINE_HISTORY + 5; n++)
		type(UP);
	then_line("line 5", 6);
}

/* What was recalled and changed is a new line; the one it came from is as it was. */
TEST(line_a_recalled_line_can_be_changed, "")
{
	given_line();
	enter("compact");
	type(UP " sync");
	expect_eq(line_key(&line, '\r'), LINE_DONE);
	expect_text(line.text, "compact sync");
	line_start(&line);
	type(UP UP);
	then_line("compact", 7);
}

TEST(line_too_long_rings_and_stays, "")
{
	char text[LINE_ROOM];

	given_line();
	for (unsigned n = 0; n < LINE_ROOM + 50; n++)
		line_key(&line, 'x');
	expect_eq(line.length, LINE_ROOM - 1);
	expect(terminal.bells > 0);
	then_screen_is_the_line();
	memset(text, 'x', sizeof(text));
	text[LINE_ROOM - 1] = 0;
	expect_eq(line_key(&line, '\n'), LINE_DONE);
	expect_text(line.text, text);
}

TEST(line_ends_by_cr_lf_or_both, "")
{
	given_line();
	type("a");
	expect_eq(line_key(&line, '\r'), LINE_DONE);
	line_start(&line);
	expect_eq(line_key(&line, '\n'), LINE_GOES_ON); /* of CR LF */
	type("b");
	expect_eq(line_key(&line, '\n'), LINE_DONE);
	expect_text(line.text, "b");
	line_start(&line);
	expect_eq(line_key(&line, '\n'), LINE_DONE); /* an empty line of its own */
	expect_text(line.text, "");
}

TEST(line_is_given_up_by_interrupt, "")
{
	given_line();
	type("nonsense" LEFT);
	expect_eq(line_key(&line, 3), LINE_GIVEN_UP);
	expect_text(line.text, "");
	line_start(&line);
	type(UP); /* what was given up is not remembered */
	then_line("", 0);
}

TEST(line_completes_what_is_sure, "")
{
	given_line();
	type("co\t");
	then_line("compact ", 8);
	type("l\t");
	then_line("compact light ", 14);
	type("\x15"
	     "c\t"); /* compact, check, cat: nothing is sure */
	then_line("c", 1);
	expect_eq(terminal.bells, 1);
	type("\x15"
	     "f\t"); /* what goes on is not followed by a blank */
	then_line("frag:", 5);
	type("\x15"
	     "zz\t");
	then_line("zz", 2);
}

TEST(line_lists_what_fits_on_the_second_tab, "")
{
	given_line();
	type("c\t");
	line_key(&line, '\t');
	expect(strncmp(terminal.above, "compact  check  cat  ", 21) == 0);
	then_screen_is_the_line();
	then_line("c", 1);
}

/* Keys by chance: the screen always shows the line. */
TEST(line_screen_follows_any_keys, "")
{
	static const char *const keys[] = {
		"a",	"b ",	"\x7f", LEFT, RIGHT, HOME, END_KEY, DEL,
		"\x0b", "\x15", "\x17", UP,   DOWN,  "\t", "\x1b",  "["
	};
	struct rng r;

	given_line();
	rng_seed(&r, 7);
	for (unsigned n = 0; n < 20000; n++) {
		const char *k = keys[rng_below(&r, sizeof(keys) / sizeof(keys[0]))];

		if (rng_below(&r, 40) == 0) {
			line.state = 0;
			if (line_key(&line, '\r') == LINE_DONE)
				line_start(&line);
		}
		for (; *k; k++)
			line_key(&line, (unsigned char)*k);
		then_screen_is_the_line();
	}
}

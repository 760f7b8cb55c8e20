/*
 * A line under edit: keys in, echo out. No device and no other file of the kernel: tests feed it
 * on the host.
 *
 * Keys: printable ones are put in where the cursor stands; Left Right Home End ^A ^E ^B ^F move it;
 * Backspace, Delete, ^D, ^K ^U ^W take away; Up Down ^P ^N go through what was entered before; Tab
 * completes, twice lists what fits; ^L clears the screen; ^C gives the line up; CR, LF or CR LF end
 * it. Cursor keys come as ESC [ or ESC O sequences (ECMA-48 5.4, DEC VT100); others are swallowed
 * whole. The echo uses backspaces and blanks alone, so what a script reads back of a line that was
 * simply sent is that line.
 */
#ifndef CONSOLE_LINE_H
#define CONSOLE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_ROOM    200u /* with the 0 at its end */
#define LINE_HISTORY 32u

enum line_event {
	LINE_GOES_ON,
	LINE_DONE,     /* line->text is what was entered */
	LINE_GIVEN_UP, /* by ^C: line->text is empty */
};

/* Told of one word that may stand at the cursor. */
typedef void (*line_offer)(void *context, const char *word);

struct line {
	/* Set by the owner. */
	const char *prompt;
	void (*put)(const char *text, size_t bytes);
	/*
	 * Offers words that may stand at the cursor: `before` is the line up to there, `word` what
	 * of the word is there already; what does not begin so is passed over. NULL: nothing
	 * completes.
	 */
	void (*offer_words)(const char *before, const char *word, line_offer offer, void *context);
	/* The editor's. */
	char text[LINE_ROOM];
	unsigned length, cursor;
	unsigned state;	   /* of a key that comes as several bytes */
	unsigned argument; /* the number in it */
	bool after_return, after_tab;
	char history[LINE_HISTORY][LINE_ROOM];
	unsigned entered; /* lines ever; the last is history[(entered - 1) % LINE_HISTORY] */
	unsigned back;	  /* how far up: 0 is the line under edit, which is kept meanwhile */
	char kept[LINE_ROOM];
};

/* An empty line; prints the prompt. History stays. */
void line_start(struct line *l);

/* One byte from the terminal. */
enum line_event line_key(struct line *l, int key);

#endif

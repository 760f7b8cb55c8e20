/*
 * The line editor.
 *
 * What is on the screen right of the prompt is always the text, with the terminal's cursor where
 * ours is: each change prints from the cursor to the end, and goes back.
 */
#include "console/line.h"

#include <string.h>

enum key {
	CTRL_A = 1,
	CTRL_B,
	CTRL_C,
	CTRL_D,
	CTRL_E,
	CTRL_F,
	BELL,
	BACKSPACE,
	TAB,
	LINE_FEED,
	CTRL_K,
	CTRL_L,
	RETURN,
	CTRL_N,
	CTRL_P = 16,
	CTRL_U = 21,
	CTRL_W = 23,
	ESCAPE = 27,
	DELETE = 127
};

/* Where in a key of several bytes. */
enum { PLAIN, AFTER_ESCAPE, IN_SEQUENCE };

static void put_text(struct line *l, const char *text)
{
	l->put(text, strlen(text));
}

static void put_times(struct line *l, const char *text, unsigned times)
{
	while (times-- > 0)
		put_text(l, text);
}

/* ---- the cursor and the text */

static void move_to(struct line *l, unsigned place)
{
	if (place < l->cursor)
		put_times(l, "\b", l->cursor - place);
	else
		l->put(l->text + l->cursor, place - l->cursor);
	l->cursor = place;
}

/* Takes [from, to) away; the cursor is then at `from`. */
static void take_away(struct line *l, unsigned from, unsigned to)
{
	unsigned gone = to - from, rest = l->length - to;

	if (!gone)
		return;
	move_to(l, from);
	memmove(l->text + from, l->text + to, rest);
	l->length -= gone;
	l->put(l->text + from, rest);
	put_times(l, " ", gone);
	put_times(l, "\b", gone + rest);
}

static void put_in(struct line *l, const char *text, unsigned bytes)
{
	if (l->length + bytes >= LINE_ROOM) {
		put_text(l, "\a");
		return;
	}
	memmove(l->text + l->cursor + bytes, l->text + l->cursor, l->length - l->cursor);
	memcpy(l->text + l->cursor, text, bytes);
	l->length += bytes;
	l->put(l->text + l->cursor, l->length - l->cursor);
	l->cursor += bytes;
	put_times(l, "\b", l->length - l->cursor);
}

static unsigned word_start(const struct line *l)
{
	unsigned at = l->cursor;

	while (at > 0 && l->text[at - 1] == ' ')
		at--;
	while (at > 0 && l->text[at - 1] != ' ')
		at--;
	return at;
}

static void print_again(struct line *l)
{
	unsigned cursor = l->cursor;

	put_text(l, l->prompt);
	l->put(l->text, l->length);
	l->cursor = l->length;
	move_to(l, cursor);
}

/* ---- history */

static char *entry(struct line *l, unsigned back)
{
	return back ? l->history[(l->entered - back) % LINE_HISTORY] : l->kept;
}

static void remember(struct line *l)
{
	if (!l->length || (l->entered && strcmp(entry(l, 1), l->text) == 0))
		return;
	strcpy(l->history[l->entered++ % LINE_HISTORY], l->text);
}

static void show_entry(struct line *l, unsigned back)
{
	const char *text;

	l->text[l->length] = 0;
	if (l->back == 0)
		strcpy(l->kept, l->text);
	text = entry(l, back);
	take_away(l, 0, l->length);
	put_in(l, text, (unsigned)strlen(text));
	l->back = back;
}

static void go_up(struct line *l)
{
	if (l->back < l->entered && l->back < LINE_HISTORY)
		show_entry(l, l->back + 1);
}

static void go_down(struct line *l)
{
	if (l->back > 0)
		show_entry(l, l->back - 1);
}

/* ---- completion */

struct completion {
	struct line *line;
	const char *prefix; /* of the word under the cursor */
	unsigned length, count;
	char common[LINE_ROOM]; /* what all that fit begin with */
	bool list;
};

static void consider(void *context, const char *word)
{
	struct completion *c = context;
	unsigned same = 0;

	if (strncmp(word, c->prefix, c->length) != 0 || strlen(word) >= sizeof(c->common))
		return;
	if (c->list) {
		put_text(c->line, word);
		put_text(c->line, "  ");
	}
	if (c->count++ == 0)
		strcpy(c->common, word);
	while (c->common[same] && c->common[same] == word[same])
		same++;
	c->common[same] = 0;
}

static void offer_all(struct line *l, struct completion *c)
{
	char before[LINE_ROOM], prefix[LINE_ROOM];
	unsigned start = l->cursor;

	while (start > 0 && l->text[start - 1] != ' ' && l->text[start - 1] != ';')
		start--;
	memcpy(before, l->text, start);
	before[start] = 0;
	c->length = l->cursor - start;
	memcpy(prefix, l->text + start, c->length);
	prefix[c->length] = 0;
	c->prefix = prefix;
	l->offer_words(before, prefix, consider, c);
}

static bool goes_on(const char *word)
{
	size_t length = strlen(word);

	return length && strchr(":/", word[length - 1]);
}

/* All that is sure; a word that is the only one, and whole, is followed by a blank. */
static void complete(struct line *l)
{
	struct completion c = { .line = l };
	unsigned added;

	offer_all(l, &c);
	added = c.count ? (unsigned)strlen(c.common) - c.length : 0;
	put_in(l, c.common + c.length, added);
	if (c.count == 1 && !goes_on(c.common))
		put_in(l, " ", 1);
	else if (!added)
		put_text(l, "\a");
}

static void list_words(struct line *l)
{
	struct completion c = { .line = l, .list = true };

	put_text(l, "\n");
	offer_all(l, &c);
	put_text(l, "\n");
	print_again(l);
}

static void press_tab(struct line *l, bool again)
{
	if (!l->offer_words)
		return;
	if (again)
		list_words(l);
	else
		complete(l);
}

/* ---- keys */

static void go_left(struct line *l)
{
	if (l->cursor > 0)
		move_to(l, l->cursor - 1);
}

static void go_right(struct line *l)
{
	if (l->cursor < l->length)
		move_to(l, l->cursor + 1);
}

static void go_to_start(struct line *l)
{
	move_to(l, 0);
}

static void go_to_end(struct line *l)
{
	move_to(l, l->length);
}

static void erase_before(struct line *l)
{
	if (l->cursor > 0)
		take_away(l, l->cursor - 1, l->cursor);
}

static void erase_here(struct line *l)
{
	if (l->cursor < l->length)
		take_away(l, l->cursor, l->cursor + 1);
}

static void erase_rest(struct line *l)
{
	take_away(l, l->cursor, l->length);
}

static void erase_to_start(struct line *l)
{
	take_away(l, 0, l->cursor);
}

static void erase_word(struct line *l)
{
	take_away(l, word_start(l), l->cursor);
}

static void clear_screen(struct line *l)
{
	put_text(l, "\x1b[H\x1b[2J");
	print_again(l);
}

static void begin_sequence(struct line *l)
{
	l->state = AFTER_ESCAPE;
}

struct binding {
	int key;
	void (*act)(struct line *l);
};

static const struct binding controls[] = {
	{ CTRL_A, go_to_start },  { CTRL_E, go_to_end },       { CTRL_B, go_left },
	{ CTRL_F, go_right },	  { CTRL_P, go_up },	       { CTRL_N, go_down },
	{ CTRL_D, erase_here },	  { BACKSPACE, erase_before }, { DELETE, erase_before },
	{ CTRL_K, erase_rest },	  { CTRL_U, erase_to_start },  { CTRL_W, erase_word },
	{ CTRL_L, clear_screen }, { ESCAPE, begin_sequence },  {},
};

/* The last byte of ESC [ or ESC O; of those that end in ~, the number before it. */
static const struct binding sequences[] = {
	{ 'A', go_up },	      { 'B', go_down },	  { 'C', go_right },  { 'D', go_left },
	{ 'H', go_to_start }, { 1, go_to_start }, { 7, go_to_start }, { 'F', go_to_end },
	{ 4, go_to_end },     { 8, go_to_end },	  { 3, erase_here },  {},
};

static void press(struct line *l, const struct binding *bindings, int key)
{
	for (const struct binding *b = bindings; b->act; b++)
		if (b->key == key)
			b->act(l);
}

/* The byte after ESC, or after ESC [ and what followed. Returns false if it is no part of a key. */
static bool follow_sequence(struct line *l, int key)
{
	unsigned state = l->state;

	l->state = PLAIN;
	if (state == PLAIN || key < ' ')
		return false;
	if (state == AFTER_ESCAPE) {
		l->state = key == '[' || key == 'O' ? IN_SEQUENCE : PLAIN;
		l->argument = 0;
	} else if (key < '@') { /* parameters; the final byte is from @ on */
		if (key >= '0' && key <= '9')
			l->argument = l->argument % 1000 * 10 + (unsigned)(key - '0');
		l->state = IN_SEQUENCE;
	} else {
		press(l, sequences, key == '~' ? (int)l->argument : key);
	}
	return true;
}

static enum line_event end_line(struct line *l)
{
	move_to(l, l->length);
	l->text[l->length] = 0;
	put_text(l, "\n");
	remember(l);
	return LINE_DONE;
}

static enum line_event give_up(struct line *l)
{
	put_text(l, "^C\n");
	l->length = l->cursor = 0;
	l->text[0] = 0;
	return LINE_GIVEN_UP;
}

void line_start(struct line *l)
{
	l->length = l->cursor = l->back = 0;
	l->state = PLAIN;
	l->after_tab = false;
	put_text(l, l->prompt);
}

enum line_event line_key(struct line *l, int key)
{
	bool after_return = l->after_return, after_tab = l->after_tab;

	l->after_return = key == RETURN;
	l->after_tab = false;
	if (key == LINE_FEED && after_return)
		return LINE_GOES_ON;
	if (follow_sequence(l, key))
		return LINE_GOES_ON;
	if (key == RETURN || key == LINE_FEED)
		return end_line(l);
	if (key == CTRL_C)
		return give_up(l);
	if (key == TAB) {
		press_tab(l, after_tab);
		l->after_tab = true;
	} else if (key < ' ' || key == DELETE) {
		press(l, controls, key);
	} else if (key < DELETE) {
		put_in(l, &(char){ (char)key }, 1);
	}
	return LINE_GOES_ON;
}

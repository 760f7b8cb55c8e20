/*
 * Completion for the line editor.
 */
#ifndef CONSOLE_COMPLETE_H
#define CONSOLE_COMPLETE_H

#include "console/line.h"

/* Offers what may stand behind `before`: struct line's offer_words. May sleep. */
void console_offer_words(const char *before, const char *word, line_offer offer, void *context);

#endif

/* Places that allocate, in words: function+0x.., or the name of a cache of small objects. */
#ifndef CONSOLE_PLACE_H
#define CONSOLE_PLACE_H

#include "mm/phys/blame.h"

/* Of NULL: "others". Longer than `room` is cut. */
void place_words(const struct blame_site *s, char *text, size_t room);

/* Who has a frame that can not move: its place, or for what it was reserved. */
void place_of_frame(const struct page *p, char *text, size_t room);

#endif

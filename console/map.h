/*
 * The picture of memory: one character a fixed number of frames, addresses on the left.
 */
#ifndef CONSOLE_MAP_H
#define CONSOLE_MAP_H

struct zone;

/* Prints one zone, or all of them (NULL), with the legend. At most 80 columns, about 24 lines. */
void map_print(const struct zone *only);

#endif

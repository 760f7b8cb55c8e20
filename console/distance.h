/*
 * How far apart two words are.
 */
#ifndef CONSOLE_DISTANCE_H
#define CONSOLE_DISTANCE_H

#define DISTANCE_MAX_WORD 15u

/*
 * Letters that must be added, left out, changed, or swapped with their neighbour to make one word
 * of the other. Words longer than DISTANCE_MAX_WORD are as far apart as can be: UINT_MAX.
 */
unsigned edit_distance(const char *a, const char *b);

#endif

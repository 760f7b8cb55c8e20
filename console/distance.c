/*
 * Optimal string alignment: a table of distances between beginnings of both words, row by row; a
 * swap looks two rows back. Source: Damerau, "A technique for computer detection and correction of
 * spelling errors", 1964.
 */
#include "console/distance.h"

#include <limits.h>
#include <string.h>

#define ROOM (DISTANCE_MAX_WORD + 1)

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How a[0..i) becomes b[0..j), from the three or four ways to get there. */
static unsigned step(unsigned table[ROOM][ROOM], const char *a, const char *b, unsigned i,
		     unsigned j)
{
	unsigned changed = table[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
	unsigned best = least(changed, least(table[i - 1][j], table[i][j - 1]) + 1);

	if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
		best = least(best, table[i - 2][j - 2] + 1);
	return best;
}

unsigned edit_distance(const char *a, const char *b)
{
	unsigned table[ROOM][ROOM];
	size_t rows = strlen(a), columns = strlen(b);

	if (rows > DISTANCE_MAX_WORD || columns > DISTANCE_MAX_WORD)
		return UINT_MAX;
	for (unsigned i = 0; i <= rows; i++)
		for (unsigned j = 0; j <= columns; j++)
			table[i][j] = i && j ? step(table, a, b, i, j) : i + j;
	return table[rows][columns];
}

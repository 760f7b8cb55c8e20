/*
 * The two groups into which Linux sorts the statistics: those of a zone and those of the node. The
 * lengths of the LRU lists are in both, under two names. Statistics are kept by zone here; this
 * node is the sum of its zones.
 */
#ifndef MM_VIEWS_STATISTICS_H
#define MM_VIEWS_STATISTICS_H

#include "mm/phys/zone.h"

/* Calls show for each, in Linux's order. */
typedef void (*statistic_show)(const char *name, uint32_t value, void *arg);
void statistics_of_zone(const struct zone *z, statistic_show show, void *arg); /* NULL: all zones */
void statistics_of_node(statistic_show show, void *arg);

#endif

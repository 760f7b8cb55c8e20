/*
 * What people and scripts see: each prints the text of Linux's /proc file of that name.
 *
 * Numbers are read without stopping anybody, list lengths under the zone's lock; a view never
 * changes what it shows. Context: may not be called with a spinlock held.
 */
#ifndef MM_VIEWS_VIEWS_H
#define MM_VIEWS_VIEWS_H

void view_buddyinfo(void);
void view_pagetypeinfo(void);
void view_zoneinfo(void);
void view_vmstat(void);
void view_meminfo(void);

#endif

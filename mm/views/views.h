/*
 * What people and scripts see of memory as a whole: each writes the text of Linux's /proc file of
 * that name, in the layout of Linux 6.1 (proc(5), Documentation/filesystems/proc.rst). A line whose
 * number would have to be made up is left out.
 *
 * Numbers are read without stopping anybody, list lengths under the zone's lock; a view never
 * changes what it shows. Context: may sleep, as the text's sink may; no spinlock held.
 */
#ifndef MM_VIEWS_VIEWS_H
#define MM_VIEWS_VIEWS_H

#include "base/text.h"

void view_buddyinfo(struct text *out);
void view_pagetypeinfo(struct text *out);
void view_zoneinfo(struct text *out);
void view_vmstat(struct text *out);
void view_meminfo(struct text *out);

/* Linux's debugfs: one line a zone, one number an order. */
void view_extfrag_index(struct text *out);
void view_unusable_index(struct text *out);

#endif

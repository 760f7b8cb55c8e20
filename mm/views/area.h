/*
 * The line of an area in maps, which smaps begins its own with. mm->lock held for reading.
 */
#ifndef MM_VIEWS_AREA_H
#define MM_VIEWS_AREA_H

#include "base/text.h"
#include "mm/virt/vma.h"

void view_area(struct text *out, const struct vma *v);

/* Such a line about no area: rights as "rwxp", a name or "". */
void view_area_line(struct text *out, uint32_t start, uint32_t end, const char *rights,
		    const char *name);

#endif

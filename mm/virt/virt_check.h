/*
 * The invariants of mm/virt, recomputed by a walk of every table of every address space.
 */
#ifndef MM_VIRT_VIRT_CHECK_H
#define MM_VIRT_VIRT_CHECK_H

#include "mm/check.h"

void virt_check(struct check *c);

#endif

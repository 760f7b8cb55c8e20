/*
 * The order in which the rooms of mm start, after phys_init.
 */
#ifndef MM_INIT_H
#define MM_INIT_H

void mm_init(void);

#endif

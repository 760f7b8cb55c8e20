/* Every hold has a name: the holds of all pages, added up from who says to have one. */
#ifndef MM_VIRT_HOLD_CHECK_H
#define MM_VIRT_HOLD_CHECK_H

struct check;

/*
 * A page in use that tasks share is held by its mappings, an LRU batch, an isolation, and pins;
 * nothing else. Locks: none; nobody moves, maps or frees meanwhile.
 */
void hold_check(struct check *c);

#endif

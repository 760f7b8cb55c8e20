/*
 * The LRU lists: which page was used, how long ago; and taking pages off them to do something with
 * them.
 *
 * A page enters through a per-cpu batch, which holds it until it is put on its list. The lists
 * themselves hold nothing: a page whose last hold goes is taken off on the way
 * (lru_forget_released). Isolation takes the page off its list and one hold; PG_ISOLATED says so
 * and NR_ISOLATED_* counts it, until lru_putback, or until the mover is done with it
 * (lru_unaccount_isolated). Locks: zone->lru_lock for the lists and PG_LRU, PG_ACTIVE,
 * PG_UNEVICTABLE, PG_ISOLATED.
 */
#ifndef MM_PHYS_LRU_H
#define MM_PHYS_LRU_H

#include "mm/phys/zone.h"

void lru_init(void);

/*
 * A new page, in use and not on a list: through this cpu's batch to the list that its flags name.
 */
void lru_add(struct page *p);

/*
 * Empties this cpu's batch onto the lists. With interrupts off, as in a call from another cpu, it
 * keeps the pages whose last hold is the batch's. Context: no spinlock held, or an interrupt.
 */
void lru_drain(void);

/*
 * Takes the page off its list if it is on one and can be held. lru_lock of its zone held.
 * Returns: 0; -EBUSY if it is not on a list or about to be freed.
 */
int lru_isolate_locked(struct page *p);

/* The same for a single page, taking the lock. */
int lru_isolate(struct page *p);

/* Back to the list that its flags name, giving up the isolation's hold (which may free it). UM-5 */
void lru_putback(struct page *p);

/* Puts back a whole list of isolated pages (linked by lru). */
void lru_putback_list(struct list *pages);

/* The page is no longer isolated, but does not go back by itself (a moved or freed source). */
void lru_unaccount_isolated(struct page *p);

/*
 * A page that came through a move: straight onto the list that its flags name, taking no hold,
 * leaving refs alone.
 */
void lru_add_moved(struct page *p);

/*
 * The last hold of a page is gone (refs 0): off its list, if it is on one. For a kind's release.
 * Race: an isolation that found the page just before needs a hold to succeed, and there is none to
 * be had.
 */
void lru_forget_released(struct page *p);

/* Too much is isolated already: more than half of what is on the inactive lists. CO-3 */
bool lru_too_many_isolated(const struct zone *z);

/* The cpu whose batch has the page, or -1. Racy: for people. */
int lru_batch_of(const struct page *p);

struct check;
void lru_check(struct check *c);

#endif

/*
 * The reverse map: from a page to the entries that map it. One walk, with a visitor.
 */
#ifndef MM_VIRT_RMAP_H
#define MM_VIRT_RMAP_H

#include "arch/tlb.h"
#include "mm/cache/mapping.h"
#include "mm/virt/anon_vma.h"
#include "mm/virt/pgtable.h"

/*
 * Moves between their first migration entry and their last (atomic). 0: no migration entry exists.
 */
extern uint32_t migrations_running;

/* Makes the pages that users map kinds of their own. Once, at start. */
void rmap_init(void);

/*
 * The page becomes anonymous, first mapped at `a` of `v` (which has a family). The entry is being
 * written.
 */
void rmap_add_new_anon(struct page *p, struct vma *v, vaddr_t a);

/* One more entry maps a page of either kind (fork, restore, a fault on an object). */
void rmap_add(struct page *p);

/* One entry less. The caller gives up the entry's hold afterwards. */
void rmap_remove(struct page *p);

/* What a visitor gets: an entry that maps the page, or may, with its table locked. */
struct rmap_place {
	struct vma *vma;
	vaddr_t address;
	struct pte_place pte;
};

/*
 * Calls visit at every place where the family of `p`, or those who map its object, may map it: the
 * area covers the page's offset and has a table there. The visitor looks at the entry itself, and
 * may replace it. It stops when visit returns false. Locks:   takes the family's or the object's
 * lock, and each table's in turn. The page lock is held (index, anon and cache stay).
 */
typedef bool (*rmap_visit)(struct page *p, const struct rmap_place *place, void *arg);
void rmap_walk(struct page *p, rmap_visit visit, void *arg);

/*
 * Replaces every mapping of `p` by a migration entry (TU). Adds what must be forgotten to `batch`:
 * until the caller flushes it, other cpus may still reach the frame. mlock and the young bit do not
 * keep a page mapped. Locks:   page lock held, page held. Returns: true if no entry maps the page
 * any more.
 */
bool try_to_unmap(struct page *p, struct tlb_batch *batch);

/*
 * Turns every migration entry for `from` into a mapping of `to` (RM); `to` == `from` takes a
 * refused move back. `to` has kind, offset and family or object. Locks:   both pages locked.
 * Returns how many entries were restored.
 */
uint32_t remove_migration_ptes(struct page *from, struct page *to);

/*
 * Takes away every entry that maps a page of an object, or only those that the data cache can not
 * show side by side with one of `v` at `a` (DC-4, DC-6); `v` NULL: every one. Whoever touches those
 * addresses faults and finds the page, or what is there then, in the object. Locks: page lock held.
 */
void rmap_zap(struct page *p, const struct vma *v, vaddr_t a);

/*
 * Every entry that maps a page of an object stays, clean, and lets no store through before a fault
 * has been told of it; no TLB knows better. Locks: page lock held.
 */
void rmap_write_protect(struct page *p);

#endif

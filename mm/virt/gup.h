/*
 * Pages of somebody's address space, held in place while the kernel reads or writes them.
 *
 * A pin is a hold with a name (mm/phys/pin.h): as long as it is there the page can not move, and
 * who asks for a move hears MOVE_PINNED. So a pin is for the time of one copy; what has to sleep
 * for other reasons gives it up first.
 */
#ifndef MM_VIRT_GUP_H
#define MM_VIRT_GUP_H

#include "mm/virt/mm.h"

/* One page, as the address space had it when it was pinned. */
struct gup {
	struct mm *mm;
	vaddr_t page; /* its address there */
	struct page *frame;
};

/*
 * Pins the page that `a` leads to, as an access of that kind by its owner would find it: filled in,
 * and for writing no longer shared with a child's or a parent's copy. Locks: none held. Context:
 * may sleep. Returns: 0; -EFAULT where the owner's access would be refused; -ENOMEM; -EINTR the
 * caller has to end.
 */
int gup_pin(struct gup *g, struct mm *mm, vaddr_t a, bool write);
void gup_unpin(const struct gup *g);

/*
 * Bytes [offset, offset + bytes) of a pinned page to or from the kernel's memory; the owner sees
 * what was written. Context: does not sleep.
 */
void gup_read(const struct gup *g, uint32_t offset, void *to, uint32_t bytes);
void gup_write(const struct gup *g, uint32_t offset, const void *from, uint32_t bytes);

#endif

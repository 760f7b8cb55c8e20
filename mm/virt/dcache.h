/*
 * What the caches need when a page changes: the rules (DC-1..7) over the operations of
 * arch/cache.h.
 */
#ifndef MM_VIRT_DCACHE_H
#define MM_VIRT_DCACHE_H

#include "mm/phys/page.h"
#include "mm/virt/vma.h"

/*
 * The kernel has written (or is about to read) the page under its own address: users see the same
 * afterwards.
 */
void flush_dcache_page(struct page *p);

/*
 * Before an entry of `v` at `a` is taken away: what a virtually indexed cache holds under it
 * reaches memory. TU-1
 */
void flush_cache_page(const struct vma *v, vaddr_t a, pfn_t frame);

/* A page that no task maps yet was filled under the kernel's address: users will see that. */
void flush_filled_page(struct page *p);

/*
 * Before the kernel reads, under its own address, a page that `v` maps at `a`: what users stored is
 * there.
 */
void flush_before_read(const struct vma *v, vaddr_t a, struct page *p);

/*
 * After the kernel read, under its own address, a page that users still map: what its alias took in
 * would be stale after their next store, and a user address of the kernel's colour would see it.
 */
void flush_after_read(struct page *p);

/*
 * The data cache shows one frame's bytes alike under both user addresses, of whatever spaces, while
 * somebody stores there. Where it does not, only one of the two is mapped at a time. DC-4, DC-6
 */
bool dcache_agrees(vaddr_t one, vaddr_t other);

/*
 * A page of an object is about to be mapped; the kernel has perhaps written it since it was mapped
 * last. DC-2
 */
void flush_unmapped_page(struct page *p);

/*
 * Before the kernel reads or writes, under its own address, a page that is mapped at `a`: what
 * users stored is there. flush_after_read afterwards.
 */
void flush_before_kernel(const struct mm *mm, vaddr_t a, struct page *p);

/* Before an executable entry becomes visible: what will be fetched is what was stored. DC-7 */
void sync_icache_page(struct page *p);

#endif

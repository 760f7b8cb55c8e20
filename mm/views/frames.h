/*
 * What a frame is, in the words of /proc/kpageflags and /proc/kpagecount
 * (admin-guide/mm/pagemap.rst; bit numbers: include/uapi/linux/kernel-page-flags.h).
 */
#ifndef MM_VIEWS_FRAMES_H
#define MM_VIEWS_FRAMES_H

#include "mm/phys/page.h"

enum kpage_flag {
	KPF_LOCKED = 0,
	KPF_ERROR = 1,
	KPF_REFERENCED = 2,
	KPF_UPTODATE = 3,
	KPF_DIRTY = 4,
	KPF_LRU = 5,
	KPF_ACTIVE = 6,
	KPF_BUDDY = 10,
	KPF_MMAP = 11,
	KPF_ANON = 12,
	KPF_SWAPBACKED = 14,
	KPF_UNEVICTABLE = 18,
	KPF_NOPAGE = 20,
	KPF_ZERO_PAGE = 24,
	KPF_PGTABLE = 26,
	KPF_RESERVED = 32,
	KPF_MLOCKED = 33,
};

/* Any frame number, also of no RAM. Racy, as the files are. Takes the zone's lock for a moment. */
uint64_t view_kpageflags(pfn_t f);
uint64_t view_kpagecount(pfn_t f);

#endif

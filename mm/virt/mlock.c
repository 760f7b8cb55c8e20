/*
 * Pages that must stay resident: mlock, munlock.
 *
 * A page that a locked area maps has PG_MLOCKED, is counted in NR_MLOCK and belongs on the unevictable list. A new
 * page of a locked area is marked by the fault that maps it, a page that moved by the mover (RM-9), the rest here.
 */
#include <errno.h>
#include "mm/reclaim/lru.h"
#include "mm/virt/fault.h"
#include "mm/virt/mlock.h"
#include "mm/virt/pgtable.h"
#include "base/waitq.h"

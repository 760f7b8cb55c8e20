/* The rooms of mm in the order in which each may use the ones before it. */
#include "mm/init.h"

#include "mm/move/compaction.h"
#include "mm/reclaim/lru.h"
#include "mm/virt/fault.h"

void mm_init(void)
{
	lru_init();
	fault_init();
	compaction_init();
}

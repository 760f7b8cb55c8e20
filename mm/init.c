/* The rooms of mm in the order in which each may use the ones before it. */
#include "mm/init.h"

#include "mm/cache/buffer.h"
#include "mm/move/compaction.h"
#include "mm/move/kcompactd.h"
#include "mm/move/trace_names.h"
#include "mm/phys/lru.h"
#include "mm/virt/fault.h"
#include "mm/virt/rmap.h"

void mm_init(void)
{
	lru_init();
	buffer_init();
	rmap_init();
	fault_init();
	move_name_trace_values();
	compaction_init();
	kcompactd_init();
}

/*
 * Counters, one list: zone statistics (levels) and events (only grow). Names and order are Linux's
 * (mm/vmstat.c of 6.1), so that views print them as they stand here; what Linux does not have comes
 * last. NR_KERNEL_STACK_PAGES counts pages and is shown in kB.
 */
#ifndef MM_PHYS_VMSTAT_H
#define MM_PHYS_VMSTAT_H

#include "arch/atomic.h"

/* clang-format off: one a line */
#define ZONE_STAT_LIST(S)                                                                          \
	S(INACTIVE_ANON, "nr_zone_inactive_anon")                                                  \
	S(ACTIVE_ANON, "nr_zone_active_anon")                                                      \
	S(INACTIVE_FILE, "nr_zone_inactive_file")                                                  \
	S(ACTIVE_FILE, "nr_zone_active_file")                                                      \
	S(UNEVICTABLE, "nr_zone_unevictable")                                                      \
	S(MLOCK, "nr_mlock")                                                                       \
	S(ISOLATED_ANON, "nr_isolated_anon")                                                       \
	S(ISOLATED_FILE, "nr_isolated_file")                                                       \
	S(ANON_PAGES, "nr_anon_pages")                                                             \
	S(FILE_MAPPED, "nr_mapped")                                                                \
	S(FILE_PAGES, "nr_file_pages")                                                             \
	S(FILE_DIRTY, "nr_dirty")                                                                  \
	S(WRITEBACK, "nr_writeback")                                                               \
	S(SHMEM, "nr_shmem")                                                                       \
	S(KERNEL_STACK_PAGES, "nr_kernel_stack")                                                   \
	S(PAGE_TABLES, "nr_page_table_pages")
/* clang-format on */

enum zone_stat {
#define S(id, name) NR_##id,
	ZONE_STAT_LIST(S)
#undef S
		ZONE_STATS
};

/* clang-format off: one a line */
#define EVENT_LIST(E)                                                                              \
	E(PGALLOC_DMA, "pgalloc_dma")                                                              \
	E(PGALLOC_NORMAL, "pgalloc_normal")                                                        \
	E(PGALLOC_HIGH, "pgalloc_high")                                                            \
	E(PGALLOC_MOVABLE, "pgalloc_movable")                                                      \
	E(PGFREE, "pgfree")                                                                        \
	E(PGFAULT, "pgfault")                                                                      \
	E(PGMIGRATE_SUCCESS, "pgmigrate_success")                                                  \
	E(PGMIGRATE_FAIL, "pgmigrate_fail")                                                        \
	E(COMPACTMIGRATE_SCANNED, "compact_migrate_scanned")                                       \
	E(COMPACTFREE_SCANNED, "compact_free_scanned")                                             \
	E(COMPACTISOLATED, "compact_isolated")                                                     \
	E(COMPACTSTALL, "compact_stall")                                                           \
	E(COMPACTFAIL, "compact_fail")                                                             \
	E(COMPACTSUCCESS, "compact_success")                                                       \
	E(KCOMPACTD_WAKE, "compact_daemon_wake")                                                   \
	E(KCOMPACTD_MIGRATE_SCANNED, "compact_daemon_migrate_scanned")                             \
	E(KCOMPACTD_FREE_SCANNED, "compact_daemon_free_scanned")                                   \
	E(ALLOC_FALLBACK, "alloc_type_fallback")                                                   \
	E(ALLOC_STEAL_BLOCK, "alloc_steal_pageblock")                                              \
	E(ALLOC_FAIL, "alloc_fail")                                                                \
	E(MIGRATION_WAIT, "migration_entry_wait")                                                  \
	E(LRU_DRAIN, "lru_drain")                                                                  \
	E(PCP_DRAIN, "pcp_drain")
/* clang-format on */

enum vm_event {
#define E(id, name) id,
	EVENT_LIST(E)
#undef E
		VM_EVENTS
};

extern uint32_t vm_events[VM_EVENTS];

static inline void vm_event_add(enum vm_event e, uint32_t n)
{
	atomic_add_relaxed(&vm_events[e], n);
}

static inline uint32_t vm_event_read(enum vm_event e)
{
	return atomic_load_relaxed(&vm_events[e]);
}

struct zone;
void zone_stat_add(struct zone *z, enum zone_stat s, int32_t n);

extern const char *const zone_stat_names[ZONE_STATS];
extern const char *const vm_event_names[VM_EVENTS];

#endif

/*
 * Events into a ring, one a cpu, printed in the ftrace text layout. A disabled event costs one
 * load, one test, one branch.
 *
 * All events stand in the one table below. An event keeps up to six words.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdint.h>

/* clang-format off: one a line */
/* id, name as printed, format of its fields (each a 32-bit word) */
#define TRACE_EVENTS(E)                                                                            \
	E(MM_PAGE_ALLOC, "mm_page_alloc", "pfn=0x%x order=%u migratetype=%u gfp_flags=0x%x")       \
	E(MM_PAGE_FREE, "mm_page_free", "pfn=0x%x order=%u")                                       \
	E(MM_PAGE_ALLOC_EXTFRAG, "mm_page_alloc_extfrag",                                          \
	  "pfn=0x%x alloc_order=%u fallback_order=%u alloc_migratetype=%u "                        \
	  "fallback_migratetype=%u change_ownership=%u")                                           \
	E(MM_COMPACTION_BEGIN, "mm_compaction_begin",                                              \
	  "zone_start=0x%x migrate_pfn=0x%x free_pfn=0x%x zone_end=0x%x mode=%u")                  \
	E(MM_COMPACTION_END, "mm_compaction_end",                                                  \
	  "zone_start=0x%x migrate_pfn=0x%x free_pfn=0x%x zone_end=0x%x mode=%u status=%u")        \
	E(MM_COMPACTION_ISOLATE_MIGRATEPAGES, "mm_compaction_isolate_migratepages",                \
	  "range=(0x%x ~ 0x%x) nr_scanned=%u nr_taken=%u")                                         \
	E(MM_COMPACTION_ISOLATE_FREEPAGES, "mm_compaction_isolate_freepages",                      \
	  "range=(0x%x ~ 0x%x) nr_scanned=%u nr_taken=%u")                                         \
	E(MM_COMPACTION_MIGRATEPAGES, "mm_compaction_migratepages", "nr_migrated=%u nr_failed=%u") \
	E(MM_COMPACTION_TRY_TO_COMPACT_PAGES, "mm_compaction_try_to_compact_pages",                \
	  "order=%u gfp_mask=0x%x mode=%u")                                                        \
	E(MM_COMPACTION_DEFER_COMPACTION, "mm_compaction_defer_compaction",                        \
	  "zone=%u order=%u considered=%u limit=%u")                                               \
	E(MM_MIGRATE_PAGES_START, "mm_migrate_pages_start", "mode=%u reason=%u")                   \
	E(MM_MIGRATE_PAGES, "mm_migrate_pages", "nr_succeeded=%u nr_failed=%u mode=%u reason=%u")  \
	E(SET_MIGRATION_PTE, "set_migration_pte", "addr=0x%x pte=0x%x order=%u")                   \
	E(REMOVE_MIGRATION_PTE, "remove_migration_pte", "addr=0x%x pte=0x%x order=%u")             \
	E(MIGRATE_STAGE, "migrate_stage", "pfn=0x%x to=0x%x stage=%u")                             \
	E(MIGRATE_FAIL, "migrate_fail", "pfn=0x%x reason=%u expected=%u found=%u stage=%u")
/* clang-format on */

enum trace_event {
#define TRACE_ID(id, name, format) TRACE_##id,
	TRACE_EVENTS(TRACE_ID)
#undef TRACE_ID
	TRACE_EVENT_COUNT
};

/* Bit n set: event n is recorded. */
extern uint32_t trace_enabled;

void trace_record(enum trace_event id, const uint32_t *words, unsigned count);

#define TRACE(id, ...)                                                                             \
	do {                                                                                       \
		if (__builtin_expect(trace_enabled & (1u << TRACE_##id), 0)) {                     \
			const uint32_t trace_words_[] = { __VA_ARGS__ };                           \
			trace_record(TRACE_##id, trace_words_,                                     \
				     sizeof(trace_words_) / sizeof(trace_words_[0]));              \
		}                                                                                  \
	} while (0)

/*
 * Events by name, comma separated, or "all". Returns 0, or -ENOENT if a name is unknown (nothing
 * changes).
 */
int trace_enable(const char *names);
void trace_disable(void);
void trace_clear(void);
void trace_dump(void);		     /* the rings of all cpus, oldest first */
void trace_dump_tail(uint32_t most); /* the last so many events of each cpu */

#endif

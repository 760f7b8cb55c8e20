/*
 * Events into a ring, one a cpu, printed in the ftrace text layout with Linux's names. A disabled
 * event costs one load, one test, one branch; docs/events.md has the count, and every event.
 *
 * All events stand in the one table below. An event keeps up to eight words. What words mean in
 * names (a mode, a reason) is told at start by the room whose values they are: trace_name_values.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

/* clang-format off: one a line */
/*
 * id, name as printed, its fields: each conversion prints the next 32-bit word. %x %u %d as in C,
 * %p an address in eight digits, %{set} the name that the word has in that set.
 */
#define TRACE_EVENTS(E)                                                                            \
	E(MM_PAGE_ALLOC, "mm_page_alloc",                                                          \
	  "page=%p pfn=0x%x order=%u migratetype=%u gfp_flags=%{gfp}")                             \
	E(MM_PAGE_FREE, "mm_page_free", "page=%p pfn=0x%x order=%u")                               \
	E(MM_PAGE_ALLOC_EXTFRAG, "mm_page_alloc_extfrag",                                          \
	  "page=%p pfn=0x%x alloc_order=%u fallback_order=%u pageblock_order=8 "                   \
	  "alloc_migratetype=%u fallback_migratetype=%u fragmenting=%u change_ownership=%u")       \
	E(MM_COMPACTION_BEGIN, "mm_compaction_begin",                                              \
	  "zone_start=0x%x migrate_pfn=0x%x free_pfn=0x%x zone_end=0x%x, mode=%{sync}")            \
	E(MM_COMPACTION_END, "mm_compaction_end",                                                  \
	  "zone_start=0x%x migrate_pfn=0x%x free_pfn=0x%x zone_end=0x%x, mode=%{sync} "            \
	  "status=%{status}")                                                                      \
	E(MM_COMPACTION_ISOLATE_MIGRATEPAGES, "mm_compaction_isolate_migratepages",                \
	  "range=(0x%x ~ 0x%x) nr_scanned=%u nr_taken=%u")                                         \
	E(MM_COMPACTION_ISOLATE_FREEPAGES, "mm_compaction_isolate_freepages",                      \
	  "range=(0x%x ~ 0x%x) nr_scanned=%u nr_taken=%u")                                         \
	E(MM_COMPACTION_MIGRATEPAGES, "mm_compaction_migratepages", "nr_migrated=%u nr_failed=%u") \
	E(MM_COMPACTION_FINISHED, "mm_compaction_finished",                                        \
	  "node=0 zone=%{zone} order=%d ret=%{status}")                                            \
	E(MM_COMPACTION_SUITABLE, "mm_compaction_suitable",                                        \
	  "node=0 zone=%{zone} order=%d ret=%{status}")                                            \
	E(MM_COMPACTION_TRY_TO_COMPACT_PAGES, "mm_compaction_try_to_compact_pages",                \
	  "order=%u gfp_mask=%{gfp} priority=%u")                                                  \
	E(MM_COMPACTION_DEFERRED, "mm_compaction_deferred",                                        \
	  "node=0 zone=%{zone} order=%u order_failed=%u consider=%u limit=%u")                     \
	E(MM_COMPACTION_DEFER_COMPACTION, "mm_compaction_defer_compaction",                        \
	  "node=0 zone=%{zone} order=%u order_failed=%u consider=%u limit=%u")                     \
	E(MM_COMPACTION_DEFER_RESET, "mm_compaction_defer_reset",                                  \
	  "node=0 zone=%{zone} order=%u order_failed=%u consider=%u limit=%u")                     \
	E(MM_COMPACTION_WAKEUP_KCOMPACTD, "mm_compaction_wakeup_kcompactd",                        \
	  "nid=0 order=%u classzone_idx=%{zone}")                                                  \
	E(MM_COMPACTION_KCOMPACTD_WAKE, "mm_compaction_kcompactd_wake",                            \
	  "nid=0 order=%u classzone_idx=%{zone}")                                                  \
	E(MM_COMPACTION_KCOMPACTD_SLEEP, "mm_compaction_kcompactd_sleep", "nid=%u")                \
	E(MM_MIGRATE_PAGES_START, "mm_migrate_pages_start", "mode=%{mode} reason=%{why}")          \
	E(MM_MIGRATE_PAGES, "mm_migrate_pages",                                                    \
	  "nr_succeeded=%u nr_failed=%u nr_thp_succeeded=0 nr_thp_failed=0 nr_thp_split=0 "        \
	  "mode=%{mode} reason=%{why}")                                                            \
	E(SET_MIGRATION_PTE, "set_migration_pte", "addr=%x, pte=%x order=%u")                      \
	E(REMOVE_MIGRATION_PTE, "remove_migration_pte", "addr=%x, pte=%x order=%u")                \
	E(DIRECT_COMPACTION_END, "direct_compaction_end", "order=%u status=%{status} captured=%u") \
	E(MIGRATE_BEGIN, "migrate_begin", "pfn=0x%x")                                              \
	E(MIGRATE_STAGE, "migrate_stage", "pfn=0x%x to=0x%x stage=%{stage}")                       \
	E(MIGRATE_FAIL, "migrate_fail",                                                            \
	  "pfn=0x%x reason=%{reason} expected=%u found=%u stage=%{stage}")

/* id, name in a format, whether its values are bits that are printed with | between */
#define TRACE_NAME_SETS(S)                                                                         \
	S(GFP, "gfp", true)                                                                        \
	S(ZONE, "zone", false)                                                                     \
	S(MODE, "mode", false)                                                                     \
	S(SYNC, "sync", false)                                                                     \
	S(WHY, "why", false)                                                                       \
	S(STATUS, "status", false)                                                                 \
	S(STAGE, "stage", false)                                                                   \
	S(REASON, "reason", false)
/* clang-format on */

enum trace_event {
#define TRACE_ID(id, name, format) TRACE_##id,
	TRACE_EVENTS(TRACE_ID)
#undef TRACE_ID
		TRACE_EVENT_COUNT
};

enum trace_name_set {
#define TRACE_SET(id, name, flags) TRACE_NAMES_##id,
	TRACE_NAME_SETS(TRACE_SET)
#undef TRACE_SET
		TRACE_NAME_SET_COUNT
};

/* Bit n set: event n is recorded. */
extern uint32_t trace_enabled;

/*
 * The words go over in registers, as far as there are any: an array of them would cost a site room
 * on its stack also when nobody asked for the event.
 */
#define TRACE(id, ...)                                                                             \
	do {                                                                                       \
		if (__builtin_expect(trace_enabled & (1u << TRACE_##id), 0))                       \
			trace_words(TRACE_##id | TRACE_COUNT(__VA_ARGS__) << 8,                    \
				    TRACE_WORDS(__VA_ARGS__));                                     \
	} while (0)

/* How many arguments there are: they push the numbers to the right. */
#define TRACE_COUNT(...) TRACE_NINTH(__VA_ARGS__, 8u, 7u, 6u, 5u, 4u, 3u, 2u, 1u)

#define TRACE_NINTH(a, b, c, d, e, f, g, h, ninth, ...) ninth

/* Each argument as a word. */
#define TRACE_WORDS(...)                                                                           \
	TRACE_NINTH(__VA_ARGS__, TRACE_W8, TRACE_W7, TRACE_W6, TRACE_W5, TRACE_W4, TRACE_W3,       \
		    TRACE_W2, TRACE_W1)                                                            \
	(__VA_ARGS__)
#define TRACE_W1(a)	 ((uint32_t)(a))
#define TRACE_W2(a, ...) TRACE_W1(a), TRACE_W1(__VA_ARGS__)
#define TRACE_W3(a, ...) TRACE_W1(a), TRACE_W2(__VA_ARGS__)
#define TRACE_W4(a, ...) TRACE_W1(a), TRACE_W3(__VA_ARGS__)
#define TRACE_W5(a, ...) TRACE_W1(a), TRACE_W4(__VA_ARGS__)
#define TRACE_W6(a, ...) TRACE_W1(a), TRACE_W5(__VA_ARGS__)
#define TRACE_W7(a, ...) TRACE_W1(a), TRACE_W6(__VA_ARGS__)
#define TRACE_W8(a, ...) TRACE_W1(a), TRACE_W7(__VA_ARGS__)

/* `head`: the event, and how many words follow << 8. */
void trace_words(unsigned head, ...) __attribute__((cold));

void trace_record(enum trace_event id, const uint32_t *words, unsigned count);

/* An address as a word of an event. */
#define TRACE_ADDRESS(pointer) ((uint32_t)(uintptr_t)(pointer))

/* ---- names of values, once at start; a value without a name is printed as a number */

struct trace_value {
	uint32_t value; /* of a set of bits: the first that fits is printed, and taken away */
	const char *name;
};

void trace_name_values(enum trace_name_set set, const struct trace_value *values, unsigned count);

/* ---- who is recorded. Events by name: comma separated, * and ? as in a shell, or "all". */

/* The events as bits, 0 if a part of the list names none. */
uint32_t trace_events_named(const char *names);

/* Returns 0, or -ENOENT if a part names no event (nothing changes then). */
int trace_enable(const char *names);
int trace_disable(const char *names);

/*
 * FIELD=VALUE, a number or a name: events that have the field are recorded only with that value;
 * those without it as before. NULL: no filter.
 * Returns: 0; -ENOENT no event has that field; -EINVAL it is no such condition.
 */
int trace_filter(const char *condition);

/* ---- what was recorded */

/* Of one cpu, since trace_clear: overwritten events are lost. */
struct trace_counts {
	uint32_t recorded, lost;
};

struct trace_counts trace_counts_of(unsigned cpu, enum trace_event id);
const char *trace_event_name(enum trace_event id);

/* Two events with nothing between them are so far apart. */
uint32_t trace_cost(void);

void trace_clear(void);

/* The rings of all cpus, oldest first; recording pauses meanwhile. */
void trace_dump(void);
void trace_dump_events(uint32_t events); /* those whose bits are set */
void trace_dump_tail(uint32_t most);	 /* the last so many events of each cpu */

/* ---- room */

#define TRACE_RECORD_BYTES 64u

/*
 * Gives a cpu's ring that many events (a power of two) of memory, instead of the 1024 it has;
 * empties it. Before other cpus run.
 */
void trace_use_memory(unsigned cpu, void *memory, uint32_t events);

#endif

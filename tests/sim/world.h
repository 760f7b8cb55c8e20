/*
 * One run: a machine by seed, address spaces with what they must read as, actors that use and
 * trouble them, and the end at which everything must be back.
 *
 * Chance: what actors do is drawn with world_below (in a fuzzing run: from the input's bytes), what
 * the machine does (schedule, evictions) with sim_below.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "arch/sim/sim.h"
#include "mm/virt/mm.h"

#define MAX_SPACES 10u
#define MAX_ACTORS 128u
#define MAX_HELD   96u

enum site_choice { SITES_NONE, SITES_EACH, SITES_RANDOM };

/* What is asked of a run; what is not, the seed decides. */
struct plan {
	uint32_t seed;
	int cache;     /* enum cache_type, or -1 */
	unsigned cpus; /* 0: by seed */
	int sites;     /* enum site_choice, or -1 */
	bool trace;
	const uint8_t *bytes; /* NULL, or where actors' choices come from */
	size_t byte_count;
};

#define WORLD_COUNTS(C)                                                                            \
	C(seeds)                                                                                   \
	C(shared_areas)                                                                            \
	C(removals)                                                                                \
	C(address_pins) C(operations) C(accesses) C(accesses_refused) C(out_of_memory) C(spaces)   \
		C(forks) C(remaps) C(kills) C(blocks_held) C(block_refusals) C(pins) C(isolations) \
			C(compactions) C(frames_sent) C(frames_moved) C(checks) C(injected)        \
				C(faults) C(migration_waits) C(pages_moved) C(direct_compactions)

struct world_counts {
#define C(name) uint64_t name;
	WORLD_COUNTS(C)
#undef C
	uint64_t refused[16]; /* by enum move_reason */
};

extern struct world_counts world_counts;

/* An actor's own knowledge, found by the thread's id. */
struct actor {
	bool in_use, parked, dying;
	int error; /* of the last fault */
	struct thread *thread;
	struct space *space;
	unsigned slice; /* whose owner it is */
	uint32_t left;	/* operations */
	uint32_t serial;
};

/* Runs a seed. Returns if all was right; otherwise says what was wrong and ends the process. */
void world_run(const struct plan *plan);

uint32_t world_below(uint32_t n);
static inline bool world_one_in(uint32_t n)
{
	return world_below(n) == 0;
}

/* Says why and how to do it again, then ends the process. */
void world_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The command that runs it again. */
void world_print_replay(const struct plan *plan);

/* An event for the trace; nothing unless the plan asks for one. */
void world_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct actor *world_me(void);
struct actor *world_spawn(const char *name, void (*entry)(void *), struct space *space,
			  unsigned slice, uint32_t operations);

/* True while another actor may be spawned. */
bool world_has_room(void);

/* The same for a thread of the kernel, with an argument. */
struct actor *world_spawn_trouble(const char *name, void (*entry)(void *), void *arg,
				  uint32_t operations);

/*
 * Between two operations: where an actor is parked while everything is looked at. Returns false
 * when it should end. Every so often the caller is the one that looks.
 */
bool world_between_operations(void);

/* Arms a site to fail, if the run is one in which sites fail. */
void world_maybe_arm(void);

extern struct thread *world_registry[]; /* by id */

/* Static state of the code under test: remembered once, put back before every seed. */
void state_remember(void);
void state_restore(void);
void state_write_coverage(
	void); /* what was counted since the last restore; nothing in an ordinary build */
bool state_contains(const void *p);

/* tasks.c */
void tasks_start(void);
void task_kill_some(void);

/* trouble.c: memory in pieces, and threads of the kernel that allocate, compact, move, pin and
 * isolate. */
void trouble_fragment(void);
void trouble_start(void);
void trouble_give_back(void);

#endif

/*
 * The simulated machine, as its driver (a unit test, tests/sim) sees it.
 *
 * A unit test takes the machine as it is after sim_machine_init: memory and counters, nothing that
 * forgets or goes stale. tests/sim also starts the caches, user accesses through TLB and tables,
 * and fibers on several cpus.
 */
#ifndef ARCH_SIM_SIM_H
#define ARCH_SIM_SIM_H

#include "arch/addr.h"
#include "arch/cache.h"
#include "arch/cpu.h"
#include "arch/upcall.h"
#include "base/rng.h"
#include "base/thread.h"

/* A machine with RAM [start, start + pages); frames from `high` on are outside the direct map. */
void sim_machine_init(pfn_t start, uint32_t pages, pfn_t high);

/* Gives the RAM of the last sim_machine_init back to the host. */
void sim_machine_end(void);

/* The caches of the machine: kind and number of page colours. PIPT and 1 at first. */
void sim_set_cache(enum cache_type type, unsigned colours);

/* Cpu `cpu` goes on in the host thread, with `t` as its current thread. */
void sim_set_cpu(unsigned cpu, struct thread *t);

/* Called in sim_wait; what waits looks again afterwards. NULL: waiting ends the run. */
extern void (*sim_wait_hook)(void);

/* Instructions: one an atomic_point, and what a driver adds. */
void sim_spend(uint64_t insns);

/* What happened since the machine started: what a run reached, and where it had luck. */
#define SIM_COUNTS(C)                                                                              \
	C(points)                                                                                  \
	C(switches) C(interrupts) C(loads) C(stores) C(fetches) C(faults) C(walks) C(tlb_hits)     \
		C(stale_tlb_hits) C(tlb_forgotten) C(asid_rollovers) C(lines_evicted)              \
			C(stale_lines_dropped) C(dirty_lines_written) C(stale_fetch_lines)

struct sim_counts {
#define C(name) uint64_t name;
	SIM_COUNTS(C)
#undef C
};

extern struct sim_counts sim_counts;

/* ---- chance: the machine's own draws (schedule, evictions). One seed, one run. */

extern struct rng sim_chance;

static inline uint32_t sim_below(uint32_t n)
{
	return rng_below(&sim_chance, n);
}

/* ---- caches that hold lines (cache.c) */

/*
 * From here on lines are held, stale and dirty. The caches are those of sim_set_cache. Called once
 * before anything of the RAM is used.
 */
void sim_cache_start(void);

/* A line or a few leave the caches because others came; the machine calls it at points. */
void sim_cache_evict_some(void);

/* The kernel's own look at a word of a frame, low or high, through its alias. */
uint32_t sim_kernel_load(pfn_t frame, uint32_t offset);
void sim_kernel_store(pfn_t frame, uint32_t offset, uint32_t value);

/* One word under a user address, translated already. `space` names the address space. */
uint32_t sim_user_line_load(uint32_t space, vaddr_t a, pfn_t frame);
void sim_user_line_store(uint32_t space, vaddr_t a, pfn_t frame, uint32_t value);
uint32_t sim_instruction_fetch(pfn_t frame, uint32_t offset);

/* Whole frames under the kernel's alias: `frame_copy` and `frame_clear` go through these. */
void sim_kernel_read_lines(pfn_t frame, uint32_t first, uint32_t bytes);
void sim_kernel_write_lines(pfn_t frame, uint32_t first, uint32_t bytes);

/* ---- TLB and user accesses (tlb.c, mmu.c) */

enum sim_access { SIM_LOAD, SIM_STORE, SIM_FETCH };

/* A translation as a TLB keeps it. */
struct sim_translation {
	uint32_t page;	/* virtual, page aligned */
	uint32_t asid;	/* 8 bits; meaningless if global */
	uint32_t entry; /* the second-level descriptor; 0: nothing here */
};

/* Tags are few, so that generations roll over often. 8 bits' worth after sim_machine_init. */
void sim_set_asids(unsigned tags);

/* The TLB of this cpu. Lookup returns NULL when it knows nothing of the page. */
const struct sim_translation *sim_tlb_lookup(uint32_t page, uint32_t asid);
/* What some cpu's TLB holds of a page; 0: nothing. */
uint32_t sim_tlb_entry_of(unsigned cpu, vaddr_t page, uint32_t asid);
void sim_tlb_remember(struct sim_translation t);
void sim_tlb_forget_some(void);

/* First-level entries that a walker may keep until they are invalidated. Returns 0 for none. */
uint32_t sim_walk_cache_lookup(uint32_t address, uint32_t asid);
void sim_walk_cache_remember(uint32_t address, uint32_t asid, uint32_t l1e);

/* The space that user addresses mean on this cpu, or NULL. */
struct arch_mm *sim_current_space(void);

/*
 * One aligned word of user memory as the running fiber's program accesses it: a point, then TLB,
 * walk, faults until it works or is refused. Nothing else runs between the access and the return.
 * Returns 0, or -EFAULT when the fault handler refused.
 */
int sim_user_access(enum sim_access how, vaddr_t a, uint32_t *word);

/* The entry for an address and what this cpu's TLB has of it, in words. */
void sim_describe_page(vaddr_t a, char *text, size_t room);

/* Who handles faults: upcall_fault of a kernel. True: try again. */
extern bool (*sim_fault_handler)(const struct fault *f);

/* Told of each frame that a user access reaches, just before. NULL: nobody wants to know. */
extern void (*sim_frame_reached)(pfn_t frame, enum sim_access how);

/* ---- fibers on cpus (sched.c) */

struct sim_fiber; /* its first member is a struct thread */

struct sim_schedule {
	unsigned cpus;
	uint32_t mean_points;  /* between two switches of the host from cpu to cpu, 1..: how fine */
	uint32_t slice_points; /* about so many points make a time slice */
	uint32_t evict_one_in; /* at a switch: one in so many evicts lines or forgets a translation;
				  0: never */
	uint32_t stall_one_in; /* looks after which a cpu stands still for long; 0: never */
	uint64_t most_points;  /* more is taken for a run that does not end */
	void (*interrupt)(void); /* what a call from another cpu does: alloc_drain_local */
	struct arch_mm *(*space_of)(struct mm *mm);
	void (*stuck)(const char *why) __attribute__((noreturn));
};

void sim_sched_start(const struct sim_schedule *how);

/* A new fiber, runnable on some cpu. It ends when `entry` returns. Host memory is reused. */
struct sim_fiber *sim_spawn(const char *name, void (*entry)(void *), void *arg, struct mm *mm);

/* The argument that the fiber, which has not run yet, is started with. */
void sim_set_argument(struct sim_fiber *f, void *arg);

/* The id that the last fiber got. */
uint32_t sim_last_id(void);

/* Runs all fibers, and those they start, until none is left. From the host's own stack. */
void sim_run(void);

/* base/thread.h's calls, under names of their own so that a driver binds them (or others). */
void sim_block(void);
void sim_wake(struct thread *t);
void sim_yield(void);

/* Makes every other cpu take its interrupt, and waits until all have. Interrupts on. */
void sim_interrupt_others(void);

/* The running thread's address space changes. */
void sim_load_space(struct mm *mm);

/* No switch, no eviction, no interrupt until sim_points_on: a look at everything at once. They
 * nest. */
void sim_points_off(void);
void sim_points_on(void);

/* Calls show for every fiber that has not ended. */
void sim_each_fiber(void (*show)(const struct thread *t, unsigned cpu, bool on_cpu));

/* Points passed so far: the simulation's clock. */
uint64_t sim_now(void);

#endif

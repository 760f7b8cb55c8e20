/*
 * One run: the machine, the actors, the moments at which everything is looked at, the end.
 *
 * Seen by its seeds, each proved by a break that they notice (tests/mutants/list.toml)
 * covers: BS-16, BS-17, BS-18, BS-19, BS-21, BS-23, TS-1, TS-2, TS-4, TS-6, TU-1, RM-7, DC-7
 */
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/frame.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/trace.h"
#include "base/waitq.h"
#include "mm/cache/mapping.h"
#include "mm/check.h"
#include "mm/init.h"
#include "mm/move/migrate.h"
#include "mm/phys/alloc.h"
#include "mm/phys/early.h"
#include "mm/phys/lru.h"
#include "mm/phys/objcache.h"
#include "mm/phys/pcp.h"
#include "mm/phys/phys.h"
#include "mm/virt/fault.h"
#include "mm/virt/anon_vma.h"
#include "tests/sim/oracle.h"

#define MIB_PAGES   256u
#define MOST_PAGES  (24u * MIB_PAGES) /* that descriptors span */
#define MOST_SITES  32u
#define NOTES	    2000u
#define NOTE_BYTES  120u
#define MOST_FAULTS 5000u /* for one access; more is taken for a livelock */

struct world_counts world_counts;
struct thread *world_registry[MAX_ACTORS];

static struct {
	struct plan plan;
	struct rng choices;
	size_t bytes_used;
	struct actor actors[MAX_ACTORS];
	unsigned live, parked;
	bool checking, over;
	uint32_t check_one_in;
	struct {
		const struct failpoint *site[MOST_SITES];
		unsigned count;
		int choice;
		unsigned turn;
		uint32_t nth;
	} sites;
	struct sim_schedule schedule;
	uint32_t free_at_start;
	uint8_t used_at_start[MOST_PAGES];
	char logged[4096];
	size_t logged_bytes;
} world;

static struct {
	char text[NOTES][NOTE_BYTES];
	uint32_t written;
} notes;

/* ---- chance */

uint32_t world_below(uint32_t n)
{
	if (!world.plan.bytes)
		return rng_below(&world.choices, n);
	if (world.bytes_used >= world.plan.byte_count) {
		world.over = true;
		return rng_below(&world.choices, n);
	}
	return n > 256 ? rng_below(&world.choices, n)
		       : world.plan.bytes[world.bytes_used++] % (n ? n : 1);
}

/* ---- saying what happened */

void world_note(const char *format, ...)
{
	char *text = notes.text[notes.written % NOTES];
	va_list args;
	int used;

	if (!world.plan.trace)
		return;
	used = snprintf(text, NOTE_BYTES, "%8llu cpu%u %s-%u: ", (unsigned long long)sim_now(),
			sim_this_cpu, cpu_current()->name, cpu_current()->id);
	va_start(args, format);
	vsnprintf(text + used, NOTE_BYTES - (size_t)used, format, args);
	va_end(args);
	notes.written++;
}

static void keep_text(const char *text, size_t bytes)
{
	if (bytes > sizeof(world.logged) - world.logged_bytes)
		return;
	memcpy(world.logged + world.logged_bytes, text, bytes);
	world.logged_bytes += bytes;
}

static void to_stdout(const char *text, size_t bytes)
{
	fwrite(text, 1, bytes, stdout);
}

static const char *const cache_names[] = { "pipt", "vipt", "vivt" };
static const char *const site_names[] = { "none", "each", "random" };

static void show_thread(const struct thread *t, unsigned cpu, bool on_cpu)
{
	printf("  cpu %u %s %-10s-%-3u %s spinlocks %u flags 0x%x%s%s\n", cpu,
	       on_cpu ? "runs" : "    ", t->name, t->id,
	       t->state == THREAD_BLOCKED ? "blocked " : "runnable", t->spin_depth, t->flags,
	       t->wait_reason ? " waits for " : "", t->wait_reason ? t->wait_reason : "");
}

void world_print_replay(const struct plan *plan)
{
	printf("replay: build/host/sim/sim --seed %u --trace", plan->seed);
	if (plan->cache >= 0)
		printf(" --cache %s", cache_names[plan->cache]);
	if (plan->cpus)
		printf(" --cpus %u", plan->cpus);
	if (plan->sites >= 0)
		printf(" --sites %s", site_names[plan->sites]);
	printf("\n");
}

static void print_trace(void)
{
	uint32_t first = notes.written > NOTES ? notes.written - NOTES : 0;

	if (!world.plan.trace)
		return;
	for (uint32_t i = first; i < notes.written; i++)
		printf("%s\n", notes.text[i % NOTES]);
	log_set_sink(to_stdout);
	trace_dump();
}

void world_fail(const char *format, ...)
{
	const struct thread *t = cpu_current();
	unsigned cpu = sim_this_cpu;
	va_list args;

	sim_atomic_hook = NULL;
	print_trace();
	printf("%.*s", (int)world.logged_bytes, world.logged);
	printf("seed %u: cache %s, %u cpus: cpu %u %s-%u at point %llu: ", world.plan.seed,
	       cache_names[cache_type()], world.schedule.cpus, cpu, t ? t->name : "?",
	       t ? t->id : 0, (unsigned long long)sim_now());
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	sim_each_fiber(show_thread);
	world_print_replay(&world.plan);
	fflush(stdout);
	if (world.plan.bytes)
		abort();
	_exit(3);
}

void assert_failed(const char *file, int line, const char *what, uint32_t a, uint32_t b)
{
	world_fail("%s:%d: assertion failed: %s (0x%x, 0x%x)", file, line, what, a, b);
}

static void stuck(const char *why) __attribute__((noreturn));
static void stuck(const char *why)
{
	world_fail("%s", why);
}

/* ---- the kernel's side of the seam */

void sched_block(void)
{
	sim_block();
}

void sched_wake(struct thread *t)
{
	sim_wake(t);
}

void sched_yield_now(void)
{
	sim_yield();
}

static struct arch_mm *space_of(struct mm *mm)
{
	return &mm->arch;
}

static enum fault_access access_of(const struct fault *f)
{
	if (f->exec)
		return ACCESS_EXEC;
	return f->write ? ACCESS_WRITE : ACCESS_READ;
}

static bool handle_fault(const struct fault *f)
{
	struct actor *me = world_me();

	if (f->cause == FAULT_EXTERNAL)
		world_fail("the walk for 0x%x went outside of memory", f->address.a);
	me->error = mm_fault(cpu_current()->mm, f->address, access_of(f));
	if (me->error == -12)
		world_counts.out_of_memory++;
	if (me->error)
		return false;
	thread_yield_if_due();
	if (thread_is_dying())
		me->error = -4;
	return !me->error;
}

/* BS-17, BS-18: while a TLB leads to a frame, somebody holds that frame. */
static void expect_held(pfn_t frame, enum sim_access how)
{
	const struct page *p = pfn_to_page(frame);

	if (p->refs == 0)
		world_fail("an access (%u) reaches frame 0x%x, which nobody holds", how, frame.n);
}

/* ---- actors */

struct actor *world_me(void)
{
	return &world.actors[cpu_current()->id];
}

struct starting {
	void (*entry)(void *);
	void *arg;
};

static struct starting starting[MAX_ACTORS];

static void actor_main(void *arg)
{
	struct starting *s = arg;
	unsigned id = cpu_current()->id;

	s->entry(s->arg);
	world_registry[id] = NULL;
	world.live--;
}

static struct actor *spawn(const char *name, void (*entry)(void *), void *arg, struct mm *mm)
{
	static struct starting hold;
	struct thread *t;

	sim_points_off();
	t = (struct thread *)sim_spawn(name, actor_main, &hold, mm);
	assert_that(t->id < MAX_ACTORS);
	starting[t->id] = (struct starting){ entry, arg };
	sim_set_argument((struct sim_fiber *)t, &starting[t->id]);
	world.live++;
	world_registry[t->id] = t;
	world.actors[t->id] = (struct actor){ .in_use = true, .thread = t };
	sim_points_on();
	return &world.actors[t->id];
}

struct actor *world_spawn(const char *name, void (*entry)(void *), struct space *space,
			  unsigned slice, uint32_t operations)
{
	struct actor *a = spawn(name, entry, space, space->mm);

	a->space = space;
	a->slice = slice;
	a->left = operations;
	return a;
}

struct actor *world_spawn_trouble(const char *name, void (*entry)(void *), void *arg,
				  uint32_t operations)
{
	struct actor *a = spawn(name, entry, arg, NULL);

	a->left = operations;
	return a;
}

bool world_has_room(void)
{
	return world.live < 40 && sim_last_id() < MAX_ACTORS - 8;
}

/* ---- looking at everything */

/* What mm's own check leaves alone because it may be so while something runs. */
static void expect_quiet(struct check *c, const struct page *p)
{
	uint32_t flags = page_flags(p);

	if (flags & PG_LOCKED)
		check_broken(c, "sim: pfn 0x%x is locked and nothing runs", page_to_pfn(p).n);
	if (page_kind(p) == KIND_ANON && p->refs && !p->anon)
		check_broken(c, "sim: pfn 0x%x has no family", page_to_pfn(p).n);
	if (page_mapping(p) && p->cache->refs == 0)
		check_broken(c, "sim: pfn 0x%x is of an object that is gone", page_to_pfn(p).n);
}

static uint32_t findings(void)
{
	struct check c = { 0 };

	for (uint32_t n = page_map_start.n; n < page_map_end.n; n++)
		expect_quiet(&c, pfn_to_page(pfn(n)));
	oracle_check(&c);
	check_equal(&c, "sim: migrations that run", migrations_running, 0);
	return c.broken + check_all(false);
}

static void check_now(void)
{
	uint32_t found;

	world_counts.checks++;
	sim_points_off();
	found = findings();
	sim_points_on();
	if (found)
		world_fail("check finds %u", found);
}

static void park(void)
{
	world_me()->parked = true;
	world.parked++;
	while (world.checking) {
		thread_prepare_block("the check");
		if (world.checking)
			sim_block();
	}
	cpu_current()->state = THREAD_RUNNABLE;
	cpu_current()->wait_reason = NULL;
	world.parked--;
	world_me()->parked = false;
}

static void release_all(void)
{
	world.checking = false;
	for (unsigned i = 0; i < MAX_ACTORS; i++)
		if (world_registry[i] && world.actors[i].parked)
			sim_wake(world_registry[i]);
}

static void stop_and_check(void)
{
	world.checking = true;
	while (world.parked + 1 < world.live)
		sim_yield();
	check_now();
	release_all();
}

bool world_between_operations(void)
{
	world_counts.operations++;
	if (world.checking)
		park();
	else if (world_one_in(world.check_one_in))
		stop_and_check();
	return !world.over;
}

/* ---- sites that fail */

static void list_site(const struct failpoint *f, void *arg)
{
	(void)arg;
	if (world.sites.count < MOST_SITES)
		world.sites.site[world.sites.count++] = f;
}

/* One site after the other through the seeds, and in each run its first pass, its second, ... */
static void arm_each(void)
{
	const struct failpoint *f = world.sites.site[world.plan.seed % world.sites.count];

	if (!f->armed)
		failpoint_arm(f->name, ++world.sites.nth);
}

void world_maybe_arm(void)
{
	if (world.sites.choice == SITES_EACH)
		arm_each();
	else if (world.sites.choice == SITES_RANDOM && world_one_in(6))
		failpoint_arm(world.sites.site[world_below(world.sites.count)]->name,
			      1 + world_below(12));
}

static void start_sites(void)
{
	failpoints_each(list_site, NULL);
	world.sites.choice = world.plan.sites;
	if (world.plan.sites < 0)
		world.sites.choice = world_one_in(4) ? (int)(1 + world_below(2)) : SITES_NONE;
}

static void add_failures(const struct failpoint *f, void *arg)
{
	(void)arg;
	world_counts.injected += f->failures;
}

/* ---- the machine of a run */

/* Caches with aliases were never built for several cpus that write to the same page. */
static enum cache_type choose_cache(void)
{
	unsigned drawn = world_below(5);

	if (world.plan.cache >= 0)
		return (enum cache_type)world.plan.cache;
	if (world.plan.cpus > 1)
		return CACHE_PIPT;
	return drawn < 3 ? CACHE_PIPT : drawn == 3 ? CACHE_VIPT_ALIASING : CACHE_VIVT;
}

static unsigned choose_cpus(enum cache_type type)
{
	unsigned drawn = 1 + world_below(MAX_CPUS);

	if (world.plan.cpus)
		return world.plan.cpus;
	return type == CACHE_PIPT ? drawn : 1;
}

static void build_memory(void)
{
	uint32_t pages =
		(5 + world_below(9)) * MIB_PAGES + (world_one_in(4) ? world_below(256) : 0);
	uint32_t start = 0x80000u + (world_one_in(4) ? world_below(4) * MIB_PAGES : 0);
	uint32_t low = world_one_in(2) ? pages : pages / 2 + world_below(pages / 2);
	struct zone_borders borders = { 0 };

	if (world_one_in(3))
		borders.dma_pages = MIB_PAGES * (1 + world_below(2));
	if (world_one_in(3))
		borders.movable_pages = pages / 8 + world_below(pages / 3);
	borders.high_start = pfn(start + low);
	sim_machine_init(pfn(start), pages, borders.high_start);
	memset(sim_ram, 0xa5, (size_t)pages * PAGE_SIZE);
	sim_cache_start();
	waitq_init();
	early_set_ram(pfn_to_paddr(pfn(start)), pages);
	early_reserve(pfn_to_paddr(pfn(start)), (1 + world_below(60)) * PAGE_SIZE);
	phys_init(&borders);
	mm_init();
}

static void start_schedule(unsigned cpus)
{
	static const uint32_t fine[] = { 1, 2, 4, 8, 16, 32, 64, 200 };
	static const uint32_t slices[] = { 30, 200, 1000, 5000 };
	static const uint32_t evictions[] = { 0, 0, 2, 30 };
	static const uint32_t stalls[] = { 0, 20, 100, 500 };

	world.schedule = (struct sim_schedule){
		.cpus = cpus,
		.mean_points = fine[world_below(8)],
		.slice_points = slices[world_below(4)],
		.evict_one_in = evictions[world_below(4)],
		.stall_one_in = stalls[world_below(4)],
		.most_points = 20000000,
		.interrupt = alloc_drain_local,
		.space_of = space_of,
		.stuck = stuck,
	};
	sim_sched_start(&world.schedule);
}

static void start_world(const struct plan *plan)
{
	enum cache_type type;

	memset(&world, 0, sizeof(world));
	oracle_forget();
	memset(world_registry, 0, sizeof(world_registry));
	notes.written = 0;
	world.plan = *plan;
	rng_seed(&world.choices, plan->seed);
	rng_seed(&sim_chance, plan->seed ^ 0x5eed5eedu);
	rng_next(&world.choices);
	rng_next(&sim_chance);
	state_restore();
	log_set_sink(keep_text);
	log_max_level = LOG_ERROR;
	type = choose_cache();
	sim_set_cache(type, type == CACHE_VIPT_ALIASING ? 2u << world_below(2) : 1);
	sim_set_asids(6 + world_below(6));
	build_memory();
	start_schedule(choose_cpus(type));
	start_sites();
	world.check_one_in = 40 + world_below(200);
	sim_fault_handler = handle_fault;
	sim_frame_reached = expect_held;
	if (plan->trace)
		trace_enable("all");
}

static uint32_t all_free_pages(void)
{
	uint32_t pages = 0;
	struct zone *z;

	for_each_zone(z)
		pages += z->free_pages + pcp_pages(z);
	return pages;
}

static void drain_every_cpu(void)
{
	for (unsigned cpu = 0; cpu < world.schedule.cpus; cpu++) {
		sim_this_cpu = cpu;
		alloc_drain_local();
	}
	sim_this_cpu = 0;
}

static void remember_used(void)
{
	world.free_at_start = all_free_pages();
	for (uint32_t n = page_map_start.n; n < page_map_end.n; n++)
		world.used_at_start[n - page_map_start.n] = pfn_to_page(pfn(n))->refs != 0;
}

/*
 * An empty frame of an object cache: two threads that found the cache empty each brought one
 * (objcache.c, grow). It is used later, so it is not lost.
 */
static bool is_spare_objects_frame(const struct page *p)
{
	const struct {
		struct list node;
		struct objcache *cache;
		void **free;
		uint32_t used;
	} * o;

	if (page_kind(p) != KIND_KERNEL || p->refs != 1 || !frame_is_low(page_to_pfn(p)))
		return false;
	o = frame_address(page_to_pfn(p));
	return state_contains(o->cache) && o->cache->frames && o->used == 0;
}

static void expect_frames_back(void)
{
	bool lost = false;

	for (uint32_t n = page_map_start.n; n < page_map_end.n; n++) {
		const struct page *p = pfn_to_page(pfn(n));
		char text[200];

		if (world.used_at_start[n - page_map_start.n] == (p->refs != 0) ||
		    is_spare_objects_frame(p))
			continue;
		page_describe(p, text, sizeof(text));
		printf("%s\n", text);
		lost = true;
	}
	if (lost)
		world_fail("%u frames were free at the start, %u are at the end",
			   world.free_at_start, all_free_pages());
}

/* All is back, nothing is isolated, nothing is left over. */
static void expect_nothing_left(void)
{
	uint32_t left;

	failpoints_off();
	trouble_give_back();
	drain_every_cpu();
	left = findings();
	if (left)
		world_fail("at the end check finds %u", left);
	if (all_free_pages() != world.free_at_start)
		expect_frames_back();
	if (anon_vma_count())
		world_fail("%u families are left", anon_vma_count());
	if (mapping_count())
		world_fail("%u objects are left", mapping_count());
}

static void add_counts(void)
{
	world_counts.seeds++;
	world_counts.faults += vm_event_read(PGFAULT);
	world_counts.migration_waits += vm_event_read(MIGRATION_WAIT);
	world_counts.pages_moved += vm_event_read(PGMIGRATE_SUCCESS);
	world_counts.direct_compactions += vm_event_read(COMPACTSTALL);
	for (unsigned i = 0; i < MOVE_REASONS; i++)
		world_counts.refused[i] += move_reason_counts[i];
	failpoints_each(add_failures, NULL);
}

void world_run(const struct plan *plan)
{
	start_world(plan);
	remember_used();
	trouble_fragment();
	tasks_start();
	trouble_start();
	alloc_set_drain_others(sim_interrupt_others);
	sim_run();
	alloc_set_drain_others(NULL);
	add_counts();
	expect_nothing_left();
}

/*
 * The machine itself: its memory, its cpus, its clock.
 *
 * Physical memory is one region of host memory, so a frame's bytes are at a fixed host address;
 * whether the kernel may use that address (low) or must map the frame first (high) is checked at
 * every access. The region lies at the same host address in every run: wait queues hash addresses.
 */
#include "arch/sim/sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/atomic.h"
#include "arch/frame.h"
#include "base/log.h"

#define RAM_ADDRESS ((void *)0x200000000000)

struct sim_cpu sim_cpus[MAX_CPUS];
unsigned sim_this_cpu;

char *sim_ram;
pfn_t sim_ram_start, sim_ram_end;

void (*sim_atomic_hook)(void);
void (*sim_wait_hook)(void);

struct rng sim_chance;
struct sim_counts sim_counts;

static size_t ram_bytes;

static struct {
	pfn_t high;
	uint64_t insns;
	struct thread boot_thread;
	pfn_t mapped[MAX_CPUS][FRAME_MAP_DEPTH]; /* frames mapped now, innermost last */
	unsigned map_depth[MAX_CPUS];
} machine;

/* Kept from one machine to the next if it is large enough. */
static void get_ram(size_t bytes)
{
	if (sim_ram && bytes <= ram_bytes)
		return;
	if (sim_ram)
		sim_machine_end();
	sim_ram = mmap(RAM_ADDRESS, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	assert_that(sim_ram != MAP_FAILED);
	ram_bytes = bytes;
}

void sim_machine_init(pfn_t start, uint32_t pages, pfn_t high)
{
	get_ram((size_t)pages * PAGE_SIZE);
	sim_ram_start = start;
	sim_ram_end = pfn(start.n + pages);
	memset(&machine, 0, sizeof(machine));
	memset(sim_cpus, 0, sizeof(sim_cpus));
	memset(&sim_counts, 0, sizeof(sim_counts));
	machine.high = high;
	strcpy(machine.boot_thread.name, "boot");
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		sim_cpus[cpu].current = &machine.boot_thread;
	sim_this_cpu = 0;
}

void sim_machine_end(void)
{
	munmap(sim_ram, ram_bytes);
	sim_ram = NULL;
	ram_bytes = 0;
}

void sim_set_cpu(unsigned cpu, struct thread *t)
{
	sim_this_cpu = cpu;
	sim_cpus[cpu].current = t;
}

void sim_wait(void)
{
	if (!sim_wait_hook) {
		log_error("sim: cpu %u waits for something that nobody will do", sim_this_cpu);
		abort();
	}
	sim_wait_hook();
}

void sim_spend(uint64_t insns)
{
	machine.insns += insns;
}

uint64_t cpu_insns(void)
{
	return ++machine.insns;
}

pfn_t frame_high_start(void)
{
	return machine.high;
}

void *frame_map(pfn_t frame)
{
	unsigned cpu = cpu_id();

	assert_that(machine.map_depth[cpu] < FRAME_MAP_DEPTH);
	machine.mapped[cpu][machine.map_depth[cpu]++] = frame;
	if (sim_cache_holds_lines)
		sim_cache_use_by_pointer(frame);
	return sim_frame_bytes(frame);
}

void frame_unmap(void *address)
{
	unsigned cpu = cpu_id();
	unsigned depth = machine.map_depth[cpu];

	assert_that(depth > 0);
	assert_eq(machine.mapped[cpu][depth - 1].n, frame_of_address(address).n);
	machine.map_depth[cpu]--;
}

/* In parts, so that somebody else's store may come between two of them. */
#define PART_BYTES (PAGE_SIZE / 4)

static void copy_part(pfn_t to, pfn_t from, uint32_t first)
{
	atomic_point();
	if (sim_cache_holds_lines) {
		sim_kernel_read_lines(from, first, PART_BYTES);
		sim_kernel_write_lines(to, first, PART_BYTES);
	}
	memcpy((char *)sim_frame_bytes(to) + first, (char *)sim_frame_bytes(from) + first,
	       PART_BYTES);
}

void frame_copy(pfn_t to, pfn_t from)
{
	for (uint32_t first = 0; first < PAGE_SIZE; first += PART_BYTES)
		copy_part(to, from, first);
}

void frame_clear(pfn_t frame)
{
	atomic_point();
	if (sim_cache_holds_lines)
		sim_kernel_write_lines(frame, 0, PAGE_SIZE);
	memset(sim_frame_bytes(frame), 0, PAGE_SIZE);
}

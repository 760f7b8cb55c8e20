/*
 * The machine itself: its memory, its cpus, its clock.
 *
 * Physical memory is one region of host memory, so a frame's bytes are at a fixed host address;
 * whether the kernel may use that address (low) or must map the frame first (high) is checked at
 * every access.
 */
#include "arch/sim/sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/atomic.h"
#include "arch/frame.h"
#include "base/log.h"

struct sim_cpu sim_cpus[MAX_CPUS];
unsigned sim_this_cpu;

char *sim_ram;
pfn_t sim_ram_start, sim_ram_end;

void (*sim_atomic_hook)(void);
void (*sim_wait_hook)(void);

static struct {
	pfn_t high;
	uint64_t insns;
	struct thread boot_thread;
	pfn_t mapped[MAX_CPUS][FRAME_MAP_DEPTH]; /* frames mapped now, innermost last */
	unsigned map_depth[MAX_CPUS];
} machine;

void sim_machine_init(pfn_t start, uint32_t pages, pfn_t high)
{
	size_t bytes = (size_t)pages * PAGE_SIZE;

	sim_ram = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_that(sim_ram != MAP_FAILED);
	sim_ram_start = start;
	sim_ram_end = pfn(start.n + pages);
	memset(&machine, 0, sizeof(machine));
	memset(sim_cpus, 0, sizeof(sim_cpus));
	machine.high = high;
	strcpy(machine.boot_thread.name, "boot");
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		sim_cpus[cpu].current = &machine.boot_thread;
	sim_this_cpu = 0;
}

void sim_machine_end(void)
{
	munmap(sim_ram, (size_t)(sim_ram_end.n - sim_ram_start.n) * PAGE_SIZE);
	sim_ram = NULL;
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

void frame_copy(pfn_t to, pfn_t from)
{
	memcpy(sim_frame_bytes(to), sim_frame_bytes(from), PAGE_SIZE);
}

void frame_clear(pfn_t frame)
{
	memset(sim_frame_bytes(frame), 0, PAGE_SIZE);
}

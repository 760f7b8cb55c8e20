/*
 * Calls that ask what the system is and has: names, sums, times, limits, chance.
 *
 * Layouts are those of Linux for 32-bit ARM. Fields for what does not exist here are 0.
 */
#include <errno.h>
#include <string.h>
#include "arch/uaccess.h"
#include "kernel/chance.h"
#include "kernel/fdtable.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/time.h"
#include "kernel/uts.h"
#include "mm/phys/zone.h"
#include "mm/virt/mm.h"

/* ---- names ---- */

/* Linux: uapi/linux/utsname.h, struct new_utsname. */
struct user_names {
	char sysname[UTS_FIELD], nodename[UTS_FIELD], release[UTS_FIELD], version[UTS_FIELD],
		machine[UTS_FIELD], domainname[UTS_FIELD];
};

int32_t sys_uname(const uint32_t *arg)
{
	struct user_names n = {
		UTS_SYSNAME, "", UTS_RELEASE, UTS_VERSION, UTS_MACHINE, "",
	};

	uts_hostname(n.nodename);
	uts_domainname(n.domainname);
	return copy_to_user(vaddr(arg[0]), &n, sizeof(n)) ? -EFAULT : 0;
}

static int32_t set_name(const uint32_t *arg, int (*set)(const char *name))
{
	char name[UTS_FIELD] = "";

	if (arg[1] > UTS_NAME_BYTES)
		return -EINVAL;
	if (copy_from_user(name, vaddr(arg[0]), arg[1]))
		return -EFAULT;
	return set(name);
}

int32_t sys_sethostname(const uint32_t *arg)
{
	return set_name(arg, uts_set_hostname);
}

int32_t sys_setdomainname(const uint32_t *arg)
{
	return set_name(arg, uts_set_domainname);
}

/* ---- sums and times ---- */

/* Linux: uapi/linux/sysinfo.h; sizes in bytes, for RAM is below 4 GiB. */
struct user_sysinfo {
	int32_t uptime;
	uint32_t loads[3], total_ram, free_ram, shared_ram, buffer_ram, total_swap, free_swap;
	uint16_t processes, unused;
	uint32_t total_high, free_high, unit;
	char padding[8];
};

_Static_assert(sizeof(struct user_sysinfo) == 64, "struct sysinfo of 32-bit ARM");

static void add_memory(struct user_sysinfo *s)
{
	const struct zone *z;

	for_each_zone(z) {
		s->total_ram += z->managed_pages << PAGE_SHIFT;
		s->free_ram += z->free_pages << PAGE_SHIFT;
		if (z->id == ZONE_HIGHMEM) {
			s->total_high += z->managed_pages << PAGE_SHIFT;
			s->free_high += z->free_pages << PAGE_SHIFT;
		}
	}
	s->shared_ram = zones_stat(NR_SHMEM) << PAGE_SHIFT;
}

int32_t sys_sysinfo(const uint32_t *arg)
{
	struct user_sysinfo s = { .uptime = (int32_t)(time_ns() / NS_PER_S), .unit = 1 };
	struct task *t;

	add_memory(&s);
	for (t = task_next(NULL); t; t = task_next(t))
		s.processes++;
	return copy_to_user(vaddr(arg[0]), &s, sizeof(s)) ? -EFAULT : 0;
}

#define NS_PER_US 1000u

struct user_timeval {
	int32_t seconds, us;
};

static struct user_timeval timeval_of(uint64_t ns)
{
	return (struct user_timeval){ (int32_t)(ns / NS_PER_S),
				      (int32_t)(ns % NS_PER_S / NS_PER_US) };
}

/* Linux: uapi/linux/resource.h. */
enum { RUSAGE_OF_PROCESS = 0, RUSAGE_OF_CHILDREN = -1, RUSAGE_OF_TASK = 1 };

struct user_rusage {
	struct user_timeval user, system;
	int32_t max_resident, unused_sizes[3], minor_faults, major_faults, unused_counts[6],
		voluntary_switches, involuntary_switches;
};

_Static_assert(sizeof(struct user_rusage) == 72, "struct rusage of 32-bit ARM");

/* What it has now: the most it ever had is not kept. */
static int32_t resident_kb(const struct mm *mm)
{
	return (int32_t)(atomic_load(&mm->anon_pages) + atomic_load(&mm->shared_pages)) * 4;
}

/*
 * All time is the user's: what a program does in the kernel is not told apart. An instruction
 * counts as a nanosecond, as time does.
 */
int32_t sys_getrusage(const uint32_t *arg)
{
	struct process *p = process_current();
	struct user_rusage r = { 0 };

	switch ((int32_t)arg[0]) {
	case RUSAGE_OF_PROCESS:
		r.user = timeval_of(process_insns(p));
		r.minor_faults = (int32_t)cpu_current()->mm->faults;
		r.max_resident = resident_kb(cpu_current()->mm);
		break;
	case RUSAGE_OF_TASK:
		r.user = timeval_of(sched_task_insns(task_current()));
		break;
	case RUSAGE_OF_CHILDREN:
		r.user = timeval_of(p->children_insns);
		break;
	default:
		return -EINVAL;
	}
	return copy_to_user(vaddr(arg[1]), &r, sizeof(r)) ? -EFAULT : 0;
}

#define NS_PER_USER_TICK (NS_PER_S / 100u) /* USER_HZ */

/* Linux: uapi/linux/times.h. */
struct user_times {
	uint32_t user, system, children_user, children_system;
};

int32_t sys_times(const uint32_t *arg)
{
	struct process *p = process_current();
	struct user_times t = {
		.user = (uint32_t)(process_insns(p) / NS_PER_USER_TICK),
		.children_user = (uint32_t)(p->children_insns / NS_PER_USER_TICK),
	};

	if (arg[0] && copy_to_user(vaddr(arg[0]), &t, sizeof(t)))
		return -EFAULT;
	return (int32_t)(time_ns() / NS_PER_USER_TICK & INT32_MAX);
}

/* ---- limits ---- */

/* Linux: asm-generic/resource.h. */
enum limit { LIMIT_STACK = 3, LIMIT_CORE = 4, LIMIT_PROCESSES = 6, LIMIT_FILES = 7, LIMITS = 16 };

#define INFINITY_64 UINT64_MAX
#define INFINITY_32 UINT32_MAX

struct user_limit64 {
	uint64_t soft, hard;
};

struct user_limit32 {
	uint32_t soft, hard;
};

/*
 * The stack ends a page below the end of user memory (exec.c). The limits are the kernel's own, the
 * same for every process; what is not among them has none.
 */
static uint64_t limit_of(enum limit which)
{
	switch (which) {
	case LIMIT_STACK:
		return USER_END - PAGE_SIZE - cpu_current()->mm->stack_limit;
	case LIMIT_CORE:
		return 0;
	case LIMIT_PROCESSES:
		return MAX_TASKS;
	case LIMIT_FILES:
		return FD_MAX;
	default:
		return INFINITY_64;
	}
}

/* Setting one to what it is succeeds; another value could not be kept to. */
static int set_limit(uint32_t which, uint64_t soft, uint64_t hard)
{
	if (soft > hard)
		return -EINVAL;
	return soft == limit_of(which) && hard == soft ? 0 : -EPERM;
}

static int copy_in_limit64(uint32_t which, uint32_t address)
{
	struct user_limit64 wish;

	if (copy_from_user(&wish, vaddr(address), sizeof(wish)))
		return -EFAULT;
	return set_limit(which, wish.soft, wish.hard);
}

/* 0, or -ESRCH: there is no such process. */
static int find_process(uint32_t pid)
{
	struct process *p = pid ? process_find(pid) : NULL;

	if (pid && !p)
		return -ESRCH;
	if (p)
		process_put(p);
	return 0;
}

int32_t sys_prlimit64(const uint32_t *arg)
{
	struct user_limit64 now;
	int error;

	if (arg[1] >= LIMITS)
		return -EINVAL;
	error = find_process(arg[0]);
	if (!error && arg[2])
		error = copy_in_limit64(arg[1], arg[2]);
	if (error || !arg[3])
		return error;
	now.soft = now.hard = limit_of(arg[1]);
	return copy_to_user(vaddr(arg[3]), &now, sizeof(now)) ? -EFAULT : 0;
}

int32_t sys_ugetrlimit(const uint32_t *arg)
{
	struct user_limit32 now;
	uint64_t limit;

	if (arg[0] >= LIMITS)
		return -EINVAL;
	limit = limit_of(arg[0]);
	now.soft = now.hard = limit < INFINITY_32 ? (uint32_t)limit : INFINITY_32;
	return copy_to_user(vaddr(arg[1]), &now, sizeof(now)) ? -EFAULT : 0;
}

static uint64_t widen(uint32_t limit)
{
	return limit == INFINITY_32 ? INFINITY_64 : limit;
}

int32_t sys_setrlimit(const uint32_t *arg)
{
	struct user_limit32 wish;

	if (arg[0] >= LIMITS)
		return -EINVAL;
	if (copy_from_user(&wish, vaddr(arg[1]), sizeof(wish)))
		return -EFAULT;
	return set_limit(arg[0], widen(wish.soft), widen(wish.hard));
}

/* ---- the rest ---- */

#define PERSONALITY_LINUX 0u
#define PERSONALITY_QUERY 0xffffffffu

/* There is one. */
int32_t sys_personality(const uint32_t *arg)
{
	if (arg[0] != PERSONALITY_QUERY && arg[0] != PERSONALITY_LINUX)
		return -EINVAL;
	return PERSONALITY_LINUX;
}

/* Linux: uapi/linux/random.h. */
enum { RANDOM_NONBLOCK = 1, RANDOM_RANDOM = 2, RANDOM_INSECURE = 4, RANDOM_ALL = 7 };

/* One seed, one run: what comes is chance, and no secret (kernel/chance.h). */
int32_t sys_getrandom(const uint32_t *arg)
{
	uint32_t left = arg[1] < INT32_MAX ? arg[1] : INT32_MAX, done = 0;
	uint8_t bytes[64];

	if (arg[2] & ~(uint32_t)RANDOM_ALL)
		return -EINVAL;
	if ((arg[2] & (RANDOM_RANDOM | RANDOM_INSECURE)) == (RANDOM_RANDOM | RANDOM_INSECURE))
		return -EINVAL;
	while (done < left && !thread_is_interrupted()) {
		uint32_t n = left - done < sizeof(bytes) ? left - done : sizeof(bytes);

		chance_fill(bytes, n);
		if (copy_to_user(vaddr(arg[0] + done), bytes, n))
			return done ? (int32_t)done : -EFAULT;
		done += n;
		thread_yield_if_due();
	}
	return done || !left ? (int32_t)done : -EINTR;
}

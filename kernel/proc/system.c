/*
 * Files about the system as a whole that are not about memory.
 */
#include "kernel/proc/proc.h"

#include "arch/features.h"
#include "fs/name.h"
#include "kernel/kernel.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "kernel/uts.h"

/* USER_HZ: the unit of times in /proc, whatever the tick is. */
#define NS_PER_USER_TICK (NS_PER_S / 100u)

int proc_show_version(struct text *out, uint32_t id)
{
	(void)id;
	text_printf(out, "%s version %s (tessera@tessera) (gcc %s) %s\n", UTS_SYSNAME, UTS_RELEASE,
		    __VERSION__, UTS_VERSION);
	return 0;
}

int proc_show_cmdline(struct text *out, uint32_t id)
{
	const char *line = kernel_options.arguments;

	(void)id;
	/* It may be longer than one piece. */
	while (*line)
		out->put(out, line++, 1);
	text_printf(out, "\n");
	return 0;
}

/* Names of the bits that programs get as AT_HWCAP, in the order of Linux's list (hwcap.h). */
static void show_features(struct text *out)
{
	static const char *const names[] = {
		"swp",	    "half", "thumb",  "26bit",	"fastmult", "fpa",    "vfp",
		"edsp",	    "java", "iwmmxt", "crunch", "thumbee",  "neon",   "vfpv3",
		"vfpv3d16", "tls",  "vfpv4",  "idiva",	"idivt",    "vfpd32", "lpae",
	};
	uint32_t features = features_for_user();

	text_printf(out, "Features\t: ");
	for (unsigned bit = 0; bit < sizeof(names) / sizeof(names[0]); bit++)
		if (features & 1u << bit)
			text_printf(out, "%s ", names[bit]);
	text_printf(out, "\n");
}

/* The fields of the Main ID Register: ARM DDI 0406C B4.1.105. */
static void show_identity(struct text *out, uint32_t midr)
{
	text_printf(out, "CPU implementer\t: 0x%02x\n", (unsigned)(midr >> 24));
	text_printf(out, "CPU architecture: 7\n");
	text_printf(out, "CPU variant\t: 0x%x\n", (unsigned)(midr >> 20 & 15u));
	text_printf(out, "CPU part\t: 0x%03x\n", (unsigned)(midr >> 4 & 0xfffu));
	text_printf(out, "CPU revision\t: %u\n\n", (unsigned)(midr & 15u));
}

int proc_show_cpuinfo(struct text *out, uint32_t id)
{
	uint32_t midr = features_identity();

	(void)id;
	text_printf(out, "processor\t: 0\n");
	text_printf(out, "model name\t: ARMv7 Processor rev %u (%s)\n", (unsigned)(midr & 15u),
		    features_platform());
	show_features(out);
	show_identity(out, midr);
	return 0;
}

/* Who the cpu's time went to: instructions, which are nanoseconds where they are counted. */
struct cpu_times {
	uint64_t user, system, idle; /* ns */
	uint32_t running, blocked;
};

static void add_task(struct cpu_times *times, const struct task *t)
{
	uint64_t insns = sched_task_insns(t);

	if (t->user)
		times->running += atomic_load(&t->thread.state) == THREAD_RUNNABLE;
	else if (t->thread.id == 0)
		times->idle += insns;
	else
		times->system += insns;
}

/*
 * What a program does in the kernel is counted as its own; tasks that have ended are in what the
 * others leave over.
 */
static struct cpu_times cpu_times(void)
{
	struct cpu_times times = { 0 };
	uint64_t now = cpu_insns(), rest;
	struct task *t;

	for (t = task_next(NULL); t; t = task_next(t))
		add_task(&times, t);
	rest = times.system + times.idle;
	times.user = now > rest ? now - rest : 0;
	return times;
}

static void show_times(struct text *out, const char *name, const struct cpu_times *times)
{
	text_printf(out, "%s %llu 0 %llu %llu 0 0 0 0 0 0\n", name, times->user / NS_PER_USER_TICK,
		    times->system / NS_PER_USER_TICK, times->idle / NS_PER_USER_TICK);
}

int proc_show_stat(struct text *out, uint32_t id)
{
	struct cpu_times times = cpu_times();

	(void)id;
	show_times(out, "cpu ", &times);
	show_times(out, "cpu0", &times);
	text_printf(out, "btime 0\nprocs_running %u\nprocs_blocked 0\n", (unsigned)times.running);
	return 0;
}

static void show_seconds(struct text *out, uint64_t ns, const char *after)
{
	text_printf(out, "%u.%02u%s", (unsigned)(ns / NS_PER_S),
		    (unsigned)(ns % NS_PER_S / NS_PER_USER_TICK), after);
}

int proc_show_uptime(struct text *out, uint32_t id)
{
	(void)id;
	show_seconds(out, time_ns(), " ");
	show_seconds(out, cpu_times().idle, "\n");
	return 0;
}

int proc_show_mounts(struct text *out, uint32_t id)
{
	const struct file_system *fs;
	const char *name;

	(void)id;
	text_printf(out, "rootfs / rootfs ro 0 0\n");
	for (unsigned n = 0; name_mounted(n, &name, &fs); n++)
		text_printf(out, "%s /%s %s %s,relatime 0 0\n", fs->name, name, fs->name,
			    fs->read_only ? "ro" : "rw");
	return 0;
}

int proc_show_filesystems(struct text *out, uint32_t id)
{
	const struct file_system *fs;
	const char *name;

	(void)id;
	text_printf(out, "nodev\trootfs\n");
	for (unsigned n = 0; name_mounted(n, &name, &fs); n++)
		text_printf(out, "nodev\t%s\n", fs->name);
	return 0;
}

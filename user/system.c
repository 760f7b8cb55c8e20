/*
 * Asks the system about itself, in every right way and some wrong ones. Ends with status 0 when all
 * answers are what they have to be.
 */
#include "user/lib/lib.h"
#include "user/lib/sys.h"

enum {
	CALL_READ = 3,
	CALL_OPEN = 5,
	CALL_CLOSE = 6,
	CALL_MOUNT = 21,
	CALL_TIMES = 43,
	CALL_UMOUNT2 = 52,
	CALL_SETHOSTNAME = 74,
	CALL_SETRLIMIT = 75,
	CALL_GETRUSAGE = 77,
	CALL_READLINK = 85,
	CALL_REBOOT = 88,
	CALL_SYSINFO = 116,
	CALL_PERSONALITY = 136,
	CALL_PREAD64 = 180,
	CALL_UGETRLIMIT = 191,
	CALL_PRLIMIT64 = 369,
	CALL_GETRANDOM = 384,
};

enum { EPERM = 1, ENOENT = 2, EBUSY = 16, ENOTDIR = 20 };

#define KERNEL_ADDRESS 0x80010000u
#define NAME_BYTES     65u

static unsigned right, wrong;

static void expect(const char *what, int32_t found, int32_t wanted)
{
	if (found == wanted) {
		right++;
		return;
	}
	wrong++;
	printf("system: %s: %d, not %d\n", what, (int)found, (int)wanted);
}

static int32_t call4(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	return syscall6(number, a, b, c, d, 0, 0);
}

static uint32_t at(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void try_names(void)
{
	static char names[6][NAME_BYTES];

	expect("uname", call4(CALL_UNAME, at(names), 0, 0, 0), 0);
	expect("sysname", same(names[0], "Linux"), true);
	expect("release", names[2][0], '6');
	expect("machine", same(names[4], "armv7l"), true);
	expect("sethostname", call4(CALL_SETHOSTNAME, at("hostess"), 4, 0, 0), 0);
	expect("uname again", call4(CALL_UNAME, at(names), 0, 0, 0), 0);
	expect("nodename", same(names[1], "host"), true);
	expect("a long hostname", call4(CALL_SETHOSTNAME, at("x"), NAME_BYTES, 0, 0), -EINVAL);
	expect("a hostname of the kernel's", call4(CALL_SETHOSTNAME, KERNEL_ADDRESS, 4, 0, 0),
	       -EFAULT);
	expect("sethostname back", call4(CALL_SETHOSTNAME, at("tessera"), 7, 0, 0), 0);
}

static void try_sums(void)
{
	static uint32_t info[16], usage[18], times[4];

	expect("sysinfo", call4(CALL_SYSINFO, at(info), 0, 0, 0), 0);
	expect("there is RAM", info[4] > info[5] && info[5] != 0, true);
	expect("unit of memory", (int32_t)info[13], 1);
	expect("no swap", (int32_t)(info[8] | info[9]), 0);
	expect("tasks", (info[10] & 0xffff) > 1, true);
	expect("sysinfo to the kernel", call4(CALL_SYSINFO, KERNEL_ADDRESS, 0, 0, 0), -EFAULT);
	expect("getrusage", call4(CALL_GETRUSAGE, 0, at(usage), 0, 0), 0);
	expect("it ran", usage[0] || usage[1], true);
	expect("faults", usage[8] > 0, true);
	expect("getrusage of a thread", call4(CALL_GETRUSAGE, 1, at(usage), 0, 0), 0);
	expect("getrusage of children", call4(CALL_GETRUSAGE, (uint32_t)-1, at(usage), 0, 0), 0);
	expect("no children ran", (int32_t)(usage[0] | usage[1]), 0);
	expect("getrusage of nobody", call4(CALL_GETRUSAGE, 2, at(usage), 0, 0), -EINVAL);
	expect("times", call4(CALL_TIMES, at(times), 0, 0, 0) >= 0, true);
	expect("times to the kernel", call4(CALL_TIMES, KERNEL_ADDRESS, 0, 0, 0), -EFAULT);
}

static void try_limits(void)
{
	static uint32_t limit[4];

	expect("prlimit of files", call4(CALL_PRLIMIT64, 0, 7, 0, at(limit)), 0);
	expect("files", (int32_t)limit[0], 256);
	expect("files, upper half", (int32_t)limit[1], 0);
	expect("setting what it is", call4(CALL_PRLIMIT64, 0, 7, at(limit), 0), 0);
	limit[0]--;
	expect("setting another", call4(CALL_PRLIMIT64, 0, 7, at(limit), 0), -EPERM);
	limit[0] += 2;
	expect("soft above hard", call4(CALL_PRLIMIT64, 0, 7, at(limit), 0), -EINVAL);
	expect("no such limit", call4(CALL_PRLIMIT64, 0, 16, 0, at(limit)), -EINVAL);
	expect("no such process", call4(CALL_PRLIMIT64, 0x7fffffff, 7, 0, at(limit)), -ESRCH);
	expect("ugetrlimit of memory", call4(CALL_UGETRLIMIT, 9, at(limit), 0, 0), 0);
	expect("no limit", limit[0] == 0xffffffffu && limit[1] == 0xffffffffu, true);
	expect("ugetrlimit of the stack", call4(CALL_UGETRLIMIT, 3, at(limit), 0, 0), 0);
	expect("a stack's limit", (int32_t)limit[0] >= 0x100000, true);
	expect("setrlimit to the same", call4(CALL_SETRLIMIT, 3, at(limit), 0, 0), 0);
	expect("setrlimit from the kernel", call4(CALL_SETRLIMIT, 3, KERNEL_ADDRESS, 0, 0),
	       -EFAULT);
}

static void try_chance(void)
{
	static uint8_t bytes[300];
	unsigned seen = 0;

	expect("getrandom", call4(CALL_GETRANDOM, at(bytes), sizeof(bytes), 0, 0), sizeof(bytes));
	for (unsigned i = 0; i < sizeof(bytes); i++)
		seen += bytes[i] != bytes[0];
	expect("they differ", seen > 250, true);
	expect("getrandom of nothing", call4(CALL_GETRANDOM, 0, 0, 1, 0), 0);
	expect("getrandom, unknown flag", call4(CALL_GETRANDOM, at(bytes), 1, 8, 0), -EINVAL);
	expect("getrandom, two kinds", call4(CALL_GETRANDOM, at(bytes), 1, 6, 0), -EINVAL);
	expect("getrandom to the kernel", call4(CALL_GETRANDOM, KERNEL_ADDRESS, 8, 0, 0), -EFAULT);
}

static int32_t mount(const char *path, const char *type)
{
	return call4(CALL_MOUNT, at("none"), at(path), at(type), 0);
}

static void try_system(void)
{
	expect("proc is there", mount("/proc", "proc"), -EBUSY);
	expect("sysfs is there", mount("/sys", "sysfs"), -EBUSY);
	expect("devtmpfs is there", mount("/dev", "devtmpfs"), -EBUSY);
	expect("debugfs is there", mount("/sys/kernel/debug", "debugfs"), -EBUSY);
	expect("proc elsewhere", mount("/sys", "proc"), -EPERM);
	expect("no such type", mount("/proc", "ext4"), -ENODEV);
	expect("no such place", mount("/nowhere", "proc"), -ENOENT);
	expect("not a directory", mount("/proc/meminfo", "proc"), -ENOTDIR);
	expect("umount", call4(CALL_UMOUNT2, at("/proc"), 0, 0, 0), -EBUSY);
	expect("umount of what is none", call4(CALL_UMOUNT2, at("/proc/sys"), 0, 0, 0), -EINVAL);
	expect("personality", call4(CALL_PERSONALITY, 0xffffffffu, 0, 0, 0), 0);
	expect("another personality", call4(CALL_PERSONALITY, 6, 0, 0, 0), -EINVAL);
	expect("reboot without magic", call4(CALL_REBOOT, 1, 672274793, 0x4321fedcu, 0), -EINVAL);
	expect("reboot, half the magic", call4(CALL_REBOOT, 0xfee1deadu, 1, 0x4321fedcu, 0),
	       -EINVAL);
	expect("reboot to what", call4(CALL_REBOOT, 0xfee1deadu, 672274793, 0x12345, 0), -EINVAL);
}

static int32_t link_of(const char *path, char *text, uint32_t room)
{
	int32_t length = call4(CALL_READLINK, at(path), at(text), room - 1, 0);

	text[length > 0 ? length : 0] = 0;
	return length;
}

/* The word of the page at `p`; open and close are part of the try. */
static uint64_t pagemap_word(const void *p)
{
	int32_t fd = call4(CALL_OPEN, at("/proc/self/pagemap"), 0, 0, 0);
	uint64_t word = 0;

	expect("pagemap opens", fd >= 0, true);
	expect("pagemap is read",
	       syscall6(CALL_PREAD64, (uint32_t)fd, at(&word), 8, 0, at(p) / PAGE_BYTES * 8, 0), 8);
	call4(CALL_CLOSE, (uint32_t)fd, 0, 0, 0);
	return word;
}

static void try_self(void)
{
	static char text[64], page[2 * PAGE_BYTES];
	int32_t fd;

	page[PAGE_BYTES] = 1;
	expect("a written page", pagemap_word(page + PAGE_BYTES) >> 55 == 0x103, true);
	expect("the working directory", link_of("/proc/self/cwd", text, sizeof(text)), 1);
	expect("it is the root", text[0], '/');
	expect("another's", link_of("/proc/1/cwd", text, sizeof(text)) < 0, true);
	expect("an open file", link_of("/proc/self/fd/1", text, sizeof(text)) > 0, true);
	expect("one that is not open", link_of("/proc/self/fd/99", text, sizeof(text)), -ENOENT);
	fd = call4(CALL_OPEN, at("/proc/thread-self/comm"), 0, 0, 0);
	expect("its name", call4(CALL_READ, (uint32_t)fd, at(text), sizeof(text), 0), 7);
	text[6] = 0;
	expect("is this", same(text, "system"), true);
	call4(CALL_CLOSE, (uint32_t)fd, 0, 0, 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && same(argv[1], "poweroff"))
		call4(CALL_REBOOT, 0xfee1deadu, 672274793, 0x4321fedcu, 0);
	try_names();
	try_sums();
	try_limits();
	try_chance();
	try_system();
	try_self();
	printf("system: %u right, %u wrong\n", right, wrong);
	return wrong ? 1 : 0;
}

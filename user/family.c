/*
 * family KIND: processes and what they owe each other. Without KIND lists them. Ends with 0 if all
 * was right; says what was not.
 */
#include "user/lib/lib.h"
#include "user/lib/process.h"

#define CHILDREN 3u

static int failed(const char *what, int32_t found)
{
	printf("family: %s: found %d\n", what, (int)found);
	return 1;
}

static int32_t status_of_exit(int code)
{
	return code << 8;
}

/* What a node of the tree answers: told from all others' and from an accident's. */
static int code_of(uint32_t level, uint32_t place)
{
	return (int)(10 + level * 16 + place);
}

static int grow(uint32_t levels, uint32_t place);

/* Each node writes what its parent reads as its own value still. */
static int look_after(uint32_t levels, const int32_t *child, volatile uint32_t *mine)
{
	for (uint32_t n = CHILDREN; n-- > 0;) {
		int32_t status = -1, pid = sys_wait4(child[n], &status, 0);

		if (pid != child[n])
			return failed("waited for one child, got another", pid);
		if (status != status_of_exit(code_of(levels - 1, n)))
			return failed("status of a child", status);
	}
	if (*mine != levels)
		return failed("a child wrote to its parent's memory", (int32_t)*mine);
	return 0;
}

static int grow(uint32_t levels, uint32_t place)
{
	static volatile uint32_t mine;
	int32_t child[CHILDREN];

	mine = levels;
	for (uint32_t n = 0; levels && n < CHILDREN; n++) {
		child[n] = sys_fork();
		if (child[n] == 0)
			sys_exit(grow(levels - 1, n));
		if (child[n] < 0)
			return failed("fork", child[n]);
	}
	if (levels && look_after(levels, child, &mine))
		return 1;
	return code_of(levels, place);
}

static int tree(void)
{
	int code = grow(3, 0);

	return code == code_of(3, 0) ? 0 : failed("the tree", code);
}

static int wait_rules(void)
{
	struct timespec moment = { 0, 30000000 };
	int32_t status = -1, child = sys_fork(), got;

	if (child == 0) {
		if (sys_wait4(-1, &status, WNOHANG) != -ECHILD)
			sys_exit(1);
		sys_nanosleep(&moment);
		sys_exit(5);
	}
	got = sys_wait4(-1, &status, WNOHANG);
	if (got != 0)
		return failed("WNOHANG with a child that runs", got);
	got = sys_wait4(child + 1000, &status, 0);
	if (got != -ECHILD)
		return failed("wait for somebody else", got);
	got = sys_wait4(0, &status, 0);
	if (got != child || status != status_of_exit(5))
		return failed("wait for the group", got);
	got = sys_wait4(-1, &status, 0);
	return got == -ECHILD ? 0 : failed("wait without children", got);
}

/* waitid, which may look without taking. */
static int waitid_rules(void)
{
	int32_t info[32] = { 0 }, child = sys_fork(), got;

	if (child == 0)
		sys_exit(6);
	for (int n = 0; n < 2; n++) {
		got = syscall6(CALL_WAITID, 1, (uint32_t)child, address_of(info),
			       n ? WEXITED : WEXITED | WNOWAIT, 0, 0);
		if (got != 0 || info[0] != 17 || info[3] != child || info[5] != 6)
			return failed("waitid", got);
	}
	got = syscall6(CALL_WAITID, 1, (uint32_t)child, address_of(info), WEXITED, 0, 0);
	return got == -ECHILD ? 0 : failed("waitid of one that is gone", got);
}

static int signalled(void)
{
	int32_t child = sys_fork(), status = -1;

	if (child == 0) {
		volatile uint32_t *nowhere = (volatile uint32_t *)0x60000000u;

		*nowhere = 1;
	}
	if (sys_wait4(child, &status, 0) != child)
		return failed("wait for the one that crashed", status);
	return status == 11 ? 0 : failed("its status", status);
}

/* Each child is gone for good once it has been waited for; more of them than there are tasks. */
static int many(void)
{
	for (int n = 0; n < 300; n++) {
		int32_t child = sys_fork(), status = -1;

		if (child == 0)
			sys_exit(n & 0x7f);
		if (child < 0)
			return failed("fork", child);
		if (sys_wait4(-1, &status, 0) != child || status != status_of_exit(n & 0x7f))
			return failed("status", status);
	}
	return 0;
}

/* Leaves a zombie behind and ends: nobody is there to wait for it. */
static int careless(void)
{
	struct timespec moment = { 0, 30000000 };

	for (int n = 0; n < 4; n++)
		if (sys_fork() == 0)
			sys_exit(n);
	sys_nanosleep(&moment);
	return 0;
}

/*
 * As the first process: the grandchild waits for its parent's end and says by its own whether it is
 * the first one's child then, who waits for both.
 */
static int orphan(void)
{
	struct timespec moment = { 0, 20000000 };
	int32_t child = sys_fork(), status = -1;

	if (child == 0) {
		if (sys_fork() != 0)
			sys_exit(0);
		for (int n = 0; n < 100 && sys_getppid() != 1; n++)
			sys_nanosleep(&moment);
		sys_exit(sys_getppid() == 1 ? 8 : 1);
	}
	if (sys_wait4(child, &status, 0) != child || status != 0)
		return failed("the child", status);
	if (sys_wait4(-1, &status, 0) <= child || status != status_of_exit(8))
		return failed("the orphan", status);
	return sys_wait4(-1, &status, 0) == -ECHILD ? 0 : failed("one more child", status);
}

/* A child whose end sends no SIGCHLD is waited for by who asks for such. */
static int silent(void)
{
	int32_t child = syscall6(CALL_CLONE, 0, 0, 0, 0, 0, 0), status = -1, got;

	if (child == 0)
		sys_exit(4);
	got = sys_wait4(child, &status, 0);
	if (got != -ECHILD)
		return failed("a plain wait for a silent child", got);
	got = sys_wait4(child, &status, WCLONE);
	return got == child && status == status_of_exit(4) ? 0 : failed("its status", status);
}

static int vfork_rules(void)
{
	static volatile uint32_t shared;
	const char *const argv[] = { "family", "seven", NULL };
	int32_t child, status = -1;

	child = sys_vfork();
	if (child == 0) {
		shared = 7;
		sys_execve("/bin/family", argv, NULL);
		sys_exit(99);
	}
	if (shared != 7)
		return failed("the parent ran before its child had run exec", (int32_t)shared);
	if (sys_wait4(child, &status, 0) != child || status != status_of_exit(7))
		return failed("what vfork and exec gave", status);
	child = sys_vfork();
	if (child == 0)
		sys_exit(3);
	if (sys_wait4(child, &status, 0) != child || status != status_of_exit(3))
		return failed("what vfork and exit gave", status);
	return 0;
}

/* Keeps nothing open and asks for nothing: what is left is the status. */
static int seven(void)
{
	return 7;
}

static int bad_exec(void)
{
	const char *const argv[] = { "x", NULL };
	int32_t got = sys_execve("/bin/nobody", argv, NULL);

	if (got != -ENOENT)
		return failed("exec of no file", got);
	got = sys_execve((const char *)0x60000000u, argv, NULL);
	if (got != -EFAULT)
		return failed("exec of a bad path", got);
	got = sys_execve("/bin/hello", (const char *const *)0x60000000u, NULL);
	if (got != -EFAULT)
		return failed("exec with bad arguments", got);
	got = sys_execve("/bin", argv, NULL);
	return got == -EACCES ? 0 : failed("exec of a directory", got);
}

#define LONG_TEXT 2000u
#define TEXTS	  40u

static char text[LONG_TEXT + 1];

/* 80000 bytes of arguments: the new program finds each as it was. */
static int long_exec(void)
{
	static const char *argv[TEXTS + 3] = { "family", "checklong" };
	const char *const environment[] = { "COLOUR=blue", "EMPTY=", NULL };

	memset(text, 'q', LONG_TEXT);
	for (uint32_t n = 0; n < TEXTS; n++)
		argv[n + 2] = text + n;
	sys_execve("/bin/family", argv, environment);
	return failed("exec with long arguments", 0);
}

static int too_long_exec(void)
{
	static const char *argv[100];
	int32_t got;

	memset(text, 'q', LONG_TEXT);
	for (uint32_t n = 0; n < 99; n++)
		argv[n] = text;
	got = sys_execve("/bin/family", argv, NULL);
	return got == -E2BIG ? 0 : failed("exec with 198000 bytes", got);
}

static int check_vector(const uint32_t *vector)
{
	uint32_t found = 0;

	for (; vector[0]; vector += 2) {
		if (vector[0] == 6 && vector[1] == PAGE_BYTES)
			found |= 1;
		if (vector[0] == 25 && vector[1] > 0x10000u)
			found |= 2;
		if (vector[0] == 31 && text_is_equal((const char *)vector[1], "/bin/family"))
			found |= 4;
		if (vector[0] == 9 && vector[1] >= 0x10000u)
			found |= 8;
		if (vector[0] == 16 && vector[1] & 1u << 15)
			found |= 16;
		if (vector[0] == 15 && text_is_equal((const char *)vector[1], "v7l"))
			found |= 32;
	}
	return found == 63 ? 0 : failed("auxiliary vector", (int32_t)found);
}

static int check_long(int argc, char **argv)
{
	char **environment = argv + argc + 1;

	if (argc != (int)TEXTS + 2)
		return failed("number of arguments", argc);
	for (uint32_t n = 0; n < TEXTS; n++)
		if (strlen(argv[n + 2]) != LONG_TEXT - n || argv[n + 2][0] != 'q')
			return failed("an argument", (int32_t)n);
	if (argv[argc] || !text_is_equal(environment[0], "COLOUR=blue") ||
	    !text_is_equal(environment[1], "EMPTY=") || environment[2])
		return failed("environment", 0);
	if ((address_of(argv) - 4) % 8)
		return failed("stack alignment", (int32_t)address_of(argv));
	return check_vector((const uint32_t *)(environment + 3));
}

static inline void set_double(uint32_t value)
{
	__asm__ volatile(".fpu neon\n\tvmov d9, %0, %0" ::"r"(value) : "memory");
}

static inline uint32_t get_double(void)
{
	uint32_t low, high;

	__asm__ volatile(".fpu neon\n\tvmov %0, %1, d9" : "=r"(low), "=r"(high)::"memory");
	return low == high ? low : 0;
}

/* What was in the floating-point registers at fork is in the child's; then each has its own. */
static int floating(void)
{
	int32_t child, status = -1;

	set_double(0x1234567u);
	child = sys_fork();
	if (child == 0) {
		uint32_t seen = get_double();

		set_double(99);
		sys_sched_yield();
		sys_exit(seen == 0x1234567u && get_double() == 99 ? 0 : 1);
	}
	if (sys_wait4(child, &status, 0) != child || status != 0)
		return failed("the child's registers", status);
	return get_double() == 0x1234567u ? 0 : failed("the parent's", (int32_t)get_double());
}

/* A number is told by its last digit: descriptors are few. */
static int close_on_exec(void)
{
	int32_t stays = syscall3(CALL_OPEN, address_of("/dev/null"), O_WRONLY, 0);
	int32_t goes = syscall3(CALL_OPEN, address_of("/dev/null"), O_WRONLY | O_CLOEXEC, 0);
	const char name[2][2] = { { (char)('0' + stays), 0 }, { (char)('0' + goes), 0 } };
	const char *const argv[] = { "family", "checkopen", name[0], name[1], NULL };

	if (stays < 3 || goes < 3 || stays > 9 || goes > 9)
		return failed("open", goes);
	set_double(7);
	sys_execve("/bin/family", argv, NULL);
	return failed("exec", 0);
}

static int check_open(char **argv)
{
	int stays = argv[2][0] - '0', goes = argv[3][0] - '0';

	if (sys_write(stays, "x", 1) != 1)
		return failed("a file that stays open", stays);
	if (sys_write(goes, "x", 1) != -EBADF)
		return failed("a file that closes", goes);
	return get_double() == 0 ? 0 : failed("floating-point registers after exec", 0);
}

static int groups(void)
{
	int32_t me = sys_getpid(), child = sys_fork(), status = -1, got;

	if (child == 0) {
		got = syscall3(CALL_SETSID, 0, 0, 0);
		if (got != sys_getpid() || syscall3(CALL_GETSID, 0, 0, 0) != got)
			sys_exit(1);
		if (syscall3(CALL_SETSID, 0, 0, 0) != -EPERM)
			sys_exit(2);
		sys_exit(syscall3(CALL_GETPGID, 0, 0, 0) == got ? 0 : 3);
	}
	if (sys_wait4(child, &status, 0) != child || status != 0)
		return failed("setsid", status);
	if (syscall3(CALL_GETPGID, 0, 0, 0) != me)
		return failed("getpgid", 0);
	got = syscall3(CALL_SETPGID, 1234567, 0, 0);
	return got == -ESRCH ? 0 : failed("setpgid of nobody", got);
}

/* Forks once and does as little as can be: for faults injected anywhere. Its status says little. */
static int forkone(void)
{
	int32_t child = sys_fork(), status = 0;

	if (child == 0)
		sys_exit(0);
	if (child < 0)
		return 2;
	sys_wait4(child, &status, 0);
	return 0;
}

static int execone(void)
{
	const char *const argv[] = { "family", "seven", NULL };

	sys_execve("/bin/family", argv, NULL);
	return 2;
}

static const struct kind {
	const char *name;
	int (*run)(void);
} kinds[] = {
	{ "tree", tree },	    { "wait", wait_rules },    { "waitid", waitid_rules },
	{ "silent", silent },	    { "float", floating },     { "cloexec", close_on_exec },
	{ "signalled", signalled }, { "many", many },	       { "careless", careless },
	{ "orphan", orphan },	    { "vfork", vfork_rules },  { "seven", seven },
	{ "badexec", bad_exec },    { "longexec", long_exec }, { "toolong", too_long_exec },
	{ "groups", groups },	    { "forkone", forkone },    { "execone", execone },
};

int main(int argc, char **argv)
{
	if (argc > 1 && text_is_equal(argv[1], "checklong"))
		return check_long(argc, argv);
	if (argc > 3 && text_is_equal(argv[1], "checkopen"))
		return check_open(argv);
	for (uint32_t n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++)
		if (argc > 1 && text_is_equal(argv[1], kinds[n].name))
			return kinds[n].run();
	for (uint32_t n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++)
		printf("  family %s\n", kinds[n].name);
	return 1;
}

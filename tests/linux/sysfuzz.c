/*
 * sysfuzz SEED CALLS [PROCESSES [THREADS]]: system calls by chance. Each thread of each process
 * makes CALLS calls with random numbers and arguments: boundaries, files of every kind, and
 * pointers into an arena of open, closed and missing pages, into the kernel, to nowhere. The parent
 * compacts memory meanwhile.
 *
 * What must hold: a result is a value or an error that Linux has (no number from the inside of a
 * kernel), every register but r0 comes back as it went, and memory that no call was told of keeps
 * its contents.
 *
 * The fence: no call may end the machine, other processes or the one that keeps count; memory calls
 * stay in the arena; what waits for ever is broken off by a timer.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	      4096u
#define ARENA_PAGES   32u
#define GUARD_BYTES   (1u << 20)
#define MOST_THREADS  16u
#define WITNESS_WORDS (16u * PAGE / 4)
#define RING	      16u
#define PATIENCE_S    60
#define OUTPUT	      30 /* where a process says what was wrong: no call is given this number */
#define RW	      (PROT_READ | PROT_WRITE)
#define ANON	      (MAP_PRIVATE | MAP_ANONYMOUS)

/* Linux's numbers on ARM that the fence knows; asm/unistd.h has no names for some of them. */
enum {
	EXIT = 1,
	FORK = 2,
	READ = 3,
	PTRACE = 26,
	KILL = 37,
	BRK = 45,
	UMOUNT2 = 52,
	CHROOT = 61,
	SETRLIMIT = 75,
	SWAPON = 87,
	REBOOT = 88,
	MUNMAP = 91,
	SETITIMER = 104,
	VHANGUP = 111,
	SWAPOFF = 115,
	SIGRETURN = 119,
	CLONE = 120,
	MPROTECT = 125,
	PERSONALITY = 136,
	MLOCKALL = 152,
	SCHED_SETSCHEDULER = 156,
	MREMAP = 163,
	PRCTL = 172,
	RT_SIGRETURN = 173,
	RT_SIGACTION = 174,
	RT_SIGPROCMASK = 175,
	RT_SIGQUEUEINFO = 178,
	RT_SIGSUSPEND = 179,
	VFORK = 190,
	MMAP2 = 192,
	PIVOT_ROOT = 218,
	MADVISE = 220,
	TKILL = 238,
	EXIT_GROUP = 248,
	SET_TID_ADDRESS = 256,
	TGKILL = 268,
	PSELECT6 = 335,
	PPOLL = 336,
	UNSHARE = 337,
	EPOLL_PWAIT = 346,
	RT_TGSIGQUEUEINFO = 363,
	PRLIMIT64 = 369,
	SETNS = 375,
	PROCESS_VM_WRITEV = 377,
	SECCOMP = 383,
	USERFAULTFD = 388,
	RSEQ = 398,
	PSELECT6_TIME64 = 413,
	PPOLL_TIME64 = 414,
	PIDFD_SEND_SIGNAL = 424,
	CLONE3 = 435,
	EPOLL_PWAIT2 = 441,
	LAST_CALL = 451
};

/* What ends the machine, others or the count; what takes the timer or the thread's register away.
 */
static const unsigned fenced[] = {
	67 /* sigaction */,
	72 /* sigsuspend */,
	126 /* sigprocmask */,
	EXIT,
	PTRACE,
	UMOUNT2,
	CHROOT,
	SETRLIMIT,
	SWAPON,
	REBOOT,
	VHANGUP,
	SWAPOFF,
	MLOCKALL,
	SCHED_SETSCHEDULER,
	RT_SIGQUEUEINFO,
	RT_SIGSUSPEND,
	VFORK,
	PIVOT_ROOT,
	EXIT_GROUP,
	SET_TID_ADDRESS,
	PSELECT6,
	PPOLL,
	UNSHARE,
	EPOLL_PWAIT,
	RT_TGSIGQUEUEINFO,
	PRLIMIT64,
	SETNS,
	SECCOMP,
	USERFAULTFD,
	RSEQ,
	PSELECT6_TIME64,
	PPOLL_TIME64,
	PIDFD_SEND_SIGNAL,
	CLONE3,
	EPOLL_PWAIT2,
};

/* Calls about memory and tasks come more often than their share of the numbers. */
static const unsigned favoured[] = {
	READ,
	FORK,
	4,
	5,
	6,
	19,
	41,
	42,
	54,
	55,
	63,
	BRK,
	MUNMAP,
	MPROTECT,
	140,
	142,
	144,
	145,
	146,
	150,
	151,
	162,
	MREMAP,
	168,
	MMAP2,
	180,
	195,
	197,
	217,
	219,
	MADVISE,
	MADVISE,
	221,
	240,
	240,
	263,
	265,
	322,
	332,
	338,
	376,
	376,
	PROCESS_VM_WRITEV,
	384,
	397,
	422,
	CLONE,
	RT_SIGACTION,
	RT_SIGPROCMASK,
	186,
	KILL,
	RT_SIGRETURN,
	SIGRETURN,
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct shared {
	atomic_uint calls, wrong_results, wrong_registers, wrong_witness, refused;
};

struct kept {
	void *at;
	size_t bytes;
};

struct fuzz {
	uint32_t x;
	char *arena;
	uintptr_t brk;
	struct kept ring[RING];
	unsigned ring_at;
};

static struct shared *shared;
static unsigned calls_each;
static pid_t thread_number[MOST_THREADS]; /* of this process; 0: none */
static uint32_t *witness;

static uint32_t chance(struct fuzz *f, uint32_t below)
{
	f->x ^= f->x << 13;
	f->x ^= f->x >> 17;
	f->x ^= f->x << 5;
	return (uint32_t)((uint64_t)f->x * below >> 32);
}

/* ---- One call, and what must hold of it. */

static int32_t call(unsigned number, const uint32_t *arg)
{
	register uint32_t r0 __asm__("r0") = arg[0];
	register uint32_t r1 __asm__("r1") = arg[1];
	register uint32_t r2 __asm__("r2") = arg[2];
	register uint32_t r3 __asm__("r3") = arg[3];
	register uint32_t r4 __asm__("r4") = arg[4];
	register uint32_t r5 __asm__("r5") = arg[5];
	register uint32_t r6 __asm__("r6") = 0x66666666;
	uint32_t changed;

	__asm__ volatile("push {r7}\n\tmov r7, %[number]\n\tsvc #0\n\tpop {r7}"
			 : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6)
			 : [number] "r"(number)
			 : "memory", "cc");
	changed = (r1 ^ arg[1]) | (r2 ^ arg[2]) | (r3 ^ arg[3]) | (r4 ^ arg[4]) | (r5 ^ arg[5]) |
		  (r6 ^ 0x66666666);
	atomic_fetch_add(&shared->wrong_registers, changed != 0);
	return (int32_t)r0;
}

/* Errors of Linux end at 133 (EHWPOISON); 512 and above mean something inside a kernel only. */
static void judge(unsigned number, const uint32_t *arg, int32_t result)
{
	atomic_fetch_add(&shared->calls, 1);
	atomic_fetch_add(&shared->refused, result < 0 && result > -4096);
	if (result >= 0 || result < -4095 || result >= -133 || result == -524)
		return;
	atomic_fetch_add(&shared->wrong_results, 1);
	dprintf(OUTPUT, "WRONG call %u (0x%x, 0x%x, 0x%x, 0x%x) gave %d\n", number,
		(unsigned)arg[0], (unsigned)arg[1], (unsigned)arg[2], (unsigned)arg[3],
		(int)result);
}

/* ---- Arguments. */

static uint32_t choose_arena(struct fuzz *f)
{
	static const uint32_t at[] = { 0, 4, 1, PAGE - 1, PAGE - 4, PAGE - 8, PAGE / 2, 64 };

	return (uint32_t)(uintptr_t)f->arena + chance(f, ARENA_PAGES) * PAGE +
	       at[chance(f, COUNT(at))];
}

/* Never where this program lives. */
static uint32_t choose_wild(struct fuzz *f)
{
	static const uint32_t wild[] = { 0,	     1,		 4,	     0xc,
					 0xfffffffc, 0xffffffff, 0xffff0000, 0xfffff000,
					 0xc0000000, 0xc0008000, 0xf0000000, 0xe0000004 };

	return wild[chance(f, COUNT(wild))];
}

static uint32_t choose_pointer(struct fuzz *f)
{
	return chance(f, 3) ? choose_arena(f) : choose_wild(f);
}

static uint32_t choose_length(struct fuzz *f)
{
	static const uint32_t lengths[] = { 0,		1,	    4,		8,
					    12,		16,	    64,		4095,
					    PAGE,	PAGE + 1,   2 * PAGE,	16 * PAGE,
					    0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff,
					    128,	3 };

	return lengths[chance(f, COUNT(lengths))];
}

static uint32_t choose_number(struct fuzz *f)
{
	static const uint32_t numbers[] = { 0,		1,	    2,		3,	   4,
					    7,		8,	    15,		16,	   31,
					    32,		33,	    64,		100,	   256,
					    0x7fffffff, 0x80000000, 0xffffffff, 0xffffff9c };

	return chance(f, 8) ? numbers[chance(f, COUNT(numbers))] : chance(f, 0xffffffff);
}

static uint32_t choose_file(struct fuzz *f)
{
	return chance(f, 10) ? chance(f, 18) : choose_number(f);
}

static void choose_arguments(struct fuzz *f, uint32_t *arg)
{
	for (unsigned n = 0; n < 6; n++) {
		switch (chance(f, 4)) {
		case 0:
			arg[n] = choose_number(f);
			break;
		case 1:
			arg[n] = choose_length(f);
			break;
		default:
			arg[n] = choose_pointer(f);
		}
	}
	if (chance(f, 2))
		arg[0] = choose_file(f);
}

/* ---- The fence. */

static bool is_fenced(unsigned number)
{
	for (unsigned n = 0; n < COUNT(fenced); n++)
		if (fenced[n] == number)
			return true;
	return false;
}

static bool is_about_ranges(unsigned number)
{
	return number == MUNMAP || number == MPROTECT || number == MADVISE || number == MREMAP ||
	       number == MMAP2 || number == 253 /* remap_file_pages */ ||
	       number == 144 /* msync */ || number == 219 /* mincore */ || number == 150 ||
	       number == 151;
}

/* In the arena with a length that ends in it or its guard; or where no program is. */
static void fence_range(struct fuzz *f, uint32_t *arg)
{
	arg[0] = choose_arena(f);
	if (chance(f, 4))
		arg[0] &= ~(PAGE - 1);
	if (chance(f, 12) == 0)
		arg[0] = 0xfffff000;
	if (arg[1] < 0xc0000000)
		arg[1] &= 0x1ffff;
}

static void fence_mmap(struct fuzz *f, uint32_t *arg)
{
	arg[1] &= 0x1ffff;
	arg[2] = chance(f, 8);
	arg[3] = chance(f, 3) ? ANON : chance(f, 0x40);
	if (chance(f, 4) == 0)
		arg[3] |= MAP_FIXED;
	if (chance(f, 4) == 0)
		arg[3] = (arg[3] & ~3u) | MAP_SHARED;
	arg[4] = choose_file(f);
	arg[5] = chance(f, 4);
}

static void fence_mremap(struct fuzz *f, uint32_t *arg)
{
	arg[1] = chance(f, 6) * PAGE;
	arg[2] = chance(f, 8) ? chance(f, 12) * PAGE : choose_length(f);
	arg[3] = chance(f, 8);
	arg[4] = choose_arena(f) & (chance(f, 4) ? ~(PAGE - 1) : ~0u);
}

static void fence_signal(struct fuzz *f, unsigned number, uint32_t *arg)
{
	static const uint32_t harmless[] = { 0, SIGUSR1, SIGWINCH, SIGCHLD, 65, 0xffffffff };
	uint32_t signal_number = harmless[chance(f, COUNT(harmless))];
	unsigned at = number == TGKILL ? 2 : 1;

	arg[0] = (uint32_t)getpid();
	arg[1] = (uint32_t)gettid();
	arg[at] = signal_number;
	if (number == TKILL)
		arg[0] = (uint32_t)gettid();
	if (chance(f, 4) == 0)
		arg[0] = 0x7ffffff;
}

/* Signals that this program lives by keep their handlers and their timer. */
static void fence_actions(struct fuzz *f, unsigned number, uint32_t *arg)
{
	if (number == RT_SIGACTION) {
		static const uint32_t other[] = { 0, SIGKILL, SIGSTOP, SIGUSR2, 40, 64, 65, 99 };

		arg[0] = other[chance(f, COUNT(other))];
		arg[3] = chance(f, 4) ? 8 : arg[3];
	}
	if (number == RT_SIGPROCMASK)
		arg[3] = chance(f, 4) ? 8 : arg[3];
	if (number == SETITIMER)
		arg[0] = 3 + chance(f, 90);
	if (number == PERSONALITY)
		arg[0] = 0xffffffff; /* asks; others would change what a handler's address is */
	if (number == PRCTL)
		arg[0] = 900 + chance(f, 90);
}

static void fence_arguments(struct fuzz *f, unsigned number, uint32_t *arg)
{
	if (is_about_ranges(number))
		fence_range(f, arg);
	if (number == MMAP2)
		fence_mmap(f, arg);
	if (number == MREMAP)
		fence_mremap(f, arg);
	if (number == BRK)
		arg[0] = chance(f, 2) ? (uint32_t)f->brk + chance(f, 16) * PAGE : choose_wild(f);
	if (number == KILL || number == TKILL || number == TGKILL)
		fence_signal(f, number, arg);
	if (number == 376 || number == PROCESS_VM_WRITEV)
		arg[0] = chance(f, 4) ? (uint32_t)getpid() : choose_number(f) | 0x100000;
	fence_actions(f, number, arg);
}

/* What mmap gave outside of the arena is given back after a while: memory does not fill up. */
static void keep_in_ring(struct fuzz *f, int32_t at, uint32_t bytes)
{
	struct kept *oldest = &f->ring[f->ring_at % RING];
	char *place = (char *)at;

	if (at < 0 && at > -4096)
		return;
	if (place >= f->arena - GUARD_BYTES && place < f->arena + GUARD_BYTES)
		return;
	if (oldest->bytes)
		munmap(oldest->at, oldest->bytes);
	*oldest = (struct kept){ place, bytes };
	f->ring_at++;
}

/* ---- Calls that make processes, or end them. */

static void end_and_wait(int32_t pid)
{
	for (unsigned tries = 0; waitpid(pid, NULL, __WALL) < 0 && errno == EINTR; tries++)
		if (tries == 3)
			kill(pid, SIGKILL);
}

/* A copy of this process makes the call alone; what becomes of it is its own affair. */
static void call_in_child(unsigned number, const uint32_t *arg)
{
	const uint32_t none[6] = { 0 };
	int32_t pid = call(FORK, none);

	if (pid == 0) {
		alarm(1);
		call(number, arg);
		_exit(0);
	}
	judge(FORK, none, pid);
	if (pid > 0)
		end_and_wait(pid);
}

/* clone without a memory of its own would run on this stack: that bit stays off. */
static void call_clone(struct fuzz *f, uint32_t *arg)
{
	int32_t pid;

	arg[0] = (chance(f, 2) ? 0 : choose_number(f) & ~0x100u & ~0xffu) | SIGCHLD;
	arg[0] &= ~0x7e020000u; /* no new namespaces */
	arg[0] &= ~0x00008000u; /* the parent stays the parent */
	arg[1] = 0;
	pid = call(CLONE, arg);
	if (pid == 0)
		_exit(0);
	judge(CLONE, arg, pid);
	if (pid > 0)
		end_and_wait(pid);
}

/* ---- A thread's life. */

static void open_files(void)
{
	static const char *const paths[] = { "/dev/null",	"/dev/zero",
					     "/text",		"/proc/meminfo",
					     "/proc/self/maps", "/",
					     "/proc",		"/proc/sys/vm/compact_memory" };
	int ends[2];

	for (int fd = 3; fd < 18; fd++)
		close(fd);
	for (unsigned n = 0; n < COUNT(paths); n++)
		if (open(paths[n], n == 7 ? O_WRONLY : n < 2 ? O_RDWR : O_RDONLY) < 0)
			continue;
	if (pipe2(ends, O_NONBLOCK) < 0)
		return;
}

/* Pages of every kind: open, read-only, closed, missing, shared; words and names in them. */
static void make_arena(struct fuzz *f)
{
	static const char *const names[] = { "/text", "/proc/self/maps", "/dev/null",	 "text",
					     "..",    "/bin/",		 "/proc/vmstat", "" };
	char *at = f->arena;

	mmap(at, ARENA_PAGES * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	for (unsigned n = 0; n < ARENA_PAGES; n++) {
		uint32_t *words = (uint32_t *)(at + n * PAGE);

		for (unsigned k = 0; k < 64; k++)
			words[k] = chance(f, 2) ? chance(f, 70) : choose_pointer(f);
		strcpy((char *)words + PAGE / 2, names[n % COUNT(names)]);
		memset((char *)words + PAGE - 64, 'x', 64);
	}
	mprotect(at + 8 * PAGE, 4 * PAGE, PROT_READ);
	mprotect(at + 14 * PAGE, 2 * PAGE, PROT_NONE);
	munmap(at + 18 * PAGE, PAGE);
	mmap(at + 22 * PAGE, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	munmap(at + (ARENA_PAGES - 1) * PAGE, PAGE);
}

static unsigned choose_call(struct fuzz *f)
{
	unsigned number;

	do
		number = chance(f, 2)	  ? favoured[chance(f, COUNT(favoured))]
			 : chance(f, 200) ? chance(f, LAST_CALL + 1)
					  : choose_number(f);
	while (is_fenced(number) || (number >= 0xf0000 && number <= 0xf0101));
	return number;
}

static void one_call(struct fuzz *f)
{
	unsigned number = choose_call(f);
	uint32_t arg[6];
	int32_t result;

	choose_arguments(f, arg);
	fence_arguments(f, number, arg);
	if (number == FORK || number == SIGRETURN || number == RT_SIGRETURN) {
		call_in_child(number == FORK ? 20 : number, arg);
		return;
	}
	if (number == CLONE) {
		call_clone(f, arg);
		return;
	}
	result = call(number, arg);
	judge(number, arg, result);
	if (number == MMAP2)
		keep_in_ring(f, result, arg[1]);
	if (number == RT_SIGPROCMASK) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
	}
}

static void *live(void *arg)
{
	struct fuzz f = { .x = (uint32_t)(uintptr_t)arg * 2654435761u | 1u };
	char *room = mmap(NULL, ARENA_PAGES * PAGE + 2 * GUARD_BYTES, PROT_NONE,
			  ANON | MAP_NORESERVE, -1, 0);

	must(room != MAP_FAILED, "an arena");
	thread_number[(uintptr_t)arg % MOST_THREADS] = gettid();
	f.arena = room + GUARD_BYTES;
	f.brk = (uintptr_t)sbrk(0);
	for (unsigned n = 0; n < calls_each; n++) {
		if (n % 200 == 0) {
			make_arena(&f);
			open_files();
		}
		one_call(&f);
	}
	thread_number[(uintptr_t)arg % MOST_THREADS] = 0;
	return NULL;
}

static void nothing(int number)
{
	(void)number;
}

/* The timer tells one thread; that one tells the others. */
static void pass_on(int number)
{
	pid_t me = gettid();

	(void)number;
	for (unsigned n = 0; n < MOST_THREADS; n++)
		if (thread_number[n] && thread_number[n] != me)
			syscall(TGKILL, getpid(), thread_number[n], SIGUSR1);
}

static void break_off_what_waits(void)
{
	struct sigaction action = { .sa_handler = nothing };
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } };

	for (int n = 1; n < 65; n++)
		if (n != SIGSEGV && n != SIGBUS && n != SIGILL && n != SIGTERM && n != SIGCHLD)
			sigaction(n, &action, NULL);
	action.sa_handler = pass_on;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static uint32_t witness_word(uint32_t k)
{
	return k * 2654435761u + 12345;
}

static void __attribute__((noreturn)) be_process(uint32_t seed, unsigned threads)
{
	pthread_t thread[MOST_THREADS];
	unsigned wrong = 0;
	int null = open("/dev/null", O_RDWR);

	dup2(1, OUTPUT);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	break_off_what_waits();
	for (unsigned n = 1; n < threads; n++)
		must(pthread_create(&thread[n], NULL, live, (void *)(uintptr_t)(seed + n)) == 0,
		     "pthread_create");
	live((void *)(uintptr_t)seed);
	for (unsigned n = 1; n < threads; n++)
		pthread_join(thread[n], NULL);
	for (uint32_t k = 0; k < WITNESS_WORDS; k++)
		wrong += witness[k] != witness_word(k);
	atomic_fetch_add(&shared->wrong_witness, wrong);
	_exit(0);
}

/* ---- The parent. */

static void compact(void)
{
	int fd = open("/proc/sys/vm/compact_memory", O_WRONLY);

	if (fd >= 0 && write(fd, "1", 1) != 1)
		printf("sysfuzz: no compaction\n");
	close(fd);
}

/* Waits for all; those that hang are ended. Returns how many did not come to their end. */
static unsigned wait_for_all(const pid_t *pid, unsigned count)
{
	struct timespec moment = { 0, 10000000 };
	time_t until = time(NULL) + PATIENCE_S;
	unsigned left = count, ended_early = 0;
	int status;

	while (left > 0) {
		pid_t ended = waitpid(-1, &status, WNOHANG);

		left -= ended > 0;
		ended_early += ended > 0 && status != 0;
		if (ended > 0 && status != 0)
			printf("sysfuzz: process %d ended with status 0x%x\n", (int)ended, status);
		if (ended == 0)
			nanosleep(&moment, NULL), compact();
		for (unsigned n = 0; time(NULL) > until && n < count; n++)
			kill(pid[n], SIGKILL);
	}
	return ended_early;
}

static void *map_shared(size_t bytes)
{
	void *at = mmap(NULL, bytes, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(at != MAP_FAILED, "shared memory");
	return at;
}

static unsigned number_of(int argc, char **argv, int n, unsigned otherwise)
{
	return argc > n ? (unsigned)strtoul(argv[n], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	unsigned seed = number_of(argc, argv, 1, 1), processes = number_of(argc, argv, 3, 3);
	unsigned threads = number_of(argc, argv, 4, 2), early;
	pid_t pid[64];

	calls_each = number_of(argc, argv, 2, 500);
	must(processes <= 64 && threads <= MOST_THREADS, "at most 64 processes of 16 threads");
	shared = map_shared(sizeof(*shared));
	witness = mmap(NULL, WITNESS_WORDS * 4, RW, ANON, -1, 0);
	for (uint32_t k = 0; k < WITNESS_WORDS; k++)
		witness[k] = witness_word(k);
	for (unsigned n = 0; n < processes; n++) {
		pid[n] = fork();
		must(pid[n] >= 0, "fork");
		if (pid[n] == 0)
			be_process(seed * 1000 + n * 100, threads);
	}
	early = wait_for_all(pid, processes);
	printf("RESULT calls=%u refused=%u ended_early=%u\n", shared->calls, shared->refused,
	       early);
	check_equal(shared->wrong_results, 0, "results are values or errors of Linux");
	check_equal(shared->wrong_registers, 0, "registers come back as they went");
	check_equal(shared->wrong_witness, 0, "memory that no call was told of");
	check_that(shared->calls >= calls_each * processes * threads / 2, "most calls were made");
	return check_end("sysfuzz");
}

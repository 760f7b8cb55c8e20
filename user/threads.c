/*
 * threads KIND: tasks of one process, and futexes. Without KIND lists them. Ends with 0 if all was
 * right; says what was not.
 */
#include "user/lib/lib.h"
#include "user/lib/process.h"

#define THREADS	    4u
#define STACK_PAGES 2u
#define ROUNDS	    20000u

static struct thread {
	volatile uint32_t tid;
} thread[THREADS];

static volatile uint32_t mutex, counter, awake, ready, stop;

static int failed(const char *what, int32_t found)
{
	printf("threads: %s: found %d\n", what, (int)found);
	return 1;
}

static int32_t start(uint32_t n, void (*run)(void *), void *arg)
{
	char *stack = map_pages(STACK_PAGES);

	return thread_start(run, arg, stack + STACK_PAGES * PAGE_BYTES, &thread[n].tid);
}

static int start_all(void (*run)(void *), void *arg)
{
	for (uint32_t n = 0; n < THREADS; n++) {
		int32_t tid = start(n, run, arg);

		if (tid < 0)
			return failed("thread_start", tid);
	}
	return 0;
}

static void join_all(void)
{
	for (uint32_t n = 0; n < THREADS; n++)
		thread_join(&thread[n].tid);
}

/* The counter is no atomic: read and written apart, with a chance to be interrupted in between. */
static void count_up(void *arg)
{
	(void)arg;
	for (uint32_t n = 0; n < ROUNDS; n++) {
		uint32_t seen;

		mutex_lock(&mutex);
		seen = counter;
		if (n % 64 == 0)
			sys_sched_yield();
		counter = seen + 1;
		mutex_unlock(&mutex);
	}
}

static int count(void)
{
	if (start_all(count_up, NULL))
		return 1;
	join_all();
	return counter == THREADS * ROUNDS ? 0 : failed("the counter", (int32_t)counter);
}

/* Sleeps on `word` while it is 0; says when it is about to and when it is back. */
static void sleep_once(void *arg)
{
	volatile uint32_t *word = arg;

	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	futex_wait(word, 0, NULL);
	__atomic_fetch_add(&awake, 1, __ATOMIC_SEQ_CST);
}

/* All have said so and then had time to fall asleep. */
static void wait_until_asleep(void)
{
	struct timespec moment = { 0, 50000000 };

	while (ready != THREADS)
		sys_sched_yield();
	sys_nanosleep(&moment);
}

static volatile uint32_t word, other;

static int wake(void)
{
	struct timespec moment = { 0, 50000000 };
	int32_t woken;

	if (start_all(sleep_once, (void *)&word))
		return 1;
	wait_until_asleep();
	woken = futex_wake(&other, 10);
	if (woken != 0)
		return failed("woken at another word", woken);
	woken = futex_wake(&word, 3);
	if (woken != 3)
		return failed("woken of three", woken);
	sys_nanosleep(&moment);
	if (awake != 3)
		return failed("awake of three", (int32_t)awake);
	woken = futex_wake(&word, 10);
	join_all();
	if (woken != 1)
		return failed("woken of the rest", woken);
	woken = futex_wake(&word, 10);
	return woken == 0 ? 0 : failed("woken when nobody waits", woken);
}

static int requeue(void)
{
	struct timespec moment = { 0, 50000000 };
	int32_t got;

	if (start_all(sleep_once, (void *)&word))
		return 1;
	wait_until_asleep();
	got = sys_futex(&word, FUTEX_CMP_REQUEUE, 1, 2, &other, 5);
	if (got != -EAGAIN)
		return failed("requeue with another value", got);
	got = sys_futex(&word, FUTEX_CMP_REQUEUE, 1, 2, &other, 0);
	if (got != 3)
		return failed("one woken and two moved", got);
	sys_nanosleep(&moment);
	if (awake != 1)
		return failed("awake of one", (int32_t)awake);
	got = futex_wake(&other, 10);
	if (got != 2)
		return failed("woken where they were moved to", got);
	got = sys_futex(&word, FUTEX_REQUEUE, 0, 10, &other, 0);
	if (got != 0)
		return failed("requeue that wakes nobody", got);
	got = futex_wake(&word, 10);
	if (got != 0)
		return failed("woken where all have been moved away", got);
	got = futex_wake(&other, 10);
	join_all();
	return got == 1 ? 0 : failed("the last one", got);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	sys_clock_gettime(1, &now);
	return (uint64_t)now.seconds * 1000000000u + now.ns;
}

static int timeout(void)
{
	struct timespec wish = { 0, 30000000 }, past = { 0, 1 };
	uint64_t from = now_ns();
	int32_t got = futex_wait(&word, 0, &wish);

	if (got != -ETIMEDOUT || now_ns() - from < 30000000)
		return failed("a wait of 30 ms", got);
	wish.ns = 1000000000;
	got = futex_wait(&word, 0, &wish);
	if (got != -EINVAL)
		return failed("a wait with a bad time", got);
	got = sys_futex(&word, FUTEX_WAIT_BITSET, 0, address_of(&past), NULL, 0xffffffffu);
	if (got != -ETIMEDOUT)
		return failed("a wait until a time that is over", got);
	from = now_ns() + 30000000;
	wish = (struct timespec){ (uint32_t)(from / 1000000000u), (uint32_t)(from % 1000000000u) };
	got = sys_futex(&word, FUTEX_WAIT_BITSET, 0, address_of(&wish), NULL, 0xffffffffu);
	return got == -ETIMEDOUT && now_ns() >= from ? 0 : failed("a wait until a time", got);
}

static int value(void)
{
	int32_t got = futex_wait(&word, 1, NULL);

	if (got != -EAGAIN)
		return failed("a wait for another value", got);
	got = futex_wait((volatile uint32_t *)(address_of(&word) + 1), 0, NULL);
	if (got != -EINVAL)
		return failed("a wait on a crooked word", got);
	got = futex_wait((volatile uint32_t *)0x60000000u, 0, NULL);
	if (got != -EFAULT)
		return failed("a wait on no memory", got);
	got = sys_futex(&word, 99, 0, 0, NULL, 0);
	return got == -38 ? 0 : failed("an operation that does not exist", got);
}

/* Waiter n waits with bit n. */
static void sleep_with_bit(void *arg)
{
	uint32_t bit = 1u << ((uint32_t)arg & 31u);

	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	sys_futex(&word, FUTEX_WAIT_BITSET, 0, 0, NULL, bit);
	__atomic_fetch_or(&awake, bit, __ATOMIC_SEQ_CST);
}

static int bits(void)
{
	struct timespec moment = { 0, 50000000 };
	int32_t woken;

	for (uint32_t n = 0; n < THREADS; n++)
		if (start(n, sleep_with_bit, (void *)n) < 0)
			return failed("thread_start", 0);
	wait_until_asleep();
	woken = sys_futex(&word, FUTEX_WAKE_BITSET, 10, 0, NULL, 5);
	sys_nanosleep(&moment);
	if (woken != 2 || awake != 5)
		return failed("who waits with bit 0 or 2", (int32_t)awake);
	woken = futex_wake(&word, 10);
	join_all();
	return woken == 2 ? 0 : failed("the others", woken);
}

/* word 7 becomes 7 + 3; more are woken as it was greater than 6. */
#define ADD_3_IF_GREATER_6 (1u << 28 | 4u << 24 | 3u << 12 | 6u)

static int wake_op(void)
{
	int32_t woken;

	if (start_all(sleep_once, (void *)&other))
		return 1;
	wait_until_asleep();
	word = 7;
	woken = sys_futex(&other, FUTEX_WAKE_OP, 1, 10, &word, ADD_3_IF_GREATER_6);
	if (woken != 1 || word != 10)
		return failed("wake_op at two words", (int32_t)word);
	word = 6;
	woken = sys_futex(&word, FUTEX_WAKE_OP, 10, 10, &word, ADD_3_IF_GREATER_6);
	if (woken != 0 || word != 9)
		return failed("wake_op where nobody waits", woken);
	woken = futex_wake(&other, 10);
	join_all();
	return woken == 3 ? 0 : failed("the others", woken);
}

/* Linux: uapi/linux/futex.h; a list of one lock. */
struct robust {
	uint32_t next;
	int32_t offset;
	uint32_t pending;
};

static struct robust head;
static struct {
	uint32_t next;
	volatile uint32_t word;
} lock;

static void die_with_lock(void *arg)
{
	(void)arg;
	head = (struct robust){ address_of(&lock), 4, 0 };
	lock.next = address_of(&head);
	lock.word = (uint32_t)sys_gettid() | 0x80000000u;
	syscall3(CALL_SET_ROBUST_LIST, address_of(&head), sizeof(head), 0);
	while (!stop)
		sys_sched_yield();
}

static int robust(void)
{
	uint32_t seen;
	int32_t got;

	if (start(0, die_with_lock, NULL) < 0)
		return failed("thread_start", 0);
	while (!(seen = lock.word))
		sys_sched_yield();
	stop = 1;
	got = futex_wait(&lock.word, seen, NULL);
	if (got != 0 && got != -EAGAIN)
		return failed("a wait for the owner's end", got);
	thread_join(&thread[0].tid);
	return lock.word == 0xc0000000u ? 0 : failed("the word", (int32_t)lock.word);
}

/* Words in shared memory: the child wakes its parent; said to be private, it wakes nobody. */
static int shared_memory(void)
{
	int32_t at = sys_mmap(0, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
	volatile uint32_t *words = (volatile uint32_t *)at;
	struct timespec moment = { 0, 50000000 };
	int32_t child, got, status = -1;

	if (at < 0)
		return failed("shared memory", at);
	child = sys_fork();
	if (child == 0) {
		sys_nanosleep(&moment);
		got = sys_futex(words, FUTEX_WAKE | FUTEX_PRIVATE, 10, 0, NULL, 0);
		got = got * 16 + futex_wake(words + 1, 10);
		words[0] = 1;
		sys_exit(got * 16 + futex_wake(words, 10));
	}
	got = futex_wait(words, 0, NULL);
	if (got != 0 || words[0] != 1)
		return failed("a wait in shared memory", got);
	if (sys_wait4(child, &status, 0) != child)
		return failed("the child", status);
	return status == 1 << 8 ? 0 : failed("woken by the child", status);
}

static void for_ever(void *arg)
{
	(void)arg;
	for (;;)
		if (counter++ % 4096 == 0)
			futex_wait(&word, 0, &(struct timespec){ 0, 1 });
}

static int run_for_ever(void)
{
	if (start_all(for_ever, NULL))
		return 1;
	for_ever(NULL);
	return 0;
}

/* Its number is the process's again, although it was another thread. */
static void exec_here(void *arg)
{
	const char *const argv[] = { "threads", "whoami", arg, NULL };

	sys_execve("/bin/threads", argv, NULL);
	sys_exit(failed("exec", 0));
}

static int exec_from_thread(void)
{
	static char number[2] = "p";

	number[0] = (char)('0' + sys_getpid() % 10);
	for (uint32_t n = 1; n < THREADS; n++)
		if (start(n, for_ever, NULL) < 0)
			return failed("thread_start", 0);
	if (start(0, exec_here, number) < 0)
		return failed("thread_start", 0);
	for_ever(NULL);
	return 0;
}

static int who_am_i(const char *digit)
{
	if (sys_gettid() != sys_getpid())
		return failed("the only task's number", sys_gettid());
	return sys_getpid() % 10 == digit[0] - '0' ? 0 : failed("the number", sys_getpid());
}

static void end_group(void *arg)
{
	(void)arg;
	sys_exit(0);
}

static int group(void)
{
	for (uint32_t n = 1; n < THREADS; n++)
		if (start(n, for_ever, NULL) < 0)
			return failed("thread_start", 0);
	if (start(0, end_group, NULL) < 0)
		return failed("thread_start", 0);
	for_ever(NULL);
	return 1;
}

static void end_last(void *arg)
{
	struct timespec moment = { 0, 50000000 };

	(void)arg;
	sys_nanosleep(&moment);
	sys_exit(sys_gettid() != sys_getpid() ? 0 : 1);
}

static int outlive(void)
{
	if (start(0, end_last, NULL) < 0)
		return failed("thread_start", 0);
	syscall3(CALL_EXIT_TASK, 3, 0, 0);
	return 1;
}

/* The child has one task, a copy of this one; its memory is its own. */
static void fork_here(void *arg)
{
	int32_t child = sys_fork(), status = -1;

	(void)arg;
	if (child == 0) {
		counter = 5;
		sys_exit(sys_gettid() == sys_getpid() ? 9 : 1);
	}
	if (sys_wait4(child, &status, 0) != child || status != 9 << 8)
		sys_exit(failed("a child of a thread", status));
	if (counter != 0)
		sys_exit(failed("the child wrote to its parent", (int32_t)counter));
}

static int fork_from_thread(void)
{
	if (start_all(fork_here, NULL))
		return 1;
	join_all();
	return 0;
}

static const struct kind {
	const char *name;
	int (*run)(void);
} kinds[] = {
	{ "counter", count },	      { "wake", wake },
	{ "requeue", requeue },	      { "timeout", timeout },
	{ "value", value },	      { "bits", bits },
	{ "wakeop", wake_op },	      { "robust", robust },
	{ "forever", run_for_ever },  { "exec", exec_from_thread },
	{ "group", group },	      { "outlive", outlive },
	{ "fork", fork_from_thread }, { "shared", shared_memory },
};

int main(int argc, char **argv)
{
	if (argc > 2 && text_is_equal(argv[1], "whoami"))
		return who_am_i(argv[2]);
	for (uint32_t n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++)
		if (argc > 1 && text_is_equal(argv[1], kinds[n].name))
			return kinds[n].run();
	for (uint32_t n = 0; n < sizeof(kinds) / sizeof(kinds[0]); n++)
		printf("  threads %s\n", kinds[n].name);
	return 1;
}

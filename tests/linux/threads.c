/*
 * threads: eight of them by the C library, with everything it has to let them wait for each other.
 * Sums that come out right only if every lock held.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS	3000u

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned plain;
static atomic_uint together;
static __thread unsigned own = 5;
static __thread char own_block[300];

static void run_all(void *(*body)(void *), unsigned long want, const char *what)
{
	pthread_t thread[THREADS];
	unsigned long sum = 0;

	for (uintptr_t n = 0; n < THREADS; n++)
		must(pthread_create(&thread[n], NULL, body, (void *)n) == 0, "pthread_create");
	for (unsigned n = 0; n < THREADS; n++) {
		void *result = NULL;

		pthread_join(thread[n], &result);
		sum += (unsigned long)(uintptr_t)result;
	}
	check_equal((long)sum, (long)want, what);
}

static void *count_with_mutex(void *arg)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		plain++;
		pthread_mutex_unlock(&mutex);
		atomic_fetch_add(&together, 1);
	}
	return arg;
}

static void check_mutex(void)
{
	run_all(count_with_mutex, 28, "threads give back their results");
	check_equal(plain, THREADS * ROUNDS, "a sum under a mutex");
	check_equal(together, THREADS * ROUNDS, "an atomic sum");
}

static void *use_own(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;
	bool right = own == 5 && own_block[299] == 0;

	own = n;
	memset(own_block, (int)n, sizeof(own_block));
	for (unsigned i = 0; i < 200; i++) {
		sched_yield();
		right &= own == n && own_block[i] == (char)n;
	}
	return (void *)(uintptr_t)right;
}

static pthread_barrier_t barrier;
static unsigned stage[THREADS];

/* Nobody is more than a round away from anybody. */
static void *walk_with_barrier(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg, wrong = 0;

	for (unsigned round = 1; round <= 50; round++) {
		stage[n] = round;
		pthread_barrier_wait(&barrier);
		for (unsigned i = 0; i < THREADS; i++)
			wrong += stage[i] != round;
		pthread_barrier_wait(&barrier);
	}
	return (void *)(uintptr_t)wrong;
}

static void check_barrier(void)
{
	pthread_barrier_init(&barrier, NULL, THREADS);
	run_all(walk_with_barrier, 0, "a barrier, 50 rounds");
}

/* A queue of one place between makers and takers. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	unsigned item;
	bool full;
} queue = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0 };

static void queue_put(unsigned item)
{
	pthread_mutex_lock(&queue.lock);
	while (queue.full)
		pthread_cond_wait(&queue.emptied, &queue.lock);
	queue.item = item;
	queue.full = true;
	pthread_cond_signal(&queue.filled);
	pthread_mutex_unlock(&queue.lock);
}

static unsigned queue_take(void)
{
	unsigned item;

	pthread_mutex_lock(&queue.lock);
	while (!queue.full)
		pthread_cond_wait(&queue.filled, &queue.lock);
	item = queue.item;
	queue.full = false;
	pthread_cond_signal(&queue.emptied);
	pthread_mutex_unlock(&queue.lock);
	return item;
}

static void *make_or_take(void *arg)
{
	bool maker = (uintptr_t)arg % 2;
	unsigned sum = 0;

	for (unsigned i = 0; i < 500; i++) {
		if (maker)
			queue_put(i);
		else
			sum += queue_take();
	}
	return (void *)(uintptr_t)sum;
}

static void check_timed_wait(void)
{
	pthread_cond_t never = PTHREAD_COND_INITIALIZER;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 5000000;
	if (until.tv_nsec >= 1000000000)
		until.tv_sec++, until.tv_nsec -= 1000000000;
	pthread_mutex_lock(&mutex);
	check_equal(pthread_cond_timedwait(&never, &mutex, &until), ETIMEDOUT, "a wait that ends");
	pthread_mutex_unlock(&mutex);
}

static sem_t semaphore;

static void *pass_semaphore(void *arg)
{
	for (unsigned i = 0; i < 200; i++) {
		sem_wait(&semaphore);
		plain++;
		sem_post(&semaphore);
	}
	return arg;
}

static void check_semaphore(void)
{
	plain = 0;
	sem_init(&semaphore, 0, 1);
	run_all(pass_semaphore, 28, "a semaphore lets all through");
	check_equal(plain, THREADS * 200, "one at a time");
}

static void *sleep_for_ever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

static void check_cancel(void)
{
	pthread_t thread;
	void *result = NULL;

	pthread_create(&thread, NULL, sleep_for_ever, NULL);
	check_equal(pthread_cancel(thread), 0, "pthread_cancel");
	check_equal(pthread_join(thread, &result), 0, "the thread ends");
	check_that(result == PTHREAD_CANCELED, "it was cancelled");
}

static unsigned keys_gone;

static void key_gone(void *value)
{
	__atomic_fetch_add(&keys_gone, (unsigned)(uintptr_t)value, __ATOMIC_RELAXED);
}

static pthread_key_t key;

static void *set_key(void *arg)
{
	pthread_setspecific(key, (void *)((uintptr_t)arg + 1));
	return arg;
}

static void check_keys(void)
{
	pthread_key_create(&key, key_gone);
	run_all(set_key, 28, "threads with a key");
	check_equal(keys_gone, 36, "each key's end was seen");
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static unsigned pair[2];

static void *read_or_write(void *arg)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < 300; i++) {
		if ((uintptr_t)arg % 4 == 0) {
			pthread_rwlock_wrlock(&rwlock);
			pair[0]++;
			sched_yield();
			pair[1]++;
		} else {
			pthread_rwlock_rdlock(&rwlock);
			wrong += pair[0] != pair[1];
		}
		pthread_rwlock_unlock(&rwlock);
	}
	return (void *)(uintptr_t)wrong;
}

/* Threads come and go by the hundred: their stacks and numbers must come back. */
static void *nothing(void *arg)
{
	return arg;
}

static void check_many(void)
{
	for (unsigned i = 0; i < 25; i++) {
		pthread_t thread[THREADS];

		for (unsigned n = 0; n < THREADS; n++)
			must(pthread_create(&thread[n], NULL, nothing, NULL) == 0, "create");
		for (unsigned n = 0; n < THREADS; n++)
			pthread_join(thread[n], NULL);
	}
	check_that(true, "200 threads came and went");
}

/* All threads use the heap at once; each block is checked. */
static void *use_heap(void *arg)
{
	unsigned char *block[32] = { NULL };
	unsigned n = (unsigned)(uintptr_t)arg, wrong = 0, x = n * 77 + 1;

	for (unsigned i = 0; i < 2000; i++) {
		unsigned at = i % 32, bytes;

		x = x * 1664525u + 1013904223u;
		bytes = 16 + (x >> 20);
		if (block[at])
			wrong += block[at][0] != (unsigned char)(n + at);
		free(block[at]);
		block[at] = malloc(bytes);
		memset(block[at], (int)(n + at), bytes);
	}
	for (unsigned i = 0; i < 32; i++)
		free(block[i]);
	return (void *)(uintptr_t)wrong;
}

int main(void)
{
	check_mutex();
	run_all(use_own, THREADS, "each thread has its own variables");
	check_equal(own, 5, "and the first one too");
	check_barrier();
	run_all(make_or_take, 4 * (499 * 500 / 2), "a queue by condition variables");
	check_timed_wait();
	check_semaphore();
	check_cancel();
	check_keys();
	run_all(read_or_write, 0, "readers see both of a writer's stores");
	check_many();
	run_all(use_heap, 0, "the heap under eight threads");
	return check_end("threads");
}

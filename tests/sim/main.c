/*
 * The command: seeds over worker processes, counts, and the replay of one.
 *
 *   sim --seeds A..B | --seed N  [--trace] [--cache pipt|vipt|vivt] [--cpus N]
 *       [--sites none|each|random] [--jobs N] [--stop]
 *
 * A worker runs every jobs-th seed. One that ends in the middle has met a seed that fails; another
 * takes its place behind that seed, unless --stop asks for the first failure only.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mm/move/reason.h"
#include "tests/sim/world.h"

#define MOST_JOBS    8u
#define SEED_SECONDS 60u

struct worker {
	uint32_t seed; /* that it runs now */
	bool done;
	struct world_counts counts;
	struct sim_counts machine;
};

static struct {
	struct plan plan;
	uint32_t first, last;
	unsigned jobs;
	struct worker *workers; /* shared with them */
	pid_t pids[MOST_JOBS];
	unsigned failures, most_failures;
} run = { .plan = { .cache = -1, .sites = -1 }, .jobs = 1, .most_failures = 5 };

static void add_machine_counts(struct worker *w)
{
#define C(name) w->machine.name += sim_counts.name;
	SIM_COUNTS(C)
#undef C
}

static void work(struct worker *w, uint32_t seed)
{
	state_remember();
	world_counts = w->counts;
	for (; seed <= run.last; seed += run.jobs) {
		w->seed = run.plan.seed = seed;
		alarm(SEED_SECONDS);
		world_run(&run.plan);
		w->counts = world_counts;
		add_machine_counts(w);
	}
	w->done = true;
}

static void start_worker(struct worker *w, uint32_t seed)
{
	pid_t pid;

	w->seed = seed;
	fflush(stdout);
	pid = fork();
	if (pid) {
		run.pids[w - run.workers] = pid;
		return;
	}
	work(w, seed);
	state_write_coverage();
	fflush(stdout);
	_exit(0);
}

static void name_failure(const struct worker *w, int status)
{
	run.failures++;
	if (WIFSIGNALED(status))
		printf("seed %u: ended by signal %d\n", w->seed, WTERMSIG(status));
	if (WIFSIGNALED(status))
		world_print_replay(&(struct plan){ .seed = w->seed,
						   .cache = run.plan.cache,
						   .cpus = run.plan.cpus,
						   .sites = run.plan.sites });
	printf("FAILED seed %u\n", w->seed);
}

static void end_all_but(const struct worker *w)
{
	for (unsigned i = 0; i < run.jobs; i++) {
		if (&run.workers[i] == w || run.workers[i].done)
			continue;
		run.workers[i].done = true;
		kill(run.pids[i], SIGKILL);
	}
}

static void worker_ended(struct worker *w, int status)
{
	if (w->done)
		return;
	name_failure(w, status);
	if (run.failures >= run.most_failures)
		end_all_but(w);
	else if (w->seed + run.jobs <= run.last)
		start_worker(w, w->seed + run.jobs);
}

static void run_workers(void)
{
	int status;
	pid_t pid;

	for (unsigned i = 0; i < run.jobs; i++)
		start_worker(&run.workers[i], run.first + i);
	while ((pid = wait(&status)) > 0)
		for (unsigned i = 0; i < run.jobs; i++)
			if (run.pids[i] == pid)
				worker_ended(&run.workers[i], status);
}

static struct worker sum_of_workers(void)
{
	struct worker sum = { 0 };

	for (unsigned i = 0; i < run.jobs; i++) {
		const struct worker *w = &run.workers[i];
#define C(name) sum.counts.name += w->counts.name;
		WORLD_COUNTS(C)
#undef C
#define C(name) sum.machine.name += w->machine.name;
		SIM_COUNTS(C)
#undef C
		for (unsigned r = 0; r < MOVE_REASONS; r++)
			sum.counts.refused[r] += w->counts.refused[r];
	}
	return sum;
}

static void print_counts(double seconds)
{
	struct worker sum = sum_of_workers();

#define C(name) printf("%s=%llu ", #name, (unsigned long long)sum.counts.name);
	WORLD_COUNTS(C)
#undef C
	printf("\n");
#define C(name) printf("%s=%llu ", #name, (unsigned long long)sum.machine.name);
	SIM_COUNTS(C)
#undef C
	printf("\nrefused:");
	for (unsigned r = 1; r < MOVE_REASONS; r++)
		printf(" %s=%llu", move_reason_name((enum move_reason)r),
		       (unsigned long long)sum.counts.refused[r]);
	printf("\n# sim: seeds=%llu failed=%u seconds=%.1f seeds_per_second=%.1f\n",
	       (unsigned long long)sum.counts.seeds, run.failures, seconds,
	       (double)sum.counts.seeds / seconds);
}

static int index_of(const char *word, const char *const *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return (int)i;
	fprintf(stderr, "sim: what is %s?\n", word);
	exit(2);
}

static void take_option(const char *name, const char *value)
{
	static const char *const caches[] = { "pipt", "vipt", "vivt" };
	static const char *const sites[] = { "none", "each", "random" };
	static const char *const names[] = { "--seeds", "--seed",  "--cache",
					     "--cpus",	"--sites", "--jobs" };

	switch (index_of(name, names, 6)) {
	case 0:
		sscanf(value, "%u..%u", &run.first, &run.last);
		break;
	case 1:
		run.first = run.last = (uint32_t)strtoul(value, NULL, 0);
		break;
	case 2:
		run.plan.cache = index_of(value, caches, 3);
		break;
	case 3:
		run.plan.cpus = (unsigned)atoi(value);
		break;
	case 4:
		run.plan.sites = index_of(value, sites, 3);
		break;
	default:
		run.jobs = (unsigned)atoi(value);
	}
}

static void take_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0)
			run.plan.trace = true;
		else if (strcmp(argv[i], "--stop") == 0)
			run.most_failures = 1;
		else if (i + 1 < argc)
			take_option(argv[i], argv[i + 1]), i++;
	}
	if (run.jobs < 1 || run.jobs > MOST_JOBS)
		run.jobs = 1;
}

/* In this very process: what a debugger wants. */
static int replay(void)
{
	state_remember();
	run.plan.seed = run.first;
	world_run(&run.plan);
	printf("seed %u passes\n", run.first);
	return 0;
}

int main(int argc, char **argv)
{
	struct timespec begin, end;

	run.first = 1;
	run.last = 100;
	take_options(argc, argv);
	if (run.first == run.last)
		return replay();
	run.workers = mmap(NULL, MOST_JOBS * sizeof(*run.workers), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	run_workers();
	clock_gettime(CLOCK_MONOTONIC, &end);
	print_counts((double)(end.tv_sec - begin.tv_sec) +
		     (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	return run.failures ? 1 : 0;
}

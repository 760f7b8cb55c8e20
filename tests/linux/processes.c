/*
 * processes: trees by fork, statuses by wait4, programs by exec, pipes between them.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE  4096u
#define PAGES 64u

extern char **environ;
static const char *self;

static pid_t fork_or_end(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	return pid;
}

static int status_of(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void check_statuses(void)
{
	pid_t pid = fork_or_end();
	int status;

	if (pid == 0)
		_exit(7);
	status = status_of(pid);
	check_that(WIFEXITED(status) && WEXITSTATUS(status) == 7, "the status of exit(7)");
	pid = fork_or_end();
	if (pid == 0) {
		raise(SIGKILL);
		_exit(0);
	}
	status = status_of(pid);
	check_that(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the status of a SIGKILL");
	check_error(waitpid(-1, &status, 0), ECHILD, "wait without children");
	check_error(waitpid(pid, &status, 0), ECHILD, "wait for one that was waited for");
	check_error(waitpid(pid, &status, 0x4000), EINVAL, "wait with an unknown option");
}

static void check_no_hang(void)
{
	int pipe_ends[2], status;
	struct rusage usage;
	char byte;
	pid_t pid;

	must(pipe(pipe_ends) == 0, "pipe");
	pid = fork_or_end();
	if (pid == 0) {
		close(pipe_ends[1]);
		_exit(read(pipe_ends[0], &byte, 1) == 0 ? 3 : 4);
	}
	check_equal(waitpid(pid, &status, WNOHANG), 0, "WNOHANG while the child lives");
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	check_equal(wait4(pid, &status, 0, &usage), pid, "wait4");
	check_equal(WEXITSTATUS(status), 3, "the end of a pipe whose writers are gone");
}

/* A tree of forks, `depth` levels, two children each; each returns how many there were below. */
static int grow_tree(int depth)
{
	int sum = 1;

	for (int i = 0; depth > 0 && i < 2; i++) {
		pid_t pid = fork_or_end();

		if (pid == 0)
			_exit(grow_tree(depth - 1));
		sum += WEXITSTATUS(status_of(pid));
	}
	return sum;
}

static void fill(unsigned *words, unsigned value)
{
	for (unsigned i = 0; i < PAGES * PAGE / 4; i++)
		words[i] = i * 2654435761u + value;
}

static unsigned count_wrong(const unsigned *words, unsigned value)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < PAGES * PAGE / 4; i++)
		wrong += words[i] != i * 2654435761u + value;
	return wrong;
}

/* Copy on write: each of four children writes its own values into what it inherited. */
static void check_private_memory(void)
{
	unsigned *words = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child[4];

	fill(words, 1);
	for (unsigned n = 0; n < 4; n++) {
		child[n] = fork_or_end();
		if (child[n] == 0) {
			unsigned wrong = count_wrong(words, 1);

			fill(words, 100 + n);
			_exit(wrong + count_wrong(words, 100 + n) ? 1 : 0);
		}
	}
	for (unsigned n = 0; n < 4; n++)
		check_equal(status_of(child[n]), 0, "a child has its parent's memory, its own");
	check_equal(count_wrong(words, 1), 0, "the parent's memory is as it was");
	munmap(words, PAGES * PAGE);
}

static void check_shared_memory(void)
{
	unsigned *words =
		mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	must(words != MAP_FAILED, "mmap, shared");
	words[5] = 5;
	pid = fork_or_end();
	if (pid == 0) {
		fill(words, 9);
		_exit(0);
	}
	check_equal(status_of(pid), 0, "a child that writes shared memory");
	check_equal(count_wrong(words, 9), 0, "its parent sees what it wrote");
	munmap(words, PAGES * PAGE);
}

/* A mebibyte through a pipe that holds far less. */
static void check_pipe(void)
{
	enum { BYTES = 1 << 20 };
	int ends[2], status;
	unsigned got = 0, wrong = 0;
	pid_t pid;

	must(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
	pid = fork_or_end();
	if (pid == 0) {
		unsigned char out[3000];

		for (unsigned sent = 0; sent < BYTES; sent += sizeof(out)) {
			for (unsigned i = 0; i < sizeof(out); i++)
				out[i] = (unsigned char)((sent + i) * 7);
			if (write(ends[1], out, sizeof(out)) != sizeof(out))
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);
	for (;;) {
		unsigned char in[4096];
		ssize_t n = read(ends[0], in, sizeof(in));

		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++, got++)
			wrong += in[i] != (unsigned char)(got * 7);
	}
	status = status_of(pid);
	check_equal(status, 0, "the writer of a pipe");
	check_that(got >= BYTES && wrong == 0, "a mebibyte through a pipe, in order");
	close(ends[0]);
}

static void check_broken_pipe(void)
{
	int ends[2];
	pid_t pid;

	must(pipe(ends) == 0, "pipe");
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	check_error(write(ends[1], "x", 1), EPIPE, "a pipe that nobody reads");
	signal(SIGPIPE, SIG_DFL);
	pid = fork_or_end();
	if (pid == 0) {
		if (write(ends[1], "x", 1) == 1)
			_exit(1);
		_exit(2);
	}
	check_equal(status_of(pid), SIGPIPE, "SIGPIPE ends its writer");
	close(ends[1]);
}

static void check_exec(void)
{
	char *bad[] = { (char *)"/no/such/file", NULL };
	char *again[] = { (char *)self, (char *)"child", (char *)"a b", (char *)"", NULL };
	char **volatile nowhere = (char **)4;
	char *names[] = { (char *)"STORY=processes", NULL };
	pid_t pid = vfork();

	if (pid == 0) {
		execve(self, again, names);
		_exit(99);
	}
	check_equal(status_of(pid), 42 << 8, "vfork and exec of this program");
	check_error(execv(bad[0], bad), ENOENT, "exec of nothing");
	check_error(execv(self, nowhere), EFAULT, "exec with arguments nowhere");
	check_that(posix_spawn(&pid, self, NULL, NULL, again, names) == 0, "posix_spawn");
	check_equal(status_of(pid), 42 << 8, "and the status of what it started");
}

/* This program once more, by exec. */
static int child_main(int argc, char **argv)
{
	const char *story = getenv("STORY");

	if (argc != 4 || strcmp(argv[2], "a b") || strcmp(argv[3], ""))
		return 1;
	if (!story || strcmp(story, "processes") || environ[1])
		return 2;
	return 42;
}

static void check_orphan(void)
{
	int ends[2], parent = 0;
	pid_t pid;

	must(pipe(ends) == 0, "pipe");
	pid = fork_or_end();
	if (pid == 0) {
		pid_t middle = getpid();

		if (fork() == 0) {
			struct timespec wait = { 0, 1000000 };

			while (getppid() == middle)
				nanosleep(&wait, NULL);
			parent = getppid();
			_exit(write(ends[1], &parent, sizeof(parent)) != sizeof(parent));
		}
		_exit(0);
	}
	check_equal(status_of(pid), 0, "a parent that ends first");
	close(ends[1]);
	check_equal(read(ends[0], &parent, sizeof(parent)), sizeof(parent), "its child lives on");
	check_that(parent != pid, "and has another parent");
	close(ends[0]);
}

static void check_ids(void)
{
	check_that(getppid() >= 0, "getppid");
	check_that(getpgrp() == getpgid(0), "the process group");
	check_equal(kill(getpid(), 0), 0, "kill with signal 0 finds oneself");
	check_error(kill(0x7ffffff, 0), ESRCH, "kill of nobody");
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1 && strcmp(argv[1], "child") == 0)
		return child_main(argc, argv);
	if (!strchr(self, '/'))
		self = "/bin/processes";
	check_statuses();
	check_no_hang();
	check_equal(grow_tree(4), 31, "a tree of 31 processes");
	check_private_memory();
	check_shared_memory();
	check_pipe();
	check_broken_pipe();
	check_exec();
	check_orphan();
	check_ids();
	return check_end("processes");
}

/*
 * start: what a program finds at its start. Arguments, environment, auxiliary vector, a C library
 * that formats numbers, the clock, chance.
 */
#define _GNU_SOURCE
#include "check.h"

#include <elf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* What of HWCAP every Cortex-A15 has: half, thumb, fast multiply, VFP, NEON, VFPv3, TLS. */
#define HWCAP_NEEDED (1u << 1 | 1u << 2 | 1u << 4 | 1u << 6 | 1u << 12 | 1u << 13 | 1u << 15)

extern char **environ;

static int at_exit_runs;

static void __attribute__((constructor)) before_main(void)
{
	at_exit_runs = 1;
}

static void check_arguments(int argc, char **argv)
{
	check_that(argc >= 1 && strstr(argv[0], "start"), "argv[0]");
	check_that(argv[argc] == NULL, "argv ends with null");
	check_that(environ == argv + argc + 1, "the environment follows the arguments");
	check_that(at_exit_runs == 1, "a constructor ran before main");
}

static void check_auxv(void)
{
	const unsigned char *random = (void *)getauxval(AT_RANDOM);
	const char *platform = (void *)getauxval(AT_PLATFORM);
	unsigned sum = 0;

	check_equal((long)getauxval(AT_PAGESZ), 4096, "AT_PAGESZ");
	check_equal((long)(getauxval(AT_HWCAP) & HWCAP_NEEDED), HWCAP_NEEDED, "AT_HWCAP");
	check_equal((long)getauxval(AT_PHENT), sizeof(Elf32_Phdr), "AT_PHENT");
	check_that(getauxval(AT_PHNUM) > 1, "AT_PHNUM");
	check_that(getauxval(AT_ENTRY) > 0x10000, "AT_ENTRY");
	check_equal((long)getauxval(AT_UID), getuid(), "AT_UID");
	check_equal((long)getauxval(AT_SECURE), 0, "AT_SECURE");
	check_that(platform && platform[0] == 'v', "AT_PLATFORM %s", platform ? platform : "");
	for (int i = 0; random && i < 16; i++)
		sum += random[i];
	check_that(sum != 0, "AT_RANDOM");
}

static void check_program_headers(void)
{
	const Elf32_Phdr *headers = (void *)getauxval(AT_PHDR);
	bool found = false;

	for (unsigned long n = 0; headers && n < getauxval(AT_PHNUM); n++)
		found |= headers[n].p_type == PT_TLS;
	check_that(found, "AT_PHDR: the program's own headers can be read");
}

static void check_numbers(void)
{
	char text[64];
	volatile double two = 2;

	snprintf(text, sizeof(text), "%.12f %g %a", sqrt(two), 1e-300 / two, 1.5 * two);
	check_that(strcmp(text, "1.414213562373 5e-301 0x1.8p+1") == 0, "doubles: %s", text);
	check_that(strtod("0.1", NULL) + strtod("0.2", NULL) != 0.3, "a sum of rounded numbers");
	check_equal((long)(sin(1) * 1e6), 841470, "sin");
}

static void check_clock(void)
{
	struct timespec a, b, wish = { 0, 3000000 };
	long long passed;

	check_equal(clock_gettime(CLOCK_MONOTONIC, &a), 0, "clock_gettime");
	check_equal(nanosleep(&wish, NULL), 0, "nanosleep");
	clock_gettime(CLOCK_MONOTONIC, &b);
	passed = (b.tv_sec - a.tv_sec) * 1000000000ll + b.tv_nsec - a.tv_nsec;
	check_that(passed >= 3000000 && passed < 2000000000, "a sleep of 3 ms takes that");
	check_equal(clock_getres(CLOCK_MONOTONIC, &a), 0, "clock_getres");
	check_that(a.tv_sec == 0 && a.tv_nsec > 0 && a.tv_nsec <= 10000000, "a fine clock");
	check_that(time(NULL) != (time_t)-1, "time");
}

static void check_system(void)
{
	struct utsname names;
	struct sysinfo info;
	struct rusage usage;
	unsigned chance[8] = { 0 };

	check_equal(uname(&names), 0, "uname");
	check_that(strncmp(names.machine, "armv7", 5) == 0, "machine %s", names.machine);
	check_equal(sysinfo(&info), 0, "sysinfo");
	check_that((unsigned long long)info.totalram * info.mem_unit > 8u << 20, "totalram");
	check_that(info.freeram > 0 && info.freeram <= info.totalram, "freeram");
	check_equal(getrusage(RUSAGE_SELF, &usage), 0, "getrusage");
	check_that(usage.ru_maxrss > 0, "ru_maxrss");
	check_equal(getrandom(chance, sizeof(chance), 0), sizeof(chance), "getrandom");
	check_that(chance[0] != chance[1] || chance[2] != chance[3], "random numbers differ");
	check_that(getpid() > 0 && getpid() == gettid(), "the first task's number");
	check_that(sysconf(_SC_PAGESIZE) == 4096, "sysconf");
}

int main(int argc, char **argv)
{
	check_arguments(argc, argv);
	check_auxv();
	check_program_headers();
	check_numbers();
	check_clock();
	check_system();
	return check_end("start");
}

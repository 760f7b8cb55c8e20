/*
 * unknown: calls of Linux that have nothing to do with memory; a kernel without them says so.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <unistd.h>

/* Numbers of arm-linux's unistd. */
enum { KEXEC_LOAD = 347, BPF = 386, IO_URING_SETUP = 425, NO_CALL = 5000 };

int main(void)
{
	for (int round = 0; round < 3; round++) {
		check_error(syscall(IO_URING_SETUP, 0, 0), ENOSYS, "io_uring_setup");
		check_error(syscall(BPF, 0, 0, 0), ENOSYS, "bpf");
		check_error(syscall(KEXEC_LOAD, 0, 0, 0, 0), ENOSYS, "kexec_load");
		check_error(syscall(NO_CALL), ENOSYS, "a number that is no call");
	}
	return check_end("unknown");
}

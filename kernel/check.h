/*
 * The invariants of memory management, looked at while nobody changes anything.
 */
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* mm/check.h's check_all with the other cpus held. Context: a thread, no lock held; sleeps. */
uint32_t check_alone(bool quiet);

#endif

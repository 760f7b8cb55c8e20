/*
 * Several cpus: how the others are started, and how they are told something.
 */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Starts the cpus of the set, a bit each, that the controller serves, and waits until they run
 * their idle threads. One that does not come in time is reported and left out for good. Once.
 * Context: a kernel thread on cpu 0; sleeps.
 */
void smp_start(uint32_t cpus);

/* The cpus that run, a bit each; and how many. */
uint32_t smp_online(void);
unsigned smp_online_count(void);

/* The handlers, before interrupts are on. Once. */
void smp_init(void);

/* That cpu, if it sleeps or is in user mode, comes into the kernel and looks around. Any context.
 */
void smp_kick(unsigned cpu);

/*
 * Every other cpu that runs calls `run`, in an interrupt; returns when all have. Two cpus may do so
 * at once, each is served while it waits. Context: interrupts on, no spinlock held.
 */
void smp_call_others(void (*run)(void));

/*
 * The others stop for good, as far as they can be reached. For the end: any context. Returns false
 * when another cpu is doing that already, which will stop this one.
 */
bool smp_stop_others(void);

/* The first C of a started cpu, on its own stack, interrupts off: boot/start.S. */
void smp_secondary_main(void) __attribute__((noreturn));

#endif

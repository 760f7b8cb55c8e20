/*
 * PL031, the clock that counts seconds: here only the alarm that it has.
 */
#ifndef DRIVERS_PL031_H
#define DRIVERS_PL031_H

#include <stdbool.h>
#include <stdint.h>

/* `registers` is mapped. Returns false, and nothing was touched, if no PL031 is there. */
bool pl031_init(void *registers);

/* Raises the interrupt once, so many seconds from now at most, and more than one second less. */
void pl031_set_alarm(uint32_t seconds);

/* Takes the interrupt back. */
void pl031_acknowledge(void);

#endif

/*
 * The display on and off: who draws the picture of memory, and when.
 *
 * Off, it has no memory, no thread and no hooks in the mover. On, a thread draws every so many
 * milliseconds, and at STEPS moments of a compaction while a batch of pages is in flight.
 */
#ifndef CONSOLE_DISPLAY_H
#define CONSOLE_DISPLAY_H

#include <stdint.h>

#define DISPLAY_MS	100u
#define DISPLAY_MOST_MS 60000u

/*
 * Turns the display on, or changes the time between two pictures. Context: may sleep.
 * Returns: 0; -ENODEV: there is none; -ENOMEM: no block of 1 MiB is free, or no thread; -E2BIG:
 * more memory than there are cells.
 */
int display_on(uint32_t ms);

/* Its memory is free again when this returns. Off already: no effect. Context: may sleep. */
void display_off(void);

#endif

/*
 * The serial line: PL011, one of them, the console.
 */
#ifndef DRIVERS_PL011_H
#define DRIVERS_PL011_H

#include <stdbool.h>
#include <stddef.h>

/*
 * `registers` is mapped. Sending works at once, polled; what one call sends stays together. Returns
 * false, and nothing was touched, if no PL011 is there.
 */
bool pl011_init(void *registers);
void pl011_write(const char *text, size_t bytes);

/* From now on sending waits for nobody: for the end, when all other cpus are stopped. */
void pl011_break_lock(void);

/* From here on received bytes raise the interrupt; its handler is the next line. */
void pl011_start_receive(void);
void pl011_interrupt(void *unused);

/* The next received byte, or -1 at once. Any context. */
int serial_getc(void);

/* A byte is there to be got. Any context. */
bool serial_is_waiting(void);

/* Called from the interrupt after bytes have arrived; NULL: nobody. Received bytes are theirs. */
void serial_set_wake(void (*wake)(void));

/* The same, unless they are somebody else's already. */
bool serial_try_take(void (*wake)(void));

#endif

/*
 * Semihosting: what the emulator or debugger does for us, if it is there.
 */
#ifndef DRIVERS_SEMIHOSTING_H
#define DRIVERS_SEMIHOSTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True if somebody answers. */
bool semihosting_is_there(void);

/* Text to the host's console, for words that must be said before there is a serial line. */
void semihosting_write(const char *text, size_t bytes);

/*
 * The end of RAM as the host sees it, 0 for the end of the 32-bit space. Returns false if nobody
 * answers.
 */
bool semihosting_ram_end(uint32_t *end);

/* The command line, 0-terminated. Returns false if there is none or it does not fit. */
bool semihosting_command_line(char *text, size_t room);

/* Ends the emulator with this status, or returns if nobody answers. */
void semihosting_exit(int status);

#endif

/*
 * Boot arguments: what `-append` said, parsed once, constant afterwards.
 */
#ifndef BOOT_PARAMS_H
#define BOOT_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#define PARAMS_TEXT 2048u

/* What trace_events= may say: at most what one block of the allocator holds. */
#define TRACE_LEAST_EVENTS 64u
#define TRACE_MOST_EVENTS  65536u

struct boot_params {
	const char *init;     /* program to start, or NULL */
	const char *run;      /* console commands, or NULL */
	const char *test;     /* pattern of target tests, or NULL */
	const char *trace;    /* events to record, or NULL */
	const char *fail;     /* SITE:N, or NULL */
	const char *for_init; /* arguments nobody here knows, separated by blanks; "" if none */
	uint32_t seed;
	uint32_t maxcpus;
	uint32_t loglevel;
	uint32_t trace_events; /* kept by each cpu; 0: as many as there is room for without asking */
	uint32_t lowmem_bytes; /* 0: as much as the direct map holds */
	uint32_t movable_bytes, cma_bytes, dma_bytes;
	uint32_t ramdisk_bytes; /* a disk in memory; 0: none */
	uint32_t disk_seconds;	/* that a disk may take to answer */
	bool demo;
	bool display; /* memory on the board's display, from the start */
};

extern struct boot_params boot_params;

/* Takes the line apart. Problems are reported a line each and the default stays. */
void params_parse(const char *line);

/* True if the text up to a blank or '=' is the name of an argument. */
bool params_is_known(const char *word);

/* All arguments with their help, for the console's `help boot`. */
void params_help(void);

#endif

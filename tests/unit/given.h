/*
 * Set-ups for the host tests, in words of the domain, and the fake scheduler.
 */
#ifndef TESTS_UNIT_GIVEN_H
#define TESTS_UNIT_GIVEN_H

#include "arch/sim/sim.h"
#include "mm/phys/phys.h"

#define RAM_START 0x80000u /* frame number: where the board's RAM begins */
#define MIB_PAGES 256u

struct given_ram {
	uint32_t start_pfn; /* 0: RAM_START */
	uint32_t pages;	    /* 0: 16 MiB */
	uint32_t low_pages; /* in the direct map; 0: all */
	uint32_t dma_pages, movable_pages;
	uint32_t image_pages; /* reserved at the start of RAM */
};

/* A booted machine as far as phys_init goes. Invariants hold. */
void given_ram(struct given_ram wish);

/* given_ram({ .pages = pages }) */
void given_pages(uint32_t pages);

/* Makes a new thread current on cpu 0. */
void given_thread(struct thread *t, const char *name);

/* What the fake scheduler does while a thread is blocked: somebody else's turn. NULL: blocking is a
 * failure. */
extern void (*while_blocked)(void);
extern unsigned times_blocked, times_woken;

/* The first zone that has memory. */
struct zone *any_zone(void);

/* Free frames on the buddy's lists and on the cpus' lists. */
uint32_t all_free_pages(void);

/* Takes and gives with the zone's lock, as buddy.h asks. */
struct page *buddy_alloc_locked(struct zone *z, unsigned order, enum migratetype type);
void buddy_free_locked(struct zone *z, struct page *p, unsigned order);
uint32_t buddy_set_type_locked(struct zone *z, pfn_t block, enum migratetype type);

/* What phys_check finds. */
uint32_t findings(bool quiet);

/* Fails the case if any invariant is broken. */
void expect_sound(void);

#endif

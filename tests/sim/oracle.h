/*
 * What every address space must read as.
 *
 * A space has slices, each a run of pages that one task maps, unmaps and protects, and that all
 * tasks of the space access. In each page SLOTS words are written; all others stay zero for ever.
 * The oracle is brought up to date in the same step as the access, so each read has one right
 * answer, but for: flux    a request on the page is under way: its rights are the old or the new
 * ones wild    stored to while a request was emptying the page: the next read says what it is now
 *
 * A page of an object has one record of its contents for all spaces that map it. What is stored to
 * it while the storing space's page is in flux may go to the object or to what takes its place, so
 * it becomes wild; and while a request takes the page out of its object nobody knows what it reads
 * as.
 */
#ifndef TESTS_SIM_ORACLE_H
#define TESTS_SIM_ORACLE_H

#include "tests/sim/world.h"

#define SLICES	    4u
#define SLICE_PAGES 24u
#define SLOTS	    16u

struct contents {
	uint16_t wild; /* a bit a slot */
	uint32_t value[SLOTS];
};

struct known_object {
	struct contents contents;
	uint32_t refs;	  /* pages of spaces, and requests that remove it; 0: free */
	uint8_t removing; /* requests that take the page out just now */
	uint16_t stored;  /* slots stored to while one did */
};

struct known_page {
	bool mapped, locked;
	uint8_t rights; /* enum pte_rights */
	uint8_t flux;
	uint32_t epoch;	   /* begins and ends of requests */
	uint16_t unsynced; /* slots stored to while the page became executable: fetches may lag */
	uint16_t stored;   /* slots stored to while in flux or while the space forked */
	struct known_object *object; /* NULL: private, and these are its contents */
	struct contents own;
};

struct slice {
	uint32_t base;
	struct known_page page[SLICE_PAGES];
};

struct space {
	bool in_use, forking, dying;
	struct mm *mm;
	unsigned tasks, busy; /* tasks that live in it; requests under way */
	uint32_t serial;
	struct slice slice[SLICES];
};

extern struct space oracle_spaces[MAX_SPACES];

/* Before a run. */
void oracle_forget(void);

struct space *oracle_new(struct mm *mm);
/* A child that knows what its parent knows; slots stored to since `forking` was set are wild in it.
 */
struct space *oracle_fork(struct space *parent, struct mm *mm);

/* One that lives, or NULL. */
struct space *oracle_some_space(void);

uint32_t oracle_address(const struct slice *s, unsigned page);
uint32_t oracle_slot_offset(unsigned page, unsigned slot);

/* The slot a word offset belongs to, or SLOTS: a word that stays zero. */
unsigned oracle_slot_at(unsigned page, uint32_t offset);

/* A request on pages [first, first + count) begins, and ends. */
void oracle_begin(struct space *s, unsigned slice, unsigned first, unsigned count);
void oracle_end(struct space *s, unsigned slice, unsigned first, unsigned count);

/* After a fork, which takes the right to store from every page of the parent. */
void oracle_expect_tlbs_forgot(const struct space *s);

/* What a request did, told before oracle_end. */
void oracle_emptied(struct known_page *p); /* private from here on, or nothing */
void oracle_shared(struct known_page *p);  /* an object's first page, all zeroes */
void oracle_moved(struct known_page *from, struct known_page *to);

/* A request takes the object's page out, between these two; it has zeroes afterwards. NULL:
 * nothing. */
struct known_object *oracle_begin_removing(struct known_page *p);
void oracle_end_removing(struct known_object *o, bool removed);

/* The space's last task leaves it. */
void oracle_leave(struct space *s);

struct contents *oracle_contents(struct known_page *p);

struct check;

/*
 * What entries remember of the past, where nothing makes a page old or clean yet: each that is
 * present is young, and dirty where something was stored. Nothing runs.
 */
void oracle_check(struct check *c);

/* A page of the space on which a request is under way, if there is one. */
bool oracle_page_in_flux(const struct space *s, unsigned *slice, unsigned *page);

/* One access by the running actor, compared. Returns its result. */
int oracle_access(struct space *s, unsigned slice, unsigned page, uint32_t offset,
		  enum sim_access how);

#endif

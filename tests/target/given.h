/*
 * What tests start from. All that is given is taken back when the test has ended, so no test cleans
 * up after itself but for what it made by hand. When memory for it is short the test fails and gets
 * NULL or 0.
 */
#ifndef TESTS_TARGET_GIVEN_H
#define TESTS_TARGET_GIVEN_H

#include "kernel/task.h"
#include "mm/phys/alloc.h"
#include "mm/virt/mm.h"

/* A fresh address space; user addresses mean it from here on, in this test's thread. */
struct mm *given_mm(void);

/* A new area of so many pages in `mm`, nothing in it yet. Returns its address. */
vaddr_t given_area(struct mm *mm, uint32_t pages, uint32_t vma_flags);

/* An area of one page, written once, so that a page of its own is mapped. Returns the page. */
struct page *given_page_mapped(struct mm *mm, vaddr_t *address);

/* The entry for an address; none where there is no table. */
pte_t entry_at(struct mm *mm, vaddr_t a);

/* The same entry replaced, and forgotten by the hardware. The table is there already. */
void set_entry(struct mm *mm, vaddr_t a, pte_t value);

/* Word `n` of the page that a user address leads to, in the frame itself, past the MMU. */
uint32_t word_in_frame(pfn_t f, unsigned n);

/* A block from the allocator. Never NULL without the test having failed. */
struct page *given_block(gfp_t gfp, unsigned order);

/*
 * A user program, started with at most one argument; killed at the end of the test if it still
 * lives.
 */
struct task *given_program(const char *path, const char *argument);

/* Waits for it. Returns its exit status. */
int exit_status_of(struct task *t);

/* Called by the runner in the test's thread. */
void given_take_back(void);

#endif

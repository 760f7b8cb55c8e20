/*
 * What a word of a command names: a frame, a task, the address space of a task.
 *
 * TASK is a number that `ps` shows, or a name: the newest live task of that name.
 * FRAME is a frame number (0x80400), or TASK:ADDR: the frame that the task's entry for this user
 * address maps, or that a migration entry there stands for.
 *
 * All functions return 0, or the status of an error that they have printed.
 */
#ifndef CONSOLE_ARGUMENTS_H
#define CONSOLE_ARGUMENTS_H

#include "console/console.h"
#include "kernel/task.h"
#include "mm/phys/page.h"
#include "mm/virt/mm.h"

/* The frame that the n-th word names. No hold is taken: the next moment it may be another's. */
int console_find_frame(const struct words *w, unsigned n, struct page **p);

/* The task that the n-th word names, held: task_put. */
int console_find_task(const struct words *w, unsigned n, struct task **t);

/* The address space of the task that the n-th word names, held: mm_put. */
int console_find_mm(const struct words *w, unsigned n, struct mm **mm);

/* The entry for a user address, or none where there is no table. Context: may sleep. */
pte_t console_entry(struct mm *mm, vaddr_t a);

#endif

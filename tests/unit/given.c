/*
 * Set-ups: a machine with memory, threads, and a scheduler that has one thread.
 */
#include "tests/unit/given.h"

#include <stdlib.h>

#include "base/waitq.h"
#include "mm/check.h"
#include "mm/phys/buddy.h"
#include "mm/phys/early.h"
#include "mm/phys/pcp.h"
#include "tests/unit/unit.h"

void (*while_blocked)(void);
unsigned times_blocked, times_woken;

void given_ram(struct given_ram wish)
{
	uint32_t start = wish.start_pfn ? wish.start_pfn : RAM_START;
	uint32_t pages = wish.pages ? wish.pages : 16 * MIB_PAGES;
	uint32_t high = start + (wish.low_pages ? wish.low_pages : pages);
	struct zone_borders borders = { wish.dma_pages, wish.movable_pages, pfn(high) };

	sim_machine_init(pfn(start), pages, pfn(high));
	waitq_init();
	early_set_ram(pfn_to_paddr(pfn(start)), pages);
	early_reserve(pfn_to_paddr(pfn(start)), wish.image_pages * PAGE_SIZE);
	phys_init(&borders);
	expect_sound();
}

void given_pages(uint32_t pages)
{
	given_ram((struct given_ram){ .pages = pages });
}

void given_thread(struct thread *t, const char *name)
{
	static uint32_t last_id;

	*t = (struct thread){ .id = ++last_id };
	strncpy(t->name, name, sizeof(t->name) - 1);
	cpu_set_current(t);
}

/* One thread: while it is blocked, while_blocked plays the rest of the world. */
void sched_block(void)
{
	struct thread *t = cpu_current();

	expect(t->spin_depth == 0);
	times_blocked++;
	if (t->state == THREAD_RUNNABLE)
		return;
	expect(while_blocked != NULL);
	while_blocked();
	expect(t->state == THREAD_RUNNABLE);
}

void sched_wake(struct thread *t)
{
	times_woken++;
	t->state = THREAD_RUNNABLE;
}

void sched_yield_now(void)
{
}

struct zone *any_zone(void)
{
	struct zone *z;

	for_each_zone(z) return z;
	abort();
}

uint32_t all_free_pages(void)
{
	uint32_t pages = 0;
	struct zone *z;

	for_each_zone(z) pages += z->free_pages + pcp_pages(z);
	return pages;
}

struct page *buddy_alloc_locked(struct zone *z, unsigned order, enum migratetype type)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	struct page *p = buddy_alloc(z, order, type);

	if (p && type != MIGRATE_MOVABLE && type != MIGRATE_CMA)
		buddy_mark_unmovable(z, p, order);
	spin_unlock_irq(&z->lock, saved);
	return p;
}

void buddy_free_locked(struct zone *z, struct page *p, unsigned order)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);

	buddy_free(z, p, order);
	spin_unlock_irq(&z->lock, saved);
}

uint32_t buddy_set_type_locked(struct zone *z, pfn_t block, enum migratetype type)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	uint32_t moved = buddy_set_type(z, block, type);

	spin_unlock_irq(&z->lock, saved);
	return moved;
}

uint32_t findings(bool quiet)
{
	struct check c = { .quiet = quiet };

	phys_check(&c);
	return c.broken;
}

void expect_sound(void)
{
	expect_eq(findings(false), 0);
}

/*
 * migrate_pages: passes over a list, each in batches, and what becomes of each page.
 *
 * The stages of one page are in stages.c. Here: which pages travel together, who is tried again,
 * what is counted, what is left on the list.
 */
#include "mm/move/migrate.h"

#include <errno.h>

#include "base/trace.h"
#include "mm/move/journey.h"
#include "mm/move/refusal.h"
#include "mm/phys/alloc.h"
#include "mm/phys/lru.h"
#include "mm/phys/pin.h"

uint32_t migrations_running;

/* One pass: pages still to try this time are on `todo`, those to try again gather on `again`. */
struct pass {
	struct migration *m;
	struct list todo, again;
	uint32_t again_pages;
	bool force; /* MP-1: from the fourth pass on */
	bool dry;   /* targets ran out: the call ends (MP-4) */
};

static void load_batch(struct journey *j, struct pass *p)
{
	uint32_t room = p->force || migrate_watched ? 1 : MOVE_BATCH;

	journey_init(j, p->m, p->force);
	while (j->count < room && !list_is_empty(&p->todo)) {
		struct page *from = list_first(&p->todo, struct page, lru);

		list_del(&from->lru);
		j->moves[j->count++] = (struct move){ .from = from };
	}
}

static void tell(struct migration *m, const struct move *move)
{
	if (m->settled)
		m->settled(m, move);
}

static void keep_for_later(struct pass *p, const struct move *move)
{
	p->m->last_refused = *move;
	list_add_tail(&p->again, &move->from->lru);
	p->again_pages++;
}

/* MP-7: an error that another try would not change. */
static void give_up_on(struct migration *m, const struct move *move)
{
	m->last_refused = *move;
	m->failed++;
	tell(m, move);
	lru_putback(move->from);
}

static void settle_move(struct pass *p, const struct move *move)
{
	switch (move->error) {
	case 0: /* MP-6 */
		p->m->moved++;
		tell(p->m, move);
		break;
	case -ENOMEM: /* MP-4 */
		p->dry = true;
		keep_for_later(p, move);
		break;
	case -EAGAIN: /* MP-5 */
		keep_for_later(p, move);
		break;
	default:
		give_up_on(p->m, move);
	}
}

static void run_batch(struct pass *p)
{
	struct journey j;

	load_batch(&j, p);
	journey_run(&j);
	for (uint32_t i = 0; i < j.count; i++)
		settle_move(p, &j.moves[i]);
}

/*
 * Returns the pages that asked to be tried again, all of which are back on m->pages; -ENOMEM when
 * dry.
 */
static int run_pass(struct migration *m, unsigned number)
{
	struct pass p = { .m = m, .force = number >= MIGRATE_FORCE_PASS };

	list_init(&p.todo);
	list_init(&p.again);
	list_splice_init(m->pages, &p.todo);
	while (!p.dry && !list_is_empty(&p.todo)) {
		run_batch(&p);
		bill_yield_if_due(m->bill, BILL_REST);
	}
	list_splice_init(&p.again, m->pages);
	list_splice_tail_init(&p.todo, m->pages);
	m->retried = p.again_pages;
	return p.dry ? -ENOMEM : (int)p.again_pages;
}

static int run_passes(struct migration *m)
{
	int left = 1;

	for (m->passes = 0; left > 0 && m->passes < MIGRATE_PASSES; m->passes++)
		left = run_pass(m, m->passes);
	return left;
}

/* Who is left on the list after the last pass hears that it stays. */
static void account(struct migration *m)
{
	vm_event_add(PGMIGRATE_SUCCESS, m->moved);
	vm_event_add(PGMIGRATE_FAIL, m->failed);
	TRACE(MM_MIGRATE_PAGES, m->moved, m->failed, m->mode, m->why);
}

int migrate_pages(struct migration *m)
{
	uint32_t flags = thread_set_flags(THREAD_SWAPWRITE); /* MP-2 */
	int left;

	m->moved = m->failed = m->retried = 0;
	TRACE(MM_MIGRATE_PAGES_START, m->mode, m->why);
	atomic_fetch_add(&migrations_running, 1);
	left = run_passes(m);
	atomic_fetch_add(&migrations_running, ~0u);
	account(m); /* MP-8 */
	thread_restore_flags(flags, THREAD_SWAPWRITE);
	return left < 0 ? left : (int)m->failed + left; /* MP-9 */
}

/* ---- one frame, by number */

struct single {
	struct migration migration;
	struct move *what;
};

static struct page *take_fresh(struct migration *m, struct page *from)
{
	(void)m;
	(void)from;
	return alloc_pages(GFP_USER | GFP_NOWARN, 0);
}

static void remember(struct migration *m, const struct move *move)
{
	*container_of(m, struct single, migration)->what = *move;
}

/* On a list, or in this cpu's batch and then on a list. */
static int isolate_wherever(struct page *p)
{
	int error = lru_isolate(p);

	if (!error)
		return 0;
	lru_drain();
	return lru_isolate(p);
}

static int isolate_frame(pfn_t f, struct move *what)
{
	struct page *p = pfn_to_page(f);

	*what = (struct move){ .from = p };
	if (page_refs(p) && !page_is_users(p))
		what->reason = MOVE_UNSUPPORTED;
	else if (isolate_wherever(p))
		what->reason = MOVE_NOT_ON_LRU;
	if (!what->reason)
		return 0;
	if (page_try_pin_by_number(p, "its refusal is noted")) {
		refusal_note(what, REFUSED_AT_ISOLATION, MOVER_REQUEST);
		page_unpin(p);
	}
	what->error = -EBUSY;
	return what->error;
}

/* The page is on the migration's list; if it stays, it goes back to where it came from. */
static void move_one(struct migration *m, struct move *what)
{
	if (migrate_pages(m) == 0)
		return;
	*what = m->last_refused;
	lru_putback_list(m->pages);
	bill_lap(m->bill, BILL_PUT_BACK);
}

int migrate_frame(pfn_t f, enum migrate_mode mode, struct move *what)
{
	struct list one = LIST_INIT(one);
	struct single s = { .migration = { .pages = &one,
					   .mode = mode,
					   .why = WHY_REQUEST,
					   .take_target = take_fresh,
					   .settled = remember },
			    .what = what };

	if (!pfn_is_valid(f))
		return -EINVAL;
	s.migration.bill = bill_open();
	if (!isolate_frame(f, what)) {
		bill_lap(s.migration.bill, BILL_ISOLATE);
		list_add(&one, &what->from->lru);
		move_one(&s.migration, what);
	}
	bill_close(s.migration.bill, s.migration.moved, what->error != 0);
	return what->error;
}

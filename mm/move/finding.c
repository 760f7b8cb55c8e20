/*
 * From a frame to its holders, and to what a move would come to.
 *
 * The verdict goes by what the journey asks, in its order (stages.c), on what the look has found.
 */
#include "mm/move/finding.h"

#include <string.h>

#include "mm/phys/buddy.h"
#include "mm/phys/lru.h"
#include "mm/phys/pcp.h"
#include "mm/phys/pin.h"
#include "mm/virt/fault.h"
#include "mm/virt/rmap.h"

/* Times that others may run before a page lock is taken for one that stays. */
#define LOCK_TRIES 16u

static const char asker[] = "asks why";

/* ---- holders */

static struct holder *add_holder(struct finding *f, enum holder_kind kind, uint32_t holds)
{
	static struct holder overflow; /* written and never read */
	struct holder *h = &overflow;

	if (f->holder_count < FINDING_HOLDERS)
		h = &f->holder[f->holder_count++];
	else
		f->holders_more++;
	*h = (struct holder){ .kind = kind, .holds = holds };
	if (kind != HOLDER_UNKNOWN)
		f->named_holds += holds;
	return h;
}

static void add_space(struct finding *f, enum holder_kind kind, const struct mm *mm, vaddr_t a)
{
	struct holder *h = add_holder(f, kind, 1);

	h->mapping.mm = mm;
	h->mapping.address = a.a;
	memcpy(h->mapping.name, mm->name, sizeof(h->mapping.name));
}

/* A visitor of rmap_walk; the table's lock is held. A migration entry keeps its hold. */
static bool note_mapping(struct page *p, const struct rmap_place *place, void *arg)
{
	pfn_t frame = page_to_pfn(p);
	pte_t e = pte_read(place->pte.entry);
	bool is_migration = pte_is_migration(e) && leaf_migration_pfn(e).n == frame.n;

	if (is_migration || (pte_is_present(e) && pte_pfn(e).n == frame.n))
		add_space(arg, is_migration ? HOLDER_MIGRATION : HOLDER_MAPPING, place->vma->mm,
			  place->address);
	return true;
}

/* Who has the lock for long is asked no more: the mappings are then known by their number only. */
static bool lock_for_a_look(struct page *p)
{
	for (unsigned tries = 0; tries < LOCK_TRIES; tries++) {
		if (page_try_lock(p))
			return true;
		sched_yield_now();
	}
	return false;
}

static void note_object(struct finding *f, const struct page *p)
{
	const struct address_space *m = page_mapping(p);
	struct holder *h;

	if (!m)
		return;
	h = add_holder(f, HOLDER_OBJECT, page_cache_holds(p));
	h->object.serial = m->serial;
	h->object.offset = p->index;
}

/* Page lock held, so index, family and object are still. */
static void note_users(struct finding *f, struct page *p)
{
	if (p->mapping)
		rmap_walk(p, note_mapping, f);
	note_object(f, p);
}

static void note_pins(struct finding *f, const struct page *p)
{
	for (unsigned n = 0; n < PIN_NAMES; n++) {
		struct pin pin;

		if (pin_of_page(n, p, &pin) && pin.why != asker)
			add_holder(f, HOLDER_PIN, 1)->pin = pin;
	}
}

static void note_lists(struct finding *f, const struct page *p)
{
	if (page_has(p, PG_LRU_BATCH))
		add_holder(f, HOLDER_LRU_BATCH, 1)->cpu = lru_batch_of(p);
	if (page_has(p, PG_ISOLATED))
		add_holder(f, HOLDER_MOVER, 1);
}

static void note_rest(struct finding *f)
{
	uint32_t known = f->named_holds + (f->walked ? 0 : f->mapcount);

	if (f->refs > known)
		add_holder(f, HOLDER_UNKNOWN, f->refs - known);
}

/* ---- the verdict on a page of users */

/* Migration drains this cpu's batch and no other's. */
static bool in_other_batch(const struct finding *f)
{
	for (unsigned n = 0; n < f->holder_count; n++)
		if (f->holder[n].kind == HOLDER_LRU_BATCH)
			return f->holder[n].cpu != (int)cpu_id();
	return false;
}

/* Holds that do not keep it from moving: its mappings', its object's, a batch's that is drained. */
static uint32_t harmless_holds(const struct finding *f)
{
	uint32_t holds = f->mapcount;

	for (unsigned n = 0; n < f->holder_count; n++)
		if (f->holder[n].kind == HOLDER_OBJECT || f->holder[n].kind == HOLDER_LRU_BATCH)
			holds += f->holder[n].holds;
	return holds;
}

static uint32_t entries_found(const struct finding *f)
{
	uint32_t entries = f->holders_more;

	for (unsigned n = 0; n < f->holder_count; n++)
		entries += f->holder[n].kind == HOLDER_MAPPING ||
			   f->holder[n].kind == HOLDER_MIGRATION;
	return entries;
}

static bool has_object(const struct finding *f)
{
	for (unsigned n = 0; n < f->holder_count; n++)
		if (f->holder[n].kind == HOLDER_OBJECT)
			return true;
	return false;
}

static enum verdict decide(struct finding *f, enum verdict v, enum move_reason reason)
{
	f->reason = reason;
	return v;
}

static enum verdict judge(struct finding *f)
{
	if (!(f->flags & (PG_LRU | PG_LRU_BATCH)) || in_other_batch(f))
		return decide(f, VERDICT_BUSY, MOVE_NOT_ON_LRU);
	if (!f->walked)
		return decide(f, VERDICT_BUSY, MOVE_LOCKED);
	if (f->refs > harmless_holds(f))
		return decide(f, VERDICT_PINNED,
			      f->mapcount || f->kind != KIND_ANON ? MOVE_PINNED : MOVE_NO_RMAP);
	if (!f->mapcount && !has_object(f))
		return decide(f, VERDICT_ORPHAN, MOVE_NOT_ON_LRU);
	if (entries_found(f) < f->mapcount)
		return decide(f, VERDICT_UNMOVABLE, MOVE_UNMAP_FAILED);
	return decide(f, VERDICT_MOVABLE, MOVE_NONE);
}

/* Pinned by the caller: that hold is left out. */
static void look_at_users(struct finding *f, struct page *p)
{
	f->state = FRAME_USERS;
	f->walked = lock_for_a_look(p);
	if (f->walked)
		note_users(f, p);
	note_lists(f, p);
	note_pins(f, p);
	f->flags = page_flags(p) & ~(f->walked ? (uint32_t)PG_LOCKED : 0u);
	f->mapcount = atomic_load(&p->mapcount);
	f->refs = page_refs(p) - 1;
	if (f->walked)
		page_unlock(p);
	note_rest(f);
	f->verdict = judge(f);
}

/* ---- frames that are not of users, or free */

struct table_owner {
	struct finding *f;
	const struct mm *mm;
};

static void note_if_owner(struct mm *mm, void *arg)
{
	const struct table_owner *t = arg;

	if (mm == t->mm)
		add_space(t->f, HOLDER_OWNER, mm, vaddr(0));
}

/* What the table says of its owner may be old; who is asked is held. */
static void look_at_table(struct finding *f, const struct page *p)
{
	struct table_owner t = { f, p->mm };

	f->state = FRAME_TABLE;
	mm_for_each(note_if_owner, &t);
}

static void look_at_kernel(struct finding *f, const struct page *p)
{
	f->state = p == zero_page ? FRAME_ZERO_PAGE : FRAME_KERNEL;
	add_holder(f, HOLDER_OWNER, 1);
	note_pins(f, p);
}

static bool find_free_block(struct finding *f, const struct page *p)
{
	struct zone *z = page_zone(p);
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	const struct page *first = buddy_find_free(z, page_to_pfn(p));

	if (first) {
		f->state = FRAME_FREE;
		f->order = first->order;
		f->block = page_to_pfn(first);
	}
	spin_unlock_irq(&z->lock, saved);
	return first;
}

static void look_at_unheld(struct finding *f, const struct page *p)
{
	f->verdict = VERDICT_FREE;
	f->reason = MOVE_NOT_ON_LRU;
	if (page_has(p, PG_PCP)) {
		f->state = FRAME_ON_CPU;
		f->cpu = pcp_cpu_of(p);
	} else if (!find_free_block(f, p)) {
		f->state = FRAME_INSIDE;
		f->verdict = page_is_users(p) ? VERDICT_BUSY : VERDICT_UNMOVABLE;
	}
}

static void look_at_others(struct finding *f, const struct page *p)
{
	f->flags = page_flags(p);
	f->refs = page_refs(p);
	f->mapcount = atomic_load(&p->mapcount);
	f->verdict = VERDICT_UNMOVABLE;
	f->reason = MOVE_UNSUPPORTED;
	if (page_has(p, PG_RESERVED))
		f->state = FRAME_RESERVED;
	else if (!f->refs || page_is_users(p))
		look_at_unheld(f, p);
	else if (page_kind(p) == KIND_TABLE)
		look_at_table(f, p);
	else
		look_at_kernel(f, p);
}

void finding_look(struct page *p, struct finding *f)
{
	*f = (struct finding){ .page = p, .kind = page_kind(p), .cpu = -1 };
	f->known = refusal_find(p, &f->refusal);
	if (page_try_pin_by_number(p, asker)) {
		look_at_users(f, p);
		page_unpin(p);
	} else {
		look_at_others(f, p);
	}
}

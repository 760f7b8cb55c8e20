/* Records of refusals. A record is taken by its `busy` word for as long as it is written. */
#include "mm/move/refusal.h"

#include <string.h>

struct refusal refusals[REFUSALS];

static const char *const mover_names[MOVERS] = {
	[MOVER_REQUEST] = "request for this page",
	[MOVER_DIRECT] = "direct compaction",
	[MOVER_KCOMPACTD] = "background compaction",
	[MOVER_WHOLE] = "compaction of everything",
};

const char *mover_name(enum mover m)
{
	return m < MOVERS ? mover_names[m] : "?";
}

/* Neighbours get records of their own; so do frames one pageblock apart. */
static struct refusal *record_of(pfn_t f)
{
	return &refusals[(f.n ^ f.n >> 8) % REFUSALS];
}

static bool is_of(const struct refusal *r, const struct page *p)
{
	return r->times && r->frame.n == page_to_pfn(p).n && page_has(p, PG_REMEMBERED);
}

/* Whose page it is, once for however many refusals. */
static void begin_record(struct refusal *r, struct page *p)
{
	r->frame = page_to_pfn(p);
	r->kind = page_kind(p);
	r->mapping = p->mapping;
	r->index = p->index;
	r->times = 0;
	page_set(p, PG_REMEMBERED);
}

static void fill_record(struct refusal *r, const struct move *m, enum refusal_where where,
			enum mover mover)
{
	const struct thread *t = cpu_current();

	r->where = where;
	r->stage = (enum move_stage)m->stage;
	r->reason = (enum move_reason)m->reason;
	r->mover = mover;
	r->expected = m->expected;
	r->found = m->found;
	if (!r->times++ || r->thread_id != t->id)
		memcpy(r->thread_name, t->name, sizeof(r->thread_name));
	r->thread_id = t->id;
	r->when_insns = cpu_insns();
}

void refusal_note(const struct move *m, enum refusal_where where, enum mover mover)
{
	struct refusal *r = record_of(page_to_pfn(m->from));

	if (!atomic_cas(&r->busy, 0, 1))
		return;
	if (!is_of(r, m->from))
		begin_record(r, m->from);
	fill_record(r, m, where, mover);
	atomic_store(&r->busy, 0);
}

enum refusal_known refusal_find(const struct page *p, struct refusal *copy)
{
	struct refusal *r = record_of(page_to_pfn(p));
	bool remembered = page_has(p, PG_REMEMBERED);

	if (!atomic_cas(&r->busy, 0, 1))
		return remembered ? REFUSAL_FORGOTTEN : REFUSAL_NONE;
	*copy = *r;
	atomic_store(&r->busy, 0);
	if (copy->times && copy->frame.n == page_to_pfn(p).n)
		return remembered ? REFUSAL_OF_PAGE : REFUSAL_OF_FORMER;
	return remembered ? REFUSAL_FORGOTTEN : REFUSAL_NONE;
}

/* The one giver of tags; see the header. */
#include "arch/asid.h"

static bool is_of_this_generation(const struct asid_pool *p, const struct arch_mm *as)
{
	return as->asid >> ASID_BITS == p->generation >> ASID_BITS;
}

static bool is_kept(const struct asid_pool *p, uint32_t tag)
{
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		if (p->kept[cpu] == tag)
			return true;
	return false;
}

static void go_past_kept(struct asid_pool *p)
{
	while (is_kept(p, p->next))
		p->next++;
}

static void give_tag(struct asid_pool *p, struct arch_mm *as)
{
	as->asid = p->generation | p->next++;
	go_past_kept(p);
}

/* What is current on a cpu stays what it is, and is of this generation now. */
static void keep_tag(struct asid_pool *p, unsigned cpu)
{
	struct arch_mm *as = p->current[cpu];

	p->kept[cpu] = as ? asid_tag(as) : 0;
	if (as)
		as->asid = p->generation | asid_tag(as);
}

static void begin_generation(struct asid_pool *p)
{
	p->generation += 1u << ASID_BITS;
	if (p->generation == 0) /* 0 means "never had one" */
		p->generation = 1u << ASID_BITS;
	p->generations_begun++;
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		keep_tag(p, cpu);
	p->next = 1;
	go_past_kept(p);
}

bool asid_make_current(struct asid_pool *p, struct arch_mm *as, unsigned cpu)
{
	bool ran_out = false;

	p->current[cpu] = NULL;
	if (as && !is_of_this_generation(p, as)) {
		ran_out = p->next >= p->tags;
		if (ran_out)
			begin_generation(p);
		give_tag(p, as);
	}
	p->current[cpu] = as;
	return ran_out;
}

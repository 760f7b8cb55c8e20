/* The one giver of tags; see the header. */
#include "arch/asid.h"

static bool is_of_this_generation(const struct asid_pool *p, const struct arch_mm *as)
{
	return as->asid >> ASID_BITS == p->generation >> ASID_BITS;
}

static void give_tag(struct asid_pool *p, struct arch_mm *as)
{
	if (!is_of_this_generation(p, as))
		as->asid = p->generation | p->next++;
}

static void begin_generation(struct asid_pool *p)
{
	p->generation += 1u << ASID_BITS;
	if (p->generation == 0) /* 0 means "never had one" */
		p->generation = 1u << ASID_BITS;
	p->next = 1;
	p->generations_begun++;
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++)
		if (p->current[cpu])
			give_tag(p, p->current[cpu]);
}

bool asid_make_current(struct asid_pool *p, struct arch_mm *as, unsigned cpu)
{
	bool ran_out;

	p->current[cpu] = as;
	if (!as || is_of_this_generation(p, as))
		return false;
	ran_out = p->next >= p->tags;
	if (ran_out)
		begin_generation(p);
	give_tag(p, as);
	return ran_out;
}

/*
 * Tags of address spaces (ASIDs): given out in order, and begun anew when they run out.
 *
 * A tag belongs to a generation. When the tags run out a new generation begins, the TLBs are
 * emptied once, and a space of an older generation gets a new tag when it next becomes current. One
 * that is current on another cpu keeps its tag, because that cpu goes on translating with it and is
 * not disturbed; nobody else is given that tag in the new generation. Tag 0 belongs to nobody. Both
 * machines use this; the one on the host runs it with few tags, so that they run out all the time.
 * Locks: the caller's; interrupts off.
 */
#ifndef ARCH_ASID_H
#define ARCH_ASID_H

#include "arch/context.h"
#include "arch/cpu.h"

#define ASID_BITS 8u /* CONTEXTIDR.ASID, ARM DDI 0406C B4.1.36 */
#define ASID_MASK ((1u << ASID_BITS) - 1u)

struct asid_pool {
	uint32_t tags;	     /* 1 .. tags - 1 are given out; more than cpus + 1 */
	uint32_t generation; /* << ASID_BITS, never 0 */
	uint32_t next;
	uint32_t generations_begun;
	struct arch_mm *current[MAX_CPUS];
	uint32_t kept[MAX_CPUS]; /* tags that this generation began with; 0: none */
};

#define ASID_POOL_INIT                                                                             \
	{                                                                                          \
		.tags = 1u << ASID_BITS, .generation = 1u << ASID_BITS, .next = 1                  \
	}

/*
 * `as` becomes current on `cpu` (NULL: nobody) and has a tag of this generation.
 * Returns: true if a new generation began for it: the caller empties every TLB before the tag is
 * used.
 */
bool asid_make_current(struct asid_pool *p, struct arch_mm *as, unsigned cpu);

static inline uint32_t asid_tag(const struct arch_mm *as)
{
	return as->asid & ASID_MASK;
}

/* What a TLB operation by address takes: page and tag. ARM DDI 0406C B4.2.2. */
static inline uint32_t asid_mva(const struct arch_mm *as, vaddr_t page)
{
	return (page.a & PAGE_MASK) | asid_tag(as);
}

#endif

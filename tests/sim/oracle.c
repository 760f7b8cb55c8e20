/*
 * The oracle: expectations, and the comparison of each access with them.
 */
#include "tests/sim/oracle.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "mm/check.h"
#include "mm/virt/fault.h"
#include "mm/virt/pgtable.h"

struct space oracle_spaces[MAX_SPACES];

#define MAX_OBJECTS (MAX_SPACES * SLICES * SLICE_PAGES)

static struct known_object objects[MAX_OBJECTS];
static uint32_t spaces_made;

void oracle_forget(void)
{
	memset(oracle_spaces, 0, sizeof(oracle_spaces));
	memset(objects, 0, sizeof(objects));
	spaces_made = 0;
}

/* ---- contents, and whose they are */

struct contents *oracle_contents(struct known_page *p)
{
	return p->object ? &p->object->contents : &p->own;
}

static void let_go_of_object(struct known_page *p)
{
	if (p->object)
		p->object->refs--;
	p->object = NULL;
}

/* Cannot: run out; each page of each space names one at most, and a removal one of those. */
static struct known_object *free_object(void)
{
	for (unsigned i = 0; i < MAX_OBJECTS; i++)
		if (!objects[i].refs)
			return &objects[i];
	world_fail("no record is left for an object");
}

void oracle_emptied(struct known_page *p)
{
	let_go_of_object(p);
	memset(&p->own, 0, sizeof(p->own));
	p->own.wild = p->unsynced = p->stored;
}

void oracle_shared(struct known_page *p)
{
	oracle_emptied(p);
	p->object = free_object();
	*p->object = (struct known_object){ .refs = 1 };
	p->object->contents.wild = p->stored;
}

/* What was stored at the new place meanwhile may be in what came there, or gone with what was
 * there. */
void oracle_moved(struct known_page *from, struct known_page *to)
{
	uint16_t stored = to->stored;

	let_go_of_object(to);
	to->mapped = from->mapped;
	to->locked = from->locked;
	to->rights = from->rights;
	to->object = from->object;
	to->own = from->own;
	oracle_contents(to)->wild |= stored;
	to->unsynced = from->unsynced | stored;
	from->object = NULL;
	oracle_emptied(from);
	from->mapped = from->locked = false;
	from->own.wild = 0;
}

struct known_object *oracle_begin_removing(struct known_page *p)
{
	if (!p->object)
		return NULL;
	p->object->refs++;
	if (!p->object->removing++)
		p->object->stored = 0;
	return p->object;
}

void oracle_end_removing(struct known_object *o, bool removed)
{
	if (!o)
		return;
	if (removed)
		memset(o->contents.value, 0, sizeof(o->contents.value));
	o->contents.wild |= o->stored;
	o->removing--;
	o->refs--;
}

void oracle_leave(struct space *s)
{
	for (unsigned i = 0; i < SLICES * SLICE_PAGES; i++)
		let_go_of_object(&s->slice[i / SLICE_PAGES].page[i % SLICE_PAGES]);
	s->in_use = false;
}

/* Slices cross the border between two second-level tables. */
static uint32_t slice_base(unsigned n)
{
	return 0x20000000u + (n + 1) * 0x400000u - (4u + 5u * n) * PAGE_SIZE;
}

static struct space *free_space(void)
{
	for (unsigned i = 0; i < MAX_SPACES; i++)
		if (!oracle_spaces[i].in_use)
			return &oracle_spaces[i];
	return NULL;
}

struct space *oracle_new(struct mm *mm)
{
	struct space *s = free_space();
	uint32_t serial = ++spaces_made;

	if (!s)
		return NULL;
	*s = (struct space){ .in_use = true, .mm = mm, .serial = serial };
	for (unsigned i = 0; i < SLICES; i++)
		s->slice[i].base = slice_base(i);
	return s;
}

static void inherit(struct known_page *child, const struct known_page *parent)
{
	*child = *parent;
	if (child->object)
		child->object->refs++;
	child->own.wild |= parent->stored;
	child->stored = 0;
	child->flux = 0;
	child->locked = false;
}

struct space *oracle_fork(struct space *parent, struct mm *mm)
{
	struct space *child = oracle_new(mm);

	if (!child)
		return NULL;
	for (unsigned i = 0; i < SLICES; i++)
		for (unsigned p = 0; p < SLICE_PAGES; p++)
			inherit(&child->slice[i].page[p], &parent->slice[i].page[p]);
	return child;
}

struct space *oracle_some_space(void)
{
	unsigned first = world_below(MAX_SPACES);

	for (unsigned i = 0; i < MAX_SPACES; i++) {
		struct space *s = &oracle_spaces[(first + i) % MAX_SPACES];

		if (s->in_use)
			return s;
	}
	return NULL;
}

uint32_t oracle_address(const struct slice *s, unsigned page)
{
	return s->base + page * PAGE_SIZE;
}

uint32_t oracle_slot_offset(unsigned page, unsigned slot)
{
	(void)page;
	return slot * (PAGE_SIZE / SLOTS) + slot * 7u % 64u * 4u;
}

unsigned oracle_slot_at(unsigned page, uint32_t offset)
{
	unsigned slot = offset / (PAGE_SIZE / SLOTS);

	return oracle_slot_offset(page, slot) == offset ? slot : SLOTS;
}

void oracle_begin(struct space *s, unsigned slice, unsigned first, unsigned count)
{
	s->busy++;
	for (unsigned i = first; i < first + count; i++) {
		struct known_page *p = &s->slice[slice].page[i];

		p->flux++;
		p->epoch++;
		p->stored = 0;
	}
}

static pte_t entry_of(const struct space *s, uint32_t a)
{
	struct page *table = pgtable_find(s->mm, vaddr(a));

	return table ? pte_read(table_entry(table, vaddr(a))) : pte_none();
}

/* The entry lets stores to this frame through, or will again when the frame's move is refused. */
static bool entry_is_writable(pte_t e, pfn_t frame)
{
	if (pte_pfn(e).n != frame.n)
		return false;
	return pte_is_present(e) ? pte_is_writable(e) : pte_is_migration(e) && leaf_is_write(e);
}

/*
 * BS-17, BS-18: when a request has returned, no TLB lets through what the page does not. Only a
 * request or a fork takes a right to store away, so a TLB never has one that the entry has not.
 */
static void expect_tlb_forgot(const struct space *s, const struct known_page *p, uint32_t a)
{
	if (p->object && p->object->removing)
		return; /* another space's request, which has not returned */
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		pte_t known = pte_from_bits(sim_tlb_entry_of(cpu, vaddr(a), s->mm->arch.asid));

		if (!pte_is_present(known) || !pte_is_user(known))
			continue;
		if (!p->mapped || !p->rights)
			world_fail("0x%x was taken away, the TLB of cpu %u still has 0x%x", a, cpu,
				   known.bits);
		if (pte_is_writable(known) && !entry_is_writable(entry_of(s, a), pte_pfn(known)))
			world_fail("0x%x may not be stored to, the TLB of cpu %u has 0x%x", a, cpu,
				   known.bits);
	}
}

void oracle_end(struct space *s, unsigned slice, unsigned first, unsigned count)
{
	s->busy--;
	for (unsigned i = first; i < first + count; i++) {
		struct known_page *p = &s->slice[slice].page[i];

		p->epoch++;
		if (--p->flux == 0)
			expect_tlb_forgot(s, p, oracle_address(&s->slice[slice], i));
	}
}

void oracle_expect_tlbs_forgot(const struct space *s)
{
	for (unsigned i = 0; i < SLICES * SLICE_PAGES; i++) {
		const struct slice *slice = &s->slice[i / SLICE_PAGES];

		expect_tlb_forgot(s, &slice->page[i % SLICE_PAGES],
				  oracle_address(slice, i % SLICE_PAGES));
	}
}

static bool allows(const struct known_page *p, enum sim_access how)
{
	if (!p->mapped)
		return false;
	if (how == SIM_LOAD)
		return p->rights != 0;
	return p->rights & (how == SIM_STORE ? PTE_WRITE : PTE_EXEC);
}

static const char *const words_for[] = { "load", "store", "fetch" };

static void complain(const struct space *s, unsigned slice, unsigned page, enum sim_access how,
		     const char *what) __attribute__((noreturn));
static void complain(const struct space *s, unsigned slice, unsigned page, enum sim_access how,
		     const char *what)
{
	const struct known_page *p = &s->slice[slice].page[page];

	world_fail("space %u: %s at 0x%x (%s, rights %u): %s", s->serial, words_for[how],
		   oracle_address(&s->slice[slice], page), p->mapped ? "mapped" : "not mapped",
		   p->rights, what);
}

static void differs(const struct space *s, uint32_t a, enum sim_access how, uint32_t word,
		    uint32_t wanted)
{
	char text[120];

	sim_describe_page(vaddr(a), text, sizeof(text));
	world_fail("space %u: %s at 0x%x gives 0x%x, stored was 0x%x (%s)", s->serial,
		   words_for[how], a, word, wanted, text);
}

static void compare(struct space *s, unsigned slice, unsigned page, uint32_t offset,
		    enum sim_access how, uint32_t word)
{
	struct known_page *p = &s->slice[slice].page[page];
	struct contents *c = oracle_contents(p);
	unsigned slot = oracle_slot_at(page, offset);
	uint32_t wanted = slot < SLOTS ? c->value[slot] : 0;

	/* Who fetches what others may store has to say when it shall be seen; nobody does here. */
	if (p->object && (how == SIM_FETCH || p->object->removing))
		return;
	if (how == SIM_FETCH && slot < SLOTS && (c->wild | p->unsynced) & 1u << slot)
		return;
	if (slot < SLOTS && c->wild & 1u << slot) {
		c->value[slot] = word;
		c->wild &= ~(1u << slot);
		return;
	}
	if (word != wanted)
		differs(s, oracle_address(&s->slice[slice], page) + offset, how, word, wanted);
}

static void stored(struct known_page *p, unsigned page, uint32_t offset, uint32_t word)
{
	struct contents *c = oracle_contents(p);
	unsigned slot = oracle_slot_at(page, offset);

	assert_that(slot < SLOTS);
	c->value[slot] = word;
	c->wild &= (uint16_t) ~(1u << slot);
	p->stored |= (uint16_t)(1u << slot);
	if (p->object && p->object->removing)
		p->object->stored |= (uint16_t)(1u << slot);
	if (p->object && (p->flux || p->object->removing))
		c->wild |= (uint16_t)(1u << slot);
}

static void succeeded(struct space *s, unsigned slice, unsigned page, uint32_t offset,
		      enum sim_access how, uint32_t word)
{
	struct known_page *p = &s->slice[slice].page[page];

	if (!p->flux && !allows(p, how))
		complain(s, slice, page, how, "worked");
	if (how == SIM_STORE)
		stored(p, page, offset, word);
	else if (!p->flux)
		compare(s, slice, page, offset, how, word);
}

int oracle_access(struct space *s, unsigned slice, unsigned page, uint32_t offset,
		  enum sim_access how)
{
	struct known_page *p = &s->slice[slice].page[page];
	struct actor *me = world_me();
	uint32_t word =
		s->serial << 24 | (++me->serial & 0xffffu) << 8 | (me->slice & 3u) << 4 | 9u;
	uint32_t epoch = p->epoch;
	int result;

	world_counts.accesses++;
	me->error = 0;
	result =
		sim_user_access(how, vaddr(oracle_address(&s->slice[slice], page) + offset), &word);
	world_note("%s 0x%x+0x%x = 0x%x -> %d", words_for[how],
		   oracle_address(&s->slice[slice], page), offset, word, result ? me->error : 0);
	if (result == 0) {
		succeeded(s, slice, page, offset, how, word);
		return 0;
	}
	world_counts.accesses_refused++;
	if (me->error != -ENOMEM && me->error != -EINTR && epoch == p->epoch && !p->flux &&
	    allows(p, how))
		complain(s, slice, page, how, "was refused");
	return me->error;
}

bool oracle_page_in_flux(const struct space *s, unsigned *slice, unsigned *page)
{
	unsigned first = world_below(SLICES * SLICE_PAGES);

	for (unsigned i = 0; i < SLICES * SLICE_PAGES; i++) {
		unsigned n = (first + i) % (SLICES * SLICE_PAGES);

		if (!s->slice[n / SLICE_PAGES].page[n % SLICE_PAGES].flux)
			continue;
		*slice = n / SLICE_PAGES;
		*page = n % SLICE_PAGES;
		return true;
	}
	return false;
}

/* Through this page's own entry. */
static bool was_stored_to(const struct known_page *p)
{
	for (unsigned slot = 0; slot < SLOTS && !p->object; slot++)
		if (p->own.value[slot] && !(p->own.wild & 1u << slot))
			return true;
	return false;
}

static void check_page(struct check *c, const struct space *s, uint32_t a,
		       const struct known_page *p)
{
	pte_t e = entry_of(s, a);

	if (p->flux || !pte_is_present(e))
		return;
	if (!p->mapped)
		check_broken(c, "sim: space %u: 0x%x: entry 0x%x where nothing is mapped",
			     s->serial, a, e.bits);
	if (!pte_is_young(e))
		check_broken(c, "sim: space %u: 0x%x: entry 0x%x is old", s->serial, a, e.bits);
	if (was_stored_to(p) && (!pte_is_dirty(e) || !pte_is_soft_dirty(e)))
		check_broken(c, "sim: space %u: 0x%x: entry 0x%x is clean", s->serial, a, e.bits);
}

void oracle_check(struct check *c)
{
	for (unsigned i = 0; i < MAX_SPACES * SLICES * SLICE_PAGES; i++) {
		const struct space *s = &oracle_spaces[i / (SLICES * SLICE_PAGES)];
		const struct slice *slice = &s->slice[i / SLICE_PAGES % SLICES];

		if (s->in_use)
			check_page(c, s, oracle_address(slice, i % SLICE_PAGES),
				   &slice->page[i % SLICE_PAGES]);
	}
}

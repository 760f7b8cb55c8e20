/*
 * User accesses: TLB, walk of the real tables, permission, data.
 *
 * Source: ARM DDI 0406C B3.5.1 (formats), B3.7.1 (AP[2:1] with the access flag), B3.9.2 (what may
 * be held in a TLB: what faults for translation or the access flag may not; what faults for
 * permission may, and does here).
 * A walk and the access after it are one step: an invalidation waits for both, so no other cpu is
 * let in between.
 */
#include <errno.h>
#include <stdio.h>

#include "arch/atomic.h"
#include "arch/frame.h"
#include "arch/pte.h"
#include "arch/sim/sim.h"
#include "arch/upcall.h"

bool (*sim_fault_handler)(const struct fault *f);
void (*sim_frame_reached)(pfn_t frame, enum sim_access how);

static uint32_t space_id(const struct arch_mm *as)
{
	return as->l1_paddr >> PAGE_SHIFT;
}

/* The first-level entry as the walker has it: perhaps from an earlier walk. */
static l1e_t first_level(const struct arch_mm *as, vaddr_t a)
{
	uint32_t kept = sim_walk_cache_lookup(a.a, as->asid);
	l1e_t e = kept ? (l1e_t){ kept } : l1e_read(&as->l1[a.a / L1E_SPAN]);

	if (!kept && l1e_is_table(e))
		sim_walk_cache_remember(a.a, as->asid, e.bits);
	return e;
}

/* The second-level entry, or one that is not present; *bad when the tables are no tables. */
static pte_t second_level(l1e_t e, vaddr_t a, bool *bad)
{
	paddr_t table = l1e_table_paddr(e);
	const pte_t *entries;

	*bad = !l1e_is_none(e) && (!l1e_is_table(e) || !sim_frame_exists(paddr_to_pfn(table)));
	if (*bad || l1e_is_none(e))
		return pte_none();
	entries =
		(const void *)((char *)sim_frame_bytes(paddr_to_pfn(table)) + table.a % PAGE_SIZE);
	return pte_read(&entries[(a.a >> PAGE_SHIFT) % PTES_PER_HW_TABLE]);
}

static pte_t entry_now(const struct arch_mm *as, vaddr_t a)
{
	bool bad;

	return second_level(l1e_read(&as->l1[a.a / L1E_SPAN]), a, &bad);
}

static enum fault_cause walk(const struct arch_mm *as, vaddr_t a, pte_t *found)
{
	bool bad;
	pte_t e = second_level(first_level(as, a), a, &bad);

	sim_counts.walks++;
	if (bad)
		return FAULT_EXTERNAL;
	if (!pte_is_present(e))
		return FAULT_TRANSLATION;
	if (!pte_is_young(e))
		return FAULT_ACCESS_FLAG;
	if (!sim_frame_exists(pte_pfn(e)) || !(e.bits & PTE_NOT_GLOBAL))
		return FAULT_EXTERNAL;
	sim_tlb_remember((struct sim_translation){ a.a & PAGE_MASK, as->asid, e.bits });
	*found = e;
	return FAULT_OTHER;
}

static bool allows(pte_t e, enum sim_access how)
{
	if (!pte_is_user(e))
		return false;
	if (how == SIM_STORE)
		return pte_is_writable(e);
	return how == SIM_LOAD || pte_is_exec(e);
}

/* FAULT_OTHER: none. */
static enum fault_cause translate(const struct arch_mm *as, vaddr_t a, enum sim_access how,
				  pte_t *found)
{
	const struct sim_translation *known = sim_tlb_lookup(a.a & PAGE_MASK, as->asid);
	enum fault_cause cause = FAULT_OTHER;

	if (known) {
		*found = pte_from_bits(known->entry);
		sim_counts.tlb_hits++;
		sim_counts.stale_tlb_hits += entry_now(as, a).bits != known->entry;
	} else {
		cause = walk(as, a, found);
	}
	if (cause != FAULT_OTHER)
		return cause;
	return allows(*found, how) ? FAULT_OTHER : FAULT_PERMISSION;
}

static void transfer(const struct arch_mm *as, vaddr_t a, enum sim_access how, pfn_t frame,
		     uint32_t *word)
{
	if (how == SIM_LOAD) {
		sim_counts.loads++;
		*word = sim_user_line_load(space_id(as), a, frame);
	} else if (how == SIM_STORE) {
		sim_counts.stores++;
		sim_user_line_store(space_id(as), a, frame, *word);
	} else {
		sim_counts.fetches++;
		*word = sim_instruction_fetch(frame, a.a & (PAGE_SIZE - 1));
	}
}

int sim_user_access(enum sim_access how, vaddr_t a, uint32_t *word)
{
	struct fault f = {
		.address = a, .write = how == SIM_STORE, .exec = how == SIM_FETCH, .user = true
	};
	const struct arch_mm *as;
	pte_t e;

	for (;;) {
		atomic_point();
		as = sim_current_space();
		assert_that(as != NULL);
		f.cause = translate(as, a, how, &e);
		if (f.cause == FAULT_OTHER)
			break;
		sim_counts.faults++;
		if (!sim_fault_handler(&f))
			return -EFAULT;
	}
	if (sim_frame_reached)
		sim_frame_reached(pte_pfn(e), how);
	transfer(as, a, how, pte_pfn(e), word);
	return 0;
}

void sim_describe_page(vaddr_t a, char *text, size_t room)
{
	const struct arch_mm *as = sim_current_space();
	const struct sim_translation *known = sim_tlb_lookup(a.a & PAGE_MASK, as->asid);

	snprintf(text, room, "entry 0x%x, this TLB has 0x%x, asid 0x%x", entry_now(as, a).bits,
		 known ? known->entry : 0, as->asid);
}

/* Table entries: what goes in comes out, and each change touches what it names and nothing else. */
#include "arch/pte.h"

#include "tests/unit/unit.h"

static const unsigned all_rights[] = { 0, PTE_READ, PTE_READ | PTE_WRITE, PTE_READ | PTE_EXEC,
				       PTE_READ | PTE_WRITE | PTE_EXEC };

#define RIGHTS (sizeof(all_rights) / sizeof(all_rights[0]))

TEST(pte_make_and_read_back)
{
	static const uint32_t frames[] = { 0, 1, 0x80000, 0xabcde, 0xfffff };

	for (unsigned f = 0; f < sizeof(frames) / sizeof(frames[0]); f++) {
		for (unsigned i = 0; i < RIGHTS; i++) {
			pte_t e = pte_make(pfn(frames[f]), all_rights[i]);

			expect_eq(pte_pfn(e).n, frames[f]);
			expect(pte_is_present(e) && !pte_is_none(e));
			expect_eq(pte_is_user(e), all_rights[i] != 0);
			expect_eq(pte_is_exec(e), (all_rights[i] & PTE_EXEC) != 0);
			expect(!pte_is_writable(e) && !pte_is_dirty(e) && pte_is_young(e));
			expect(!pte_is_soft_dirty(e));
		}
	}
}

TEST(pte_none_is_nothing)
{
	expect(pte_is_none(pte_none()));
	expect(!pte_is_present(pte_none()));
	expect(!pte_is_none(pte_from_bits(4)));
	expect(!pte_is_present(pte_from_bits(0xfffffffcu)));
}

TEST(pte_writable_implies_dirty)
{
	pte_t e = pte_make(pfn(0x80123), PTE_READ | PTE_WRITE);
	pte_t w = pte_mkwritable(e);

	expect(pte_is_writable(w) && pte_is_dirty(w) && pte_is_soft_dirty(w));
	expect_eq(pte_pfn(w).n, 0x80123);
	w = pte_wrprotect(w);
	expect(!pte_is_writable(w) && pte_is_dirty(w));
	w = pte_mkclean(pte_mkwritable(e));
	expect(!pte_is_writable(w) && !pte_is_dirty(w) && pte_is_soft_dirty(w));
}

TEST(pte_each_change_and_its_opposite)
{
	pte_t e = pte_make(pfn(0x80123), PTE_READ | PTE_EXEC);

	expect_eq(pte_mkyoung(pte_mkold(e)).bits, e.bits);
	expect(!pte_is_young(pte_mkold(e)));
	expect_eq(pte_clear_soft_dirty(pte_mksoft_dirty(e)).bits, e.bits);
	expect_eq(pte_mkclean(pte_mkdirty(e)).bits, e.bits);
}

TEST(pte_rights_change_keeps_frame_and_history)
{
	pte_t e = pte_mkwritable(pte_make(pfn(0x80123), PTE_READ | PTE_WRITE));

	for (unsigned i = 0; i < RIGHTS; i++) {
		pte_t n = pte_set_rights(e, all_rights[i]);

		expect_eq(pte_pfn(n).n, 0x80123);
		expect(pte_is_dirty(n) && pte_is_young(n) && pte_is_soft_dirty(n));
		expect(!pte_is_writable(n));
		expect_eq(pte_is_user(n), all_rights[i] != 0);
		expect_eq(pte_is_exec(n), (all_rights[i] & PTE_EXEC) != 0);
	}
}

TEST(l1e_names_its_table)
{
	l1e_t e = l1e_table(paddr(0x80123400));

	expect(l1e_is_table(e) && !l1e_is_none(e));
	expect_eq(l1e_table_paddr(e).a, 0x80123400u);
	expect(l1e_is_none(l1e_none()) && !l1e_is_table(l1e_none()));
}

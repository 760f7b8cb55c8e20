/*
 * Short descriptors with the access flag (SCTLR.AFE = 1) and TEX remap (SCTLR.TRE = 1).
 * Source: ARM DDI 0406C B3.5.1 (formats), B3.7.1 (AP[2:1] access model), B3.8.3 (TEX remap).
 *
 *   31            12 11 10  9      8          7       6     5      4    3 2 1  0
 *   | frame         |nG| S |AP[2]|soft dirty|dirty |TEX[0]|AP[1] |AP[0]|C|B|1|XN|
 *                           RO    TEX[2]     TEX[1]        user   young
 *
 * With TEX remap the hardware looks at TEX[0], C and B only; TEX[2:1] are software's.
 * {TEX[0], C, B} is an index into PRRR/NMRR; arch/arm/mmu.c owns what each means.
 */
#ifndef ARCH_ARM_IMPL_PTE_H
#define ARCH_ARM_IMPL_PTE_H

enum {
	PTE_XN = 1u << 0,
	PTE_SMALL_PAGE = 1u << 1,
	PTE_C = 1u << 3,
	PTE_B = 1u << 2,
	PTE_YOUNG = 1u << 4, /* AP[0] is the access flag when AFE = 1 */
	PTE_USER = 1u << 5,  /* AP[1]: user mode may access */
	PTE_TEX0 = 1u << 6,
	PTE_DIRTY = 1u << 7,
	PTE_SOFT_DIRTY = 1u << 8,
	PTE_RO = 1u << 9, /* AP[2]: no stores */
	PTE_SHARED = 1u << 10,
	PTE_NOT_GLOBAL = 1u << 11,
};

/* Memory type indices {TEX[0], C, B} of arch/arm/mmu.c: 3 is normal write-back write-allocate. */
#define PTE_NORMAL ((uint32_t)(PTE_C | PTE_B))

/*
 * First level: ARM DDI 0406C figure B3-4. Bit 2 of a table entry is PXN: the kernel runs no user
 * page.
 */
enum { L1E_TABLE = 1u << 0, L1E_TABLE_PXN = 1u << 2 };

static inline pte_t pte_read(const pte_t *entry)
{
	return (pte_t){ *(const volatile uint32_t *)&entry->bits };
}

static inline void pte_write(pte_t *entry, pte_t value)
{
	*(volatile uint32_t *)&entry->bits = value.bits;
}

static inline pte_t pte_none(void)
{
	return (pte_t){ 0 };
}

static inline pte_t pte_from_bits(uint32_t bits)
{
	return (pte_t){ bits };
}

static inline uint32_t pte_rights_bits(unsigned rights)
{
	uint32_t bits = rights & (PTE_READ | PTE_WRITE | PTE_EXEC) ? PTE_USER : 0;

	return rights & PTE_EXEC ? bits : bits | PTE_XN;
}

static inline pte_t pte_make(pfn_t frame, unsigned rights)
{
	return (pte_t){ frame.n << PAGE_SHIFT | PTE_SMALL_PAGE | PTE_NORMAL | PTE_SHARED |
			PTE_NOT_GLOBAL | PTE_RO | PTE_YOUNG | pte_rights_bits(rights) };
}

static inline bool pte_is_none(pte_t e)
{
	return e.bits == 0;
}

static inline bool pte_is_present(pte_t e)
{
	return e.bits & PTE_SMALL_PAGE;
}

static inline pfn_t pte_pfn(pte_t e)
{
	return (pfn_t){ e.bits >> PAGE_SHIFT };
}

static inline bool pte_is_user(pte_t e)
{
	return e.bits & PTE_USER;
}

static inline bool pte_is_writable(pte_t e)
{
	return !(e.bits & PTE_RO);
}

static inline bool pte_is_exec(pte_t e)
{
	return !(e.bits & PTE_XN);
}

static inline bool pte_is_dirty(pte_t e)
{
	return e.bits & PTE_DIRTY;
}

static inline bool pte_is_young(pte_t e)
{
	return e.bits & PTE_YOUNG;
}

static inline bool pte_is_soft_dirty(pte_t e)
{
	return e.bits & PTE_SOFT_DIRTY;
}

static inline pte_t pte_mkwritable(pte_t e)
{
	return (pte_t){ (e.bits & ~(uint32_t)PTE_RO) | PTE_DIRTY | PTE_SOFT_DIRTY };
}

static inline pte_t pte_wrprotect(pte_t e)
{
	return (pte_t){ e.bits | PTE_RO };
}

static inline pte_t pte_mkdirty(pte_t e)
{
	return (pte_t){ e.bits | PTE_DIRTY };
}

static inline pte_t pte_mkclean(pte_t e)
{
	return (pte_t){ (e.bits & ~(uint32_t)PTE_DIRTY) | PTE_RO };
}

static inline pte_t pte_mkyoung(pte_t e)
{
	return (pte_t){ e.bits | PTE_YOUNG };
}

static inline pte_t pte_mkold(pte_t e)
{
	return (pte_t){ e.bits & ~(uint32_t)PTE_YOUNG };
}

static inline pte_t pte_mksoft_dirty(pte_t e)
{
	return (pte_t){ e.bits | PTE_SOFT_DIRTY };
}

static inline pte_t pte_clear_soft_dirty(pte_t e)
{
	return (pte_t){ e.bits & ~(uint32_t)PTE_SOFT_DIRTY };
}

static inline pte_t pte_set_rights(pte_t e, unsigned rights)
{
	return (pte_t){ (e.bits & ~(uint32_t)(PTE_USER | PTE_XN)) | PTE_RO |
			pte_rights_bits(rights) };
}

static inline l1e_t l1e_read(const l1e_t *entry)
{
	return (l1e_t){ *(const volatile uint32_t *)&entry->bits };
}

static inline void l1e_write(l1e_t *entry, l1e_t value)
{
	*(volatile uint32_t *)&entry->bits = value.bits;
}

static inline l1e_t l1e_none(void)
{
	return (l1e_t){ 0 };
}

static inline l1e_t l1e_table(paddr_t hw_table)
{
	return (l1e_t){ hw_table.a | L1E_TABLE | L1E_TABLE_PXN };
}

static inline bool l1e_is_none(l1e_t e)
{
	return (e.bits & 3u) == 0;
}

static inline bool l1e_is_table(l1e_t e)
{
	return (e.bits & 3u) == L1E_TABLE;
}

static inline paddr_t l1e_table_paddr(l1e_t e)
{
	return (paddr_t){ e.bits & ~1023u };
}

/* DSB ISHST: the stores are done before any later walk (ARM DDI 0406C B3.10.1). */
static inline void pte_publish(void)
{
#ifdef __arm__
	__asm__ volatile("dsb ishst" ::: "memory");
#endif
}

#endif

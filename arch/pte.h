/*
 * What a table entry is: make, read, test, change. No shift outside arch/.../impl/pte.h.
 *
 * pte_t is an entry of a second-level table (a 4 KiB page, 256 entries a hardware table).
 * l1e_t is an entry of a first-level table (1 MiB).
 * A page of second-level tables (one frame) holds four hardware tables, so it serves 4 MiB:
 * PTES_PER_TABLE entries in address order, entered through four consecutive l1 entries.
 *
 * A present entry carries five properties beside its frame:
 *   rights      what user mode may do at most: read, write, execute; none of them means the entry
 *               is present for the kernel only (PROT_NONE keeps its frame).
 *   writable    the hardware lets a store through. Only a dirty entry is ever writable: the first
 *               store to a clean page faults, and the fault makes it dirty and writable.
 *   dirty       the page was written through this entry.
 *   young       accessed since it was last made old; an old entry faults once (access flag).
 *   soft dirty  written since the bit was last cleared, for users who track their own writes.
 *
 * A non-present entry has bits [1:0] = 0; its other 30 bits belong to mm/virt/leaf.h.
 *
 * The hardware never writes to an entry (no hardware update of the access flag or dirty state is
 * used), so whoever holds the table's lock may replace an entry by a plain store: nothing is lost.
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include "arch/addr.h"

typedef struct {
	uint32_t bits;
} pte_t;

typedef struct {
	uint32_t bits;
} l1e_t;

enum pte_rights { PTE_READ = 1, PTE_WRITE = 2, PTE_EXEC = 4 };

#define PTES_PER_HW_TABLE  256u
#define HW_TABLES_PER_PAGE 4u
#define PTES_PER_TABLE	   (PTES_PER_HW_TABLE * HW_TABLES_PER_PAGE) /* one frame of tables */
#define TABLE_SPAN	   (PTES_PER_TABLE * PAGE_SIZE)		    /* 4 MiB of addresses */
#define L1E_SPAN	   (PTES_PER_HW_TABLE * PAGE_SIZE)	    /* 1 MiB of addresses */
#define USER_L1_ENTRIES	   (USER_END / L1E_SPAN)		    /* 2048: an 8 KiB table */

/*
 * Reads or writes a live entry once, whole. A write is ordered by the caller: pte_publish or tlb.h.
 */
static inline pte_t pte_read(const pte_t *entry);
static inline void pte_write(pte_t *entry, pte_t value);

/*
 * Makes entries written so far visible to the table walkers of all cpus (a barrier; none ->
 * present).
 */
static inline void pte_publish(void);

static inline pte_t pte_none(void);
static inline pte_t pte_from_bits(uint32_t bits);

/* A young, clean, non-writable user entry for `frame`, with these rights (enum pte_rights). */
static inline pte_t pte_make(pfn_t frame, unsigned rights);

static inline bool pte_is_none(pte_t e);
static inline bool pte_is_present(pte_t e);
static inline pfn_t pte_pfn(pte_t e);
static inline bool pte_is_user(pte_t e);
static inline bool pte_is_writable(pte_t e);
static inline bool pte_is_exec(pte_t e);
static inline bool pte_is_dirty(pte_t e);
static inline bool pte_is_young(pte_t e);
static inline bool pte_is_soft_dirty(pte_t e);

/* Pure functions from old to new. pte_mkwritable makes dirty and soft dirty as well. */
static inline pte_t pte_mkwritable(pte_t e);
static inline pte_t pte_wrprotect(pte_t e);
static inline pte_t pte_mkdirty(pte_t e);
static inline pte_t pte_mkclean(pte_t e); /* also takes the hardware's write right away */
static inline pte_t pte_mkyoung(pte_t e);
static inline pte_t pte_mkold(pte_t e);
static inline pte_t pte_mksoft_dirty(pte_t e);
static inline pte_t pte_clear_soft_dirty(pte_t e);

/* The same frame and history (dirty, young, soft dirty) under other rights; never writable. */
static inline pte_t pte_set_rights(pte_t e, unsigned rights);

static inline l1e_t l1e_read(const l1e_t *entry);
static inline void l1e_write(l1e_t *entry, l1e_t value);
static inline l1e_t l1e_none(void);
static inline l1e_t l1e_table(paddr_t hw_table); /* user tables; 1 KiB aligned */
static inline bool l1e_is_none(l1e_t e);
static inline bool l1e_is_table(l1e_t e);
static inline paddr_t l1e_table_paddr(l1e_t e);

#include "impl/pte.h"

#endif

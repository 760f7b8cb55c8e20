/*
 * Second-level tables: found through the first level, made on demand, freed when nothing is left to
 * map.
 *
 * A table is entered through four consecutive first-level entries, written together; the first of
 * them is the one that software looks at.
 */
#include "arch/frame.h"
#include "arch/tlb.h"
#include "base/failpoint.h"
#include "mm/phys/alloc.h"
#include "mm/virt/pgtable.h"

FAILPOINT(pgtable_alloc);

/* The first of the four first-level entries that lead to the table for `a`. */
static l1e_t *l1_entry(const struct mm *mm, vaddr_t a)
{
	return &mm->arch.l1[a.a / TABLE_SPAN * HW_TABLES_PER_PAGE];
}

static struct page *l1e_page(l1e_t e)
{
	return l1e_is_table(e) ? pfn_to_page(paddr_to_pfn(l1e_table_paddr(e))) : NULL;
}

struct page *pgtable_find(const struct mm *mm, vaddr_t a)
{
	return l1e_page(l1e_read(l1_entry(mm, a)));
}

static l1e_t l1e_for(const struct page *table, unsigned nth)
{
	uint32_t bytes = nth * PTES_PER_HW_TABLE * (uint32_t)sizeof(pte_t);

	return l1e_table(paddr(pfn_to_paddr(page_to_pfn(table)).a + bytes));
}

static struct page *table_alloc(struct mm *mm)
{
	struct page *table;

	if (failpoint_hit(&pgtable_alloc))
		return NULL;
	table = alloc_pages(GFP_KERNEL | GFP_ZERO, 0);
	if (!table)
		return NULL;
	page_init_flags(table, PG_KIND_MASK, (uint32_t)KIND_TABLE << PG_KIND_SHIFT);
	table->used = 0;
	table->mm = mm;
	spin_init(&table->table_lock);
	zone_stat_add(page_zone(table), NR_PAGE_TABLES, 1);
	return table;
}

static void table_free(struct page *table)
{
	assert_eq(table->used, 0);
	zone_stat_add(page_zone(table), NR_PAGE_TABLES, -1);
	page_init_flags(table, PG_KIND_MASK, 0);
	table->mm = NULL;
	table->private = 0;
	free_pages(table, 0);
}

/*
 * Race: threads that fault side by side hold mm->lock for reading only. The compare-and-swap of the
 * first entry says whose table it is. Until the other three are written a walk through them faults
 * once more, finds the table and retries. Order: the swap is a full barrier, so the zeroes of the
 * table are seen before the table. Who reads the entry without a lock (pgtable_find) gets to the
 * descriptor and to the frame by addresses made from what was read: that dependency is order
 * enough.
 */
static bool table_install(struct mm *mm, vaddr_t a, struct page *table)
{
	l1e_t *l1 = l1_entry(mm, a);

	if (!atomic_cas(&l1->bits, 0, l1e_for(table, 0).bits))
		return false;
	for (unsigned i = 1; i < HW_TABLES_PER_PAGE; i++)
		l1e_write(l1 + i, l1e_for(table, i));
	pte_publish();
	atomic_add_relaxed(&mm->table_pages, 1);
	return true;
}

struct page *pgtable_get(struct mm *mm, vaddr_t a)
{
	struct page *table = pgtable_find(mm, a);

	if (table)
		return table;
	table = table_alloc(mm);
	if (!table)
		return NULL;
	if (table_install(mm, a, table))
		return table;
	table_free(table);
	return pgtable_find(mm, a);
}

pte_t *table_entry(struct page *table, vaddr_t a)
{
	return (pte_t *)frame_address(page_to_pfn(table)) + table_index(a);
}

struct pte_place pte_lock(const struct mm *mm, vaddr_t a)
{
	struct page *table = pgtable_find(mm, a);

	if (!table)
		return (struct pte_place){ NULL, NULL };
	spin_lock(&table->table_lock, LOCK_TABLE);
	return (struct pte_place){ table_entry(table, a), table };
}

void pte_unlock(struct pte_place place)
{
	spin_unlock(&place.table->table_lock);
}

struct pte_place pte_lock_to(struct pte_place from, const struct mm *mm, vaddr_t a)
{
	struct page *table = pgtable_find(mm, a);

	assert_that(table != NULL);
	if (table != from.table)
		spin_lock(&table->table_lock, LOCK_TABLE_TO);
	return (struct pte_place){ table_entry(table, a), table };
}

void pte_unlock_both(struct pte_place from, struct pte_place to)
{
	if (to.table != from.table)
		pte_unlock(to);
	pte_unlock(from);
}

static struct page *table_detach(struct mm *mm, vaddr_t a)
{
	struct page *table = pgtable_find(mm, a);
	l1e_t *l1 = l1_entry(mm, a);

	if (!table)
		return NULL;
	for (unsigned i = 0; i < HW_TABLES_PER_PAGE; i++)
		l1e_write(l1 + i, l1e_none());
	atomic_add_relaxed(&mm->table_pages, -1u);
	return table;
}

/*
 * Order: a walker of another cpu may be inside a table until the flush returns; only then is it
 * free.
 */
static void tables_free(struct mm *mm, struct page **tables, unsigned count)
{
	if (!count)
		return;
	tlb_flush_mm(&mm->arch);
	for (unsigned i = 0; i < count; i++)
		table_free(tables[i]);
}

void pgtable_free_range(struct mm *mm, uint32_t start, uint32_t end)
{
	struct page *tables[16];
	unsigned count = 0;

	for (uint32_t a = round_up(start, TABLE_SPAN); a + TABLE_SPAN <= end; a += TABLE_SPAN) {
		tables[count] = table_detach(mm, vaddr(a));
		if (tables[count] && ++count == 16) {
			tables_free(mm, tables, count);
			count = 0;
		}
	}
	tables_free(mm, tables, count);
}

/*
 * Recomputes from the tables what descriptors, areas and counters claim.
 *
 * Map counts are compared as sums first: every entry adds a number that belongs to its frame, every
 * descriptor claims its mapcount times that number. Only if the sums differ are the frames counted
 * one by one, a window at a time, to say which.
 */
#include "arch/frame.h"
#include "base/assert.h"
#include "mm/cache/mapping.h"
#include "mm/phys/zone.h"
#include "mm/virt/fault.h"
#include "mm/virt/rmap.h"
#include "mm/virt/virt_check.h"

#define WINDOW 1024u

/* One walk over all address spaces. */
struct walk {
	struct check *check;
	uint32_t mapped_sum; /* over all entries but those of the zero page */
	uint32_t tables;
	uint32_t window_start; /* first frame of the window that is counted exactly */
	uint16_t *window;
};

/* One address space in it. */
struct space {
	struct walk *walk;
	struct mm *mm;
	uint32_t anon_entries, shared_entries, tables;
};

static uint32_t frame_number_mixed(uint32_t n)
{
	n *= 2654435761u;
	return n ^ n >> 15;
}

static unsigned shown(uint32_t value)
{
	return value;
}

static void broken_entry(const struct space *s, uint32_t a, pte_t e, const char *what)
{
	check_broken(s->walk->check, "virt: %s: 0x%x: entry 0x%x %s", s->mm->name, shown(a),
		     shown(e.bits), what);
}

static bool frame_is_in_use(pfn_t f)
{
	return pfn_is_valid(f) && page_refs(pfn_to_page(f)) &&
	       !page_has(pfn_to_page(f), PG_BUDDY | PG_PCP | PG_RESERVED);
}

static void check_rights(const struct space *s, const struct vma *v, uint32_t a, pte_t e)
{
	if (pte_is_writable(e) && !(v->flags & VMA_WRITE))
		broken_entry(s, a, e, "is writable, the area is not");
	if (pte_is_writable(e) && !pte_is_dirty(e))
		broken_entry(s, a, e, "is writable but not dirty");
	if (pte_is_exec(e) && !(v->flags & VMA_EXEC))
		broken_entry(s, a, e, "is executable, the area is not");
	if (pte_is_user(e) != (vma_rights(v) != 0))
		broken_entry(s, a, e, "is not as reachable as the area");
}

static void count_entry(struct space *s, const struct page *p)
{
	if (page_kind(p) == KIND_ANON)
		s->anon_entries++;
	else
		s->shared_entries++;
}

/* The page leads back to the area: by its family, or by its object. */
static bool leads_back(const struct page *p, const struct vma *v)
{
	if (page_kind(p) == KIND_ANON)
		return p->anon == v->anon;
	return v->mapping && p->cache == v->mapping;
}

static void check_mapped(struct space *s, const struct vma *v, uint32_t a, pte_t e)
{
	const struct page *p = pfn_to_page(pte_pfn(e));

	count_entry(s, p);
	s->walk->mapped_sum += frame_number_mixed(pte_pfn(e).n);
	if (!page_is_users(p))
		broken_entry(s, a, e, "maps a frame that is not for users");
	else if (!leads_back(p, v) || p->index != vma_pgoff(v, vaddr(a)))
		broken_entry(s, a, e, "can not be found from its page");
	if (v->flags & VMA_SHARED && page_kind(p) == KIND_ANON)
		broken_entry(s, a, e, "maps a page of its own where all is shared");
	if (v->flags & VMA_LOCKED && !page_has(p, PG_MLOCKED))
		broken_entry(s, a, e, "maps a page that should be locked in memory");
}

static void check_present(struct space *s, const struct vma *v, uint32_t a, pte_t e)
{
	if (!frame_is_in_use(pte_pfn(e))) {
		broken_entry(s, a, e, "maps a frame that is not in use");
		return;
	}
	check_rights(s, v, a, e);
	if (pfn_to_page(pte_pfn(e)) != zero_page)
		check_mapped(s, v, a, e);
	else if (pte_is_writable(e))
		broken_entry(s, a, e, "lets stores to the zero page through");
}

static void check_not_present(struct space *s, uint32_t a, pte_t e)
{
	if (!pte_is_migration(e)) {
		broken_entry(s, a, e, "has no meaning");
		return;
	}
	count_entry(s, pfn_to_page(leaf_migration_pfn(e)));
	if (!atomic_load(&migrations_running))
		broken_entry(s, a, e, "is a migration entry and nothing moves");
}

static void check_entry(struct space *s, uint32_t a, pte_t e)
{
	const struct vma *v = vma_find_from(s->mm, vaddr(a));

	if (!v || v->start > a)
		broken_entry(s, a, e, "lies outside every area");
	else if (pte_is_present(e))
		check_present(s, v, a, e);
	else
		check_not_present(s, a, e);
}

static void check_table(struct space *s, struct page *table, uint32_t base)
{
	const pte_t *entries = table_entry(table, vaddr(base));
	uint32_t used = 0;

	for (uint32_t i = 0; i < PTES_PER_TABLE; i++) {
		pte_t e = pte_read(&entries[i]);

		if (pte_is_none(e))
			continue;
		used++;
		check_entry(s, base + i * PAGE_SIZE, e);
	}
	check_equal(s->walk->check, "virt: entries used in a table", used, table->used);
	s->tables++;
}

/* The four first-level entries of a table lead to its four quarters, in order. */
static bool l1_is_whole(const struct mm *mm, uint32_t base)
{
	const l1e_t *l1 = &mm->arch.l1[base / L1E_SPAN];

	for (unsigned i = 1; i < HW_TABLES_PER_PAGE; i++)
		if (l1e_is_none(l1[0])
			    ? !l1e_is_none(l1[i])
			    : l1[i].bits != l1[0].bits + i * PAGE_SIZE / HW_TABLES_PER_PAGE)
			return false;
	return true;
}

static void check_tables(struct space *s)
{
	for (uint32_t base = 0; base < USER_END; base += TABLE_SPAN) {
		struct page *table = pgtable_find(s->mm, vaddr(base));

		if (!l1_is_whole(s->mm, base))
			check_broken(s->walk->check, "virt: %s: 0x%x: first-level entries disagree",
				     s->mm->name, shown(base));
		if (!table)
			continue;
		if (page_kind(table) == KIND_TABLE && table->mm == s->mm)
			check_table(s, table, base);
		else
			check_broken(s->walk->check, "virt: %s: 0x%x: not its table", s->mm->name,
				     shown(base));
	}
}

/* Areas by address: the list is sorted, nothing overlaps, the tree finds each. */
static void check_areas(struct space *s)
{
	uint32_t end = USER_START, count = 0;
	bool remembered = !s->mm->last_found;
	struct vma *v;

	list_for_each_entry(v, &s->mm->areas, node) {
		count++;
		remembered |= s->mm->last_found == v;
		if (v->start < end || v->end <= v->start || v->end > USER_END ||
		    (v->start | v->end) % PAGE_SIZE)
			check_broken(s->walk->check, "virt: %s: area 0x%x..0x%x after 0x%x",
				     s->mm->name, shown(v->start), shown(v->end), shown(end));
		if (vma_find_from(s->mm, vaddr(v->start)) != v || v->mm != s->mm)
			check_broken(s->walk->check, "virt: %s: area 0x%x..0x%x is not in its tree",
				     s->mm->name, shown(v->start), shown(v->end));
		if (v->mapping ? list_is_empty(&v->sharers) : v->flags & VMA_SHARED)
			check_broken(s->walk->check,
				     "virt: %s: area 0x%x..0x%x is not one of its object's",
				     s->mm->name, shown(v->start), shown(v->end));
		if (v->anon && list_is_empty(&v->family))
			check_broken(s->walk->check,
				     "virt: %s: area 0x%x..0x%x is not in its family", s->mm->name,
				     shown(v->start), shown(v->end));
		end = v->end;
	}
	check_equal(s->walk->check, "virt: areas", count, s->mm->area_count);
	check_equal(s->walk->check, "virt: the area found last exists", remembered, true);
}

static void check_space(struct mm *mm, void *arg)
{
	struct walk *walk = arg;
	struct space s = { .walk = walk, .mm = mm };

	check_areas(&s);
	check_tables(&s);
	check_equal(walk->check, "virt: anonymous entries", s.anon_entries, mm->anon_pages);
	check_equal(walk->check, "virt: entries of objects", s.shared_entries, mm->shared_pages);
	check_equal(walk->check, "virt: tables of an address space", s.tables, mm->table_pages);
	walk->tables += s.tables;
}

static void count_in_window(struct walk *walk, pte_t e)
{
	uint32_t nth = pte_pfn(e).n - walk->window_start;

	if (pte_is_present(e) && nth < WINDOW)
		walk->window[nth]++;
}

static void count_space(struct mm *mm, void *arg)
{
	for (uint32_t base = 0; base < USER_END; base += TABLE_SPAN) {
		struct page *table = pgtable_find(mm, vaddr(base));
		const pte_t *entries = table ? table_entry(table, vaddr(base)) : NULL;

		for (uint32_t i = 0; table && i < PTES_PER_TABLE; i++)
			count_in_window(arg, pte_read(&entries[i]));
	}
}

static void compare_window(const struct walk *walk)
{
	for (uint32_t i = 0; i < WINDOW && pfn_is_valid(pfn(walk->window_start + i)); i++) {
		const struct page *p = pfn_to_page(pfn(walk->window_start + i));

		if (p != zero_page && page_kind(p) != KIND_TABLE && p->mapcount != walk->window[i])
			check_broken(walk->check, "virt: pfn 0x%x: %u entries found, mapcount %u",
				     shown(walk->window_start + i), walk->window[i],
				     shown(p->mapcount));
	}
}

static void name_wrong_mapcounts(struct walk *walk)
{
	static uint16_t window[WINDOW];

	walk->window = window;
	for (uint32_t n = page_map_start.n; n < page_map_end.n; n += WINDOW) {
		for (uint32_t i = 0; i < WINDOW; i++)
			window[i] = 0;
		walk->window_start = n;
		mm_for_each_at_rest(count_space, walk);
		compare_window(walk);
	}
}

/* What the descriptors and zones claim. */
struct claims {
	uint32_t mapped_sum, tables, mlocked, anon_mapped, shared_mapped;
	uint32_t stat_tables, stat_mlock, stat_anon, stat_mapped;
};

static void add_zones(struct claims *claims)
{
	struct zone *z;

	for_each_zone(z) {
		claims->stat_tables += z->stat[NR_PAGE_TABLES];
		claims->stat_mlock += z->stat[NR_MLOCK];
		claims->stat_anon += z->stat[NR_ANON_PAGES];
		claims->stat_mapped += z->stat[NR_FILE_MAPPED];
	}
}

static struct claims add_claims(void)
{
	struct claims claims = { 0 };

	for (uint32_t n = page_map_start.n; n < page_map_end.n; n++) {
		const struct page *p = pfn_to_page(pfn(n));

		claims.tables += page_refs(p) && page_kind(p) == KIND_TABLE;
		claims.mlocked += page_has(p, PG_MLOCKED);
		claims.anon_mapped += p->mapcount != 0 && page_kind(p) == KIND_ANON;
		claims.shared_mapped += p->mapcount != 0 && page_is_objects(p);
		claims.mapped_sum += p->mapcount * frame_number_mixed(n);
	}
	add_zones(&claims);
	return claims;
}

void virt_check(struct check *c)
{
	struct walk walk = { .check = c };
	struct claims claims = add_claims();

	mm_for_each_at_rest(check_space, &walk);
	if (walk.mapped_sum != claims.mapped_sum)
		name_wrong_mapcounts(&walk);
	check_equal(c, "virt: tables found and descriptors of tables", walk.tables, claims.tables);
	check_equal(c, "virt: tables found and nr_page_table_pages", walk.tables,
		    claims.stat_tables);
	check_equal(c, "virt: pages locked in memory and nr_mlock", claims.mlocked,
		    claims.stat_mlock);
	check_equal(c, "virt: mapped pages and nr_anon_pages", claims.anon_mapped,
		    claims.stat_anon);
	check_equal(c, "virt: mapped pages of objects and nr_mapped", claims.shared_mapped,
		    claims.stat_mapped);
}

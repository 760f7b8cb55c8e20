/*
 * smaps and smaps_rollup: what the entries of each area map, by who else maps it.
 */
#include "mm/views/area.h"
#include "mm/views/space.h"
#include "mm/virt/fault.h"
#include "mm/virt/walk.h"

/* A page counts whole in its proportion (Pss) as 1 << PSS_SHIFT parts, so that thirds add up. */
#define PSS_SHIFT   12u
#define KB_PER_PAGE (PAGE_SIZE / 1024u)

/* In pages, pss in parts of one. */
struct usage {
	uint32_t resident, referenced, anonymous;
	uint32_t shared_clean, shared_dirty, private_clean, private_dirty;
	uint64_t pss, pss_dirty, pss_anon, pss_locked;
};

/* One entry that maps the page `times` mapped, or stands for one that is being moved. */
struct seen {
	uint32_t times;
	bool young, dirty, anonymous, locked;
};

static void add_share(struct usage *u, const struct seen *s)
{
	uint64_t share = (1u << PSS_SHIFT) / s->times;

	u->pss += share;
	u->pss_dirty += s->dirty ? share : 0;
	u->pss_anon += s->anonymous ? share : 0;
	u->pss_locked += s->locked ? share : 0;
}

static void add_seen(struct usage *u, const struct seen *s)
{
	bool shared = s->times > 1;

	u->resident++;
	u->referenced += s->young;
	u->anonymous += s->anonymous;
	u->shared_clean += shared && !s->dirty;
	u->shared_dirty += shared && s->dirty;
	u->private_clean += !shared && !s->dirty;
	u->private_dirty += !shared && s->dirty;
	add_share(u, s);
}

/*
 * Of a page in flight only what is known for sure is told: Linux, too, takes it for mapped once,
 * clean and old (fs/proc/task_mmu.c, smaps_account), since its entries are being taken away.
 */
static struct seen look_at(const struct vma *v, pte_t e)
{
	bool present = pte_is_present(e);
	const struct page *p = pfn_to_page(present ? pte_pfn(e) : leaf_migration_pfn(e));
	struct seen s = { .times = 1, .locked = v->flags & VMA_LOCKED };

	s.anonymous = page_kind(p) == KIND_ANON;
	s.young = page_has(p, PG_REFERENCED) || (present && pte_is_young(e));
	s.dirty = page_has(p, PG_DIRTY) || (present && pte_is_dirty(e));
	if (present && atomic_load_relaxed(&p->mapcount) > 1)
		s.times = atomic_load_relaxed(&p->mapcount);
	return s;
}

/* The page of zeroes is nobody's. */
static void add_entry(struct vma *v, vaddr_t a, pte_t e, void *arg)
{
	struct seen s;

	(void)a;
	if (pte_is_present(e) ? pfn_to_page(pte_pfn(e)) == zero_page : !pte_is_migration(e))
		return;
	s = look_at(v, e);
	add_seen(arg, &s);
}

static void show_kb(struct text *out, const char *label, uint32_t kb)
{
	text_printf(out, "%-16s%8u kB\n", label, (unsigned)kb);
}

static void show_pages(struct text *out, const char *label, uint32_t pages)
{
	show_kb(out, label, pages * KB_PER_PAGE);
}

static void show_pss(struct text *out, const char *label, uint64_t parts)
{
	show_kb(out, label, (uint32_t)(parts * KB_PER_PAGE >> PSS_SHIFT));
}

/* Swap, huge pages and lazy freeing do not exist here: none of it is in use. */
static void show_absent(struct text *out)
{
	static const char *const labels[] = {
		"LazyFree:",	   "AnonHugePages:",   "ShmemPmdMapped:", "FilePmdMapped:",
		"Shared_Hugetlb:", "Private_Hugetlb:", "Swap:",		  "SwapPss:",
	};

	for (unsigned n = 0; n < sizeof(labels) / sizeof(labels[0]); n++)
		show_kb(out, labels[n], 0);
}

/* What is not anonymous is shared memory: there are no mapped files. */
static void show_pss_by_kind(struct text *out, const struct usage *u)
{
	show_pss(out, "Pss_Anon:", u->pss_anon);
	show_pss(out, "Pss_File:", 0);
	show_pss(out, "Pss_Shmem:", u->pss - u->pss_anon);
}

static void show_usage(struct text *out, const struct usage *u, bool rollup)
{
	show_pages(out, "Rss:", u->resident);
	show_pss(out, "Pss:", u->pss);
	show_pss(out, "Pss_Dirty:", u->pss_dirty);
	if (rollup)
		show_pss_by_kind(out, u);
	show_pages(out, "Shared_Clean:", u->shared_clean);
	show_pages(out, "Shared_Dirty:", u->shared_dirty);
	show_pages(out, "Private_Clean:", u->private_clean);
	show_pages(out, "Private_Dirty:", u->private_dirty);
	show_pages(out, "Referenced:", u->referenced);
	show_pages(out, "Anonymous:", u->anonymous);
	show_absent(out);
	show_pss(out, "Locked:", u->pss_locked);
}

/* Letters of Documentation/filesystems/proc.rst. Any area may be given any right. */
static void show_flags(struct text *out, const struct vma *v)
{
	static const struct {
		uint32_t flag;
		const char *letters;
	} flags[] = {
		{ VMA_READ, "rd" },
		{ VMA_WRITE, "wr" },
		{ VMA_EXEC, "ex" },
		{ VMA_SHARED, "sh" },
	};

	text_printf(out, "VmFlags: ");
	for (unsigned n = 0; n < sizeof(flags) / sizeof(flags[0]); n++)
		if (v->flags & flags[n].flag)
			text_printf(out, "%s ", flags[n].letters);
	text_printf(out, "mr mw me %s%s%s\n", v->flags & VMA_SHARED ? "ms " : "",
		    v->flags & VMA_GROWSDOWN ? "gd " : "", v->flags & VMA_LOCKED ? "lo " : "");
}

static void show_area(struct text *out, struct vma *v)
{
	struct usage u = { 0 };

	area_walk(v, v->start, v->end, add_entry, &u);
	view_area(out, v);
	show_pages(out, "Size:", vma_pages(v));
	show_pages(out, "KernelPageSize:", 1);
	show_pages(out, "MMUPageSize:", 1);
	show_usage(out, &u, false);
	text_printf(out, "THPeligible:    0\n");
	show_flags(out, v);
}

void view_smaps(struct text *out, struct mm *mm)
{
	struct vma *v;

	rwsem_read_lock(&mm->lock);
	list_for_each_entry(v, &mm->areas, node)
		show_area(out, v);
	rwsem_read_unlock(&mm->lock);
}

/* From the first area's start to the last one's end. What is shown as its rights is Linux's. */
static void show_extent(struct text *out, struct mm *mm)
{
	struct vma *first = list_first(&mm->areas, struct vma, node);
	struct vma *last = list_last(&mm->areas, struct vma, node);

	view_area_line(out, first->start, last->end, "---p", "[rollup]");
}

void view_smaps_rollup(struct text *out, struct mm *mm)
{
	struct usage u = { 0 };
	struct vma *v;

	rwsem_read_lock(&mm->lock);
	if (!list_is_empty(&mm->areas))
		show_extent(out, mm);
	list_for_each_entry(v, &mm->areas, node)
		area_walk(v, v->start, v->end, add_entry, &u);
	rwsem_read_unlock(&mm->lock);
	show_usage(out, &u, true);
}

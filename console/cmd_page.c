/*
 * Commands about one page, one entry, one address space.
 *
 * Pins are holds that the console takes on pages so that their migration must refuse; it remembers
 * them, so that it gives up none that it did not take.
 */
#include <errno.h>

#include "base/log.h"
#include "console/arguments.h"
#include "mm/phys/pin.h"
#include "mm/move/migrate.h"
#include "mm/phys/zone.h"
#include "mm/virt/mm.h"
#include "mm/virt/pgtable.h"
#include "mm/virt/rmap.h"

#define MAX_PINS 32u

static struct {
	struct page *pinned[MAX_PINS]; /* NULL: free */
} pins;

static void print_refusal(const struct move *m)
{
	enum move_reason reason = (enum move_reason)m->reason;

	print("stopped before stage %s\n", move_stage_name((enum move_stage)m->stage));
	if (reason == MOVE_PINNED)
		print("holds: expected %u, found %u\n", m->expected, m->found);
	console_error(m->error, "not moved: %s, %s", move_reason_name(reason),
		      move_reason_text(reason));
}

static void print_stages(unsigned passed)
{
	print("stages:");
	for (unsigned s = 0; s < passed && s < MOVE_STAGES; s++)
		print(" %s", move_stage_name((enum move_stage)s));
	print("\n");
}

static int run_migrate(const struct words *w)
{
	struct move what = { 0 };
	struct page *p;
	int status = console_find_frame(w, 1, &p);

	if (status != 0)
		return status;
	status = migrate_frame(page_to_pfn(p), MIGRATE_SYNC, &what);
	print_stages(status == 0 ? (unsigned)MOVE_STAGES : what.stage);
	if (status != 0) {
		print_refusal(&what);
		return status;
	}
	print("moved from=0x%x to=0x%x\n", (unsigned)page_to_pfn(p).n,
	      what.to ? (unsigned)page_to_pfn(what.to).n : 0);
	return 0;
}

static int run_page(const struct words *w)
{
	char text[240];
	const struct pageblock *b;
	struct page *p;
	int status = console_find_frame(w, 1, &p);

	if (status != 0)
		return status;
	page_describe(p, text, sizeof(text));
	print("%s\n", text);
	b = pageblock_of(page_to_pfn(p));
	print("pageblock: type %s, %u free, %u unmovable; zone %s\n",
	      migratetype_name((enum migratetype)b->type), b->free_pages, b->unmovable_pages,
	      page_zone(p)->name);
	return 0;
}

static void print_present(pte_t e)
{
	print("present pfn=0x%x%s%s%s%s%s%s\n", (unsigned)pte_pfn(e).n,
	      pte_is_user(e) ? " user" : " kernel-only", pte_is_writable(e) ? " writable" : "",
	      pte_is_exec(e) ? " exec" : "", pte_is_dirty(e) ? " dirty" : "",
	      pte_is_young(e) ? " young" : "", pte_is_soft_dirty(e) ? " soft-dirty" : "");
}

static void print_entry(pte_t e)
{
	print("entry 0x%08x: ", (unsigned)e.bits);
	if (pte_is_none(e))
		print("none\n");
	else if (pte_is_present(e))
		print_present(e);
	else if (pte_is_migration(e))
		print("migration entry of pfn=0x%x%s\n", (unsigned)leaf_migration_pfn(e).n,
		      leaf_is_write(e) ? " write" : "");
	else
		print("not present, type %u\n", (unsigned)leaf_type(e));
}

static int run_pte(const struct words *w)
{
	uint32_t address;
	struct mm *mm;
	int status;

	if (!console_number(w, 2, &address) || address >= USER_END)
		return console_error(-EINVAL, "ADDR is a user address below 0x%x", USER_END);
	status = console_find_mm(w, 1, &mm);
	if (status != 0)
		return status;
	print_entry(console_entry(mm, vaddr(address)));
	mm_put(mm);
	return 0;
}

static bool entry_maps(pte_t e, const struct page *p)
{
	pfn_t frame = page_to_pfn(p);

	if (pte_is_present(e))
		return pte_pfn(e).n == frame.n;
	return pte_is_migration(e) && leaf_migration_pfn(e).n == frame.n;
}

/* A visitor of rmap_walk; the table's lock is held. */
static bool print_mapping(struct page *p, const struct rmap_place *place, void *count)
{
	pte_t e = pte_read(place->pte.entry);

	if (!entry_maps(e, p))
		return true;
	++*(unsigned *)count;
	print("%s 0x%08x ", place->vma->mm->name, (unsigned)place->address.a);
	print_entry(e);
	return true;
}

static int run_rmap(const struct words *w)
{
	unsigned count = 0;
	struct page *p;
	int status = console_find_frame(w, 1, &p);

	if (status != 0)
		return status;
	if (!page_try_get(p))
		return console_error(-ENOENT, "the frame is free");
	page_lock(p);
	if (p->mapping)
		rmap_walk(p, print_mapping, &count);
	print("mapcount=%u found=%u\n", (unsigned)p->mapcount, count);
	page_unlock(p);
	page_put(p);
	return 0;
}

static void print_area(const struct vma *v)
{
	print("%08x-%08x %c%c%c%c%c %6u pages pgoff=0x%x family=%p\n", (unsigned)v->start,
	      (unsigned)v->end, v->flags & VMA_READ ? 'r' : '-', v->flags & VMA_WRITE ? 'w' : '-',
	      v->flags & VMA_EXEC ? 'x' : '-', v->flags & VMA_GROWSDOWN ? 's' : '-',
	      v->flags & VMA_LOCKED ? 'l' : '-', (unsigned)vma_pages(v), (unsigned)v->pgoff,
	      (void *)v->anon);
}

static int run_vma(const struct words *w)
{
	const struct vma *v;
	struct mm *mm;
	int status = console_find_mm(w, 1, &mm);

	if (status != 0)
		return status;
	rwsem_read_lock(&mm->lock);
	list_for_each_entry(v, &mm->areas, node)
		print_area(v);
	rwsem_read_unlock(&mm->lock);
	mm_put(mm);
	return 0;
}

static struct page **find_pin(const struct page *p)
{
	for (unsigned n = 0; n < MAX_PINS; n++)
		if (pins.pinned[n] == p)
			return &pins.pinned[n];
	return NULL;
}

static int run_pin(const struct words *w)
{
	struct page **slot = find_pin(NULL);
	struct page *p;
	int status = console_find_frame(w, 1, &p);

	if (status != 0)
		return status;
	if (!slot)
		return console_error(-ENOSPC, "at most %u pins at a time", MAX_PINS);
	if (!page_try_pin(p, "console pin"))
		return console_error(-ENOENT, "the frame is free: nothing to pin");
	*slot = p;
	return 0;
}

static int run_unpin(const struct words *w)
{
	struct page **slot;
	struct page *p;
	int status = console_find_frame(w, 1, &p);

	if (status != 0)
		return status;
	slot = find_pin(p);
	if (!slot)
		return console_error(-ENOENT, "the console has no pin on this frame");
	*slot = NULL;
	page_unpin(p);
	return 0;
}

static const struct command commands[] = {

	{ "migrate", "FRAME",
	  "moves one page, or says why not\n"
	  "prints the stages that it passed, and both frames. Fails when the page can not be\n"
	  "moved now: the reason is in the error",
	  "frag 10% 1; migrate frag:0x20000000", 1, 1, run_migrate },
	{ "page", "FRAME",
	  "what is known of a frame\n"
	  "holds (refs), entries that map it (mapcount), flags, list, and its pageblock",
	  "frag 10% 1; page frag:0x20000000", 1, 1, run_page },
	{ "pte", "TASK ADDR", "the entry of the page table for an address",
	  "frag 10% 1; pte frag 0x20000000", 2, 2, run_pte },
	{ "rmap", "FRAME",
	  "who maps a page, by the reverse map\n"
	  "a line for each mapping; found is their number, mapcount what the page believes",
	  "frag 10% 1; rmap frag:0x20000000", 1, 1, run_rmap },
	{ "vma", "TASK", "the areas of a task's memory", "frag 10% 1; vma frag", 1, 1, run_vma },
	{ "pin", "FRAME",
	  "holds a page, so that it can not move\n"
	  "until unpin; at most 32 at a time",
	  "frag 10% 1; pin frag:0x20000000; page frag:0x20000000", 1, 1, run_pin },
	{ "unpin", "FRAME", "gives up a hold that pin took",
	  "frag 10% 1; pin frag:0x20000000; unpin frag:0x20000000", 1, 1, run_unpin },
};

const struct command_family page_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

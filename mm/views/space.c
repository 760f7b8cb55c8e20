/*
 * maps, statm and the memory lines of status: areas and counts, no walk over entries.
 */
#include "mm/views/space.h"

#include "mm/views/area.h"
#include "mm/virt/pgtable.h"

#define KB_PER_PAGE (PAGE_SIZE / 1024u)

static const char *area_name(const struct vma *v)
{
	const struct mm *mm = v->mm;

	if (v->flags & VMA_GROWSDOWN)
		return "[stack]";
	return v->start < mm->brk && v->end > mm->brk_start ? "[heap]" : "";
}

void view_area_line(struct text *out, uint32_t start, uint32_t end, const char *rights,
		    const char *name)
{
	/* Nothing is mapped from files: offset, device and inode are those of no file. */
	text_printf(out, "%08x-%08x %s 00000000 00:00 0 ", (unsigned)start, (unsigned)end, rights);
	if (*name)
		text_printf(out, "%9s%s", "", name);
	text_printf(out, "\n");
}

void view_area(struct text *out, const struct vma *v)
{
	char rights[] = {
		v->flags & VMA_READ ? 'r' : '-',
		v->flags & VMA_WRITE ? 'w' : '-',
		v->flags & VMA_EXEC ? 'x' : '-',
		v->flags & VMA_SHARED ? 's' : 'p',
		0,
	};

	view_area_line(out, v->start, v->end, rights, area_name(v));
}

void view_maps(struct text *out, struct mm *mm)
{
	const struct vma *v;

	rwsem_read_lock(&mm->lock);
	list_for_each_entry(v, &mm->areas, node)
		view_area(out, v);
	rwsem_read_unlock(&mm->lock);
}

/* Linux: is_exec_mapping, is_data_mapping, is_stack_mapping (mm/internal.h). */
static void add_area(struct space_sizes *s, const struct vma *v)
{
	uint32_t pages = vma_pages(v);

	s->total += pages;
	if (v->flags & VMA_LOCKED)
		s->locked += pages;
	if (v->flags & VMA_GROWSDOWN)
		s->stack += pages;
	else if ((v->flags & (VMA_WRITE | VMA_SHARED)) == VMA_WRITE)
		s->data += pages;
	else if ((v->flags & (VMA_EXEC | VMA_WRITE)) == VMA_EXEC)
		s->text += pages;
}

struct space_sizes space_sizes(struct mm *mm)
{
	struct space_sizes s = { 0 };
	const struct vma *v;

	rwsem_read_lock(&mm->lock);
	list_for_each_entry(v, &mm->areas, node)
		add_area(&s, v);
	s.shared = atomic_load_relaxed(&mm->shared_pages);
	s.resident = s.shared + atomic_load_relaxed(&mm->anon_pages);
	rwsem_read_unlock(&mm->lock);
	return s;
}

static void show_kb(struct text *out, const char *label, uint32_t pages)
{
	text_printf(out, "%s\t%8u kB\n", label, (unsigned)(pages * KB_PER_PAGE));
}

void view_status(struct text *out, struct mm *mm)
{
	struct space_sizes s = space_sizes(mm);

	show_kb(out, "VmSize:", s.total);
	show_kb(out, "VmLck:", s.locked);
	show_kb(out, "VmRSS:", s.resident);
	show_kb(out, "RssAnon:", s.resident - s.shared);
	show_kb(out, "RssFile:", 0);
	show_kb(out, "RssShmem:", s.shared);
	show_kb(out, "VmData:", s.data);
	show_kb(out, "VmStk:", s.stack);
	show_kb(out, "VmExe:", s.text);
	show_kb(out, "VmLib:", 0);
	show_kb(out, "VmPTE:", atomic_load_relaxed(&mm->table_pages));
	show_kb(out, "VmSwap:", 0);
}

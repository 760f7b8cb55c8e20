/*
 * Pins by address: a look at the entry under its table's lock, and where it does not do, the fault
 * that the owner would take; then again.
 *
 * Race: a mover replaces the entry under the same lock. A pin taken while the entry stands is
 * counted before the page is unmapped or at the latest by "freeze" of the journey, which then
 * refuses.
 */
#include "mm/virt/gup.h"

#include <errno.h>
#include <string.h>

#include "arch/frame.h"
#include "base/thread.h"
#include "mm/phys/pin.h"
#include "mm/virt/dcache.h"
#include "mm/virt/fault.h"
#include "mm/virt/pgtable.h"

static bool entry_serves(pte_t e, bool write)
{
	return pte_is_present(e) && pte_is_user(e) && (!write || pte_is_writable(e));
}

/* A page is held so for another process alone, which is in one of these calls. */
static struct page *pin_entry(struct mm *mm, vaddr_t a, bool write)
{
	const char *why = write ? "process_vm_writev" : "process_vm_readv";
	struct pte_place place = pte_lock(mm, a);
	struct page *p = NULL;
	pte_t e;

	if (!place.entry)
		return NULL;
	e = pte_read(place.entry);
	if (entry_serves(e, write) && page_try_pin(pfn_to_page(pte_pfn(e)), why))
		p = pfn_to_page(pte_pfn(e));
	pte_unlock(place);
	return p;
}

/* What the area says; an entry may still be there for less. */
static struct page *try_pin(struct mm *mm, vaddr_t a, bool write)
{
	struct page *p = NULL;

	rwsem_read_lock(&mm->lock);
	if (vma_find(mm, a))
		p = pin_entry(mm, a, write);
	rwsem_read_unlock(&mm->lock);
	return p;
}

static int fault_in(struct mm *mm, vaddr_t a, bool write)
{
	int error = mm_fault(mm, a, write ? ACCESS_WRITE : ACCESS_READ);

	if (error)
		return error == -ENOMEM ? -ENOMEM : -EFAULT;
	return thread_is_dying() ? -EINTR : 0;
}

int gup_pin(struct gup *g, struct mm *mm, vaddr_t a, bool write)
{
	int error = 0;

	*g = (struct gup){ .mm = mm, .page = vaddr_page(a) };
	if (a.a >= USER_END)
		return -EFAULT;
	g->frame = try_pin(mm, g->page, write);
	while (!g->frame && !error) {
		error = fault_in(mm, g->page, write);
		if (!error)
			g->frame = try_pin(mm, g->page, write);
	}
	return error;
}

void gup_unpin(const struct gup *g)
{
	page_unpin(g->frame);
}

void gup_read(const struct gup *g, uint32_t offset, void *to, uint32_t bytes)
{
	const char *kernel;

	flush_before_kernel(g->mm, g->page, g->frame);
	kernel = frame_map(page_to_pfn(g->frame));
	memcpy(to, kernel + offset, bytes);
	frame_unmap((void *)kernel);
	flush_after_read(g->frame);
}

void gup_write(const struct gup *g, uint32_t offset, const void *from, uint32_t bytes)
{
	char *kernel;

	flush_before_kernel(g->mm, g->page, g->frame);
	kernel = frame_map(page_to_pfn(g->frame));
	memcpy(kernel + offset, from, bytes);
	frame_unmap(kernel);
	flush_after_read(g->frame);
}

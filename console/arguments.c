/*
 * Frames and tasks by the words that people use for them.
 */
#include "console/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mm/virt/leaf.h"
#include "mm/virt/pgtable.h"

/* The live task of this name with the highest number, held; NULL if there is none. */
static struct task *newest_of_name(const char *name)
{
	struct task *newest = NULL;

	for (struct task *t = task_next(NULL); t; t = task_next(t)) {
		if (!task_is_live(t) || strcmp(t->thread.name, name) != 0)
			continue;
		if (newest && newest->thread.id > t->thread.id)
			continue;
		if (newest)
			task_put(newest);
		task_get(t);
		newest = t;
	}
	return newest;
}

int console_find_task(const struct words *w, unsigned n, struct task **t)
{
	const char *word = console_word(w, n);
	uint32_t id;

	*t = console_number(w, n, &id) ? task_find(id) : newest_of_name(word ? word : "");
	if (!*t)
		return console_error(-ESRCH,
				     "no task '%s'; TASK is a number or a name that `ps` "
				     "shows",
				     word ? word : "");
	return 0;
}

int console_find_mm(const struct words *w, unsigned n, struct mm **mm)
{
	struct task *t;
	int status = console_find_task(w, n, &t);

	if (status != 0)
		return status;
	*mm = t->thread.mm;
	if (*mm)
		mm_get(*mm);
	task_put(t);
	if (!*mm)
		return console_error(-EINVAL, "task %s is a kernel thread: it has no user memory",
				     w->word[n]);
	return 0;
}

pte_t console_entry(struct mm *mm, vaddr_t a)
{
	struct pte_place place;
	pte_t e = pte_none();

	rwsem_read_lock(&mm->lock);
	place = pte_lock(mm, a);
	if (place.entry) {
		e = pte_read(place.entry);
		pte_unlock(place);
	}
	rwsem_read_unlock(&mm->lock);
	return e;
}

/* TASK:ADDR; `colon` is where the address begins. */
static int find_mapped_frame(const char *word, const char *colon, struct page **p)
{
	char task[24];
	struct words parts = { 2, { task, colon + 1 } };
	struct mm *mm;
	uint32_t address;
	pte_t e;
	int status;

	snprintf(task, sizeof(task), "%.*s", (int)(colon - word), word);
	if (!console_number(&parts, 1, &address) || address >= USER_END)
		return console_error(-EINVAL, "ADDR is a user address below 0x%x", USER_END);
	status = console_find_mm(&parts, 0, &mm);
	if (status != 0)
		return status;
	e = console_entry(mm, vaddr(address));
	mm_put(mm);
	if (!pte_is_present(e) && !pte_is_migration(e))
		return console_error(-ENOENT, "nothing is mapped at %s", word);
	*p = pfn_to_page(pte_is_present(e) ? pte_pfn(e) : leaf_migration_pfn(e));
	return 0;
}

int console_find_frame(const struct words *w, unsigned n, struct page **p)
{
	const char *word = console_word(w, n), *colon = word ? strchr(word, ':') : NULL;
	uint32_t frame;

	if (colon)
		return find_mapped_frame(word, colon, p);
	if (!console_number(w, n, &frame))
		return console_error(-EINVAL, "FRAME is a frame number, as in 0x80400, or "
					      "TASK:ADDR, as in writer:0x20000000");
	if (!pfn_is_valid(pfn(frame)))
		return console_error(-EINVAL, "RAM is frames 0x%x to 0x%x",
				     (unsigned)page_map_start.n, (unsigned)page_map_end.n - 1);
	*p = pfn_to_page(pfn(frame));
	return 0;
}

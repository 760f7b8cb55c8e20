/*
 * Tasks: threads in user mode that map, unmap, protect, remap and fork, and check what they read.
 */
#include <errno.h>
#include <string.h>

#include "tests/sim/oracle.h"

/* Pages of the actor's own slice that one request is about. */
struct stretch {
	struct space *space;
	struct slice *slice;
	unsigned number, first, count;
	uint32_t start, bytes;
};

static struct stretch choose_stretch(void)
{
	struct actor *me = world_me();
	struct stretch s = { .space = me->space,
			     .number = me->slice,
			     .slice = &me->space->slice[me->slice] };

	s.first = world_below(SLICE_PAGES);
	s.count = 1 + world_below(world_one_in(4) ? SLICE_PAGES : 6);
	if (s.first + s.count > SLICE_PAGES)
		s.count = SLICE_PAGES - s.first;
	s.start = oracle_address(s.slice, s.first);
	s.bytes = s.count * PAGE_SIZE;
	return s;
}

static void begin(const struct stretch *s)
{
	oracle_begin(s->space, s->number, s->first, s->count);
}

static void end(const struct stretch *s)
{
	oracle_end(s->space, s->number, s->first, s->count);
}

static struct known_page *page_in(const struct stretch *s, unsigned i)
{
	return &s->slice->page[s->first + i];
}

/* Nothing here is ever writable and executable. */
static unsigned choose_rights(void)
{
	static const unsigned char rights[] = { PTE_READ | PTE_WRITE,
						PTE_READ | PTE_WRITE,
						PTE_READ | PTE_WRITE,
						PTE_READ,
						PTE_READ | PTE_EXEC,
						PTE_READ | PTE_EXEC,
						PTE_WRITE,
						0 };

	return rights[world_below(sizeof(rights))];
}

static void do_map(void)
{
	struct stretch s = choose_stretch();
	unsigned rights = world_one_in(3) ? choose_rights() : PTE_READ | PTE_WRITE;
	bool locked = world_one_in(12), shared = world_one_in(3);
	uint32_t address;
	int error;

	begin(&s);
	error = mm_map(s.space->mm, s.start, s.bytes,
		       rights | (locked ? VMA_LOCKED : 0) | (shared ? VMA_SHARED : 0), true,
		       &address);
	world_note("map 0x%x..0x%x rights %u%s -> %d", s.start, s.start + s.bytes, rights,
		   shared ? " shared" : "", error);
	world_counts.shared_areas += shared && !error;
	for (unsigned i = 0; i < s.count && !error; i++) {
		(shared ? oracle_shared : oracle_emptied)(page_in(&s, i));
		page_in(&s, i)->mapped = true;
		page_in(&s, i)->locked = locked;
		page_in(&s, i)->rights = (uint8_t)rights;
	}
	if (error && error != -ENOMEM)
		world_fail("mm_map says %d", error);
	end(&s);
}

static void do_unmap(void)
{
	struct stretch s = choose_stretch();
	int error;

	begin(&s);
	error = mm_unmap(s.space->mm, s.start, s.bytes);
	world_note("unmap 0x%x..0x%x -> %d", s.start, s.start + s.bytes, error);
	for (unsigned i = 0; i < s.count && !error; i++) {
		oracle_emptied(page_in(&s, i));
		page_in(&s, i)->mapped = page_in(&s, i)->locked = false;
	}
	if (error && error != -ENOMEM)
		world_fail("mm_unmap says %d", error);
	end(&s);
}

static bool all_mapped(const struct stretch *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (!page_in(s, i)->mapped)
			return false;
	return true;
}

static bool any_locked(const struct stretch *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (page_in(s, i)->mapped && page_in(s, i)->locked)
			return true;
	return false;
}

static void do_protect(void)
{
	struct stretch s = choose_stretch();
	unsigned rights = choose_rights();
	bool whole = all_mapped(&s);
	int error;

	begin(&s);
	error = mm_protect(s.space->mm, s.start, s.bytes, rights);
	world_note("protect 0x%x..0x%x rights %u -> %d", s.start, s.start + s.bytes, rights, error);
	if (error && (error != -ENOMEM))
		world_fail("mm_protect says %d", error);
	if (!error && !whole)
		world_fail("mm_protect went over a hole");
	for (unsigned i = 0; i < s.count && !error; i++) {
		page_in(&s, i)->rights = (uint8_t)rights;
		page_in(&s, i)->unsynced = page_in(&s, i)->stored;
	}
	end(&s);
}

static void do_discard(void)
{
	struct stretch s = choose_stretch();
	bool locked = any_locked(&s);
	int error;

	begin(&s);
	error = mm_discard(s.space->mm, s.start, s.bytes);
	world_note("discard 0x%x..0x%x -> %d", s.start, s.start + s.bytes, error);
	if (locked != (error == -EINVAL))
		world_fail("mm_discard says %d, locked %d", error, locked);
	for (unsigned i = 0; i < s.count && error != -EINVAL; i++)
		if (page_in(&s, i)->mapped && !page_in(&s, i)->object)
			oracle_emptied(page_in(&s, i));
	end(&s);
}

/* Shared, may be stored to, not locked, over the whole stretch: then pages go, else at most some.
 */
static bool may_remove(const struct stretch *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		const struct known_page *p = page_in(s, i);

		if (!p->mapped || !p->object || p->locked || !(p->rights & PTE_WRITE))
			return false;
	}
	return true;
}

static void do_remove(void)
{
	struct stretch s = choose_stretch();
	struct known_object *objects[SLICE_PAGES];
	bool may;
	int error;

	while (s.count > 1 && !may_remove(&s))
		s.count /= 2;
	may = may_remove(&s);
	if (!may)
		return;
	begin(&s);
	for (unsigned i = 0; i < s.count; i++)
		objects[i] = oracle_begin_removing(page_in(&s, i));
	error = mm_remove(s.space->mm, s.start, s.count * PAGE_SIZE);
	world_note("remove 0x%x..0x%x -> %d", s.start, s.start + s.count * PAGE_SIZE, error);
	if (error)
		world_fail("mm_remove says %d", error);
	for (unsigned i = 0; i < s.count; i++)
		oracle_end_removing(objects[i], true);
	world_counts.removals++;
	end(&s);
}

/* mm_lock_range may have locked the area although not every page could be had: -ENOMEM tells
 * nothing. */
static void learn_locked(const struct stretch *s)
{
	struct mm *mm = s->space->mm;

	rwsem_read_lock(&mm->lock);
	for (unsigned i = 0; i < s->count; i++) {
		struct vma *v = vma_find(mm, vaddr(s->start + i * PAGE_SIZE));

		page_in(s, i)->locked = v && v->flags & VMA_LOCKED;
	}
	rwsem_read_unlock(&mm->lock);
}

static void do_lock(void)
{
	struct stretch s = choose_stretch();
	bool lock = world_below(2), whole = all_mapped(&s);
	int error;

	begin(&s);
	error = mm_lock_range(s.space->mm, s.start, s.bytes, lock);
	world_note("%s 0x%x..0x%x -> %d", lock ? "lock" : "unlock", s.start, s.start + s.bytes,
		   error);
	if (error && error != -ENOMEM)
		world_fail("mm_lock_range says %d", error);
	if (!error && !whole)
		world_fail("mm_lock_range went over a hole");
	for (unsigned i = 0; i < s.count && !error; i++)
		page_in(&s, i)->locked = lock;
	if (error)
		learn_locked(&s);
	end(&s);
}

static enum sim_access choose_access(const struct known_page *p)
{
	if (p->rights & PTE_EXEC && world_below(3))
		return SIM_FETCH;
	return world_below(2) ? SIM_STORE : SIM_LOAD;
}

static void access_once(struct actor *me, unsigned slice, unsigned page)
{
	struct known_page *p = &me->space->slice[slice].page[page];
	enum sim_access how = choose_access(p);
	uint32_t offset = oracle_slot_offset(page, world_below(SLOTS));

	if (how != SIM_STORE && world_one_in(4))
		offset = world_below(PAGE_SIZE / 4) * 4;
	oracle_access(me->space, slice, page, offset, how);
}

/* Between two accesses a task is in user mode: there its time slice ends, and its life. */
static bool in_user_mode(void)
{
	thread_yield_if_due();
	return !thread_is_dying();
}

/* Mostly one that is mapped. */
static unsigned choose_page(const struct slice *s)
{
	unsigned page = world_below(SLICE_PAGES);

	for (unsigned i = 0; i < SLICE_PAGES && !s->page[page].mapped && world_below(8); i++)
		page = (page + 1) % SLICE_PAGES;
	return page;
}

static void do_accesses(void)
{
	struct actor *me = world_me();
	unsigned slice = world_one_in(3) ? world_below(SLICES) : me->slice;
	unsigned page = choose_page(&me->space->slice[slice]);

	for (unsigned n = 1 + world_below(12); n && in_user_mode(); n--) {
		access_once(me, slice, page);
		if (world_below(2))
			page = (page + world_below(3)) % SLICE_PAGES;
	}
}

/* Where another task of the space is changing something just now, or is about to. */
static void do_intrude(void)
{
	struct actor *me = world_me();
	unsigned slice = world_below(SLICES), page = choose_page(&me->space->slice[slice]);

	for (unsigned n = 14; n && in_user_mode(); n--) {
		uint32_t offset = oracle_slot_offset(page, world_below(SLOTS));

		oracle_access(me->space, slice, page, offset,
			      world_below(3) ? SIM_STORE : SIM_LOAD);
		if (world_one_in(3))
			oracle_page_in_flux(me->space, &slice, &page);
	}
}

/* One page over and over: a writer that a move has to get past. */
static void do_hammer(void)
{
	struct actor *me = world_me();
	unsigned page = choose_page(&me->space->slice[me->slice]), slot = world_below(SLOTS);

	for (unsigned n = 10; n && in_user_mode(); n--) {
		uint32_t offset = oracle_slot_offset(page, slot);

		if (oracle_access(me->space, me->slice, page, offset, SIM_STORE))
			return;
		oracle_access(me->space, me->slice, page, offset, SIM_LOAD);
	}
}

/* What a refused remap was to replace may be gone. */
static void learn_gone(const struct stretch *s)
{
	struct mm *mm = s->space->mm;

	rwsem_read_lock(&mm->lock);
	for (unsigned i = 0; i < s->count; i++) {
		if (vma_find(mm, vaddr(s->start + i * PAGE_SIZE)))
			continue;
		oracle_emptied(page_in(s, i));
		page_in(s, i)->mapped = page_in(s, i)->locked = false;
	}
	rwsem_read_unlock(&mm->lock);
}

static bool choose_two(struct stretch *from, struct stretch *to)
{
	*from = choose_stretch();
	*to = choose_stretch();
	from->count = to->count = from->count < to->count ? from->count : to->count;
	from->bytes = to->bytes = from->count * PAGE_SIZE;
	return from->first >= to->first + to->count || to->first >= from->first + from->count;
}

static void do_remap(void)
{
	struct stretch from, to;
	uint32_t address = 0;
	int error;

	if (!choose_two(&from, &to))
		return;
	begin(&from);
	begin(&to);
	error = mm_remap(from.space->mm, from.start, from.bytes, to.bytes, true, true, to.start,
			 &address);
	world_note("remap 0x%x..0x%x to 0x%x -> %d", from.start, from.start + from.bytes, to.start,
		   error);
	for (unsigned i = 0; i < from.count && !error; i++)
		oracle_moved(page_in(&from, i), page_in(&to, i));
	if (error)
		learn_gone(&to);
	world_counts.remaps += error == 0;
	end(&to);
	end(&from);
}

static void task_main(void *arg);

static void start_tasks_of(struct space *s, unsigned tasks)
{
	s->tasks = tasks;
	world_counts.spaces++;
	for (unsigned i = 1; i < tasks; i++)
		mm_get(s->mm);
	for (unsigned i = 0; i < tasks; i++)
		world_spawn("task", task_main, s, i, 30 + world_below(90));
}

static void forget_stores(struct space *s)
{
	for (unsigned i = 0; i < SLICES; i++)
		for (unsigned p = 0; p < SLICE_PAGES; p++)
			s->slice[i].page[p].stored = 0;
}

static void do_fork(void)
{
	struct actor *me = world_me();
	struct space *s = me->space, *copy;
	struct mm *mm;
	int error;

	if (s->busy || s->forking || !world_has_room() || !world_one_in(4))
		return;
	s->forking = true;
	forget_stores(s);
	mm = mm_create("child");
	error = mm ? mm_fork(s->mm, mm) : -ENOMEM;
	world_note("fork -> %d", error);
	copy = error ? NULL : oracle_fork(s, mm);
	if (!error)
		oracle_expect_tlbs_forgot(s);
	s->forking = false;
	if (copy) {
		world_counts.forks++;
		start_tasks_of(copy, 1 + world_below(2));
	} else if (mm) {
		mm_put(mm);
	}
}

static const struct request {
	void (*run)(void);
	unsigned weight;
} requests[] = {
	{ do_accesses, 12 }, { do_hammer, 4 },	{ do_intrude, 6 }, { do_map, 4 },
	{ do_unmap, 2 },     { do_protect, 4 }, { do_discard, 2 }, { do_lock, 2 },
	{ do_remap, 2 },     { do_fork, 1 },	{ do_remove, 2 },
};

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static void one_request(void)
{
	unsigned sum = 0, drawn;
	bool alone = world_me()->space->forking;

	for (unsigned i = 0; i < REQUESTS; i++)
		sum += requests[i].weight;
	drawn = world_below(alone ? 22 : sum); /* while it forks: accesses only */
	for (unsigned i = 0; i < REQUESTS; i++) {
		if (drawn < requests[i].weight) {
			requests[i].run();
			return;
		}
		drawn -= requests[i].weight;
	}
}

static void look_at_everything(struct actor *me)
{
	for (unsigned page = 0; page < SLICE_PAGES && in_user_mode(); page++) {
		const struct known_page *p = &me->space->slice[me->slice].page[page];

		for (unsigned slot = 0; slot < SLOTS && p->mapped; slot += 5) {
			uint32_t offset = oracle_slot_offset(page, slot);

			oracle_access(me->space, me->slice, page, offset, SIM_LOAD);
			if (p->rights & PTE_EXEC)
				oracle_access(me->space, me->slice, page, offset, SIM_FETCH);
		}
	}
}

/* The address space goes with its last task, or with whoever looks at it just then. */
static void leave_space(struct space *s)
{
	struct mm *mm = s->mm;

	sim_load_space(NULL);
	if (--s->tasks == 0)
		oracle_leave(s);
	mm_put(mm);
}

static void task_main(void *arg)
{
	struct actor *me = world_me();

	(void)arg;
	if (!me->space->forking)
		do_map();
	while (me->left && world_between_operations() && in_user_mode()) {
		me->left--;
		world_maybe_arm();
		one_request();
	}
	if (in_user_mode())
		look_at_everything(me);
	leave_space(me->space);
}

/* SIGKILL for every task of a space, or for one of them. */
void task_kill_some(void)
{
	struct space *s = oracle_some_space();

	if (!s)
		return;
	world_counts.kills++;
	for (unsigned i = 1; i < MAX_ACTORS; i++) {
		struct thread *t = world_registry[i];

		if (t && t->mm == s->mm && world_below(3)) {
			thread_mark(t, THREAD_FATAL);
			sim_wake(t);
		}
	}
}

void tasks_start(void)
{
	unsigned spaces = 1 + world_below(3);

	for (unsigned i = 0; i < spaces; i++) {
		struct mm *mm = mm_create("task");
		struct space *s = mm ? oracle_new(mm) : NULL;

		if (s)
			start_tasks_of(s, 1 + world_below(SLICES));
	}
}

/*
 * why FRAME: why a page did not move, and what keeps it where it is; the words for
 * mm/move/finding.h.
 *
 *   frame=0x83c00 kind=anon state=lru refs=2 mapcount=1 flags=0x1000018
 *   last refusal: reason=PINNED at=unmap expected=2 found=3 times=10 by="request for this page" ...
 *   holder mapping task=4 name=writer address=0x20000000 holds=1
 *   holder pin task=1 name=console why="console pin" holds=1
 *   verdict=pinned reason=PINNED would not move: held by somebody beside its mappings
 */
#include <stdio.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "console/arguments.h"
#include "console/place.h"
#include "mm/move/compaction.h"
#include "mm/move/finding.h"

static struct finding finding; /* too large for a stack; commands run one at a time */

/* ---- the frame */

static const char *kind_word(const struct finding *f)
{
	static const char *const of_state[FRAME_STATES] = {
		[FRAME_RESERVED] = "reserved", [FRAME_FREE] = "free",
		[FRAME_ON_CPU] = "free",       [FRAME_KERNEL] = "kernel",
		[FRAME_ZERO_PAGE] = "kernel",  [FRAME_TABLE] = "table",
	};
	static const char *const of_kind[KIND_COUNT] = { "kernel", "anon", "table", "shmem",
							 "file" };

	return of_state[f->state] ? of_state[f->state] : of_kind[f->kind];
}

static const char *users_state(uint32_t flags)
{
	if (flags & PG_ISOLATED)
		return "isolated";
	if (flags & PG_LRU_BATCH)
		return "lru-batch";
	if (flags & PG_UNEVICTABLE)
		return "unevictable";
	return flags & PG_LRU ? "lru" : "off-list";
}

static void print_free(const struct finding *f)
{
	print("state=free order=%u block=0x%x type=%s", f->order, (unsigned)f->block.n,
	      migratetype_name(pageblock_type(f->block)));
}

static void print_state(const struct finding *f)
{
	static const char *const words[FRAME_STATES] = {
		[FRAME_RESERVED] = "reserved",	 [FRAME_INSIDE] = "inside-a-block",
		[FRAME_KERNEL] = "in-use",	 [FRAME_TABLE] = "in-use",
		[FRAME_ZERO_PAGE] = "zero-page",
	};

	if (f->state == FRAME_FREE)
		print_free(f);
	else if (f->state == FRAME_ON_CPU)
		print("state=cpu-list cpu=%d", f->cpu);
	else if (f->state == FRAME_USERS)
		print("state=%s%s", users_state(f->flags), f->flags & PG_LOCKED ? ",locked" : "");
	else
		print("state=%s", words[f->state]);
}

static void print_frame(const struct finding *f)
{
	print("frame=0x%x kind=%s ", (unsigned)page_to_pfn(f->page).n, kind_word(f));
	print_state(f);
	print(" refs=%u mapcount=%u flags=0x%x\n", (unsigned)f->refs, (unsigned)f->mapcount,
	      (unsigned)f->flags);
}

/* ---- the last refusal */

static const char *where_word(const struct refusal *r)
{
	if (r->where == REFUSED_BY_SCAN)
		return "scan";
	return r->where == REFUSED_AT_ISOLATION ? "isolation" : move_stage_name(r->stage);
}

static void print_record(const struct refusal *r)
{
	print("reason=%s at=%s", move_reason_name(r->reason), where_word(r));
	if (r->reason == MOVE_PINNED)
		print(" expected=%u found=%u", (unsigned)r->expected, (unsigned)r->found);
	print(" times=%u by=\"%s\" task=%u name=%s", (unsigned)r->times, mover_name(r->mover),
	      (unsigned)r->thread_id, r->thread_name);
	print(" insns=%llu ago=%llu: %s\n", (unsigned long long)r->when_insns,
	      (unsigned long long)(cpu_insns() - r->when_insns), move_reason_text(r->reason));
}

static void print_refusal(const struct finding *f)
{
	print("last refusal: ");
	switch (f->known) {
	case REFUSAL_OF_PAGE:
		print_record(&f->refusal);
		break;
	case REFUSAL_OF_FORMER:
		print("none of this page; of one that the frame had before, ");
		print_record(&f->refusal);
		break;
	case REFUSAL_FORGOTTEN:
		print("forgotten: %u are kept, and a newer one has its place\n", REFUSALS);
		break;
	default:
		print("none\n");
	}
}

/* ---- holders */

/* The number of a task of this address space; 0: it has none any more. */
static uint32_t task_of_space(const struct mm *mm)
{
	for (struct task *t = task_next(NULL); t; t = task_next(t)) {
		uint32_t id = t->thread.id;

		if (t->thread.mm != mm)
			continue;
		task_put(t);
		return id;
	}
	return 0;
}

static void print_owner(const struct finding *f, const struct holder *h)
{
	char place[64];

	place_of_frame(f->page, place, sizeof(place));
	if (f->state == FRAME_TABLE)
		print("holder owner task=%u name=%s holds=%u place=%s\n",
		      (unsigned)task_of_space(h->mapping.mm), h->mapping.name, (unsigned)h->holds,
		      place);
	else
		print("holder owner holds=%u place=%s\n", (unsigned)h->holds, place);
}

static void print_mapping(const struct holder *h)
{
	print("holder %s task=%u name=%s address=0x%08x holds=%u\n",
	      h->kind == HOLDER_MAPPING ? "mapping" : "migration-entry",
	      (unsigned)task_of_space(h->mapping.mm), h->mapping.name, (unsigned)h->mapping.address,
	      (unsigned)h->holds);
}

static void print_holder(const struct finding *f, const struct holder *h)
{
	switch (h->kind) {
	case HOLDER_MAPPING:
	case HOLDER_MIGRATION:
		print_mapping(h);
		break;
	case HOLDER_OBJECT:
		print("holder object serial=%u offset=0x%x holds=%u\n", (unsigned)h->object.serial,
		      (unsigned)h->object.offset, (unsigned)h->holds);
		break;
	case HOLDER_LRU_BATCH:
		print("holder lru-batch cpu=%d holds=%u\n", h->cpu, (unsigned)h->holds);
		break;
	case HOLDER_MOVER:
		print("holder mover holds=%u\n", (unsigned)h->holds);
		break;
	case HOLDER_PIN:
		print("holder pin task=%u name=%s why=\"%s\" holds=%u\n",
		      (unsigned)h->pin.thread_id, h->pin.thread_name, h->pin.why,
		      (unsigned)h->holds);
		break;
	case HOLDER_OWNER:
		print_owner(f, h);
		break;
	default:
		print("holder unknown holds=%u: of somebody who has no name\n", (unsigned)h->holds);
	}
}

static void print_holders(const struct finding *f)
{
	char place[64];

	for (uint32_t n = 0; n < f->holder_count; n++)
		print_holder(f, &f->holder[n]);
	if (f->holders_more)
		print("holder more holds=%u: mappings that found no room here\n",
		      (unsigned)f->holders_more);
	if (f->state == FRAME_USERS && !f->walked && f->mapcount)
		print("holder mappings holds=%u: not looked for, the page is locked\n",
		      (unsigned)f->mapcount);
	if (f->state != FRAME_RESERVED && f->state != FRAME_INSIDE)
		return;
	place_of_frame(f->page, place, sizeof(place));
	print("holder owner holds=0 place=%s\n", place);
}

/* ---- what compaction thinks of it, beside that */

static void print_block_notes(const struct finding *f)
{
	const struct pageblock *b = pageblock_of(page_to_pfn(f->page));

	if (b->skip & PAGEBLOCK_SKIP_MIGRATE)
		print("note: compaction passes over its pageblock, which gave no page lately\n");
	if (b->type != MIGRATE_MOVABLE && b->type != MIGRATE_CMA)
		print("note: compaction that waits for nothing passes over its pageblock, "
		      "type %s\n",
		      migratetype_name((enum migratetype)b->type));
}

static void print_notes(const struct finding *f)
{
	if (f->state != FRAME_USERS)
		return;
	print_block_notes(f);
	if (f->flags & PG_UNEVICTABLE && !compaction_tunables.unevictable_allowed)
		print("note: compaction passes over it, which is locked in memory "
		      "(compact_unevictable_allowed=0)\n");
	if (f->flags & PG_REFUSED && f->verdict == VERDICT_PINNED)
		print("note: compaction passes over it as long as it is held\n");
	if (failpoints_active)
		print("note: a failpoint is armed\n");
}

static void print_verdict(const struct finding *f)
{
	static const char *const words[VERDICTS] = {
		[VERDICT_MOVABLE] = "movable", [VERDICT_PINNED] = "pinned",
		[VERDICT_BUSY] = "busy",       [VERDICT_UNMOVABLE] = "unmovable",
		[VERDICT_ORPHAN] = "orphan",   [VERDICT_FREE] = "free",
	};

	print("verdict=%s reason=%s ", words[f->verdict], move_reason_name(f->reason));
	if (f->verdict == VERDICT_MOVABLE)
		print("would move: nothing in the way\n");
	else if (f->verdict == VERDICT_FREE)
		print("would not move: nothing is in it\n");
	else if (f->verdict == VERDICT_ORPHAN)
		print("would not move: nobody's, free with its last hold\n");
	else
		print("would not move: %s\n", move_reason_text(f->reason));
}

static int run_why(const struct words *w)
{
	struct page *p;
	int status = console_find_frame(w, 1, &p);

	if (status != 0)
		return status;
	finding_look(p, &finding);
	print_frame(&finding);
	print_refusal(&finding);
	print_holders(&finding);
	print_notes(&finding);
	print_verdict(&finding);
	return 0;
}

static const struct command commands[] = {
	{ "why", "FRAME", "why a page did not move, and who holds it", "why 0x80400", 1, 1,
	  run_why },
};

const struct command_family why_commands = {
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

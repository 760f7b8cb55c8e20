/*
 * Shared and moved places on the board: mm_fork and mm_remap beside a migration, and what the real
 * TLB still lets through afterwards.
 */
#include "arch/uaccess.h"
#include "base/failpoint.h"
#include "kernel/sched.h"
#include "mm/move/migrate.h"
#include "mm/phys/lru.h"
#include "mm/virt/rmap.h"
#include "tests/target/given.h"
#include "tests/target/test.h"

#define WORDS (PAGE_SIZE / 4u)

static const unsigned RW = VMA_READ | VMA_WRITE;

/* ---- given, and what a task does in one of several address spaces */

static void write_word(struct mm *mm, vaddr_t a, uint32_t value)
{
	struct mm *before = sched_borrow_mm(mm);

	EXPECT_EQ(copy_to_user(a, &value, sizeof(value)), 0);
	sched_borrow_mm(before);
}

/* ~0 where it can not be read. */
static uint32_t read_word(struct mm *mm, vaddr_t a)
{
	struct mm *before = sched_borrow_mm(mm);
	uint32_t value, left = copy_from_user(&value, a, sizeof(value));

	sched_borrow_mm(before);
	return left ? ~0u : value;
}

static void write_signature(struct mm *mm, vaddr_t a, uint32_t seed)
{
	for (uint32_t i = 0; i < WORDS; i++)
		write_word(mm, vaddr(a.a + 4 * i), seed + i);
}

static uint32_t wrong_words(struct mm *mm, vaddr_t a, uint32_t seed)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < WORDS; i++)
		wrong += read_word(mm, vaddr(a.a + 4 * i)) != seed + i;
	return wrong;
}

/* An area of three pages, the middle one written. Returns its address. */
static vaddr_t given_signed_page(struct mm *mm, uint32_t seed)
{
	vaddr_t a = vaddr(given_area(mm, 3, RW).a + PAGE_SIZE);

	write_signature(mm, a, seed);
	lru_drain();
	return a;
}

static struct page *page_at(struct mm *mm, vaddr_t a)
{
	pte_t e = entry_at(mm, a);

	return pte_is_present(e) ? pfn_to_page(pte_pfn(e)) : NULL;
}

/* The parent's is the current address space afterwards. */
static struct mm *given_child(struct mm *parent)
{
	struct mm *child = given_mm();

	sched_borrow_mm(parent);
	if (!EXPECT_TRUE(child != NULL) || !EXPECT_EQ(mm_fork(parent, child), 0))
		return NULL;
	return child;
}

static void then_contents_are_apart(struct mm *a, struct mm *b, vaddr_t at, uint32_t seed)
{
	EXPECT_TRUE(!pte_is_writable(entry_at(a, at)) && !pte_is_writable(entry_at(b, at)));
	EXPECT_EQ(wrong_words(a, at, seed), 0);
	EXPECT_EQ(wrong_words(b, at, seed), 0);
	write_word(a, at, 1001);
	EXPECT_EQ(read_word(b, at), seed);
	write_word(b, at, 2002);
	EXPECT_EQ(read_word(a, at), 1001);
	EXPECT_EQ(read_word(b, at), 2002);
	EXPECT_TRUE(page_at(a, at) != page_at(b, at));
}

/* ---- fork */

TEST(fork, contents_are_apart_after_a_write, "BS-5")
{
	struct mm *parent = given_mm(), *child;
	vaddr_t a = given_signed_page(parent, 300);

	child = given_child(parent);
	REQUIRE_TRUE(child != NULL);
	EXPECT_TRUE(page_at(parent, a) == page_at(child, a));
	EXPECT_EQ(page_at(parent, a)->mapcount, 2);
	EXPECT_EQ(child->anon_pages, 1);
	then_contents_are_apart(parent, child, a, 300);
}

/* The TLB has let stores through before; it must have forgotten that. */
TEST(fork, stops_stores_that_the_tlb_knew, "BS-17")
{
	struct mm *parent = given_mm(), *child;
	vaddr_t a = given_signed_page(parent, 300);
	uint32_t word;

	REQUIRE_EQ(probe_user_write(a, 300), 0);
	child = given_mm();
	REQUIRE_TRUE(child != NULL);
	sched_borrow_mm(parent);
	REQUIRE_EQ(probe_user_write(a, 300), 0);
	REQUIRE_EQ(mm_fork(parent, child), 0);
	EXPECT_TRUE(probe_user_write(a, 666) != 0);
	EXPECT_EQ(probe_user_read(a, &word), 0);
	EXPECT_EQ(word, 300);
	EXPECT_EQ(wrong_words(child, a, 300), 0);
}

TEST(fork, eight_sharers_move_together, "RM-1, TU-1, TU-4")
{
	struct mm *mm[8] = { given_mm() };
	vaddr_t a = given_signed_page(mm[0], 500);
	struct page *to;
	struct move what;

	/* Children and grandchildren. */
	for (unsigned i = 1; i < 8; i++) {
		mm[i] = given_child(mm[i / 2]);
		REQUIRE_TRUE(mm[i] != NULL);
	}
	EXPECT_EQ(page_at(mm[0], a)->mapcount, 8);
	REQUIRE_EQ(migrate_frame(page_to_pfn(page_at(mm[5], a)), MIGRATE_SYNC, &what), 0);
	to = what.to;
	EXPECT_EQ(to->mapcount, 8);
	EXPECT_EQ(page_refs(to), 8);
	for (unsigned i = 0; i < 8; i++) {
		EXPECT_TRUE(page_at(mm[i], a) == to);
		EXPECT_TRUE(!pte_is_writable(entry_at(mm[i], a)));
		EXPECT_EQ(mm[i]->anon_pages, 1);
	}
	for (unsigned i = 0; i < 8; i++)
		write_word(mm[i], a, 9000 + i);
	for (unsigned i = 0; i < 8; i++) {
		EXPECT_EQ(read_word(mm[i], a), 9000 + i);
		EXPECT_EQ(read_word(mm[i], vaddr(a.a + 4)), 501);
		EXPECT_EQ(page_at(mm[i], a)->mapcount, 1);
	}
}

/* ---- in flight */

static struct {
	struct mm *mm, *child;
	vaddr_t a, to;
	enum move_stage at;
	unsigned calls;
	uint32_t wrong_entries;
} flight;

static bool is_in_flight(enum move_stage passed)
{
	return passed >= STAGE_UNMAP && passed < STAGE_REMAP;
}

static void fork_now(const struct move *m, enum move_stage passed)
{
	pte_t parents, childs;

	(void)m;
	if (passed != flight.at || flight.calls++)
		return;
	EXPECT_EQ(mm_fork(flight.mm, flight.child), 0);
	parents = entry_at(flight.mm, flight.a);
	childs = entry_at(flight.child, flight.a);
	flight.wrong_entries += parents.bits != childs.bits;
	flight.wrong_entries += pte_is_migration(childs) != is_in_flight(passed);
	flight.wrong_entries +=
		pte_is_present(childs) ? pte_is_writable(childs) : leaf_is_write(childs);
	flight.wrong_entries += flight.child->anon_pages != 1;
}

static int move_with(migrate_probe function, enum move_stage at)
{
	struct move what;
	int error;

	flight.at = at;
	flight.calls = flight.wrong_entries = 0;
	migrate_set_probe(function);
	error = migrate_frame(page_to_pfn(page_at(flight.mm, flight.a)), MIGRATE_SYNC, &what);
	migrate_set_probe(NULL);
	EXPECT_TRUE(flight.calls != 0);
	EXPECT_EQ(flight.wrong_entries, 0);
	return error;
}

static void fork_in_flight(enum move_stage at, const char *refused_at)
{
	flight.mm = given_mm();
	flight.a = given_signed_page(flight.mm, 700);
	flight.child = given_mm();
	REQUIRE_TRUE(flight.child != NULL);
	sched_borrow_mm(flight.mm);
	if (refused_at)
		REQUIRE_EQ(failpoint_arm(refused_at, 1), 0);
	move_with(fork_now, at);
	failpoints_off();
	REQUIRE_TRUE(page_at(flight.mm, flight.a) != NULL);
	REQUIRE_TRUE(page_at(flight.mm, flight.a) == page_at(flight.child, flight.a));
	EXPECT_EQ(page_at(flight.mm, flight.a)->mapcount, 2);
	EXPECT_EQ(page_refs(page_at(flight.mm, flight.a)), 2);
	then_contents_are_apart(flight.mm, flight.child, flight.a, 700);
}

/* Two given address spaces a round. */
TEST(fork, at_the_early_stages, "BS-5, TS-7, TU-1")
{
	for (unsigned at = STAGE_TARGET; at < STAGE_COPY; at++)
		fork_in_flight((enum move_stage)at, NULL);
}

TEST(fork, at_the_late_stages, "BS-5, RM-1, RM-3")
{
	for (unsigned at = STAGE_COPY; at < MOVE_STAGES; at++)
		fork_in_flight((enum move_stage)at, NULL);
}

TEST(fork, in_a_move_that_is_refused, "BS-5, UN-15")
{
	fork_in_flight(STAGE_UNMAP, "migrate_count");
	fork_in_flight(STAGE_UNMAP, "migrate_copy");
	fork_in_flight(STAGE_COPY, "migrate_freeze");
}

/* One of several sharers ends while the page is in flight. */
static void end_child_now(const struct move *m, enum move_stage passed)
{
	(void)m;
	if (passed != flight.at || flight.calls++)
		return;
	EXPECT_EQ(mm_unmap(flight.child, flight.a.a, PAGE_SIZE), 0);
	EXPECT_EQ(flight.child->anon_pages, 0);
}

TEST(fork, a_sharer_unmaps_meanwhile, "BS-6, UN-7")
{
	for (unsigned at = STAGE_UNMAP; at < MOVE_STAGES; at++) {
		flight.mm = given_mm();
		flight.a = given_signed_page(flight.mm, 40);
		flight.child = given_child(flight.mm);
		REQUIRE_TRUE(flight.child != NULL);
		EXPECT_EQ(move_with(end_child_now, (enum move_stage)at), 0);
		EXPECT_EQ(page_at(flight.mm, flight.a)->mapcount, 1);
		EXPECT_EQ(wrong_words(flight.mm, flight.a, 40), 0);
	}
}

/* ---- mremap */

#define ELSEWHERE 0x38001000u

TEST(mremap, keeps_frame_and_contents, "BS-18")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_signed_page(mm, 60);
	struct page *p = page_at(mm, a);
	uint32_t address, word;

	REQUIRE_EQ(probe_user_write(a, 60), 0); /* the TLB knows the old place */
	REQUIRE_EQ(mm_remap(mm, a.a, PAGE_SIZE, 4 * PAGE_SIZE, true, true, ELSEWHERE, &address), 0);
	EXPECT_EQ(address, ELSEWHERE);
	EXPECT_TRUE(probe_user_write(a, 666) != 0);
	EXPECT_TRUE(probe_user_read(a, &word) != 0);
	EXPECT_TRUE(page_at(mm, vaddr(ELSEWHERE)) == p);
	EXPECT_EQ(wrong_words(mm, vaddr(ELSEWHERE), 60), 0);
	EXPECT_EQ(read_word(mm, vaddr(ELSEWHERE + 3 * PAGE_SIZE)), 0);
	EXPECT_EQ(read_word(mm, a), ~0u);
	EXPECT_EQ(mm->anon_pages, 1);
}

/* The page leaves its new place, its frame is free: no store to the old place may land there. */
TEST(mremap, old_place_is_dead_when_the_frame_is_reused, "BS-17, BS-18")
{
	struct mm *mm = given_mm();
	vaddr_t a = given_signed_page(mm, 60);
	pfn_t frame = page_to_pfn(page_at(mm, a));
	uint32_t address, before;

	REQUIRE_EQ(probe_user_write(a, 60), 0);
	REQUIRE_EQ(mm_remap(mm, a.a, PAGE_SIZE, PAGE_SIZE, true, true, ELSEWHERE, &address), 0);
	REQUIRE_EQ(mm_discard(mm, ELSEWHERE, PAGE_SIZE), 0);
	EXPECT_EQ(page_refs(pfn_to_page(frame)), 0);
	before = word_in_frame(frame, 0);
	EXPECT_TRUE(probe_user_write(a, ~before) != 0);
	EXPECT_EQ(word_in_frame(frame, 0), before);
}

static void remap_now(const struct move *m, enum move_stage passed)
{
	uint32_t address;

	(void)m;
	if (passed != flight.at || flight.calls++)
		return;
	EXPECT_EQ(mm_remap(flight.mm, flight.a.a, PAGE_SIZE, PAGE_SIZE, true, true, flight.to.a,
			   &address),
		  0);
	flight.wrong_entries +=
		pte_is_migration(entry_at(flight.mm, flight.to)) != is_in_flight(passed);
	flight.wrong_entries += !pte_is_none(entry_at(flight.mm, flight.a));
	flight.wrong_entries += flight.mm->anon_pages != 1;
}

static void remap_in_flight(enum move_stage at, const char *refused_at)
{
	flight.mm = given_mm();
	flight.a = given_signed_page(flight.mm, 80);
	flight.to = vaddr(ELSEWHERE);
	if (refused_at)
		REQUIRE_EQ(failpoint_arm(refused_at, 1), 0);
	move_with(remap_now, at);
	failpoints_off();
	REQUIRE_TRUE(page_at(flight.mm, flight.to) != NULL);
	EXPECT_EQ(page_refs(page_at(flight.mm, flight.to)), 1);
	EXPECT_EQ(wrong_words(flight.mm, flight.to, 80), 0);
	EXPECT_TRUE(pte_is_writable(entry_at(flight.mm, flight.to)));
}

TEST(mremap, at_every_stage, "BS-2, TU-1, RM-1")
{
	for (unsigned at = STAGE_TARGET; at < MOVE_STAGES; at++)
		remap_in_flight((enum move_stage)at, NULL);
}

TEST(mremap, in_a_move_that_is_refused, "BS-2, UN-15")
{
	remap_in_flight(STAGE_UNMAP, "migrate_count");
	remap_in_flight(STAGE_UNMAP, "migrate_copy");
	remap_in_flight(STAGE_COPY, "migrate_freeze");
}

/* As an exec does: a stack is written at one place, and moved down while its page is in flight. */
TEST(mremap, a_stack_is_shifted_while_its_pages_move, "BS-3")
{
	for (unsigned at = STAGE_TARGET; at < MOVE_STAGES; at++) {
		uint32_t address;

		flight.mm = given_mm();
		REQUIRE_EQ(mm_map(flight.mm, 0x7fffe000u, PAGE_SIZE, RW | VMA_GROWSDOWN, true,
				  &address),
			   0);
		flight.a = vaddr(0x7fffe000u);
		flight.to = vaddr(0x7ffe0000u);
		write_signature(flight.mm, flight.a, 90);
		lru_drain();
		move_with(remap_now, (enum move_stage)at);
		EXPECT_EQ(wrong_words(flight.mm, flight.to, 90), 0);
	}
}

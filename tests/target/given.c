/*
 * Starting points of tests, and their way back.
 */
#include "tests/target/given.h"

#include "arch/frame.h"
#include "arch/tlb.h"
#include "arch/uaccess.h"
#include "kernel/exec.h"
#include "kernel/sched.h"
#include "mm/virt/pgtable.h"
#include "tests/target/test.h"

#define MAX_GIVEN 16u

static struct {
	struct mm *mm[MAX_GIVEN];
	struct task *program[MAX_GIVEN];
	struct {
		struct page *first;
		unsigned order;
	} block[MAX_GIVEN];
	unsigned mms, programs, blocks;
} given;

struct mm *given_mm(void)
{
	struct mm *mm = mm_create("test");

	assert_that(given.mms < MAX_GIVEN);
	if (!EXPECT_TRUE(mm != NULL))
		return NULL;
	given.mm[given.mms++] = mm;
	sched_borrow_mm(mm);
	return mm;
}

vaddr_t given_area(struct mm *mm, uint32_t pages, uint32_t vma_flags)
{
	uint32_t address = 0;

	EXPECT_EQ(mm_map(mm, MMAP_BASE, pages * PAGE_SIZE, vma_flags, false, &address), 0);
	return vaddr(address);
}

struct page *given_page_mapped(struct mm *mm, vaddr_t *address)
{
	uint32_t word = 1;
	pte_t e;

	*address = given_area(mm, 1, VMA_READ | VMA_WRITE);
	EXPECT_EQ(copy_to_user(*address, &word, sizeof(word)), 0);
	e = entry_at(mm, *address);
	if (!EXPECT_TRUE(pte_is_present(e)))
		return NULL;
	return pfn_to_page(pte_pfn(e));
}

pte_t entry_at(struct mm *mm, vaddr_t a)
{
	struct pte_place place = pte_lock(mm, a);
	pte_t e = pte_none();

	if (place.entry) {
		e = pte_read(place.entry);
		pte_unlock(place);
	}
	return e;
}

void set_entry(struct mm *mm, vaddr_t a, pte_t value)
{
	struct pte_place place = pte_lock(mm, a);

	if (!EXPECT_TRUE(place.entry != NULL))
		return;
	pte_replace(place, value);
	tlb_flush_page(&mm->arch, vaddr_page(a));
	pte_unlock(place);
}

uint32_t word_in_frame(pfn_t f, unsigned n)
{
	const uint32_t *words = frame_map(f);
	uint32_t word = words[n];

	frame_unmap((void *)words);
	return word;
}

struct page *given_block(gfp_t gfp, unsigned order)
{
	struct page *first = alloc_pages(gfp, order);

	assert_that(given.blocks < MAX_GIVEN);
	if (!EXPECT_TRUE(first != NULL))
		return NULL;
	given.block[given.blocks].first = first;
	given.block[given.blocks++].order = order;
	return first;
}

struct task *given_program(const char *path, const char *argument)
{
	const char *const argv[] = { path, argument };
	struct task *t = NULL;

	assert_that(given.programs < MAX_GIVEN);
	if (!EXPECT_EQ(task_spawn(path, argument ? 2 : 1, argv, &t), 0))
		return NULL;
	given.program[given.programs++] = t;
	return t;
}

int exit_status_of(struct task *t)
{
	return task_wait(t);
}

static void end_program(struct task *t)
{
	task_kill(t);
	task_wait(t);
	task_put(t);
}

void given_take_back(void)
{
	sched_borrow_mm(NULL);
	while (given.programs)
		end_program(given.program[--given.programs]);
	while (given.mms)
		mm_put(given.mm[--given.mms]);
	while (given.blocks) {
		given.blocks--;
		free_pages(given.block[given.blocks].first, given.block[given.blocks].order);
	}
}

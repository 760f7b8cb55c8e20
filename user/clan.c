/*
 * clan SEED [PAGES]: a process and two children that it forks, with three kinds of memory: pages
 * of their own that began as one (copy on write), pages that all of them share, and pages that
 * nobody writes after the fork. Each goes on for ever and forks short-lived children that check
 * what they inherit.
 *
 * Every word is a function of page, writer and round. A shared page has one writer, which counts
 * its round up; a reader on another cpu may see it on its way from one round to the next, so that
 * a word belongs to a round between the one before the first word's and the last one begun.
 */
#include "user/lib/lib.h"

#define WORDS	      1024u
#define DEFAULT_PAGES 96u
#define MAX_PAGES     1024u
#define MEMBERS	      3u
#define SLICE	      8u /* pages looked at between two calls at the checking point */
#define GOLDEN	      2654435761u
#define ROUND_STEP    0x01000193u
#define MOST_ROUNDS   65536u /* that a writer goes on while 16 words are read */
#define NOBODY	      99u    /* the writer of what is there at the start */

typedef volatile uint32_t (*pages_t)[WORDS];

static struct {
	uint32_t pages, me;
	int32_t first_pid; /* of the eldest */
	pages_t own, shared, fixed;
	uint32_t round[MAX_PAGES];	  /* of my own pages; 0: as inherited */
	uint32_t shared_round[MAX_PAGES]; /* of those of the shared ones that I write */
	uint32_t at;
	struct chance chance;
	struct checking checking;
} clan;

/* A store before this is seen before a store after it; loads likewise. */
static void in_order(void)
{
	__asm__ volatile("dmb ish" ::: "memory");
}

static uint32_t base_of(uint32_t page, uint32_t writer)
{
	return page * GOLDEN ^ writer << 24;
}

static uint32_t word_of(uint32_t page, uint32_t writer, uint32_t round, uint32_t k)
{
	return base_of(page, writer) + round * ROUND_STEP + k;
}

static void write_page(volatile uint32_t *word, uint32_t page, uint32_t writer, uint32_t round)
{
	in_order();
	word[0] = word_of(page, writer, round, 0);
	in_order();
	for (uint32_t k = 1; k < WORDS; k++)
		word[k] = word_of(page, writer, round, k);
}

/* Words of a page that nobody writes meanwhile. */
static uint32_t count_wrong(const volatile uint32_t *word, uint32_t page, uint32_t writer,
			    uint32_t round)
{
	uint32_t wrong = 0;

	for (uint32_t k = 0; k < WORDS; k++)
		wrong += word[k] != word_of(page, writer, round, k);
	clan.checking.words += WORDS;
	return wrong;
}

/* ---- Pages of my own. */

static uint32_t wrong_own(uint32_t page)
{
	uint32_t round = clan.round[page];

	return count_wrong(clan.own[page], page, round ? clan.me : NOBODY, round);
}

static void write_own(uint32_t page)
{
	clan.checking.errors += wrong_own(page);
	clan.round[page]++;
	write_page(clan.own[page], page, clan.me, clan.round[page]);
}

/* ---- Shared pages. */

/* True if some round from `lowest` to `highest`, which are close, gives this value. */
static bool is_between(uint32_t value, uint32_t lowest, uint32_t highest)
{
	for (uint32_t n = 0; n < MOST_ROUNDS; n++, lowest += ROUND_STEP) {
		if (value == lowest)
			return true;
		if (lowest == highest)
			return false;
	}
	return false;
}

static uint32_t wrong_shared_of_other(uint32_t page)
{
	volatile uint32_t *word = clan.shared[page];
	uint32_t begun = word[0], wrong = 0, last, value[16];

	for (uint32_t k = 1; k < WORDS; k += 16) {
		uint32_t count = WORDS - k < 16 ? WORDS - k : 16;

		begun = word[0];
		in_order();
		for (uint32_t n = 0; n < count; n++)
			value[n] = word[k + n];
		in_order();
		last = word[0];
		for (uint32_t n = 0; n < count; n++)
			wrong += !is_between(value[n] - k - n, begun - ROUND_STEP, last);
	}
	clan.checking.words += WORDS;
	return wrong;
}

/* True if the first word is one that its writer can have written. */
static bool first_word_is_sound(uint32_t page)
{
	uint32_t distance = clan.shared[page][0] - base_of(page, page % MEMBERS);

	/* ROUND_STEP is odd, so every distance is some round: a true one is small. */
	for (uint32_t round = 0; round < 1u << 20; round++, distance -= ROUND_STEP)
		if (distance == 0)
			return true;
	return false;
}

static void visit_shared(uint32_t page)
{
	if (page % MEMBERS != clan.me) {
		clan.checking.errors += wrong_shared_of_other(page);
		if (chance_below(&clan.chance, 64) == 0)
			clan.checking.errors += !first_word_is_sound(page);
		return;
	}
	clan.checking.errors +=
		count_wrong(clan.shared[page], page, clan.me, clan.shared_round[page]);
	clan.shared_round[page]++;
	write_page(clan.shared[page], page, clan.me, clan.shared_round[page]);
}

/* ---- What the members do to each other. */

/* Linux's numbers. */
enum { NR_FORK = 2, NR_GETPPID = 64, NR_WAIT4 = 114, NR_PROCESS_VM_READV = 376, TRY_AGAIN = 11 };

/* Reads `bytes` at `from` of process `pid`. Returns how many, or -errno. */
static int32_t read_process(int32_t pid, void *to, uint32_t from, uint32_t bytes)
{
	struct {
		uint32_t base, bytes;
	} here = { address_of(to), bytes }, there = { from, bytes };

	return syscall6(NR_PROCESS_VM_READV, (uint32_t)pid, address_of(&here), 1,
			address_of(&there), 1, 0);
}

/* A page that the eldest never writes, read out of its memory by the kernel. */
static void read_the_eldest(uint32_t page)
{
	static uint32_t copy[WORDS];
	int32_t got =
		read_process(clan.first_pid, copy, address_of(clan.fixed[page]) + 4, 4 * WORDS - 4);

	if (got == -ESRCH)
		return; /* it is gone: so will this one be, at the next look */
	if (got != 4 * WORDS - 4)
		die("clan", "process_vm_readv", got);
	for (uint32_t k = 1; k < WORDS; k++)
		clan.checking.errors += copy[k - 1] != word_of(page, NOBODY, 0, k);
}

static uint32_t check_everything_private(void)
{
	uint32_t wrong = 0;

	for (uint32_t page = 0; page < clan.pages; page++) {
		wrong += wrong_own(page);
		wrong += count_wrong(clan.fixed[page], page, NOBODY, 0);
	}
	return wrong;
}

/* Reads all it inherits, writes half of it, reads it again: its parent must not see that. */
static void __attribute__((noreturn)) be_short_lived(void)
{
	uint32_t wrong = check_everything_private();

	clan.me += 16;
	for (uint32_t page = 0; page < clan.pages; page += 2) {
		clan.round[page]++;
		write_page(clan.own[page], page, clan.me, clan.round[page]);
		wrong += wrong_own(page);
	}
	sys_exit(wrong != 0);
}

static void fork_short_lived(void)
{
	int32_t pid = syscall3(NR_FORK, 0, 0, 0);
	int32_t status = 0;

	if (pid == 0)
		be_short_lived();
	if (pid == -TRY_AGAIN || pid == -ENOMEM)
		return;
	if (pid < 0 || syscall3(NR_WAIT4, (uint32_t)pid, address_of(&status), 0) != pid)
		die("clan", "fork and wait", pid);
	clan.checking.errors += status != 0;
}

/* Two of my pages change places by way of a third address, and are written as what they are now. */
static void exchange(uint32_t a, uint32_t b)
{
	const uint32_t flags = MREMAP_MAYMOVE | MREMAP_FIXED;
	uint32_t spare = address_of(clan.own[clan.pages]);
	uint32_t here = address_of(clan.own[a]), there = address_of(clan.own[b]);

	if (a == b)
		return;
	clan.checking.errors += wrong_own(a) + wrong_own(b);
	sys_mremap((volatile void *)here, PAGE_BYTES, PAGE_BYTES, flags, spare);
	sys_mremap((volatile void *)there, PAGE_BYTES, PAGE_BYTES, flags, here);
	sys_mremap((volatile void *)spare, PAGE_BYTES, PAGE_BYTES, flags, there);
	clan.checking.errors +=
		count_wrong(clan.own[b], a, clan.round[a] ? clan.me : NOBODY, clan.round[a]);
	clan.checking.errors +=
		count_wrong(clan.own[a], b, clan.round[b] ? clan.me : NOBODY, clan.round[b]);
	write_page(clan.own[a], a, clan.me, ++clan.round[a]);
	write_page(clan.own[b], b, clan.me, ++clan.round[b]);
}

/* Rights go and come back; the contents stay. */
static void protect(uint32_t page)
{
	sys_mprotect(clan.own[page], PAGE_BYTES, PROT_NONE);
	sys_mprotect(clan.own[page], PAGE_BYTES, PROT_READ);
	clan.checking.errors += wrong_own(page);
	sys_mprotect(clan.own[page], PAGE_BYTES, PROT_READ | PROT_WRITE);
}

/* ---- The life of a member. */

static void visit(uint32_t page)
{
	visit_shared(page);
	switch (chance_below(&clan.chance, 8)) {
	case 0:
	case 1:
		write_own(page);
		break;
	case 2:
		exchange(page, chance_below(&clan.chance, clan.pages));
		break;
	case 3:
		protect(page);
		break;
	case 4:
		read_the_eldest(page);
		break;
	default:
		clan.checking.errors += wrong_own(page);
	}
}

static void check_all(struct checking *c)
{
	c->errors += check_everything_private();
	for (uint32_t page = 0; page < clan.pages; page++)
		visit_shared(page);
}

static void __attribute__((noreturn)) live(uint32_t member)
{
	clan.me = member;
	chance_seed(&clan.chance, clan.chance.x + member);
	for (;;) {
		checking_point(&clan.checking, check_all);
		if (member != 0 && syscall3(NR_GETPPID, 0, 0, 0) != clan.first_pid)
			sys_exit(0);
		for (uint32_t n = 0; n < SLICE; n++)
			visit(clan.at++ % clan.pages);
		if (chance_below(&clan.chance, 12) == 0)
			fork_short_lived();
	}
}

static void fill(pages_t window, uint32_t shared)
{
	for (uint32_t page = 0; page < clan.pages; page++)
		write_page(window[page], page, shared ? page % MEMBERS : NOBODY, 0);
}

static pages_t map_shared(uint32_t pages)
{
	int32_t at =
		sys_mmap(0, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);

	if (at < 0)
		die("clan", "shared memory", at);
	return (pages_t)at;
}

int main(int argc, char **argv)
{
	chance_seed(&clan.chance, argc > 1 ? number_from(argv[1]) : 1);
	clan.pages = argc > 2 ? number_from(argv[2]) : DEFAULT_PAGES;
	if (clan.pages == 0 || clan.pages > MAX_PAGES)
		die("clan", "1 to 1024 pages", (int32_t)clan.pages);
	clan.first_pid = sys_getpid();
	clan.own = map_pages(clan.pages + 1); /* the last one is to move by */
	clan.fixed = map_pages(clan.pages);
	clan.shared = map_shared(clan.pages);
	fill(clan.own, 0);
	fill(clan.fixed, 0);
	fill(clan.shared, 1);
	for (uint32_t member = 1; member < MEMBERS; member++) {
		int32_t pid = syscall3(NR_FORK, 0, 0, 0);

		if (pid < 0)
			die("clan", "fork", pid);
		if (pid == 0)
			live(member);
	}
	live(0);
}

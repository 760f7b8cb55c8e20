/* Lists, log, failpoints, lock order. */
#include <errno.h>
#include <stdio.h>

#include "arch/sim/sim.h"
#include "base/failpoint.h"
#include "base/list.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/spinlock.h"
#include "tests/unit/given.h"
#include "tests/unit/unit.h"

struct item {
	unsigned value;
	struct list node;
};

/* The values of a list as a decimal number, first item first. */
static unsigned list_digits(struct list *head)
{
	unsigned digits = 0;
	struct item *i;

	list_for_each_entry(i, head, node)
		digits = digits * 10 + i->value;
	return digits;
}

TEST(list_keeps_order)
{
	struct list a = LIST_INIT(a), b = LIST_INIT(b);
	struct item items[] = { { .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 } };
	struct item *i, *next;

	expect(list_is_empty(&a));
	list_add_tail(&a, &items[1].node);
	list_add_tail(&a, &items[2].node);
	list_add(&a, &items[0].node);
	expect_eq(list_digits(&a), 123);
	list_add(&b, &items[3].node);
	list_splice_init(&b, &a);
	expect_eq(list_digits(&a), 4123);
	expect(list_is_empty(&b));
	list_move_tail(&items[3].node, &b);
	list_splice_tail_init(&b, &a);
	expect_eq(list_digits(&a), 1234);
	list_for_each_entry_safe(i, next, &a, node)
		list_move(&i->node, &b);
	expect_eq(list_digits(&b), 4321);
	list_del_init(&items[0].node);
	expect(list_is_empty(&items[0].node));
	expect_eq(list_first(&b, struct item, node)->value, 4);
	expect_eq(list_last(&b, struct item, node)->value, 2);
}

TEST(log_levels_and_cutting)
{
	char many[400];
	const char *text;

	log_error("broken %u", 7u);
	log_debug("not seen");
	print("as it is");
	expect_text(logged_text(), "broken 7\nas it is");
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = 0;
	log_info("%s", many);
	text = logged_text();
	expect_eq(strlen(text), 256);
	expect_eq(text[255], '\n');
	log_max_level = LOG_DEBUG;
	log_debug("seen");
	expect_text(logged_text(), "seen\n");
}

static void given_machine_with_thread(struct thread *t)
{
	sim_machine_init(pfn(RAM_START), 16, pfn(RAM_START + 16));
	given_thread(t, "tester");
}

FAILPOINT(sometimes);

TEST(failpoint_fails_the_nth_pass_once)
{
	unsigned failed_at = 0, failures = 0;

	expect(!failpoint_hit(&sometimes));
	expect_eq(failpoint_arm("sometimes", 3), 0);
	for (unsigned pass = 1; pass <= 10; pass++) {
		if (failpoint_hit(&sometimes)) {
			failed_at = pass;
			failures++;
		}
	}
	expect_eq(failed_at, 3);
	expect_eq(failures, 1);
	expect_eq(sometimes.passes, 10);
	expect_eq(failpoint_arm("no such site", 1), -ENOENT);
	failpoint_arm("sometimes", 1);
	failpoints_off();
	expect(!failpoint_hit(&sometimes));
}

static void count_site(const struct failpoint *f, void *arg)
{
	unsigned *found = arg;

	*found += strcmp(f->name, "sometimes") == 0 || strcmp(f->name, "alloc_pages") == 0;
}

TEST(failpoint_sites_are_listed)
{
	unsigned found = 0;

	failpoints_each(count_site, &found);
	expect_eq(found, 2);
}

static struct spinlock outer, inner;

static void take_against_the_order(void)
{
	spin_lock(&inner, LOCK_ZONE);
	spin_lock(&outer, LOCK_LRU);
}

static void take_twice(void)
{
	spin_lock(&outer, LOCK_LRU);
	spin_lock(&outer, LOCK_LRU);
}

TEST(spinlock_order_is_checked)
{
	struct thread t;

	given_machine_with_thread(&t);
	spin_lock(&outer, LOCK_LRU);
	spin_lock(&inner, LOCK_ZONE);
	expect(spin_is_held(&inner));
	expect_eq(t.spin_depth, 2);
	spin_unlock(&outer);
	spin_unlock(&inner);
	expect(!spin_is_held(&inner));
	expect_eq(t.spin_depth, 0);
	expect(asserts(take_against_the_order));
}

TEST(spinlock_taken_twice_asserts)
{
	struct thread t;

	given_machine_with_thread(&t);
	expect(asserts(take_twice));
}

TEST(rng_is_the_same_every_time)
{
	struct rng a, b;

	rng_seed(&a, 1);
	rng_seed(&b, 1);
	for (unsigned i = 0; i < 1000; i++) {
		expect(rng_below(&a, 10) < 10);
		rng_next(&b);
	}
	expect_eq(a.x, b.x);
}

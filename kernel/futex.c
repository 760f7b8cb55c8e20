/*
 * One lock for all waiters (its rank is that of a wait queue) and 64 lists, by key.
 *
 * A waiter lies on its thread's stack. It is touched by others under the lock alone; who wakes it
 * does so under the lock as well, and the sleeper takes the lock before its stack frame goes.
 */
#include <errno.h>
#include "arch/uaccess.h"
#include "base/spinlock.h"
#include "kernel/abi.h"
#include "kernel/futex.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "mm/cache/mapping.h"
#include "mm/virt/mm.h"

#define BUCKET_BITS 6u
#define BUCKETS	    (1u << BUCKET_BITS)

struct futex_key {
	const void *space;
	uint32_t address;
};

struct futex_waiter {
	struct list node;     /* on itself: taken off by a wake */
	struct futex_key key; /* a requeue changes it */
	uint32_t bits;
	struct thread *thread;
};

static struct {
	struct spinlock lock; /* LOCK_WAITQ */
	struct list bucket[BUCKETS];
	bool ready;
} futexes;

static bool keys_are_equal(struct futex_key a, struct futex_key b)
{
	return a.space == b.space && a.address == b.address;
}

static struct list *bucket_of(struct futex_key key)
{
	uint32_t mixed = (key.address ^ (uint32_t)(uintptr_t)key.space) * 2654435769u;

	return &futexes.bucket[mixed >> (32u - BUCKET_BITS)];
}

static void lock_futexes(void)
{
	spin_lock(&futexes.lock, LOCK_WAITQ);
	for (unsigned i = 0; !futexes.ready && i < BUCKETS; i++)
		list_init(&futexes.bucket[i]);
	futexes.ready = true;
}

static void unlock_futexes(void)
{
	spin_unlock(&futexes.lock);
}

/*
 * An object is known by its serial number: its address may be another's by the time of a wake, but
 * the running task's address space lives as long as the task waits.
 */
static void make_shared_key(struct mm *mm, struct futex_key *key)
{
	const struct vma *v;

	rwsem_read_lock(&mm->lock);
	v = vma_find(mm, vaddr(key->address));
	if (v && v->mapping) {
		key->space = (const void *)(uintptr_t)(v->mapping->serial << 1 | 1u);
		key->address =
			vma_pgoff(v, vaddr(key->address)) << PAGE_SHIFT | key->address % PAGE_SIZE;
	}
	rwsem_read_unlock(&mm->lock);
}

static int make_key(struct futex_word at, struct futex_key *key)
{
	struct mm *mm = cpu_current()->mm;

	if (at.address % sizeof(uint32_t))
		return -EINVAL;
	if (at.address >= USER_END)
		return -EFAULT;
	*key = (struct futex_key){ mm, at.address };
	if (at.shared)
		make_shared_key(mm, key);
	return 0;
}

/* Brings the word's page to where the hardware finds it. */
static int touch(uint32_t address)
{
	uint32_t word;

	return copy_from_user(&word, vaddr(address), sizeof(word)) ? -EFAULT : 0;
}

/*
 * Takes the lock with the word read under it. Race: between the touch and the lock the page may go
 * on a journey again; then it is touched again. Returns 0 with the lock, or -EFAULT without.
 */
static int lock_with_word(uint32_t address, uint32_t *word)
{
	for (;;) {
		lock_futexes();
		if (probe_user_read(vaddr(address), word) == 0)
			return 0;
		unlock_futexes();
		if (touch(address))
			return -EFAULT;
	}
}

static bool is_waiting(struct futex_waiter *w)
{
	bool waiting;

	lock_futexes();
	waiting = !list_is_empty(&w->node);
	unlock_futexes();
	return waiting;
}

static void sleep_while_waiting(struct futex_waiter *w, const uint64_t *until_ns)
{
	for (;;) {
		thread_prepare_block("a futex");
		if (!is_waiting(w) || thread_is_interrupted() ||
		    (until_ns && time_ns() >= *until_ns))
			break;
		sched_block();
	}
	thread_cancel_block();
}

/* Off the list. Returns 0 if a wake did that already, else why it slept no longer. */
static int stop_waiting(struct futex_waiter *w, const uint64_t *until_ns)
{
	bool woken;

	lock_futexes();
	woken = list_is_empty(&w->node);
	list_del_init(&w->node);
	unlock_futexes();
	if (woken)
		return 0;
	return until_ns && time_ns() >= *until_ns ? -LINUX_ETIMEDOUT : -EINTR;
}

static int wait_queued(struct futex_waiter *w, const uint64_t *until_ns)
{
	struct alarm alarm;

	if (until_ns)
		time_alarm_set(&alarm, *until_ns);
	sleep_while_waiting(w, until_ns);
	if (until_ns)
		time_alarm_clear(&alarm);
	return stop_waiting(w, until_ns);
}

int futex_wait(struct futex_word at, uint32_t value, uint32_t bits, const uint64_t *until_ns)
{
	struct futex_waiter w = { .bits = bits, .thread = cpu_current() };
	uint32_t word;
	int error = make_key(at, &w.key);

	if (!error)
		error = lock_with_word(at.address, &word);
	if (error)
		return error;
	if (word == value)
		list_add_tail(bucket_of(w.key), &w.node);
	unlock_futexes();
	return word == value ? wait_queued(&w, until_ns) : -EAGAIN;
}

static void wake_locked(struct futex_waiter *w)
{
	list_del_init(&w->node);
	sched_wake(w->thread);
}

static int wake_key_locked(struct futex_key key, uint32_t count, uint32_t bits)
{
	struct list *bucket = bucket_of(key);
	struct futex_waiter *w, *next;
	uint32_t woken = 0;

	list_for_each_entry_safe(w, next, bucket, node) {
		if (woken == count)
			break;
		if (!keys_are_equal(w->key, key) || !(w->bits & bits))
			continue;
		wake_locked(w);
		woken++;
	}
	return (int)woken;
}

int futex_wake(struct futex_word at, uint32_t count, uint32_t bits)
{
	struct futex_key key;
	int result = make_key(at, &key);

	if (result)
		return result;
	lock_futexes();
	result = wake_key_locked(key, count, bits);
	unlock_futexes();
	return result;
}

static int requeue_locked(struct futex_key from, struct futex_key to, uint32_t count)
{
	struct list *bucket = bucket_of(from);
	struct futex_waiter *w, *next;
	uint32_t moved = 0;

	if (keys_are_equal(from, to))
		return 0;
	list_for_each_entry_safe(w, next, bucket, node) {
		if (moved == count)
			break;
		if (!keys_are_equal(w->key, from))
			continue;
		w->key = to;
		list_move_tail(&w->node, bucket_of(to));
		moved++;
	}
	return (int)moved;
}

int futex_requeue(struct futex_word at, uint32_t count, struct futex_word to, uint32_t moved,
		  const uint32_t *value)
{
	struct futex_key from_key, to_key;
	uint32_t word;
	int woken, requeued, error = make_key(at, &from_key);

	if (!error)
		error = make_key(to, &to_key);
	if (!error)
		error = lock_with_word(at.address, &word);
	if (error)
		return error;
	if (value && word != *value) {
		unlock_futexes();
		return -EAGAIN;
	}
	woken = wake_key_locked(from_key, count, FUTEX_ANY);
	requeued = requeue_locked(from_key, to_key, moved);
	unlock_futexes();
	return value ? woken + requeued : woken;
}

/* FUTEX_OP of futex(2): operation 28..31 (31: shift), comparison 24..27, two arguments of 12 bits.
 */
static int32_t signed_field(uint32_t operation, unsigned lowest_bit)
{
	return (int32_t)(operation << (20u - lowest_bit)) >> 20;
}

static int apply(uint32_t operation, uint32_t old, uint32_t *result)
{
	uint32_t with = (uint32_t)signed_field(operation, 12);

	if (operation >> 31)
		with = 1u << (with & 31u);
	switch (operation >> 28 & 7u) {
	case 0:
		*result = with;
		return 0;
	case 1:
		*result = old + with;
		return 0;
	case 2:
		*result = old | with;
		return 0;
	case 3:
		*result = old & ~with;
		return 0;
	case 4:
		*result = old ^ with;
		return 0;
	default:
		return -LINUX_ENOSYS;
	}
}

static int compare(uint32_t operation, uint32_t old, bool *holds)
{
	int32_t a = (int32_t)old, b = signed_field(operation, 0);

	switch (operation >> 24 & 15u) {
	case 0:
		*holds = a == b;
		return 0;
	case 1:
		*holds = a != b;
		return 0;
	case 2:
		*holds = a < b;
		return 0;
	case 3:
		*holds = a <= b;
		return 0;
	case 4:
		*holds = a > b;
		return 0;
	case 5:
		*holds = a >= b;
		return 0;
	default:
		return -LINUX_ENOSYS;
	}
}

/* Changes the word in one step; *holds: what is asked of its old value. */
static int change_word(uint32_t address, uint32_t operation, bool *holds)
{
	uint32_t old, seen, new;
	int error = touch(address);

	if (error || copy_from_user(&seen, vaddr(address), sizeof(seen)))
		return -EFAULT;
	do {
		old = seen;
		error = apply(operation, old, &new);
		if (!error)
			error = user_compare_swap(vaddr(address), old, new, &seen);
	} while (!error && seen != old);
	return error ? error : compare(operation, old, holds);
}

int futex_wake_op(struct futex_word at, uint32_t count, struct futex_word other, uint32_t more,
		  uint32_t operation)
{
	struct futex_key key, other_key;
	bool holds = false;
	int woken, error = make_key(at, &key);

	if (!error)
		error = make_key(other, &other_key);
	if (!error)
		error = change_word(other.address, operation, &holds);
	if (error)
		return error;
	lock_futexes();
	woken = wake_key_locked(key, count, FUTEX_ANY);
	if (holds)
		woken += wake_key_locked(other_key, more, FUTEX_ANY);
	unlock_futexes();
	return woken;
}

/* Robust futexes: uapi/linux/futex.h; Linux, Documentation/locking/robust-futex-ABI.rst. */
#define WORD_WAITERS	0x80000000u
#define WORD_OWNER_DIED 0x40000000u
#define WORD_OWNER	0x3fffffffu
#define ROBUST_LIMIT	2048u /* a list that never ends is left */

struct robust_head {
	uint32_t next;	  /* user address of the next entry; the head's own at the end */
	int32_t offset;	  /* from an entry to its word */
	uint32_t pending; /* an entry that is being put on or taken off */
};

static void leave_word(uint32_t address, uint32_t owner)
{
	uint32_t word, seen;

	if (address % sizeof(word) || copy_from_user(&seen, vaddr(address), sizeof(seen)))
		return;
	do {
		word = seen;
		if ((word & WORD_OWNER) != owner)
			return;
		if (user_compare_swap(vaddr(address), word, (word & WORD_WAITERS) | WORD_OWNER_DIED,
				      &seen))
			return;
	} while (seen != word);
	if (word & WORD_WAITERS)
		futex_wake((struct futex_word){ address, true }, 1, FUTEX_ANY);
}

/* Bit 0 of an entry's address says that it is of the kind with priority inheritance. */
static void leave_entry(const struct robust_head *head, uint32_t entry, uint32_t owner)
{
	entry &= ~1u;
	if (entry)
		leave_word(entry + (uint32_t)head->offset, owner);
}

/* The next is read before an entry is let go of: its new owner may free it. */
static void leave_robust_list(uint32_t list, uint32_t owner)
{
	struct robust_head head;
	uint32_t entry, next;

	if (copy_from_user(&head, vaddr(list), sizeof(head)))
		return;
	entry = head.next;
	for (unsigned n = 0; n < ROBUST_LIMIT && (entry & ~1u) != list; n++) {
		if (copy_from_user(&next, vaddr(entry & ~1u), sizeof(next)))
			break;
		if (entry != head.pending)
			leave_entry(&head, entry, owner);
		entry = next;
		thread_yield_if_due();
	}
	leave_entry(&head, head.pending, owner);
}

/* With nobody left to share the memory with, nobody waits for the word. */
static void clear_tid_word(uint32_t address)
{
	const uint32_t none = 0;

	if (copy_to_user(vaddr(address), &none, sizeof(none)) == 0)
		futex_wake((struct futex_word){ address, true }, 1, FUTEX_ANY);
}

void futex_task_leaves(struct task *t)
{
	if (t->robust_list)
		leave_robust_list(t->robust_list, t->thread.id);
	t->robust_list = 0;
	if (t->clear_tid)
		clear_tid_word(t->clear_tid);
	t->clear_tid = 0;
}

/*
 * Futexes: user words that tasks sleep on.
 *
 * A waiter is on a list by the key of its word: the address space and the address, or for a word in
 * shared memory that is not said to be private, the object and the offset. It is queued and the
 * word is looked at under one lock, which every wake takes too: either the waiter sees the new
 * value and does not sleep, or the wake finds it. A wake takes a waiter off for good, so each
 * counts once. The word's page may move at any time: it is read by its user address, and where it
 * is not there just now, brought back without the lock first.
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

struct task;

/* A word of the running task's memory, and whether other address spaces may share it. */
struct futex_word {
	uint32_t address;
	bool shared;
};

#define FUTEX_ANY 0xffffffffu /* every bit: who waits with it is woken by any wake */

/*
 * While the word is `value`: sleeps until a wake with a common bit. `until_ns` NULL:
 * for ever. Returns: 0 woken; -EAGAIN the word is another; -LINUX_ETIMEDOUT; -EINTR; -EFAULT;
 * -EINVAL an address that is not aligned.
 */
int futex_wait(struct futex_word at, uint32_t value, uint32_t bits, const uint64_t *until_ns);

/* Wakes at most `count` who wait there with a common bit, longest sleep first. Their number, or
 * -errno. */
int futex_wake(struct futex_word at, uint32_t count, uint32_t bits);

/*
 * Wakes at most `count` and moves at most `moved` more to wait at `to`. With `value` only while the
 * word at `at` is that (else -EAGAIN). Returns how many were woken or, with `value`, moved
 * too.
 */
int futex_requeue(struct futex_word at, uint32_t count, struct futex_word to, uint32_t moved,
		  const uint32_t *value);

/*
 * Changes the word at `other` as `operation` says (FUTEX_OP of futex(2)), wakes `count` at
 * `address`, and `more` at `other` if its old value was as `operation` asks. Number woken, or
 * -errno.
 */
int futex_wake_op(struct futex_word at, uint32_t count, struct futex_word other, uint32_t more,
		  uint32_t operation);

/*
 * The running task ends or runs exec: its robust futexes are marked as left by a dead owner, the
 * word of set_tid_address becomes 0, and one waiter of each is woken. Its address space is still
 * there.
 */
void futex_task_leaves(struct task *t);

#endif

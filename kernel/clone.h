/*
 * New tasks made from the running one: fork, vfork, threads.
 */
#ifndef KERNEL_CLONE_H
#define KERNEL_CLONE_H

#include <stdint.h>

/* Linux: uapi/linux/sched.h. The lowest byte is the signal that the parent gets at the end. */
enum clone_flags {
	CLONE_SIGNAL = 0xff,
	CLONE_VM = 0x100,
	CLONE_FS = 0x200,
	CLONE_FILES = 0x400,
	CLONE_SIGHAND = 0x800,
	CLONE_VFORK = 0x4000,
	CLONE_THREAD = 0x10000,
	CLONE_SYSVSEM = 0x40000,
	CLONE_SETTLS = 0x80000,
	CLONE_PARENT_SETTID = 0x100000,
	CLONE_CHILD_CLEARTID = 0x200000,
	CLONE_DETACHED = 0x400000,
	CLONE_CHILD_SETTID = 0x1000000,
};

struct clone_request {
	uint32_t flags;
	uint32_t stack;	     /* of the new task, 0: where the running one's is */
	uint32_t parent_tid; /* user word that gets the number: CLONE_PARENT_SETTID */
	uint32_t child_tid;  /* the same in the child's memory: CLONE_CHILD_SETTID, _CLEARTID */
	uint32_t tls;
};

/*
 * A task that goes on where the running one made its call, with 0 as result: of a process of its
 * own, or (CLONE_THREAD, with VM, FILES and SIGHAND) of the same. Files, signal actions and memory
 * are either all shared, by threads, or copied; of memory alone a child process may have the same
 * (CLONE_VM). With CLONE_VFORK sleeps until the child has run exec or ended.
 * Returns: the new task's number; -EINVAL for another combination; -EAGAIN, -ENOMEM.
 */
int32_t clone_task(const struct clone_request *r);

#endif

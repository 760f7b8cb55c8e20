/*
 * From a file to a program in user mode: as a process of its own, or in place of the running one.
 */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include "kernel/exec_args.h"
#include "kernel/task.h"

/*
 * Starts the program at `path` as a process without parent; a name without "/" is looked for in
 * bin/ as well. Its environment is that of init. With `out` the caller gets a hold on the task
 * (task_put). Context: may sleep.
 * Returns: 0; -ENOENT; -ENOEXEC (one line says why); -E2BIG; -ENOMEM; -EAGAIN when there are too
 * many tasks.
 */
int task_spawn(const char *path, int argc, const char *const argv[], struct task **out);

/* The same for the first program: it has the number TASK_INIT, and orphans go to it. Once. */
int task_spawn_init(const char *path, int argc, const char *const argv[], struct task **out);

/*
 * The running task's process becomes the program at `path`; its other tasks end. `args` has all
 * strings but the path. Returns 0: the task returns to user mode at the program's start. Or -errno
 * as execve(2) says, and nothing has changed; the running task may be about to die then.
 */
int exec_replace(const char *path, struct exec_args *args);

#endif

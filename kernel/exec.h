/*
 * From a file to a task in user mode.
 */
#ifndef KERNEL_EXEC_H
#define KERNEL_EXEC_H

#include "kernel/task.h"

#define EXEC_MAX_ARGS	   16
#define EXEC_MAX_ARG_BYTES 1024u /* of all arguments together */

/*
 * Starts the program at `path` of the initrd; a name without "/" is looked for in bin/ as well.
 * With `out` the caller gets a hold on the task (task_put). Context: may sleep.
 * Returns: 0; -ENOENT; -ENOEXEC (one line says why); -E2BIG; -ENOMEM; -EAGAIN when there are too
 * many tasks.
 */
int task_spawn(const char *path, int argc, const char *const argv[], struct task **out);

#endif

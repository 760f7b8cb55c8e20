/*
 * The open files of a process, by number. Shared by its tasks; copied by fork.
 */
#ifndef KERNEL_FDTABLE_H
#define KERNEL_FDTABLE_H

#include "fs/file.h"

#define FD_MAX 256u

struct fd_table;

/* Empty; or with the same open files as `from`, each held once more. NULL: no memory. */
struct fd_table *fd_table_create(void);
struct fd_table *fd_table_copy(struct fd_table *from);
void fd_table_close_all(struct fd_table *t); /* and frees the table */
void fd_table_close_on_exec(struct fd_table *t);

/* 0, 1 and 2 are /dev/console. Returns 0 or -errno. */
int fd_table_open_console(struct fd_table *t);

/* The lowest free number from `lowest` on gets the file and its hold. -EMFILE. */
int fd_install(struct fd_table *t, struct file *f, uint32_t lowest, bool close_on_exec);

/* With a hold (file_put), or NULL: -EBADF. */
struct file *fd_get(struct fd_table *t, uint32_t fd);

#endif

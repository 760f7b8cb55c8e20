/*
 * The open files of a process, by number, and its working directory. Shared by its tasks; copied by
 * fork. A number that was closed is given again at once, the lowest first.
 *
 * Locks: each function takes the table's own (LOCK_FILES); files are let go of outside of it,
 * because the last hold of a file may sleep.
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

/* The running task's. It has one. */
struct fd_table *fd_table_current(void);

/*
 * The lowest free number from `lowest` on gets the file and its hold. Returns the number; -EMFILE,
 * -EINVAL when `lowest` is none: the hold stays the caller's.
 */
int fd_install(struct fd_table *t, struct file *f, uint32_t lowest, bool close_on_exec);

/* The number gets the file and its hold; what it was is closed. Returns it, or -EBADF. */
int fd_replace(struct fd_table *t, uint32_t fd, struct file *f, bool close_on_exec);

/* With a hold (file_put), or NULL: -EBADF. */
struct file *fd_get(struct fd_table *t, uint32_t fd);

/* 0 or -EBADF. */
int fd_close(struct fd_table *t, uint32_t fd);

/* FD_CLOEXEC of a number: 0 or 1, -EBADF; sets it: 0, -EBADF. */
int fd_is_close_on_exec(struct fd_table *t, uint32_t fd);
int fd_set_close_on_exec(struct fd_table *t, uint32_t fd, bool on);

/* The first number in use from `from` on, or FD_MAX. */
uint32_t fd_next(struct fd_table *t, uint32_t from);

/* The working directory with a hold (inode_put); NULL: the root. The setter takes the hold. */
struct inode *fd_table_directory(struct fd_table *t);
void fd_table_set_directory(struct fd_table *t, struct inode *dir);

#endif

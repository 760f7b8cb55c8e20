/*
 * /proc and /sys: what the kernel says about itself in files, in Linux's layouts. docs/proc.md has
 * the list and what differs.
 *
 * Rows of a directory /proc/PID get that number as id; those of /proc/PID/task/TID get TID. A
 * process that has ended meanwhile is -ESRCH.
 */
#ifndef KERNEL_PROC_PROC_H
#define KERNEL_PROC_PROC_H

#include "fs/pseudo.h"

/* Both trees appear. Once at boot, after the root of names. */
void proc_mount(void);

/* Tables of rows, a file each. */
extern const struct pseudo proc_pid_rows[];			       /* pid.c */
extern const struct pseudo proc_sys_rows[];			       /* sysctl.c */
extern const struct pseudo sys_rows[];				       /* sysfs.c */
extern const struct file_ops proc_pagemap_ops;			       /* pid_memory.c */
extern const struct file_ops proc_kpageflags_ops, proc_kpagecount_ops; /* frames.c */

/* /proc's own files: system.c. */
int proc_show_version(struct text *out, uint32_t id);
int proc_show_cmdline(struct text *out, uint32_t id);
int proc_show_cpuinfo(struct text *out, uint32_t id);
int proc_show_stat(struct text *out, uint32_t id);
int proc_show_uptime(struct text *out, uint32_t id);
int proc_show_mounts(struct text *out, uint32_t id);
int proc_show_filesystems(struct text *out, uint32_t id);

/* /proc/PID/...: pid_memory.c. */
int proc_show_maps(struct text *out, uint32_t id);
int proc_show_smaps(struct text *out, uint32_t id);
int proc_show_smaps_rollup(struct text *out, uint32_t id);
int proc_show_statm(struct text *out, uint32_t id);
int proc_store_clear_refs(const char *text, uint32_t id);

/* The process with this number, or that of the task with it, held; NULL: there is none. */
struct process *proc_process(uint32_t id);

/* Its address space with a hold, or NULL. */
struct mm *proc_mm(uint32_t id);

/* A decimal number, blanks around it allowed, within the bounds. 0 or -EINVAL. */
int proc_number(const char *text, int32_t least, int32_t most, int32_t *n);

/* Text of a link: its length, cut to the room. */
int proc_link(char *text, uint32_t room, const char *target);

#endif

/*
 * System calls: Linux's numbers and meaning for ARM EABI (number in r7, arguments in r0..r5, result
 * or -errno in r0), and the project's own in the private range (abi.h). One file a family:
 * sys_mm.c, sys_io.c, sys_task.c.
 *
 * A call gets the saved registers r0..r6 as an array of words. Interrupts are on, it may sleep.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <stdint.h>

typedef int32_t (*syscall_function)(const uint32_t *arg);

/* sys_mm.c */
int32_t sys_brk(const uint32_t *arg);
int32_t sys_munmap(const uint32_t *arg);
int32_t sys_mprotect(const uint32_t *arg);
int32_t sys_mlock(const uint32_t *arg);
int32_t sys_munlock(const uint32_t *arg);
int32_t sys_mmap2(const uint32_t *arg);
int32_t sys_mremap(const uint32_t *arg);
int32_t sys_madvise(const uint32_t *arg);
int32_t sys_cacheflush(const uint32_t *arg);

/* sys_io.c */
int32_t sys_write(const uint32_t *arg);
int32_t sys_uname(const uint32_t *arg);

/* sys_task.c */
int32_t sys_exit(const uint32_t *arg);
int32_t sys_set_tls(const uint32_t *arg);
int32_t sys_getpid(const uint32_t *arg);
int32_t sys_gettid(const uint32_t *arg);
int32_t sys_exit_group(const uint32_t *arg);
int32_t sys_sched_yield(const uint32_t *arg);
int32_t sys_nanosleep(const uint32_t *arg);
int32_t sys_clock_gettime(const uint32_t *arg);
int32_t sys_checkin(const uint32_t *arg);
int32_t sys_frag_report(const uint32_t *arg);

/* sys_signal.c */
int32_t sys_rt_sigaction(const uint32_t *arg);
int32_t sys_sigaction(const uint32_t *arg);
int32_t sys_rt_sigprocmask(const uint32_t *arg);
int32_t sys_sigprocmask(const uint32_t *arg);
int32_t sys_rt_sigpending(const uint32_t *arg);
int32_t sys_sigpending(const uint32_t *arg);
int32_t sys_rt_sigsuspend(const uint32_t *arg);
int32_t sys_sigsuspend(const uint32_t *arg);
int32_t sys_pause(const uint32_t *arg);
int32_t sys_rt_sigtimedwait(const uint32_t *arg);
int32_t sys_rt_sigtimedwait_time64(const uint32_t *arg);
int32_t sys_kill(const uint32_t *arg);
int32_t sys_tkill(const uint32_t *arg);
int32_t sys_tgkill(const uint32_t *arg);
int32_t sys_rt_sigqueueinfo(const uint32_t *arg);
int32_t sys_rt_tgsigqueueinfo(const uint32_t *arg);
int32_t sys_sigaltstack(const uint32_t *arg);
int32_t sys_sigreturn(const uint32_t *arg);
int32_t sys_rt_sigreturn(const uint32_t *arg);

#endif

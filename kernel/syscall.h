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
int32_t sys_mlock2(const uint32_t *arg);
int32_t sys_mlockall(const uint32_t *arg);
int32_t sys_munlockall(const uint32_t *arg);
int32_t sys_mincore(const uint32_t *arg);
int32_t sys_msync(const uint32_t *arg);

/* sys_vm.c */
int32_t sys_process_vm_readv(const uint32_t *arg);
int32_t sys_process_vm_writev(const uint32_t *arg);

/* sys_io.c */
int32_t sys_read(const uint32_t *arg);
int32_t sys_write(const uint32_t *arg);
int32_t sys_readv(const uint32_t *arg);
int32_t sys_writev(const uint32_t *arg);
int32_t sys_pread64(const uint32_t *arg);
int32_t sys_pwrite64(const uint32_t *arg);
int32_t sys_preadv(const uint32_t *arg);
int32_t sys_pwritev(const uint32_t *arg);
int32_t sys_preadv2(const uint32_t *arg);
int32_t sys_pwritev2(const uint32_t *arg);
int32_t sys_lseek(const uint32_t *arg);
int32_t sys__llseek(const uint32_t *arg);

/* sys_file.c */
int32_t sys_open(const uint32_t *arg);
int32_t sys_openat(const uint32_t *arg);
int32_t sys_creat(const uint32_t *arg);
int32_t sys_close(const uint32_t *arg);
int32_t sys_close_range(const uint32_t *arg);
int32_t sys_dup(const uint32_t *arg);
int32_t sys_dup2(const uint32_t *arg);
int32_t sys_dup3(const uint32_t *arg);
int32_t sys_fcntl(const uint32_t *arg);
int32_t sys_ioctl(const uint32_t *arg);
int32_t sys_fsync(const uint32_t *arg);
int32_t sys_sync(const uint32_t *arg);
int32_t sys_pipe(const uint32_t *arg);
int32_t sys_pipe2(const uint32_t *arg);

/* sys_poll.c */
int32_t sys_poll(const uint32_t *arg);
int32_t sys_ppoll(const uint32_t *arg);
int32_t sys_ppoll_time64(const uint32_t *arg);
int32_t sys__newselect(const uint32_t *arg);
int32_t sys_pselect6(const uint32_t *arg);
int32_t sys_pselect6_time64(const uint32_t *arg);

/* sys_stat.c */
int32_t sys_stat64(const uint32_t *arg);
int32_t sys_lstat64(const uint32_t *arg);
int32_t sys_fstatat64(const uint32_t *arg);
int32_t sys_fstat64(const uint32_t *arg);
int32_t sys_statx(const uint32_t *arg);
int32_t sys_access(const uint32_t *arg);
int32_t sys_faccessat(const uint32_t *arg);
int32_t sys_faccessat2(const uint32_t *arg);
int32_t sys_readlink(const uint32_t *arg);
int32_t sys_readlinkat(const uint32_t *arg);
int32_t sys_statfs64(const uint32_t *arg);
int32_t sys_fstatfs64(const uint32_t *arg);

/* sys_dir.c */
int32_t sys_getcwd(const uint32_t *arg);
int32_t sys_chdir(const uint32_t *arg);
int32_t sys_fchdir(const uint32_t *arg);
int32_t sys_umask(const uint32_t *arg);
int32_t sys_getdents64(const uint32_t *arg);
int32_t sys_getdents(const uint32_t *arg);

/* sys_change.c */
int32_t sys_mkdir(const uint32_t *arg);
int32_t sys_mkdirat(const uint32_t *arg);
int32_t sys_mknod(const uint32_t *arg);
int32_t sys_mknodat(const uint32_t *arg);
int32_t sys_symlink(const uint32_t *arg);
int32_t sys_symlinkat(const uint32_t *arg);
int32_t sys_unlink(const uint32_t *arg);
int32_t sys_rmdir(const uint32_t *arg);
int32_t sys_unlinkat(const uint32_t *arg);
int32_t sys_rename(const uint32_t *arg);
int32_t sys_renameat(const uint32_t *arg);
int32_t sys_link(const uint32_t *arg);
int32_t sys_chmod(const uint32_t *arg);
int32_t sys_truncate(const uint32_t *arg);
int32_t sys_truncate64(const uint32_t *arg);
int32_t sys_ftruncate(const uint32_t *arg);
int32_t sys_ftruncate64(const uint32_t *arg);

/* sys_task.c */
int32_t sys_gettid(const uint32_t *arg);
int32_t sys_set_tls(const uint32_t *arg);
int32_t sys_set_tid_address(const uint32_t *arg);
int32_t sys_set_robust_list(const uint32_t *arg);
int32_t sys_get_robust_list(const uint32_t *arg);
int32_t sys_sched_yield(const uint32_t *arg);
int32_t sys_sched_getaffinity(const uint32_t *arg);
int32_t sys_sched_setaffinity(const uint32_t *arg);
int32_t sys_sched_getscheduler(const uint32_t *arg);
int32_t sys_sched_setscheduler(const uint32_t *arg);
int32_t sys_sched_setparam(const uint32_t *arg);
int32_t sys_sched_getparam(const uint32_t *arg);
int32_t sys_sched_get_priority_max(const uint32_t *arg);
int32_t sys_sched_get_priority_min(const uint32_t *arg);
int32_t sys_prctl(const uint32_t *arg);
int32_t sys_checkin(const uint32_t *arg);
int32_t sys_frag_report(const uint32_t *arg);

/* sys_futex.c */
int32_t sys_futex(const uint32_t *arg);
int32_t sys_futex_time64(const uint32_t *arg);

/* sys_process.c */
int32_t sys_fork(const uint32_t *arg);
int32_t sys_vfork(const uint32_t *arg);
int32_t sys_clone(const uint32_t *arg);
int32_t sys_execve(const uint32_t *arg);
int32_t sys_exit(const uint32_t *arg);
int32_t sys_exit_group(const uint32_t *arg);
int32_t sys_wait4(const uint32_t *arg);
int32_t sys_waitid(const uint32_t *arg);
int32_t sys_getpid(const uint32_t *arg);
int32_t sys_getppid(const uint32_t *arg);
int32_t sys_setpgid(const uint32_t *arg);
int32_t sys_getpgid(const uint32_t *arg);
int32_t sys_getpgrp(const uint32_t *arg);
int32_t sys_getsid(const uint32_t *arg);
int32_t sys_setsid(const uint32_t *arg);
int32_t sys_id_of_root(const uint32_t *arg);
int32_t sys_ids_of_root(const uint32_t *arg);
int32_t sys_set_id(const uint32_t *arg);
int32_t sys_set_two_ids(const uint32_t *arg);
int32_t sys_set_three_ids(const uint32_t *arg);
int32_t sys_getgroups(const uint32_t *arg);

/* sys_time.c */
int32_t sys_clock_gettime(const uint32_t *arg);
int32_t sys_clock_gettime64(const uint32_t *arg);
int32_t sys_clock_getres(const uint32_t *arg);
int32_t sys_clock_getres_time64(const uint32_t *arg);
int32_t sys_nanosleep(const uint32_t *arg);
int32_t sys_clock_nanosleep(const uint32_t *arg);
int32_t sys_clock_nanosleep_time64(const uint32_t *arg);
int32_t sys_gettimeofday(const uint32_t *arg);
int32_t sys_times(const uint32_t *arg);

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
int32_t sys_setitimer(const uint32_t *arg);
int32_t sys_getitimer(const uint32_t *arg);

/* sys_info.c */
int32_t sys_sethostname(const uint32_t *arg);
int32_t sys_setdomainname(const uint32_t *arg);
int32_t sys_uname(const uint32_t *arg);
int32_t sys_sysinfo(const uint32_t *arg);
int32_t sys_getrusage(const uint32_t *arg);
int32_t sys_prlimit64(const uint32_t *arg);
int32_t sys_ugetrlimit(const uint32_t *arg);
int32_t sys_setrlimit(const uint32_t *arg);
int32_t sys_personality(const uint32_t *arg);
int32_t sys_getrandom(const uint32_t *arg);

/* sys_system.c */
int32_t sys_reboot(const uint32_t *arg);
int32_t sys_mount(const uint32_t *arg);
int32_t sys_umount2(const uint32_t *arg);

#endif

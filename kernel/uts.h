/*
 * What the system is called: for uname(2) and /proc/sys/kernel. Programs ask for Linux, and for a
 * release that has the calls they know; the version says whose kernel it is.
 */
#ifndef KERNEL_UTS_H
#define KERNEL_UTS_H

#define UTS_SYSNAME "Linux"
#define UTS_RELEASE "6.1.0-tessera"
#define UTS_VERSION "#1 Tessera, a memory manager for ARMv7-A"
#define UTS_MACHINE "armv7l"

#define UTS_FIELD      65u /* Linux: uapi/linux/utsname.h, struct new_utsname */
#define UTS_NAME_BYTES 64u

/* The host's or the domain's name, 0-terminated, into UTS_FIELD bytes. */
void uts_hostname(char name[UTS_FIELD]);
void uts_domainname(char name[UTS_FIELD]);

/* Sets it. 0, or -EINVAL: longer than UTS_NAME_BYTES. */
int uts_set_hostname(const char *name);
int uts_set_domainname(const char *name);

#endif

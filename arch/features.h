/*
 * What a program may find out about the cpu it runs on.
 */
#ifndef ARCH_FEATURES_H
#define ARCH_FEATURES_H

#include <stdint.h>

/*
 * Instructions and registers that user mode has, as Linux tells programs for this machine
 * (AT_HWCAP; uapi/asm/hwcap.h of ARM): read from the cpu's identification registers.
 */
uint32_t features_for_user(void);

/* The Main ID Register: who made the cpu, and which it is (ARM DDI 0406C B4.1.105). */
uint32_t features_identity(void);

/* The name of the architecture, as programs get it (AT_PLATFORM): at most 7 characters. */
const char *features_platform(void);

#endif

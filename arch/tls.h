/*
 * The word that user mode finds its thread's own data by. It belongs to the running task and
 * follows it.
 */
#ifndef ARCH_TLS_H
#define ARCH_TLS_H

#include <stdint.h>

/* User mode reads this value from now on, on this cpu. */
static inline void cpu_set_user_tls(uint32_t value);

#include "impl/tls.h"

#endif

/*
 * TPIDRURO: user mode reads it and can not write it. Source: ARM DDI 0406C B4.1.150.
 */
#ifndef ARCH_ARM_IMPL_TLS_H
#define ARCH_ARM_IMPL_TLS_H

static inline void cpu_set_user_tls(uint32_t value)
{
	__asm__ volatile("mcr p15, 0, %0, c13, c0, 3" ::"r"(value));
}

#endif

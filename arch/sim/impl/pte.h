/* The simulated machine's tables are real short descriptors. */
#ifndef ARCH_SIM_IMPL_PTE_H
#define ARCH_SIM_IMPL_PTE_H

#include "arch/arm/impl/pte.h"

#endif

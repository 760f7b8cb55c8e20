/* Starts the counters that cpu_insns reads. Once, at boot. */
#ifndef ARCH_ARM_COUNT_H
#define ARCH_ARM_COUNT_H

void count_init(void);

#endif

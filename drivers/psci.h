/*
 * PSCI by HVC: what firmware does for us. Source: ARM DEN 0022D.
 */
#ifndef DRIVERS_PSCI_H
#define DRIVERS_PSCI_H

#include <stdint.h>

#define PSCI_CPU_ON	0x84000003u /* 5.1.4: target cpu (MPIDR), entry, what it finds in r0 */
#define PSCI_SYSTEM_OFF 0x84000008u /* 5.1.9 */

/* Returns 0, or a negative error of PSCI's. */
int32_t psci_call(uint32_t function, uint32_t a, uint32_t b, uint32_t c);

#endif

/* One call: the SMC calling convention (ARM DEN 0028), r0 to r3. */
#include "drivers/psci.h"

int32_t psci_call(uint32_t function, uint32_t a, uint32_t b, uint32_t c)
{
	register uint32_t r0 __asm__("r0") = function;
	register uint32_t r1 __asm__("r1") = a;
	register uint32_t r2 __asm__("r2") = b;
	register uint32_t r3 __asm__("r3") = c;

	__asm__ volatile(".arch_extension virt\n\thvc #0"
			 : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3)::"memory");
	return (int32_t)r0;
}

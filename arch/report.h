/*
 * What can be told about the machine when something broke: readable, from any context.
 */
#ifndef ARCH_REPORT_H
#define ARCH_REPORT_H

#include "arch/upcall.h"

/* "data read from 0x00000000: translation fault (DFSR 0x005)", one line. */
void report_fault(const struct fault *f);

/* All registers, the mode and masks in words. */
void report_registers(const struct trap_frame *regs);

/* Who called whom, names where known. `regs` NULL: from the caller on. */
void report_call_trace(const struct trap_frame *regs);

/* The function an address is in and the offset in it; NULL when unknown. */
const char *symbol_name(uint32_t address, uint32_t *offset);

#endif

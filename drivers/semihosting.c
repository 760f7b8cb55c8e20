/*
 * Semihosting calls. Without a host the instruction reaches the kernel's own vector, which answers
 * -1. Source: Arm semihosting specification 2.0, operations SYS_WRITEC 0x03, SYS_GET_CMDLINE 0x15,
 * SYS_HEAPINFO 0x16, SYS_EXIT_EXTENDED 0x20.
 */
#include "drivers/semihosting.h"

enum { SYS_WRITEC = 0x03, SYS_GET_CMDLINE = 0x15, SYS_HEAPINFO = 0x16, SYS_EXIT_EXTENDED = 0x20 };

#define ADP_STOPPED_APPLICATION_EXIT 0x20026u
#define UNTOUCHED		     0xa5a5a5a5u

/* lr: without a host this is a supervisor call from supervisor mode (ARM DDI 0406C B1.9.6). */
static uint32_t call(uint32_t operation, void *argument)
{
	register uint32_t r0 __asm__("r0") = operation;
	register void *r1 __asm__("r1") = argument;

	__asm__ volatile("svc 0x123456" : "+r"(r0) : "r"(r1) : "lr", "memory");
	return r0;
}

static bool heap_info(uint32_t info[4])
{
	for (unsigned i = 0; i < 4; i++)
		info[i] = UNTOUCHED;
	call(SYS_HEAPINFO, &info);
	return info[1] != UNTOUCHED;
}

bool semihosting_is_there(void)
{
	uint32_t info[4];

	return heap_info(info);
}

void semihosting_write(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		call(SYS_WRITEC, (void *)&text[i]);
}

bool semihosting_ram_end(uint32_t *end)
{
	uint32_t info[4];

	if (!heap_info(info))
		return false;
	*end = info[1];
	return true;
}

bool semihosting_command_line(char *text, size_t room)
{
	struct {
		char *text;
		uint32_t bytes;
	} block = { text, room };

	return call(SYS_GET_CMDLINE, &block) == 0;
}

void semihosting_exit(int status)
{
	uint32_t block[2] = { ADP_STOPPED_APPLICATION_EXIT, (uint32_t)status };

	call(SYS_EXIT_EXTENDED, block);
}

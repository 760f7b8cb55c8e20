/* PL031 real time clock. Source: ARM DDI 0224C 3.3 (registers). */
#include "drivers/pl031.h"

#include "arch/device.h"

enum {
	RTCDR = 0x000,
	RTCMR = 0x004,
	RTCIMSC = 0x010,
	RTCICR = 0x01c,
	RTCPeriphID0 = 0xfe0,
	RTCPeriphID1 = 0xfe4,
};

static void *clock;

/* Part number 0x031. */
static bool is_pl031(const void *registers)
{
	return (device_read(registers, RTCPeriphID0) & 0xffu) == 0x31 &&
	       (device_read(registers, RTCPeriphID1) & 0x0fu) == 0;
}

bool pl031_init(void *registers)
{
	if (!is_pl031(registers))
		return false;
	clock = registers;
	device_write(clock, RTCIMSC, 0);
	device_write(clock, RTCICR, 1);
	return true;
}

void pl031_set_alarm(uint32_t seconds)
{
	device_write(clock, RTCMR, device_read(clock, RTCDR) + seconds);
	device_write(clock, RTCIMSC, 1);
}

void pl031_acknowledge(void)
{
	device_write(clock, RTCIMSC, 0);
	device_write(clock, RTCICR, 1);
}

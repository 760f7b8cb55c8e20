/*
 * PL111, ARM DDI 0293C: chapter 3 for registers, 2.2 for the order of pixels in memory.
 *
 * The timing is the one of 1024 x 768 at 60 Hz (VESA DMT 1.0, id 10h). The pixel clock is the
 * board's: it comes from the configuration controller, which has 65 MHz to be asked for on a real
 * board; the emulator has no such clock.
 */
#include "drivers/pl111.h"

#include <stddef.h>

#include "arch/device.h"

/* Offsets, DDI 0293C table 3-1. */
#define TIMING0	 0x000u
#define TIMING1	 0x004u
#define TIMING2	 0x008u
#define TIMING3	 0x00cu
#define UPBASE	 0x010u
#define LPBASE	 0x014u
#define CONTROL	 0x018u
#define IMSC	 0x01cu
#define PALETTE	 0x200u
#define PERIPHID 0xfe0u

/* Control, DDI 0293C 3.2.7. */
#define CONTROL_ENABLE (1u << 0)
#define CONTROL_8BPP   (3u << 1)
#define CONTROL_TFT    (1u << 5)
#define CONTROL_POWER  (1u << 11)

/* Lengths in pixels and lines: VESA DMT 1.0. */
#define H_SYNC	136u
#define H_FRONT 24u
#define H_BACK	160u
#define V_SYNC	6u
#define V_FRONT 3u
#define V_BACK	29u

/* Timing2: the divider of the clock is passed by; both syncs are low when active. 3.2.3 */
#define BYPASS_DIVIDER (1u << 26)
#define SYNCS_LOW      (1u << 11 | 1u << 12)

static void *display; /* NULL: there is none */

/* Part number 0x111, in the first two identification registers. 3.2.15 */
static bool answers_as_pl111(const void *registers)
{
	return (device_read(registers, PERIPHID) & 0xff) == 0x11 &&
	       (device_read(registers, PERIPHID + 4) & 0x0f) == 0x1;
}

bool pl111_init(void *registers)
{
	display = registers && answers_as_pl111(registers) ? registers : NULL;
	return display;
}

bool pl111_is_there(void)
{
	return display;
}

static void set_timing(void)
{
	device_write(display, TIMING0,
		     (H_BACK - 1) << 24 | (H_FRONT - 1) << 16 | (H_SYNC - 1) << 8 |
			     (PL111_WIDTH / 16 - 1) << 2);
	device_write(display, TIMING1,
		     V_BACK << 24 | V_FRONT << 16 | (V_SYNC - 1) << 10 | (PL111_HEIGHT - 1));
	device_write(display, TIMING2, BYPASS_DIVIDER | (PL111_WIDTH - 1) << 16 | SYNCS_LOW);
	device_write(display, TIMING3, 0);
}

/* Red in bits 4:0, green in 9:5, blue in 14:10; two colours a word. 3.2.14 */
static uint32_t palette_entry(uint32_t colour)
{
	return (colour >> 19 & 31) | (colour >> 11 & 31) << 5 | (colour >> 3 & 31) << 10;
}

static void set_palette(const uint32_t *colours, unsigned count)
{
	for (unsigned n = 0; n < count; n += 2)
		device_write(display, PALETTE + n * 2,
			     palette_entry(colours[n]) |
				     (n + 1 < count ? palette_entry(colours[n + 1]) << 16 : 0));
}

/* Enabled first, power to the panel after it: 2.3.1, "powering up and powering down". */
void pl111_start(paddr_t frame, const uint32_t *colours, unsigned count)
{
	const uint32_t control = CONTROL_ENABLE | CONTROL_8BPP | CONTROL_TFT;

	device_write(display, IMSC, 0);
	set_timing();
	device_write(display, UPBASE, frame.a);
	device_write(display, LPBASE, 0);
	set_palette(colours, count);
	device_write(display, CONTROL, control);
	device_write(display, CONTROL, control | CONTROL_POWER);
}

void pl111_stop(void)
{
	device_write(display, CONTROL, device_read(display, CONTROL) & ~CONTROL_POWER);
	device_write(display, CONTROL, 0);
}

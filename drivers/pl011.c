/*
 * PL011 UART. Sending waits for room in the FIFO; receiving goes through a ring that the interrupt
 * fills. When the ring is full the receive interrupts stay masked and the FIFO holds the sender
 * back, so no byte is lost; reading unmasks. Locks: both LOCK_DEVICE, interrupts off: one around
 * what is sent, one around the ring and the interrupt mask. Source: ARM DDI 0183G 3.3 (registers).
 */
#include <stdint.h>

#include "arch/cpu.h"
#include "arch/device.h"
#include "base/spinlock.h"
#include "drivers/pl011.h"

enum {
	UARTDR = 0x00,
	UARTFR = 0x18,
	UARTLCR_H = 0x2c,
	UARTCR = 0x30,
	UARTIMSC = 0x38,
	UARTICR = 0x44,
	UARTPERIPHID0 = 0xfe0,
	UARTPERIPHID1 = 0xfe4,
};

enum { FR_RXFE = 1 << 4, FR_TXFF = 1 << 5 };
enum { LCR_H_FEN = 1 << 4, LCR_H_8BIT = 3 << 5 };
enum { CR_UARTEN = 1 << 0, CR_TXE = 1 << 8, CR_RXE = 1 << 9 };
enum { INT_RX = 1 << 4, INT_RT = 1 << 6, INT_ALL = 0x7ff };

#define RING_BYTES 256u

static struct {
	void *base;
	struct spinlock send_lock; /* LOCK_DEVICE: what one call sends stays together */
	bool send_lock_broken;
	struct spinlock ring_lock; /* LOCK_DEVICE */
	uint32_t head, tail;	   /* bytes put in and taken out since boot */
	char ring[RING_BYTES];
	void (*wake)(void);
} uart;

/* Part number 0x011 (ARM DDI 0183G 3.3.14). */
static bool is_pl011(const void *registers)
{
	return (device_read(registers, UARTPERIPHID0) & 0xffu) == 0x11 &&
	       (device_read(registers, UARTPERIPHID1) & 0x0fu) == 0;
}

static bool ring_is_full(void)
{
	return uart.head - uart.tail == RING_BYTES;
}

static void take_received(void)
{
	while (!ring_is_full() && !(device_read(uart.base, UARTFR) & FR_RXFE))
		uart.ring[uart.head++ % RING_BYTES] = (char)device_read(uart.base, UARTDR);
}

/*
 * A byte that came before us waits in the one place that the FIFO has while it is off. Once it is
 * on the next byte may be put into that place: this one is taken at once.
 */
bool pl011_init(void *registers)
{
	if (!is_pl011(registers))
		return false;
	uart.base = registers;
	device_write(registers, UARTCR, 0);
	device_write(registers, UARTIMSC, 0);
	device_write(registers, UARTICR, INT_ALL);
	device_write(registers, UARTLCR_H, LCR_H_FEN | LCR_H_8BIT);
	take_received();
	device_write(registers, UARTCR, CR_UARTEN | CR_TXE | CR_RXE);
	return true;
}

static void send(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		while (device_read(uart.base, UARTFR) & FR_TXFF)
			;
		device_write(uart.base, UARTDR, (uint8_t)text[i]);
	}
}

void pl011_write(const char *text, size_t bytes)
{
	uint32_t saved = cpu_irq_save();
	bool lock = !uart.send_lock_broken;

	if (lock)
		spin_lock(&uart.send_lock, LOCK_DEVICE);
	send(text, bytes);
	if (lock)
		spin_unlock(&uart.send_lock);
	cpu_irq_restore(saved);
}

void pl011_break_lock(void)
{
	uart.send_lock_broken = true;
}

void pl011_start_receive(void)
{
	device_write(uart.base, UARTIMSC, INT_RX | INT_RT);
}

/*
 * Reading the FIFO is what takes the interrupt back: writing UARTICR afterwards would also take
 * back the one of a byte that came in between. Source: PrimeCell UART (PL011) TRM, ARM DDI
 * 0183G 2.8.
 */
void pl011_interrupt(void *unused)
{
	(void)unused;
	spin_lock(&uart.ring_lock, LOCK_DEVICE);
	take_received();
	if (ring_is_full())
		device_write(uart.base, UARTIMSC, 0);
	spin_unlock(&uart.ring_lock);
	if (uart.wake)
		uart.wake();
}

int serial_getc(void)
{
	uint32_t saved = spin_lock_irq(&uart.ring_lock, LOCK_DEVICE);
	int c = -1;

	if (uart.head != uart.tail) {
		c = (uint8_t)uart.ring[uart.tail++ % RING_BYTES];
		device_write(uart.base, UARTIMSC, INT_RX | INT_RT);
	}
	spin_unlock_irq(&uart.ring_lock, saved);
	return c;
}

bool serial_is_waiting(void)
{
	uint32_t saved = cpu_irq_save();
	bool waiting = uart.head != uart.tail;

	cpu_irq_restore(saved);
	return waiting;
}

bool serial_try_take(void (*wake)(void))
{
	uint32_t saved = cpu_irq_save();
	bool mine = !uart.wake || uart.wake == wake;

	if (mine)
		uart.wake = wake;
	cpu_irq_restore(saved);
	return mine;
}

void serial_set_wake(void (*wake)(void))
{
	uart.wake = wake;
}

/*
 * Ticks for block_tick, a second apart, while a request is under way and for one second more.
 *
 * The clock is the PL031, not the machine's timer: under the emulator's instruction counting the
 * machine's time jumps to the next alarm whenever all cpus are idle, which they are while they wait
 * for a disk; so an alarm of the machine's time would always come before the disk's answer
 * (docs/disks.md). The PL031 counts the host's seconds there, and real ones on a board.
 */
#include "kernel/disk_watch.h"

#include <stddef.h>

#include "arch/atomic.h"
#include "drivers/pl031.h"
#include "kernel/irq.h"
#include "mm/cache/block.h"

static uint32_t is_set; /* (A) the alarm is, and will call `ring` */

static void set(void)
{
	if (!atomic_load_relaxed(&is_set) && !atomic_exchange(&is_set, 1))
		pl031_set_alarm(1);
}

/*
 * Order: is_set is 0 before the look at what flies, so that who begins to fly after that look sets
 * the alarm.
 */
static void ring(void *unused)
{
	(void)unused;
	pl031_acknowledge();
	atomic_exchange(&is_set, 0);
	if (block_tick())
		set();
}

bool disk_watch_init(unsigned line)
{
	if (irq_register(line, ring, NULL))
		return false;
	block_set_watch(set);
	return true;
}

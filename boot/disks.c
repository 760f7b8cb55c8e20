/*
 * Disks: which there are, in which order.
 *
 * QEMU fills the virtio slots from the highest address down, in the order of its command line, on
 * both boards; so disks are started from the highest address down, and vda is the first that was
 * given. A slot that the tree has twice (ours and the one QEMU added) is one slot.
 */
#include "boot/disks.h"

#include "base/log.h"
#include "boot/devices.h"
#include "boot/params.h"
#include "drivers/pl031.h"
#include "drivers/ramdisk.h"
#include "drivers/virtio_blk.h"
#include "kernel/disk_watch.h"
#include "kernel/irq.h"

#define SLOTS_MOST 64u

struct slot {
	uint64_t address;
	void *registers;
	unsigned line;
};

static struct {
	struct slot slot[SLOTS_MOST]; /* highest address first */
	unsigned slots;
	void *clock;
	unsigned clock_line;
} found;

/* Where it belongs among those found; false: it is there already, or there are too many. */
static bool make_room(uint64_t address, unsigned *at)
{
	for (*at = 0; *at < found.slots && found.slot[*at].address > address; (*at)++)
		;
	if (found.slots == SLOTS_MOST || (*at < found.slots && found.slot[*at].address == address))
		return false;
	for (unsigned n = found.slots++; n > *at; n--)
		found.slot[n] = found.slot[n - 1];
	return true;
}

static void note_slot(const struct fdt_node *node)
{
	struct slot s;
	uint64_t bytes;
	unsigned at;

	if (!fdt_reg(node, 0, &s.address, &bytes) || !fdt_interrupt(node, 0, &s.line))
		return;
	s.registers = devices_map_registers(node, 0);
	if (s.registers && make_room(s.address, &at))
		found.slot[at] = s;
}

void disks_find(const struct fdt *tree)
{
	struct fdt_node node;

	fdt_start(tree, &node);
	while (fdt_next(&node))
		if (fdt_is_compatible(&node, "virtio,mmio"))
			note_slot(&node);
	if (fdt_find_compatible(tree, "arm,pl031", &node) &&
	    fdt_interrupt(&node, 0, &found.clock_line))
		found.clock = devices_map_registers(&node, 0);
}

static void start_slot(const struct slot *s)
{
	struct virtio virtio;
	struct virtio_blk *disk;

	if (!virtio_find(&virtio, s->registers) || virtio.id != VIRTIO_BLOCK)
		return;
	disk = virtio_blk_start(&virtio);
	if (disk && irq_register(s->line, virtio_blk_interrupt, disk))
		log_error("error: a disk's interrupt %u is not there: it is only looked at once a "
			  "second",
			  s->line);
}

static void start_watch(void)
{
	block_set_limit(boot_params.disk_seconds);
	if (!found.clock || !pl031_init(found.clock) || !disk_watch_init(found.clock_line))
		log_warn("boot: no clock (arm,pl031) to watch disks by: one that never answers is "
			 "waited for");
}

void disks_start(void)
{
	if (found.slots)
		start_watch();
	for (unsigned n = 0; n < found.slots; n++)
		start_slot(&found.slot[n]);
	if (boot_params.ramdisk_bytes && !ramdisk_create(boot_params.ramdisk_bytes))
		log_error("error: no memory for a disk of %u KiB (ramdisk=)",
			  (unsigned)(boot_params.ramdisk_bytes >> 10));
}

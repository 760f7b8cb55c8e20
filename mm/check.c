/*
 * One list of what is checked.
 */
#include "mm/check.h"

#include "base/log.h"
#include "mm/cache/buffer.h"
#include "mm/phys/lru.h"
#include "mm/phys/phys.h"
#include "mm/virt/hold_check.h"
#include "mm/virt/virt_check.h"

static const struct {
	const char *room;
	void (*check)(struct check *c);
} rooms[] = {
	{ "phys", phys_check },
	{ "lru", lru_check },
	{ "cache", mapping_check },
	{ "buffers", buffer_check },
	{ "virt", virt_check },
	{ "holds", hold_check },
};

#define ROOMS (sizeof(rooms) / sizeof(rooms[0]))

uint32_t check_all(bool quiet)
{
	struct check c = { .quiet = quiet };

	for (unsigned i = 0; i < ROOMS; i++) {
		uint32_t before = c.broken;

		rooms[i].check(&c);
		if (c.broken != before && !quiet)
			log_error("check: %s: %u findings", rooms[i].room,
				  (unsigned)(c.broken - before));
	}
	return c.broken;
}

/*
 * vmstat: the sums of all zones, then events since boot; one `name value` a line.
 */
#include "mm/views/statistics.h"
#include "mm/views/views.h"

static void show_line(const char *name, uint32_t value, void *out)
{
	text_printf(out, "%s %u\n", name, (unsigned)value);
}

void view_vmstat(struct text *out)
{
	statistics_of_zone(NULL, show_line, out);
	statistics_of_node(show_line, out);
	for (unsigned e = 0; e < VM_EVENTS; e++)
		show_line(vm_event_names[e], vm_event_read((enum vm_event)e), out);
}

/*
 * pagetypeinfo: free blocks by zone, migratetype and order; then pageblocks by type.
 */
#include "mm/phys/zone.h"
#include "mm/views/views.h"

static uint32_t list_length(const struct list *head)
{
	uint32_t n = 0;

	for (const struct list *at = head->next; at != head; at = at->next)
		n++;
	return n;
}

static uint32_t free_blocks(struct zone *z, unsigned order, enum migratetype type)
{
	uint32_t saved = spin_lock_irq(&z->lock, LOCK_ZONE);
	uint32_t n = list_length(&z->area[order].free[type]);

	spin_unlock_irq(&z->lock, saved);
	return n;
}

static void show_free_header(struct text *out)
{
	text_printf(out, "Page block order: %u\n", PAGEBLOCK_ORDER);
	text_printf(out, "Pages per block:  %u\n\n", PAGEBLOCK_PAGES);
	text_printf(out, "%-43s ", "Free pages count per migrate type at order");
	for (unsigned order = 0; order < ORDERS; order++)
		text_printf(out, "%6u ", order);
	text_printf(out, "\n");
}

static void show_free_counts(struct text *out, struct zone *z)
{
	for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
		text_printf(out, "Node %4u, zone %8s, type %12s ", 0u, z->name,
			    migratetype_name((enum migratetype)type));
		for (unsigned order = 0; order < ORDERS; order++)
			text_printf(out, "%6u ",
				    (unsigned)free_blocks(z, order, (enum migratetype)type));
		text_printf(out, "\n");
	}
}

static void show_block_counts(struct text *out, const struct zone *z)
{
	unsigned blocks[MIGRATE_TYPES] = { 0 };

	for (uint32_t f = z->start.n; f < z->end.n; f += PAGEBLOCK_PAGES)
		blocks[pageblock_type(pfn(f))]++;
	text_printf(out, "Node %u, zone %8s ", 0u, z->name);
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		text_printf(out, "%12u ", blocks[type]);
	text_printf(out, "\n");
}

void view_pagetypeinfo(struct text *out)
{
	struct zone *z;

	show_free_header(out);
	for_each_zone(z)
		show_free_counts(out, z);
	text_printf(out, "\n%-23s", "Number of blocks type ");
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		text_printf(out, "%12s ", migratetype_name((enum migratetype)type));
	text_printf(out, "\n");
	for_each_zone(z)
		show_block_counts(out, z);
}

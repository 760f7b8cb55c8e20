/*
 * pagetypeinfo: free blocks by zone, migratetype and order; then pageblocks by type.
 */
#include "base/log.h"
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

static void print_free_header(void)
{
	print("Page block order: %u\n", PAGEBLOCK_ORDER);
	print("Pages per block:  %u\n\n", PAGEBLOCK_PAGES);
	print("%-43s ", "Free pages count per migrate type at order");
	for (unsigned order = 0; order < ORDERS; order++)
		print("%6u ", order);
	print("\n");
}

static void print_free_counts(struct zone *z)
{
	for (unsigned type = 0; type < MIGRATE_TYPES; type++) {
		print("Node %4u, zone %8s, type %12s ", 0u, z->name,
		      migratetype_name((enum migratetype)type));
		for (unsigned order = 0; order < ORDERS; order++)
			print("%6u ", (unsigned)free_blocks(z, order, (enum migratetype)type));
		print("\n");
	}
}

static void print_block_counts(const struct zone *z)
{
	unsigned blocks[MIGRATE_TYPES] = { 0 };

	for (uint32_t f = z->start.n; f < z->end.n; f += PAGEBLOCK_PAGES)
		blocks[pageblock_type(pfn(f))]++;
	print("Node %u, zone %8s ", 0u, z->name);
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		print("%12u ", blocks[type]);
	print("\n");
}

void view_pagetypeinfo(void)
{
	struct zone *z;

	print_free_header();
	for_each_zone(z)
		print_free_counts(z);
	print("\n%-23s", "Number of blocks type ");
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		print("%12s ", migratetype_name((enum migratetype)type));
	print("\n");
	for_each_zone(z)
		print_block_counts(z);
}
